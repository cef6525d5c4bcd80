"""What those who keep a studio fill in: an achievement with its people and units, its papers, the yearly report."""

import uuid

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.utils import timezone

from craftsmen.forms import DateInput
from studios.models import Achievement, AnnualReview
from studios.services.reviews import REPORT
from unionportal.files.forms import UploadField

FIELDS = (
    *("title", "kind", "year", "sector", "problem", "solution", "in_use_since"),
    *("benefit_yuan", "benefit_basis", "certified_by", "patent_kind", "patent_number", "patent_on"),
    "confidentiality",
)
MOST_ROWS, BLANK_ROWS = 20, 2
SECRECY = (
    "可公开：核实后可展示给所有人，记入完成人的成长档案。内部：只有工会工作人员和本工作室能看。"
    "涉密：除本工作室和获准的人以外，名称不出现在任何列表、统计和消息里。依法定密的国家秘密不得上网填报。"
)


def _layout(*rows):
    helper = FormHelper()
    helper.form_tag, helper.disable_csrf = False, True
    helper.layout = Layout(*rows)
    return helper


class AchievementForm(forms.ModelForm):
    """The words and figures of an achievement."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Achievement
        fields = FIELDS
        widgets = {
            "problem": forms.Textarea({"rows": 4}),
            "solution": forms.Textarea({"rows": 6}),
            **{name: DateInput() for name in ("in_use_since", "patent_on")},
        }
        help_texts = {
            "problem": "原来卡在哪里，影响多大",
            "solution": "怎么解决的，用了什么办法，效果如何",
            "benefit_basis": "填了金额的必填，如 每年节约工时 × 工时单价",
            "certified_by": "为金额作证明的单位或部门，如 本单位财务科",
            "confidentiality": SECRECY,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        updated_at = self.instance.updated_at
        self.initial["version"] = updated_at.isoformat() if updated_at else ""
        self.initial["year"] = self.initial["year"] or timezone.localdate().year
        self.fields["sector"].empty_label = "请选择"
        self.fields["kind"].choices = [("", "请选择"), *Achievement.Kind.choices]
        self.fields["patent_kind"].choices = [("", "（没有）"), *Achievement.PatentKind.choices]
        self.helper = _layout(
            *("key", "version", "title"),
            Div("kind", "year", "sector", "in_use_since", css_class="fields"),
            *("problem", "solution"),
            Fieldset(
                "经济效益（没有的不填）",
                Div("benefit_yuan", "certified_by", css_class="fields"),
                "benefit_basis",
            ),
            Fieldset(
                "专利、标准（没有的不填）",
                Div("patent_kind", "patent_number", "patent_on", css_class="fields"),
            ),
            Fieldset("保密", Field("confidentiality")),
        )

    def clean(self):
        data = super().clean()
        for name in ("problem", "solution"):
            data[name] = data.get(name, "").replace("\r\n", "\n")
        return data


class ContributorForm(forms.Form):
    """One who made it: a member of the studio, or a name."""

    person = forms.TypedChoiceField(label="工作室成员", required=False, coerce=int, empty_value=None)
    name = forms.CharField(label="其他人的姓名", max_length=50, required=False)
    unit_name = forms.CharField(label="单位", max_length=100, required=False)
    share = forms.DecimalField(
        label="贡献占比（%）", max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False
    )

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = members
        self.fields["person"].choices = [("", "（不是成员）"), *members.items()]

    def clean(self):
        data = super().clean()
        if data.get("person"):
            data["name"] = self.members[data["person"]]
        elif not data.get("name") and (data.get("unit_name") or data.get("share") is not None):
            self.add_error("name", "请选择成员或填写姓名；不要这一行的，请把整行清空。")
        return data


class AdoptionForm(forms.Form):
    """One unit that has taken it over."""

    unit_name = forms.CharField(label="单位名称", max_length=100, required=False)
    adopted_on = forms.DateField(label="应用日期", required=False, widget=DateInput())
    effect = forms.CharField(label="应用效果", max_length=300, required=False)

    def clean(self):
        data = super().clean()
        if not data.get("unit_name") and (data.get("adopted_on") or data.get("effect")):
            self.add_error("unit_name", "请填写单位名称；不要这一行的，请把整行清空。")
        return data


class OrderedRows(forms.BaseFormSet):
    """Rows with their order: without a script the number is how one goes before another."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["ORDER"].label = "次序"


PeopleSet = forms.formset_factory(
    ContributorForm, formset=OrderedRows, extra=BLANK_ROWS, max_num=MOST_ROWS, can_order=True
)
UnitSet = forms.formset_factory(AdoptionForm, extra=BLANK_ROWS, max_num=MOST_ROWS)


class Draft:
    """The page of an achievement: its form, contributors and adopting units, sent and checked together."""

    def __init__(self, sent, *, achievement):
        self.before = written(achievement)
        people, units = self.before[1:]
        members = {
            item.person_id: item.name for item in achievement.studio.members.current().exclude(person=None)
        } | {line["person_id"]: line["name"] for line in people if line["person_id"]}
        rows = [
            {**line, "person": line["person_id"], "name": "" if line["person_id"] else line["name"]}
            for line in people
        ]
        self.form = AchievementForm(sent, instance=achievement)
        self.people = PeopleSet(sent, prefix="people", initial=rows, form_kwargs={"members": members})
        self.units = UnitSet(sent, prefix="units", initial=units)

    @property
    def parts(self):
        return self.form, self.people, self.units

    def is_valid(self):
        # Every part is checked, also after one that is wrong: all that is to be mended is said at once.
        checked = [part.is_valid() for part in self.parts]
        return all(checked)

    @property
    def is_wrong(self):
        return self.form.is_bound and not (self.is_valid() and not self.form.errors)

    def said(self):
        """Return (fields, people, units) as they were sent."""
        people = [
            {
                "person_id": row["person"],
                **{name: row[name] for name in ("name", "unit_name", "share")},
            }
            for row in (form.cleaned_data for form in self.people.ordered_forms)
            if row.get("name")
        ]
        names = ("unit_name", "adopted_on", "effect")
        rows = [form.cleaned_data for form in self.units if form.cleaned_data.get("unit_name")]
        fields = {name: self.form.cleaned_data[name] for name in FIELDS}
        return fields, people, [{name: row[name] for name in names} for row in rows]

    def has_changed(self):
        """True if what was sent says anything else than what is written."""
        return self.said() != self.before

    def renew(self, name, value):
        """Give the page to be shown again another hidden value; what was typed stays."""
        self.form.data = self.form.data.copy()
        self.form.data[name] = value


def written(achievement):
    """Return (fields, people, units) as they stand."""
    fields = {name: getattr(achievement, name) for name in FIELDS}
    if not achievement.pk:
        return fields, [], []
    people = achievement.contributions.values("person_id", "name", "unit_name", "share")
    return fields, list(people), list(achievement.adoptions.values("unit_name", "adopted_on", "effect"))


class EvidenceForm(forms.Form):
    """A paper that proves an achievement."""

    inspected = UploadField(
        label="选择文件", help_text="PDF、Word、Excel 或照片（JPEG、PNG、WebP），单个不超过 20 MB。"
    )
    caption = forms.CharField(label="这是什么材料", max_length=150)


class ReportForm(forms.ModelForm):
    """The yearly report; figures and lists were filled in from the records."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = AnnualReview
        fields = REPORT
        help_texts = {
            "results": "报送前必填",
            "funds": "工会补助和单位投入各多少，用在哪里",
            "plan": "报送前必填",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.updated_at.isoformat()
        for name in ("results", "team", "activities", "funds", "plan"):
            self.fields[name].widget = forms.Textarea({"rows": 5, "class": "textarea form-control"})
        self.helper = _layout(
            "version",
            Div(*REPORT[:5], css_class="fields"),
            *REPORT[5:],
        )

    def clean(self):
        data = super().clean()
        return {name: v.replace("\r\n", "\n") if isinstance(v, str) else v for name, v in data.items()}

    def said(self):
        """Return the fields as they were sent."""
        return {name: self.cleaned_data[name] for name in REPORT}

    def has_changed(self):
        """True if what was sent says anything else than what is written."""
        return any(value != self.initial[name] for name, value in self.said().items())
