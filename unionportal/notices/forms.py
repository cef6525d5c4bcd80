import uuid

from django import forms
from django.core.exceptions import ValidationError

from unionportal.common import identity
from unionportal.files.services import inspect_upload
from unionportal.notices.models import NoticeLine, Objection

MOST_FILES = 3
MOST_BYTES = 10 * 1024 * 1024


def checked(rule, value):
    """Return what the rule makes of the value; its IdentityProblem becomes a ValidationError."""
    try:
        return rule(value)
    except identity.IdentityProblem as problem:
        raise ValidationError(f"{problem.problem}。{problem.remedy}。".replace("。。", "。")) from problem


class LineChoice(forms.ModelChoiceField):
    """One line of a notice, named so that two of the same name are told apart."""

    def label_from_instance(self, line):
        return "，".join(filter(None, [line.name, line.unit_name, line.proposed]))


class AttachedFiles(forms.Form):
    """Three places for files: several in one field would need a script to tell which one is wrong."""

    @staticmethod
    def fields_for_files():
        """Return {name: field} of the places."""
        hint = "可附 PDF、Word、Excel 文件或照片，每个不超过 10 MB。"
        return {
            f"attachment_{number}": forms.FileField(
                label=f"证明材料 {number}", required=False, help_text=hint if number == 1 else ""
            )
            for number in range(1, MOST_FILES + 1)
        }

    def inspected_files(self):
        """Return the uploads as Inspected; what is wrong with one is said beside it."""
        found = []
        for name in self.fields_for_files():
            upload = self.cleaned_data.get(name)
            if not upload:
                continue
            try:
                if upload.size > MOST_BYTES:
                    raise ValidationError("文件超过 10 MB，请压缩后再选。")
                found.append(inspect_upload(upload))
            except ValidationError as error:
                self.add_error(name, error)
        return found


class ObjectionForm(AttachedFiles):
    """An objection as anybody may send one from the public page: under a real name."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    line = LineChoice(
        queryset=NoticeLine.objects.none(), required=False, label="对谁提出", empty_label="对整个公示"
    )
    kind = forms.ChoiceField(
        label="以什么身份提出",
        choices=Objection.Kind,
        initial=Objection.Kind.PERSON,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label="姓名或单位名称", max_length=100, help_text="个人请写真实姓名，单位请写全称。"
    )
    contact_name = forms.CharField(
        label="单位联系人", max_length=50, required=False, help_text="以个人名义提出的不用填。"
    )
    phone = forms.CharField(
        label="联系电话", max_length=30, help_text="手机号，或带区号的固定电话。核实情况时用。"
    )
    text = forms.CharField(
        label="异议内容",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="请写明事实、时间、地点和依据，3000 字以内。",
    )
    # Nobody sees it; a machine that fills in every field gives itself away.
    website = forms.CharField(
        label="请勿填写", required=False, widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"})
    )
    consent = forms.BooleanField(
        label="我已阅读个人信息说明；所述属实，愿意配合核实",
        error_messages={"required": "请阅读个人信息说明并勾选。"},
    )

    def __init__(self, *args, notice, **kwargs):
        super().__init__(*args, **kwargs)
        places = self.fields_for_files()
        consent, website = self.fields.pop("consent"), self.fields.pop("website")
        self.fields |= places | {"website": website, "consent": consent}
        self.fields["line"].queryset = notice.lines.exclude(status=NoticeLine.Status.REMOVED)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}

    def clean_phone(self):
        return checked(identity.clean_phone, self.cleaned_data["phone"])

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise ValidationError("这一栏请留空，再提交一次。")
        return ""

    def clean(self):
        data = super().clean()
        is_unit = data.get("kind") == Objection.Kind.UNIT
        if data.get("name"):
            self._clean_name(data, is_unit)
        if is_unit and not data.get("contact_name"):
            self.add_error("contact_name", "以单位名义提出的，请填写联系人。")
        data["uploads"] = self.inspected_files()
        if is_unit and not data["uploads"] and not self.errors:
            self.add_error("attachment_1", "以单位名义提出的，请附加盖公章的书面材料。")
        return data

    def _clean_name(self, data, is_unit):
        try:
            name = (
                identity.clean_text(data["name"]) if is_unit else checked(identity.clean_name, data["name"])
            )
        except ValidationError as error:
            self.add_error("name", error)
        else:
            data["name"] = name
            if not identity.match_key(name):
                self.add_error("name", "名称中没有文字，请填写单位全称。")

    def objection(self):
        """Return what raise_objection wants to know."""
        data = self.cleaned_data
        contact = " ".join(filter(None, [data["contact_name"], data["phone"]]))
        return {
            "key": data["key"], "line": data["line"], "kind": data["kind"], "name": data["name"],
            "contact": contact, "text": data["text"], "uploads": data["uploads"],
        }  # fmt: skip
