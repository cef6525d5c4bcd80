"""What a unit's liaison fills in to ask for a class. No form writes to the database."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from academies.models import ClassRequest
from unionportal.common import identity
from unionportal.people.models import Unit

MOST_PEOPLE = 2000


class ClassRequestForm(forms.ModelForm):
    """A class asked for: topic, people, time, and whom to call."""

    contact_phone = forms.CharField(
        label="联系电话", max_length=30, help_text="学院工作人员联系时用，加密保存，不公开。"
    )

    class Meta:
        model = ClassRequest
        fields = [
            "unit", "unit_name", "topic", "sector", "people", "wanted_from", "wanted_to", "note", "contact_name",
        ]  # fmt: skip
        labels = {"people": "预计人数", "unit_name": "单位名称（不在上面列表里的）", "note": "其他说明"}
        help_texts = {
            "topic": "想学什么、解决什么问题，写一句话，如：民宿管家接待与客房。",
            "note": "如希望上课的时段、能否提供场地和设备、可否与其他单位合班。",
        }
        widgets = {
            "note": forms.Textarea(attrs={"rows": 4}),
            **{
                name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                for name in ("wanted_from", "wanted_to")
            },
        }

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        units = Unit.objects.filter(union_bodies__in=bodies).distinct()
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = "不在列表，在下面填写"
        self.fields["unit"].initial = units.first()
        self.fields["unit_name"].required = False
        self.fields["people"].widget.attrs |= {"min": 1, "max": MOST_PEOPLE, "inputmode": "numeric"}
        self.order_fields([*self.Meta.fields, "contact_phone"])

    def clean_people(self):
        if not 1 <= (people := self.cleaned_data["people"]) <= MOST_PEOPLE:
            raise ValidationError(f"人数应在 1 到 {MOST_PEOPLE} 之间。")
        return people

    def clean_wanted_from(self):
        day = self.cleaned_data["wanted_from"]
        if day and day < timezone.localdate():
            raise ValidationError("最早日期已过，请改到今天以后。")
        return day

    def clean_contact_phone(self):
        try:
            return identity.clean_phone(self.cleaned_data["contact_phone"])
        except identity.IdentityProblem as problem:
            raise ValidationError(f"{problem.problem}。{problem.remedy}。") from problem

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("unit") and not cleaned.get("unit_name"):
            self.add_error("unit_name", "请选择单位，或填写单位名称。")
        return cleaned
