"""Marking: drafts, handing in, reopening, and paper sheets typed in whole."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import (
    Assignment,
    Candidate,
    Criterion,
    Deduction,
    Mark,
    Panel,
    Sheet,
    SheetVersion,
)
from unionportal.panels.services.seats import lock_panel


class StaleSheet(Exception):
    """Somebody saved this sheet since it was read (HTTP 409). Carries the sheet as it stands now."""

    def __init__(self, sheet):
        super().__init__("这张评分表刚在别处保存过。")
        self.sheet = sheet


def _lock_for_marking(sheet, actor, version):
    panel = lock_panel(sheet.panel)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError("评分已截止，本次修改未保存。")
    sheet = (
        Sheet.objects.scorable_by(actor)
        .select_for_update(of=("self",), no_key=True)
        .select_related("assignment", "candidate")
        .annotate(had_deductions=Exists(Deduction.objects.filter(sheet=OuterRef("pk"))))
        .filter(pk=sheet.pk)
        .first()
    )
    if sheet is None:
        raise ValidationError("您不能给这一位打分。")
    # What an audit line calls the candidate depends on the panel: hand over the one at hand.
    sheet.panel = sheet.candidate.panel = panel
    if sheet.status == Sheet.Status.SUBMITTED:
        raise ValidationError("评分表已提交，只有裁判长可以退回修改。")
    if sheet.version != version:
        raise StaleSheet(sheet)
    return panel, sheet


def _check_marks(panel, marks):
    """Return {criterion: value} of checked marks; raises ValidationError by criterion."""
    criteria = {criterion.pk: criterion for criterion in panel.criteria.all()}
    checked, errors = {}, {}
    for pk, value in marks.items():
        if pk not in criteria:
            raise ValidationError("评分项不属于这个评审组，未保存。")
        if value is None:
            continue
        try:
            scoring.check_mark(criteria[pk].rule(), value)
        except ValueError as error:
            errors[str(pk)] = str(error)
        checked[criteria[pk]] = value
    if errors:
        raise ValidationError(errors)
    return checked


def _mark_row(sheet, criterion, value):
    is_level = criterion.kind == Criterion.Kind.JUDGEMENT
    return Mark(
        sheet=sheet, criterion=criterion, value=None if is_level else value, level=value if is_level else None
    )


def _version_body(marks, deductions):
    return {
        "marks": {criterion.name: str(value) for criterion, value in marks.items()},
        "deductions": [{"points": str(points), "reason": reason} for points, reason in deductions],
    }


def _check_deductions(deductions):
    """Raise ValidationError unless each (points, reason) takes something off and says why."""
    for points, reason in deductions:
        deduction = Deduction(points=points, reason=reason)
        deduction.clean_fields(exclude=["sheet", "candidate"])
        deduction.clean()


def _write_marks(panel, sheet, marks, deductions):
    Mark.objects.filter(sheet=sheet).exclude(criterion__in=marks).delete()
    Mark.objects.bulk_create(
        [_mark_row(sheet, criterion, value) for criterion, value in marks.items()],
        update_conflicts=True,
        unique_fields=["sheet", "criterion"],
        update_fields=["value", "level"],
    )
    if sheet.had_deductions:
        Deduction.objects.filter(sheet=sheet).delete()
    Deduction.objects.bulk_create(
        [Deduction(sheet=sheet, points=p, reason=reason) for p, reason in deductions]
    )
    if marks and panel.locked_at is None:
        Panel.objects.filter(pk=panel.pk).update(locked_at=timezone.now())


@transaction.atomic
def save_sheet(*, sheet, actor, marks, version, deductions=(), key=None):
    """Save a judge's draft and return the sheet with its new version.

    `marks`: {criterion pk: Decimal, int level, or None for not marked}; `deductions`: (points, reason) pairs;
    `version`: the one the judge was looking at. Raises StaleSheet, or ValidationError in Chinese.
    """
    panel, sheet = _lock_for_marking(sheet, actor, version)
    return _save_draft(panel, sheet, actor, marks, deductions, key)


@transaction.atomic
def submit_sheet(*, sheet, actor, version):
    """Hand in a judge's sheet and return it; from here on only the chief judge can reopen it."""
    panel, sheet = _lock_for_marking(sheet, actor, version)
    return _hand_in(panel, sheet, actor)


@transaction.atomic
def save_and_submit(*, sheet, actor, marks, version, deductions=(), key=None):
    """Save what a judge signed and hand it in, both or neither; takes and raises what save_sheet does."""
    panel, sheet = _lock_for_marking(sheet, actor, version)
    return _hand_in(panel, _save_draft(panel, sheet, actor, marks, deductions, key), actor)


def _save_draft(panel, sheet, actor, marks, deductions, key):
    checked = _check_marks(panel, marks)
    _check_deductions(deductions)
    _write_marks(panel, sheet, checked, deductions)
    sheet.version += 1
    sheet.status = sheet.status if sheet.status == Sheet.Status.REOPENED else Sheet.Status.DRAFT
    sheet.save(update_fields=["version", "status"])
    SheetVersion.objects.create(
        sheet=sheet,
        number=sheet.version,
        body=_version_body(checked, deductions),
        key=key,
        saved_by=str(actor),
    )
    record(actor, "panels.sheet_saved", sheet, version=sheet.version)
    return sheet


def _hand_in(panel, sheet, actor):
    marked = marked_sheet(sheet)
    try:
        total = scoring.sheet_total(panel.rule(), marked)
    except ValueError as error:
        raise ValidationError(f"还不能提交：{error}") from error
    sheet.total_thirds = thirds(total)
    sheet.status = Sheet.Status.SUBMITTED
    sheet.submitted_at = timezone.now()
    sheet.version += 1
    sheet.save(update_fields=["total_thirds", "status", "submitted_at", "version"])
    record(actor, "panels.sheet_submitted", sheet, total_thirds=str(sheet.total_thirds))
    return sheet


def thirds(total):
    """Return three times an exact sheet total as a Decimal; judgement marks make thirds and nothing finer."""
    tripled = total * 3
    return Decimal(tripled.numerator) / Decimal(tripled.denominator)


@transaction.atomic
def reopen_sheet(*, sheet, actor, reason):
    """The chief judge gives a sheet back for correction; returns the sheet."""
    panel = lock_panel(sheet.panel)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError("评分已截止；请先重新打开评审组，再退回评分表。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回的理由。"})
    sheet = Sheet.objects.select_for_update(of=("self",), no_key=True).get(pk=sheet.pk)
    if sheet.status != Sheet.Status.SUBMITTED:
        raise ValidationError("只有已提交的评分表可以退回。")
    sheet.status, sheet.reopen_reason = Sheet.Status.REOPENED, reason.strip()
    sheet.version += 1
    sheet.save(update_fields=["status", "reopen_reason", "version"])
    record(actor, "panels.sheet_reopened", sheet, reason=sheet.reopen_reason)
    return sheet


@dataclass(frozen=True)
class PaperSheet:
    """A signed paper sheet as typed in: every criterion marked."""

    candidate_id: int
    seat: str
    marks: dict = field(hash=False)


@transaction.atomic
def enter_paper_sheets(*, panel, sheets, actor):
    """Write whole paper sheets for judges known by label; returns (written, unchanged) counts.

    Marks must have been checked by scoring.check_mark. A sheet that says something new gets a new version.
    """
    panel = lock_panel(panel)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError(f"“{panel}”不在评分中，不能录入评分表。")
    seats = _paper_seats(panel, [sheet.seat for sheet in sheets], actor)
    rows = _sheet_rows(panel, [(sheet.candidate_id, seats[sheet.seat].pk) for sheet in sheets])
    criteria = {criterion.pk: criterion for criterion in panel.criteria.all()}
    present = {}
    for mark in Mark.objects.filter(sheet__panel=panel):
        present.setdefault(mark.sheet_id, {})[mark.criterion_id] = mark.given
    changed = []
    for sheet in sheets:
        row = rows[sheet.candidate_id, seats[sheet.seat].pk]
        if row.status != Sheet.Status.SUBMITTED or present.get(row.pk) != sheet.marks:
            changed.append((row, {criteria[pk]: value for pk, value in sheet.marks.items()}))
    _write_paper(panel, changed, actor)
    return len(changed), len(sheets) - len(changed)


def _paper_seats(panel, labels, actor):
    seats = {seat.label: seat for seat in panel.assignments.filter(ended_at=None)}
    for label in dict.fromkeys(labels):
        if label in seats:
            continue
        used = {seat.seat for seat in seats.values()}
        number = next(number for number in range(1, len(used) + 2) if number not in used)
        # Typed from paper judge by judge: a seat may be named first after other sheets are already in.
        seats[label] = Assignment.objects.create(panel=panel, seat=number, label=label)
        record(actor, "panels.judge_assigned", seats[label], panel=panel.pk, seat=number)
    return seats


def _sheet_rows(panel, pairs):
    Sheet.objects.bulk_create(
        [Sheet(panel=panel, candidate_id=candidate, assignment_id=seat) for candidate, seat in pairs],
        ignore_conflicts=True,
    )
    rows = Sheet.objects.filter(panel=panel).select_for_update(of=("self",), no_key=True).order_by("pk")
    return {(row.candidate_id, row.assignment_id): row for row in rows}


def _write_paper(panel, changed, actor):
    now = timezone.now()
    rule = panel.rule()
    taken = _deductions([panel])
    for row, marks in changed:
        given = scoring.MarkedSheet(
            seat=0,
            label="",
            marks={criterion.pk: value for criterion, value in marks.items()},
            deductions=taken(row),
        )
        row.total_thirds = thirds(scoring.sheet_total(rule, given))
        row.status, row.submitted_at, row.version = Sheet.Status.SUBMITTED, now, row.version + 1
    rows = [row for row, _ in changed]
    Mark.objects.bulk_create(
        [_mark_row(row, criterion, value) for row, marks in changed for criterion, value in marks.items()],
        update_conflicts=True,
        unique_fields=["sheet", "criterion"],
        update_fields=["value", "level"],
    )
    Sheet.objects.bulk_update(rows, ["total_thirds", "status", "submitted_at", "version"])
    SheetVersion.objects.bulk_create(
        [
            SheetVersion(sheet=row, number=row.version, body=_version_body(marks, ()), saved_by=str(actor))
            for row, marks in changed
        ]
    )
    if changed and panel.locked_at is None:
        Panel.objects.filter(pk=panel.pk).update(locked_at=now)


def marked_sheet(sheet):
    """Return one sheet for scoring.py, with its own and its candidate's deductions."""
    taken = Deduction.objects.filter(sheet=sheet) | Deduction.objects.filter(candidate=sheet.candidate_id)
    return scoring.MarkedSheet(
        seat=sheet.assignment.seat,
        label=sheet.assignment.label,
        marks={mark.criterion_id: mark.given for mark in sheet.marks.all()},
        deductions=tuple(deduction.points for deduction in taken),
    )


def retotal(*, panel, candidate):
    """Work out anew the totals of a candidate's submitted sheets, after points were taken off."""
    rule = panel.rule()
    sheets = Sheet.objects.filter(candidate=candidate, status=Sheet.Status.SUBMITTED)
    for sheet in sheets.select_related("assignment").prefetch_related("marks"):
        sheet.total_thirds = thirds(scoring.sheet_total(rule, marked_sheet(sheet)))
        sheet.save(update_fields=["total_thirds"])


def _deductions(panels):
    """Return a function from a sheet of these panels to the points taken off it, its candidate's included."""
    by_sheet, by_candidate = {}, {}
    candidates = Candidate.objects.filter(panel__in=panels).values("pk")
    for deduction in Deduction.objects.filter(candidate__in=candidates):
        by_candidate.setdefault(deduction.candidate_id, []).append(deduction.points)
    for deduction in Deduction.objects.filter(sheet__panel__in=panels):
        by_sheet.setdefault(deduction.sheet_id, []).append(deduction.points)
    return lambda sheet: tuple(by_sheet.get(sheet.pk, []) + by_candidate.get(sheet.candidate_id, []))


def counting_sheets(*, panels):
    """Return {candidate pk: tuple of MarkedSheet}: what counts on these panels, in four statements."""
    sheets = list(
        Sheet.objects.counting()
        .filter(panel__in=panels)
        .select_related("assignment")
        .order_by("assignment__seat", "pk")
    )
    marks, taken = {}, _deductions(panels)
    for mark in Mark.objects.filter(sheet__in=[sheet.pk for sheet in sheets]):
        marks.setdefault(mark.sheet_id, {})[mark.criterion_id] = mark.given
    result = {}
    for sheet in sheets:
        marked = scoring.MarkedSheet(
            seat=sheet.assignment.seat,
            label=sheet.assignment.label,
            marks=marks.get(sheet.pk, {}),
            deductions=taken(sheet),
        )
        result[sheet.candidate_id] = (*result.get(sheet.candidate_id, ()), marked)
    return result
