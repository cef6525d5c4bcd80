"""One sheet on its way into the database: its panel locked, what was given checked, everything written at once.

A save costs six statements however long the rubric is: lock and read, rubric, sheet, rows, audit, receipt.
"""

import json
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import DecimalField, Exists, OuterRef, Subquery, Sum, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import Criterion, Deduction, Panel, Recusal, Sheet

# What a sheet says, replaced by what it says now. A panel closes its rubric and its seats with the first mark.
ROWS = """
WITH kept AS (
    INSERT INTO panels_mark (sheet_id, criterion_id, value, level)
    SELECT %(sheet)s, * FROM unnest(%(criteria)s::bigint[], %(values)s::numeric[], %(levels)s::int[])
    ON CONFLICT (sheet_id, criterion_id) DO UPDATE SET value = EXCLUDED.value, level = EXCLUDED.level
), blanked AS (
    DELETE FROM panels_mark WHERE sheet_id = %(sheet)s AND criterion_id <> ALL (%(criteria)s::bigint[])
), dropped AS (
    DELETE FROM panels_deduction WHERE sheet_id = %(sheet)s
), taken AS (
    INSERT INTO panels_deduction (sheet_id, points, reason)
    SELECT %(sheet)s, * FROM unnest(%(points)s::numeric[], %(reasons)s::text[])
), locked AS (
    UPDATE panels_panel SET locked_at = %(now)s
    WHERE id = %(panel)s AND locked_at IS NULL AND cardinality(%(criteria)s::bigint[]) > 0
)
INSERT INTO panels_sheetversion (sheet_id, number, body, key, saved_by, saved_at)
VALUES (%(sheet)s, %(number)s, %(body)s, %(key)s, %(saved_by)s, %(now)s)
"""


class StaleSheet(Exception):
    """Somebody saved this sheet since it was read (HTTP 409). Carries the sheet as it stands now."""

    def __init__(self, sheet):
        super().__init__("这张评分表刚在别处保存过。")
        self.sheet = sheet


def _taken_from_all():
    """The points taken off a sheet's candidate for every judge alike."""
    points = Deduction.objects.filter(candidate=OuterRef("candidate")).values("candidate")
    total = points.annotate(points_in_all=Sum("points")).values("points_in_all")
    return Coalesce(Subquery(total), Value(Decimal(0)), output_field=DecimalField())


def lock_sheet(*, actor, version, **which):
    """Lock the panel and return the sheet, if its judge may mark it now and saw its latest version.

    Raises Sheet.DoesNotExist where the sheet is not the actor's, StaleSheet, or ValidationError in Chinese.
    """
    sheets = Sheet.objects.kept_by(actor).select_related("panel", "candidate", "assignment")
    recused = Recusal.objects.filter(assignment=OuterRef("assignment"), candidate=OuterRef("candidate"))
    sheet = (
        # The panel alone: every write to a sheet queues up there. Whoever had to wait read the rest before
        # that; advance() asks again.
        sheets.select_for_update(of=("panel",), no_key=True)
        .annotate(is_recused=Exists(recused), taken=_taken_from_all())
        .get(**which)
    )
    # What an audit line calls the candidate depends on the panel: hand over the one at hand.
    sheet.candidate.panel = sheet.panel
    if sheet.panel.status != Panel.Status.OPEN:
        raise ValidationError("评分已截止，本次修改未保存。")
    if sheet.assignment.ended_at or sheet.is_recused or not sheet.candidate.is_marked:
        raise ValidationError("您不能给这一位打分。")
    if sheet.status == Sheet.Status.SUBMITTED:
        raise ValidationError(f"评分表已提交，只有{sheet.panel.words.chief}可以退回修改。")
    if sheet.version != version:
        raise StaleSheet(sheet)
    prefetch_related_objects([sheet.panel], "criteria")
    return sheet


def advance(sheet, actor, **changes):
    """Give a locked sheet these values and its next version, unless something overtook the reading of it."""
    current = Sheet.objects.scorable_by(actor).filter(pk=sheet.pk, version=sheet.version)
    if "total_thirds" in changes:
        current = current.alias(taken=_taken_from_all()).filter(taken=sheet.taken)
    changes["version"] = sheet.version + 1
    if not current.update(**changes):
        if not Sheet.objects.scorable_by(actor).filter(pk=sheet.pk).exists():
            raise ValidationError("您不能给这一位打分。")
        raise StaleSheet(Sheet.objects.select_related("panel", "candidate").get(pk=sheet.pk))
    for name, value in changes.items():
        setattr(sheet, name, value)


def write_sheet(*, sheet, actor, marks, deductions=(), key=None, submit=False):
    """Write what a judge gave on a locked sheet, with `submit` hand it in too; returns the sheet.

    `marks`: {criterion pk: Decimal, int level, or None for not marked}; `deductions`: (points, reason) pairs.
    """
    checked = _check_marks(sheet.panel, marks)
    _check_deductions(deductions)
    if submit:
        given = {criterion.pk: value for criterion, value in checked.items()}
        changes = handed_in(sheet, given, [points for points, _ in deductions])
    else:
        is_reopened = sheet.status == Sheet.Status.REOPENED
        changes = {"status": Sheet.Status.REOPENED if is_reopened else Sheet.Status.DRAFT}
    advance(sheet, actor, **changes)
    _write_rows(sheet, checked, deductions, key, str(actor))
    details = {"total_thirds": str(sheet.total_thirds)} if submit else {}
    action = "panels.sheet_submitted" if submit else "panels.sheet_saved"
    record(actor, action, sheet, version=sheet.version, **details)
    return sheet


def handed_in(sheet, marks, points):
    """Return what handing in changes on a locked sheet with these marks and own deductions."""
    taken = [*points, sheet.taken] if sheet.taken else points
    marked = scoring.MarkedSheet(sheet.assignment.seat, sheet.assignment.label, marks, tuple(taken))
    try:
        total = scoring.sheet_total(sheet.panel.rule(), marked)
    except ValueError as error:
        raise ValidationError(f"还不能提交：{error}") from error
    return {
        "total_thirds": thirds(total),
        "status": Sheet.Status.SUBMITTED,
        "submitted_at": timezone.now(),
    }


def thirds(total):
    """Return three times an exact sheet total as a Decimal; judgement marks make thirds and nothing finer."""
    tripled = total * 3
    return Decimal(tripled.numerator) / Decimal(tripled.denominator)


def version_body(marks, deductions):
    """Return what a version of a sheet keeps: {criterion: mark} by name, and the deductions."""
    return {
        "marks": {criterion.name: str(value) for criterion, value in marks.items()},
        "deductions": [{"points": str(points), "reason": reason} for points, reason in deductions],
    }


def value_and_level(criterion, value):
    """Return a mark as its two columns hold it."""
    return (None, value) if criterion.kind == Criterion.Kind.JUDGEMENT else (value, None)


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


def _check_deductions(deductions):
    """Raise ValidationError unless each (points, reason) takes something off and says why."""
    for points, reason in deductions:
        deduction = Deduction(points=points, reason=reason)
        deduction.clean_fields(exclude=["sheet", "candidate"])
        deduction.clean()


def _write_rows(sheet, marks, deductions, key, saved_by):
    columns = [value_and_level(criterion, value) for criterion, value in marks.items()]
    rows = {
        "sheet": sheet.pk,
        "panel": sheet.panel_id,
        "criteria": [criterion.pk for criterion in marks],
        "values": [value for value, _ in columns],
        "levels": [level for _, level in columns],
        "points": [points for points, _ in deductions],
        "reasons": [reason for _, reason in deductions],
        "number": sheet.version,
        "body": json.dumps(version_body(marks, deductions)),
        "key": str(key) if key else None,
        "saved_by": saved_by,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(ROWS, rows)
