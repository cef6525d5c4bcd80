"""What the chief judge's board asks for. Each form belongs to one `target` on the page."""

from django import forms

from competitions.models import Appearance
from unionportal.panels.models import Assignment, Candidate, Panel, Sheet


class ActForm(forms.Form):
    """An act on the board; looks its target up within the stage, so that nothing of another stage can be meant."""

    target = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)

    def __init__(self, *args, stage, **kwargs):
        super().__init__(*args, **kwargs)
        self.stage = stage

    def find(self, queryset, **where):
        """Return the one record meant; a ValidationError on the whole form if it is not of this stage."""
        found = queryset.filter(**where).first()
        if found is None:
            raise forms.ValidationError("要办理的事项已不在本轮次，请刷新后再试。")
        return found

    def panels(self):
        """The panels of this stage."""
        return Panel.objects.filter(module__stage=self.stage)


def reason_field(label, help_text="", **options):
    """A line of text with a reason in it."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=300, help_text=help_text, widget=widget, **options)


def is_uuid(text):
    """Tell whether a text can be a key of ours at all: anything else must not reach the database."""
    return len(text) == 36 and all(letter in "0123456789abcdef-" for letter in text)


class CloseForm(ActForm):
    """End the marking."""


class SealForm(ActForm):
    """Fix the results."""

    confirmed = forms.BooleanField(label="已与裁判长、监督员核对评分表和统分结果")


class ResumeForm(ActForm):
    """Go back to marking."""

    reason = reason_field("恢复评分的理由")


class WithdrawForm(ActForm):
    """Take decisions back."""

    reason = reason_field("撤销裁定的理由")


class SpreadForm(ActForm):
    """Why a wide spread stands: a ready answer in one tap, or one's own words."""

    READY = (
        "已复核评分表，各裁判依据充分，维持原评分",
        "裁判观察角度不同，经合议维持原评分",
    )

    reason = reason_field("说明", required=False)
    ready = forms.ChoiceField(choices=[(text, text) for text in READY], required=False)

    def clean(self):
        fields = super().clean()
        fields["candidate"] = self.find(
            Candidate.objects.filter(panel__in=self.panels()).select_related("panel"),
            pk__in=_by_uuid(Candidate, fields.get("target", "")),
        )
        fields["reason"] = fields.pop("ready", "") or fields.get("reason", "")
        if not fields["reason"]:
            self.add_error("reason", "请选一条现成的说明，或写明分差的原因。")
        return fields


class ReopenForm(ActForm):
    """Give a sheet back to its judge."""

    reason = reason_field("退回的理由", "裁判会看到这段话。")

    def clean(self):
        fields = super().clean()
        sheets = Sheet.objects.filter(panel__in=self.panels()).select_related("panel", "assignment")
        fields["sheet"] = self.find(sheets, pk__in=_by_uuid(Sheet, fields.get("target", "")))
        return fields


class AsideForm(ActForm):
    """Set a judge aside, or count a judge again."""

    seat = forms.ChoiceField(label="裁判")
    reason = reason_field("裁定的理由", "会与计分规则一起公布。")

    def __init__(self, *args, seats=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = [("", "请选择"), *((str(seat.pk), seat.label) for seat in seats)]

    def clean(self):
        fields = super().clean()
        seats = Assignment.objects.filter(panel__in=self.panels()).select_related("panel")
        if fields.get("seat"):
            fields["assignment"] = self.find(seats, pk=fields.pop("seat"))
        return fields


class MixedForm(ActForm):
    """Let different numbers of judges stand."""

    reason = reason_field("裁定的理由", "会与计分规则一起公布。")

    def clean(self):
        fields = super().clean()
        target = fields.get("target", "")
        fields["panel"] = self.find(self.panels(), pk=int(target[:9]) if target.isdecimal() else 0)
        return fields


class StatusForm(ActForm):
    """Whether somebody competes."""

    status = forms.ChoiceField(label="出场状态", choices=Appearance.Status.choices)
    reason = reason_field("情况说明", "改为缺赛、弃权、取消资格，或恢复参赛，都须写明。", required=False)

    def clean(self):
        fields = super().clean()
        fields["appearance"] = self.find(
            self.stage.appearances, pk__in=appearances_of(self.stage, fields.get("target", ""))
        )
        return fields


class TieForm(ActForm):
    """The order within a tie: a place for each, and why."""

    reason = reason_field("裁定的理由", "会与成绩一起留存。")

    def __init__(self, *args, rows=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.keys = [row.key for row in rows]
        places = [(str(place), f"第 {place}") for place in range(1, len(rows) + 1)]
        for row in rows:
            self.fields[f"place_{row.key}"] = forms.ChoiceField(
                label=f"{row.name}的先后", choices=[("", "请选择"), *places]
            )
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    def clean(self):
        fields = super().clean()
        places = {key: fields.pop(f"place_{key}", "") for key in self.keys}
        if not self.keys:
            raise forms.ValidationError("这一组同分已经裁定，或者成绩已有变动。请刷新后再看。")
        if all(places.values()) and len(set(places.values())) < len(places):
            raise forms.ValidationError("同一名次给了两个人，请逐一排出先后。")
        ordered = sorted(self.keys, key=lambda key: int(places[key] or 0))
        fields["appearances"] = [
            self.find(
                self.stage.appearances.select_related("stage", "entry__person"),
                pk__in=appearances_of(self.stage, key),
            )
            for key in ordered
        ]
        return fields


def _by_uuid(model, text):
    return model.objects.filter(uuid=text).values("pk") if is_uuid(text) else []


def appearances_of(stage, key):
    """Return the primary key of the appearance that a row's key means, in a list of one or none."""
    if is_uuid(key):
        found = Candidate.objects.filter(uuid=key).values_list("module_score__attempt__appearance", flat=True)
        return [pk for pk in found if pk]
    return [int(key)] if key.isdecimal() and len(key) < 10 else []
