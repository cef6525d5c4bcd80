"""Forms of enrolling: whom a liaison enrols."""

from django import forms
from django.core.exceptions import ValidationError

from unionportal.common import identity

NEWCOMERS = 3


class NewcomerForm(forms.Form):
    """Somebody who is not on the list of the union's units: name and full ID number, or an empty row."""

    name = forms.CharField(
        label="姓名", max_length=50, required=False, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    id_number = forms.CharField(
        label="身份证号",
        max_length=30,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )

    def clean(self):
        data = super().clean()
        name, number = data.get("name", ""), data.get("id_number", "")
        if bool(name) != bool(number):
            missing = "id_number" if name else "name"
            self.add_error(missing, "姓名和身份证号须一并填写；不用这一行，请都留空。")
        elif number:
            for field, rule in (("name", identity.clean_name), ("id_number", identity.clean_id_number)):
                try:
                    data[field] = rule(data[field])
                except identity.IdentityProblem as problem:
                    self.add_error(field, f"{problem.problem}。{problem.remedy}。")
        return data


class Newcomers(forms.BaseFormSet):
    """The rows for people that are not on the list; the same number twice is refused by its row."""

    def clean(self):
        seen = {}
        for place, form in enumerate(self.forms, start=1):
            number = form.cleaned_data.get("id_number") if form.is_valid() else ""
            if number and number in seen:
                raise ValidationError(f"第 {place} 行的身份证号与第 {seen[number]} 行相同。")
            seen[number] = place

    def people(self):
        """Return (name, ID number) of the rows that are filled in."""
        rows = [form.cleaned_data for form in self.forms]
        return [(row["name"], row["id_number"]) for row in rows if row.get("name")]


NewcomerSet = forms.formset_factory(NewcomerForm, formset=Newcomers, extra=NEWCOMERS, max_num=NEWCOMERS)
