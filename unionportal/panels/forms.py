"""The form of one sheet: a field per criterion, and lines for deductions. Reads and checks, writes nothing."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer

from unionportal.panels import scoring
from unionportal.panels.models import Criterion

MOST_DEDUCTIONS = 10
NAMES_OF_MEASURE = {"met": "达标", "partly": "部分达标", "not_met": "未达标"}


def binding_of(user, sheet):
    """Return the mark that ties a form to its judge and its sheet: it cannot land on another contestant."""
    return Signer(salt="panels.sheet").signature(f"{user.pk}:{sheet.uuid}")


def check_binding(user, sheet, binding):
    """Raise ValidationError unless the form was made for this judge and this sheet."""
    try:
        Signer(salt="panels.sheet").unsign(f"{user.pk}:{sheet.uuid}:{binding}")
    except BadSignature as error:
        judge, candidate = sheet.panel.words.judge, sheet.panel.words.candidate
        raise ValidationError(
            f"这份评分表不是为当前登录的{judge}打开的，未保存。请回到{candidate}列表重新打开。"
        ) from error


def check_signature(user, signature):
    """Raise ValidationError unless a sheet is signed with the name of the account."""
    if "".join(signature.split()) != "".join(user.name.split()):
        raise ValidationError(f"签名须与本人姓名“{user.name}”一致，未提交。")


def plain(value):
    """Return a mark as people type it: 9.50 is 9.5, 10.00 is 10; blank for None."""
    return "" if value is None else scoring.exact_text(value)


def options_of(criterion):
    """Return (value, name) of what a measurement or a judgement criterion may be given, best first."""
    if criterion.kind == Criterion.Kind.JUDGEMENT:
        return [(str(level), f"{level} 级") for level in range(scoring.TOP_LEVEL, -1, -1)]
    worths = {"met": criterion.maximum, "partly": criterion.partial, "not_met": Decimal(0)}
    return [(plain(worth), NAMES_OF_MEASURE[name]) for name, worth in worths.items() if worth is not None]


class EnvelopeForm(forms.Form):
    """What a sheet is sent with, whatever its rubric."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    binding = forms.CharField(widget=forms.HiddenInput)
    signature = forms.CharField(required=False, max_length=50, label="签名（输入姓名）")


class SheetRefused(Exception):
    """A sheet was sent with faults; `form` has them field by field."""

    def __init__(self, form):
        super().__init__("有填写不合规的项，本次未保存。")
        self.form = form


class RecusalForm(forms.Form):
    """Why a judge may not mark a candidate."""

    note = forms.CharField(
        label="回避的理由",
        max_length=200,
        error_messages={"required": "请写明回避的理由，如“同一师父”“亲属”。"},
    )


class SheetForm(EnvelopeForm):
    """One candidate's sheet. Blank is not marked, never zero. `fields_of(sheet)` gives what is saved now."""

    def __init__(self, data=None, *, criteria, **options):
        super().__init__(data, auto_id=False, **options)
        self.criteria = criteria
        for criterion in criteria:
            self.fields[f"m-{criterion.pk}"] = self._field(criterion)
        for line in range(MOST_DEDUCTIONS):
            if line == 0 or f"d-{line}-points" in (data or {}) or f"d-{line}-points" in self.initial:
                self.fields[f"d-{line}-points"] = forms.DecimalField(
                    label="扣分", required=False, max_digits=5, decimal_places=2
                )
                self.fields[f"d-{line}-reason"] = forms.CharField(
                    label="事由", required=False, max_length=200
                )

    @staticmethod
    def _field(criterion):
        if criterion.kind == Criterion.Kind.POINTS:
            return forms.DecimalField(label=criterion.name, required=False, max_digits=6, decimal_places=2)
        options = [("", "未评"), *options_of(criterion)]
        return forms.ChoiceField(label=criterion.name, required=False, choices=options)

    def clean(self):
        cleaned = super().clean()
        for criterion in self.criteria:
            name = f"m-{criterion.pk}"
            value = cleaned.get(name)
            if name in self.errors or value in (None, ""):
                continue
            cleaned[name] = value = self._mark(criterion, value)
            try:
                scoring.check_mark(criterion.rule(), value)
            except ValueError as error:
                self.add_error(name, str(error))
        self._clean_deductions(cleaned)
        return cleaned

    @staticmethod
    def _mark(criterion, value):
        # A nought may come as 0E+99999999999, which the database cannot read, or as -0.
        return int(value) if criterion.kind == Criterion.Kind.JUDGEMENT else Decimal(value) + 0

    def _clean_deductions(self, cleaned):
        for line in range(MOST_DEDUCTIONS):
            points, reason = cleaned.get(f"d-{line}-points"), cleaned.get(f"d-{line}-reason", "")
            if points is None and reason:
                self.add_error(f"d-{line}-points", "请填写扣多少分；不扣分请把事由也清空。")
            elif points is not None and points <= 0:
                self.add_error(f"d-{line}-points", "扣分必须大于 0。")
            elif points is not None and not reason:
                self.add_error(f"d-{line}-reason", "请写明扣分的事由。")

    @property
    def mark_names(self):
        """The names of the fields that hold marks and deductions."""
        return [name for name in self.fields if name.startswith(("m-", "d-"))]

    def deduction_lines(self):
        """Return the lines of deductions as shown: those filled in, and a blank one if there is room."""
        shown = self.data if self.is_bound else self.initial
        lines = [
            {
                "number": line,
                "points": shown.get(f"d-{line}-points", ""),
                "reason": shown.get(f"d-{line}-reason", ""),
                "errors": [
                    *self.errors.get(f"d-{line}-points", []),
                    *self.errors.get(f"d-{line}-reason", []),
                ],
            }
            for line in range(MOST_DEDUCTIONS)
        ]
        filled = [line for line in lines if line["points"] or line["reason"]]
        return filled + [line for line in lines if line not in filled][:1]

    @property
    def marks(self):
        """What was given, as the services take it: {criterion pk: Decimal, int level or None}."""
        given = ((criterion.pk, self.cleaned_data.get(f"m-{criterion.pk}")) for criterion in self.criteria)
        return {pk: None if value == "" else value for pk, value in given}

    @property
    def deductions(self):
        """The (points, reason) pairs of the lines that were filled in."""
        lines = (
            (self.cleaned_data.get(f"d-{line}-points"), self.cleaned_data.get(f"d-{line}-reason"))
            for line in range(MOST_DEDUCTIONS)
        )
        return [(points, reason) for points, reason in lines if points is not None]


def fields_of(marks, deductions):
    """Return saved Marks and own Deductions as the fields of a SheetForm: {name: text}."""
    fields = {f"m-{mark.criterion_id}": plain(mark.given) for mark in marks}
    for line, deduction in enumerate(deductions):
        fields[f"d-{line}-points"] = plain(deduction.points)
        fields[f"d-{line}-reason"] = deduction.reason
    return fields
