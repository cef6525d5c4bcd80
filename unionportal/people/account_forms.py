"""What workers fill in about themselves, and what staff and liaisons fill in for them."""

from django import forms
from django.core.exceptions import ValidationError

from unionportal.accounts.forms import clean_mobile
from unionportal.common import identity
from unionportal.people import sign_up
from unionportal.people.forms import cleaned_by
from unionportal.people.models import Unit

FLEXIBLE, UNLISTED = "flexible", "unlisted"


class SignUpForm(forms.Form):
    """Name, unit and consent. The unit is one that a search found, or one of the two answers without one."""

    name = forms.CharField(
        label="姓名",
        max_length=60,
        help_text="请填身份证上的姓名；少数民族姓名中的“·”照写。",
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    unit_words = forms.CharField(label="单位", max_length=100, required=False)
    unit = forms.CharField(max_length=20, required=False)
    consents = forms.BooleanField(
        label="我已阅读并同意隐私声明", error_messages={"required": "请先阅读隐私声明，同意后勾选。"}
    )

    def clean_name(self):
        return cleaned_by(identity.clean_name, self.cleaned_data["name"])

    def clean_unit_words(self):
        return identity.clean_text(self.cleaned_data["unit_words"])

    def clean(self):
        data = super().clean()
        words, answer = data.get("unit_words", ""), data.get("unit", "")
        data["unit"] = None
        data["unit_claimed"], data["is_flexible"] = "", answer == FLEXIBLE
        if answer == FLEXIBLE:
            return data
        if answer.isascii() and answer.isdigit():
            data["unit"] = Unit.objects.current().filter(pk=answer).first() if len(answer) < 18 else None
        else:
            data["unit"] = sign_up.unit_named(words)
        if data["unit"] is None and answer == UNLISTED and words:
            data["unit_claimed"] = words
        elif data["unit"] is None:
            self.add_error("unit_words", self._what_is_missing(words, answer))
        return data

    @staticmethod
    def _what_is_missing(words, answer):
        if answer == UNLISTED:
            return "请写下单位全称，工作人员会核对补上。"
        if words:
            return "请在下面选定您的单位；列表里没有的，选“找不到单位”。"
        return "请填写单位名称，或选“灵活就业”。"

    def found_units(self):
        """The units that the words typed so far find."""
        return sign_up.search_units(self.data.get("unit_words", "")) if self.is_bound else []


class ClaimForm(forms.Form):
    """One's own ID number, to be matched with the name of the account."""

    id_number = forms.CharField(
        label="身份证号",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean_id_number(self):
        return cleaned_by(identity.clean_id_number, self.cleaned_data["id_number"])


class CodeHandOutForm(forms.Form):
    """Whom one has seen, and by what."""

    name = forms.CharField(label="来人姓名", max_length=60)
    phone = forms.CharField(label="手机号", max_length=30, widget=forms.TextInput({"inputmode": "tel"}))
    reason = forms.CharField(
        label="怎样核实了本人",
        max_length=200,
        help_text="如“本人到场，核对身份证”“本单位职工，认识本人”。",
    )
    has_seen = forms.BooleanField(
        label="本人就在面前", error_messages={"required": "没有见到本人不能发放；请请本人到场。"}
    )

    def clean_name(self):
        return cleaned_by(identity.clean_name, self.cleaned_data["name"])

    def clean_phone(self):
        return clean_mobile(self.cleaned_data["phone"])


class LoginPhoneForm(forms.Form):
    """The new number a worker is to sign in with."""

    phone = forms.CharField(label="新手机号", max_length=30)
    reason = forms.CharField(label="怎样核实了本人", max_length=200)

    def clean_phone(self):
        return clean_mobile(self.cleaned_data["phone"])

    def clean_reason(self):
        reason = self.cleaned_data["reason"].strip()
        if not reason:
            raise ValidationError("请写明怎样核实了本人。")
        return reason
