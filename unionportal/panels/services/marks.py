"""Marking: drafts, handing in, reopening, and paper sheets typed in whole."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import (
    Assignment,
    Candidate,
    Deduction,
    Mark,
    Panel,
    Sheet,
    SheetVersion,
)
from unionportal.panels.services.keeping import (
    StaleSheet as StaleSheet,
)
from unionportal.panels.services.keeping import (
    hand_in,
    lock_sheet,
    thirds,
    value_and_level,
    version_body,
    write_sheet,
)
from unionportal.panels.services.seats import forget_spreads, lock_panel


def _locked(sheet, actor, version):
    try:
        return lock_sheet(actor=actor, uuid=sheet.uuid, version=version)
    except Sheet.DoesNotExist as error:
        raise ValidationError("您不能给这一位打分。") from error


@transaction.atomic
def save_sheet(*, sheet, actor, marks, version, deductions=(), key=None):
    """Save a judge's draft and return the sheet with its new version.

    `marks` and `deductions` as write_sheet takes them; `version`: the one the judge was looking at. Raises StaleSheet,
    or ValidationError in Chinese.
    """
    sheet = _locked(sheet, actor, version)
    return write_sheet(sheet=sheet, actor=actor, marks=marks, deductions=deductions, key=key)


@transaction.atomic
def submit_sheet(*, sheet, actor, version):
    """Hand in a judge's sheet and return it; from here on only the chief judge can reopen it."""
    sheet = _locked(sheet, actor, version)
    marks = {mark.criterion_id: mark.given for mark in sheet.marks.all()}
    points = sheet.deductions.values_list("points", flat=True)
    hand_in(sheet, marks, list(points))
    sheet.version += 1
    sheet.save(update_fields=["total_thirds", "status", "submitted_at", "version"])
    forget_spreads([sheet.candidate_id])
    record(
        actor,
        "panels.sheet_submitted",
        sheet,
        version=sheet.version,
        total_thirds=str(sheet.total_thirds),
    )
    return sheet


def _may_reopen(user, panel):
    """Tell whether this user is the panel's chief judge now, or staff who keep panels."""
    if user.is_staff and user.has_perm("panels.change_panel"):
        return True
    return panel.assignments.filter(user=user, role=Assignment.Role.CHIEF, ended_at=None).exists()


@transaction.atomic
def reopen_sheet(*, sheet, actor, reason):
    """The chief judge gives a sheet back for correction; returns the sheet."""
    panel = lock_panel(sheet.panel)
    if not _may_reopen(actor, panel):
        raise ValidationError(f"只有本评审组的{panel.words.chief}可以退回评分表。")
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


def _mark(sheet, criterion, given):
    value, level = value_and_level(criterion, given)
    return Mark(sheet=sheet, criterion=criterion, value=value, level=level)


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
        [_mark(row, criterion, value) for row, marks in changed for criterion, value in marks.items()],
        update_conflicts=True,
        unique_fields=["sheet", "criterion"],
        update_fields=["value", "level"],
    )
    Sheet.objects.bulk_update(rows, ["total_thirds", "status", "submitted_at", "version"])
    forget_spreads({row.candidate_id for row in rows})
    SheetVersion.objects.bulk_create(
        [
            SheetVersion(sheet=row, number=row.version, body=version_body(marks, ()), saved_by=str(actor))
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
