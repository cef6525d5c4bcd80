import uuid

from django import forms
from django.core.exceptions import ValidationError

from studios.models import HelpRequest
from unionportal.common import identity
from unionportal.people.models import Sector


def checked(rule, value):
    """Return what the rule makes of the value; its IdentityProblem becomes a ValidationError."""
    try:
        return rule(value)
    except identity.IdentityProblem as problem:
        raise ValidationError(f"{problem.problem}。{problem.remedy}。".replace("。。", "。")) from problem


class AskForm(forms.ModelForm):
    """A worker's question to the studios."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    asker = forms.CharField(
        label="怎么称呼您",
        max_length=50,
        help_text="如 王师傅，不会公开。",
        error_messages={"required": "请写怎么称呼您，如 王师傅。"},
    )
    contact = forms.CharField(
        label="联系电话",
        max_length=30,
        help_text="手机号，或带区号的固定电话。答复您时用，不会公开。",
        error_messages={"required": "请填写联系电话，答复您时用。"},
    )
    # Nobody sees it; a machine that fills in every field gives itself away.
    website = forms.CharField(
        label="请勿填写", required=False, widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"})
    )
    consent = forms.BooleanField(
        label="我已阅读个人信息说明", error_messages={"required": "请阅读个人信息说明并勾选。"}
    )

    class Meta:
        model = HelpRequest
        fields = ["title", "question", "sector", "consents_to_publication"]
        widgets = {"question": forms.Textarea({"rows": 7})}
        labels = {"sector": "行业"}
        error_messages = {
            "title": {"required": "请用一句话写明遇到的问题。"},
            "question": {"required": "请写明具体情况。"},
        }
        help_texts = {
            "title": "一句话说清，如“切割机换刀后尺寸总是偏大”。",
            "question": "什么设备、什么工序、试过什么办法。请不要写姓名、电话和单位的内部数据。2000 字以内。",
        }

    field_order = ["title", "question", "sector", "asker", "contact", "consents_to_publication", "website"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sector"].queryset = Sector.objects.order_by("name")
        self.fields["sector"].empty_label = "说不准，由工会分派"
        self.fields["asker"].widget.attrs["autocomplete"] = "name"
        self.fields["contact"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}

    def clean_asker(self):
        return checked(identity.clean_name, self.cleaned_data["asker"])

    def clean_contact(self):
        return checked(identity.clean_phone, self.cleaned_data["contact"])

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise ValidationError("这一栏请留空，再提交一次。")
        return ""

    def question(self):
        """Return what the service wants to know."""
        names = ("key", "title", "question", "sector", "asker", "contact", "consents_to_publication")
        return {name: self.cleaned_data[name] for name in names}
