from django import forms
from django.core.exceptions import ValidationError

from unionportal.common import identity
from unionportal.people import services
from unionportal.people.models import FormerName, Person, Unit


def cleaned_by(rule, value, **options):
    """Return what the rule makes of the value; its IdentityProblem becomes a ValidationError."""
    try:
        return rule(value, **options)
    except identity.IdentityProblem as problem:
        raise ValidationError(f"{problem.problem}。{problem.remedy}", code=problem.code) from problem


def taken_by(model, name, instance):
    """Return the other row of the model that has this name, however it is typed; None if it is free.

    Raises ValidationError for a name without a single letter: all such names would be the same.
    """
    key = identity.match_key(name)
    if not key:
        raise ValidationError("名称中没有文字，请填写完整名称。")
    return model.objects.filter(match_key=key).exclude(pk=instance.pk).first()


class UnitForm(forms.ModelForm):
    """A unit as staff enter one; the match key is no field of the form, so its uniqueness is checked here."""

    class Meta:
        model = Unit
        fields = [
            "name",
            "short_name",
            "kind",
            "system",
            "town",
            "credit_code",
            "contact_name",
            "contact_phone",
            "merged_into",
            "dissolved_on",
        ]

    def clean_name(self):
        name = identity.clean_text(self.cleaned_data["name"])
        taken = taken_by(Unit, name, self.instance)
        if taken:
            raise ValidationError(f"已有单位“{taken.name}”。若两家合并，请用“并入单位”。")
        return name

    def clean(self):
        data = super().clean()
        if data.get("merged_into") and self.instance.pk:
            services.refuse_circle(unit=self.instance, into=data["merged_into"])
        return data


class FormerNameForm(forms.ModelForm):
    """A former name of a unit; no two units may claim the same one."""

    class Meta:
        model = FormerName
        fields = ["name", "until"]

    def clean_name(self):
        name = identity.clean_text(self.cleaned_data["name"])
        taken = taken_by(FormerName, name, self.instance)
        if taken:
            raise ValidationError(f"“{name}”已登记为“{taken.unit}”的曾用名。")
        return name


class PersonForm(forms.ModelForm):
    """A person as staff enter one. ID and phone numbers are written, never shown back."""

    id_number = forms.CharField(
        label="身份证号", required=False, max_length=30, help_text="18 位；已登记的不回显，留空即不改。"
    )
    phone = forms.CharField(
        label="手机号", required=False, max_length=30, help_text="已登记的不回显，留空即不改。"
    )

    class Meta:
        model = Person
        fields = [
            "name",
            "gender",
            "birth_date",
            "unit",
            "is_flexible",
            "unit_claimed",
            "occupation",
            "skill_level",
            "is_union_member",
            "is_front_line",
            "life_status",
        ]

    def clean_name(self):
        return cleaned_by(identity.clean_name, self.cleaned_data["name"])

    def clean_id_number(self):
        value = self.cleaned_data["id_number"]
        if not value.strip():
            return ""
        number = cleaned_by(identity.clean_id_number, value)
        if Person.objects.with_id_number(number).exclude(pk=self.instance.pk).exists():
            raise ValidationError("这个身份证号已登记在另一名职工名下。请先在列表中查找，确认是否同一人。")
        return number

    def clean_phone(self):
        value = self.cleaned_data["phone"]
        return cleaned_by(identity.clean_phone, value) if value.strip() else ""

    def clean(self):
        data = super().clean()
        number = data.get("id_number")
        if number and data.get("gender") and identity.id_gender(number) != data["gender"]:
            self.add_error("gender", "性别与身份证号不符，请核对其中一项。")
        return data

    def _post_clean(self):
        super()._post_clean()
        if self.cleaned_data.get("id_number"):
            self.instance.id_number = self.cleaned_data["id_number"]
        if self.cleaned_data.get("phone"):
            self.instance.phone = self.cleaned_data["phone"]
