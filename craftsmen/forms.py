"""What staff fill in on the pages of a selection. No form writes to the database."""

from django import forms
from django.utils import timezone

from craftsmen.models import (
    Conferral,
    Consultation,
    ConsultationLine,
    FieldVisit,
    Honour,
    Meeting,
    Selection,
)
from craftsmen.services.slates import Choice
from unionportal.certificates.models import CertificateDesign, CertificateSeries
from unionportal.certificates.models import Line as CertificateLines
from unionportal.files.forms import PicturesField, UploadField
from unionportal.news.models import Column
from unionportal.notices.models import PublicNotice


class DateInput(forms.DateInput):
    """A date picked with the browser's own calendar."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class LettersForm(forms.Form):
    """Which departments are asked, and by when."""

    selection = forms.ModelChoiceField(Selection.objects.all(), label="评选活动")
    departments = forms.CharField(
        label="征求意见的部门",
        widget=forms.Textarea({"rows": 6}),
        help_text="每行一个部门，各出一封函，都附全部审查通过的人选。如 区纪委监委、公安密云分局、区税务局。",
    )
    number = forms.CharField(label="函号", max_length=50, required=False)
    sent_on = forms.DateField(label="发函日期", widget=DateInput, initial=timezone.localdate)
    due_on = forms.DateField(label="请复函日期", widget=DateInput, required=False)

    def clean_departments(self):
        return [line.strip() for line in self.cleaned_data["departments"].splitlines() if line.strip()]


class ReplyForm(forms.Form):
    """One reply for everybody on a letter; `note_<key>` and `opinion_<key>` make a person an exception."""

    replied_on = forms.DateField(label="复函日期", widget=DateInput, initial=timezone.localdate)
    opinion = forms.ChoiceField(
        label="对全部人选的意见",
        choices=[
            (ConsultationLine.Opinion.NO_OBJECTION, "无不同意见"),
            (ConsultationLine.Opinion.WAITING, "未一并答复"),
        ],
        help_text="个别人选意见不同的，在下面的名单里单独登记。",
    )
    reply = forms.CharField(label="复函摘要", widget=forms.Textarea({"rows": 3}), required=False)
    scan = UploadField(label="复函扫描件", required=False, help_text="PDF 或图片，不超过 20 MB。")

    def __init__(self, *args, consultation, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = list(
            consultation.lines.select_related(
                "nomination__person", "nomination__offer__title", "nomination__offer__selection"
            )
        )
        replied = consultation.replied_on is not None
        for line in self.lines:
            opinion = line.opinion if replied and line.opinion != line.Opinion.NO_OBJECTION else ""
            choices = [("", "同上"), *ConsultationLine.Opinion.choices]
            self.fields[f"opinion_{line.pk}"] = forms.ChoiceField(
                choices=choices, required=False, initial=opinion, label=f"{line.nomination.person.name}的意见"
            )
            self.fields[f"note_{line.pk}"] = forms.CharField(
                max_length=500,
                required=False,
                initial=line.note,
                label=f"{line.nomination.person.name}的说明",
            )

    def shared_fields(self):
        return [self[name] for name in ("replied_on", "opinion", "reply", "scan")]

    def rows(self):
        """Yield (line, its opinion field, its note field)."""
        for line in self.lines:
            yield line, self[f"opinion_{line.pk}"], self[f"note_{line.pk}"]

    def clean(self):
        data = super().clean()
        for line in self.lines:
            opinion, note = data.get(f"opinion_{line.pk}"), data.get(f"note_{line.pk}", "")
            if note and not opinion:
                self.add_error(f"opinion_{line.pk}", "写了说明，请选择意见。")
            elif opinion == ConsultationLine.Opinion.OBJECTION and not note:
                self.add_error(f"note_{line.pk}", "有不同意见的，请写明内容。")
        return data

    def exceptions(self):
        """Return {line key: (opinion, note)} as record_reply() wants it."""
        data = self.cleaned_data
        return {
            line.pk: (data[f"opinion_{line.pk}"], data[f"note_{line.pk}"])
            for line in self.lines
            if data.get(f"opinion_{line.pk}")
        }


class FieldVisitForm(forms.ModelForm):
    """A visit with its report; pictures are added, those stored before stay."""

    pictures = PicturesField(label="添加照片", required=False, help_text="可一次选多张 JPEG、PNG、WebP。")

    class Meta:
        model = FieldVisit
        fields = ["nomination", "visited_on", "visitors", "report"]


class LetterForm(forms.ModelForm):
    """What may still be put right on a letter that was sent."""

    class Meta:
        model = Consultation
        fields = ["number", "sent_on", "due_on"]


def read_choice(data, lines):
    """Return (Choice, problems) of a posted slate: `chosen` keys, `order_<key>` numbers, `reason_<key>` texts."""
    keys = {str(line.pk): line for line in lines}
    chosen = frozenset(keys[key].pk for key in data.getlist("chosen") if key in keys)
    order, problems = {}, []
    for key, line in keys.items():
        text = data.get(f"order_{key}", "").strip()
        if line.pk in chosen or not text:
            continue
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10000:
            problems.append(f"{line.nomination.person.name}：递补次序应为 1、2、3 这样的数字。")
        else:
            order[line.pk] = int(text)
    if len(set(order.values())) < len(order):
        problems.append("递补次序有重复，请逐人填写不同的数字。")
    reserves = tuple(sorted(order, key=order.get))
    reasons = {line.pk: text for key, line in keys.items() if (text := data.get(f"reason_{key}", "").strip())}
    return Choice(chosen, reserves, reasons), problems


class MeetingForm(forms.ModelForm):
    """The meeting that decided the list."""

    minutes = UploadField(label="纪要扫描件", required=False, help_text="PDF 或图片，不超过 20 MB。")

    class Meta:
        model = Meeting
        fields = [
            "selection",
            "body",
            "held_on",
            "minutes_number",
            "attended",
            "votes_for",
            "votes_against",
            "abstained",
            "note",
        ]
        widgets = {"held_on": DateInput}


class NoticeForm(forms.ModelForm):
    """The notice of the list, as far as staff word it."""

    class Meta:
        model = PublicNotice
        fields = [
            "title",
            "basis",
            "body",
            "order_rule",
            "days",
            "starts_on",
            "contact_name",
            "contact_phone",
            "contact_address",
            "contact_email",
        ]
        widgets = {"starts_on": DateInput, "body": forms.Textarea({"rows": 5})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("contact_name", "contact_phone"):
            self.fields[name].required = True


class ConferralForm(forms.ModelForm):
    """The decision, and a citation for each who is conferred a title; citations may come later."""

    document = UploadField(label="决定扫描件", required=False, help_text="PDF 或图片，不超过 20 MB。")

    class Meta:
        model = Conferral
        fields = ["document_title", "document_number", "document_on", "ceremony_on", "ceremony_place"]
        widgets = {"document_on": DateInput, "ceremony_on": DateInput}

    def __init__(self, *args, nominations, **kwargs):
        super().__init__(*args, **kwargs)
        self.nominations = nominations
        limit = Honour._meta.get_field("citation").max_length
        for nomination in nominations:
            self.fields[f"citation_{nomination.pk}"] = forms.CharField(
                label=f"{nomination.person.name}的授奖词",
                required=False,
                max_length=limit,
                widget=forms.Textarea({"rows": 2}),
            )

    def _get_validation_exclusions(self):
        # Whether a number is taken is for the service to say: it knows a second click from a second decision.
        return super()._get_validation_exclusions() | {"document_number"}

    def own_fields(self):
        return [self[name] for name in (*self._meta.fields, "document")]

    def rows(self):
        """Yield (nomination, its citation field)."""
        for nomination in self.nominations:
            yield nomination, self[f"citation_{nomination.pk}"]

    def details(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def citations(self):
        return {item.pk: self.cleaned_data[f"citation_{item.pk}"] for item in self.nominations}


class CeremonyForm(forms.Form):
    """When and where the titles were presented."""

    on = forms.DateField(label="表彰大会日期", widget=DateInput, required=False)
    place = forms.CharField(label="表彰大会地点", max_length=100, required=False)


class CertificatesForm(forms.Form):
    """What the certificates of a decision look like and which numbers they get."""

    design = forms.ModelChoiceField(CertificateDesign.objects.none(), label="版式")
    series = forms.ModelChoiceField(CertificateSeries.objects.none(), label="编号序列")
    issued_on = forms.DateField(label="发证日期", widget=DateInput)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        line = CertificateLines.CRAFTSMEN
        self.fields["design"].queryset = CertificateDesign.objects.issuable_by(user).filter(line=line)
        self.fields["series"].queryset = CertificateSeries.objects.issuable_by(user).filter(line=line)


class ArticleForm(forms.Form):
    """The column that the news of a decision goes to."""

    column = forms.ModelChoiceField(Column.objects.all(), label="栏目")
