"""One sheet on its way into the database: its panel locked, what was given checked, everything written at once.

A save costs six statements however long the rubric is: lock, sheet, rubric, all the rows, audit, receipt.
"""

import json
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import Assignment, Candidate, Criterion, Deduction, Panel, Sheet

# By hand, because the query compiler takes longer than the database: a save is the one thing done all day at once.
LOCK = """
SELECT panel.* FROM panels_panel panel
JOIN panels_sheet sheet ON sheet.panel_id = panel.id
JOIN panels_assignment seat ON seat.id = sheet.assignment_id
WHERE sheet.uuid = %(uuid)s AND seat.user_id = %(user)s
FOR NO KEY UPDATE OF panel
"""
READ = """
SELECT sheet.*, seat.seat, seat.label AS judge, seat.ended_at IS NOT NULL AS has_left,
    candidate.code, candidate.label AS name, candidate.is_marked,
    EXISTS (SELECT FROM panels_recusal recusal WHERE recusal.assignment_id = sheet.assignment_id
        AND recusal.candidate_id = sheet.candidate_id) AS is_recused,
    (SELECT sum(points) FROM panels_deduction WHERE candidate_id = sheet.candidate_id) AS taken_from_all
FROM panels_sheet sheet
JOIN panels_assignment seat ON seat.id = sheet.assignment_id
JOIN panels_candidate candidate ON candidate.id = sheet.candidate_id
WHERE sheet.uuid = %(uuid)s AND seat.user_id = %(user)s
"""
RUBRIC = "SELECT * FROM panels_criterion WHERE panel_id = %s ORDER BY position"
# What a sheet says, replaced by what it says now. A panel closes its rubric and its seats with the first mark; what was
# said about a spread was said of other figures once one more sheet is handed in.
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
), advanced AS (
    UPDATE panels_sheet SET version = %(number)s, status = %(status)s,
        total_thirds = %(total_thirds)s, submitted_at = %(submitted_at)s
    WHERE id = %(sheet)s
), outdated AS (
    UPDATE panels_candidate SET spread_answer = ''
    WHERE id = %(candidate)s AND spread_answer <> '' AND %(status)s = 'submitted'
)
INSERT INTO panels_sheetversion (sheet_id, number, body, key, saved_by, saved_at)
VALUES (%(sheet)s, %(number)s, %(body)s, %(key)s, %(saved_by)s, %(now)s)
"""


class StaleSheet(Exception):
    """Somebody saved this sheet since it was read (HTTP 409). Carries the sheet as it stands now."""

    def __init__(self, sheet):
        super().__init__("这份评分表刚在别处保存过。")
        self.sheet = sheet


def lock_sheet(*, actor, uuid, version):
    """Lock the panel, where every write to a sheet queues up, and return the sheet as it is then, with its `criteria`.

    Raises Sheet.DoesNotExist where the sheet is not the actor's; ValidationError in Chinese where its judge may not mark
    it now; StaleSheet where the judge saw another version.
    """
    own = {"uuid": str(uuid), "user": actor.pk}
    panel = next(iter(Panel.objects.raw(LOCK, own)), None)
    if panel is None:
        raise Sheet.DoesNotExist
    # Read after the lock: whatever was waited for is seen.
    sheet = Sheet.objects.raw(READ, own)[0]
    sheet.panel, sheet.criteria = panel, list(Criterion.objects.raw(RUBRIC, [panel.pk]))
    sheet.assignment = Assignment(pk=sheet.assignment_id, seat=sheet.seat, label=sheet.judge)
    sheet.candidate = Candidate(pk=sheet.candidate_id, code=sheet.code, label=sheet.name, panel=panel)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError("评分已截止，本次修改未保存。")
    if sheet.has_left or sheet.is_recused or not sheet.is_marked:
        raise ValidationError("您不能给这一位打分。")
    if sheet.status == Sheet.Status.SUBMITTED:
        raise ValidationError("评分表已提交，退回后才能修改。")
    if sheet.version != version:
        raise StaleSheet(sheet)
    return sheet


def write_sheet(*, sheet, actor, marks, deductions=(), key=None, submit=False):
    """Write what a judge gave on a locked sheet, with `submit` hand it in too; returns the sheet.

    `marks`: {criterion pk: Decimal, int level, or None for not marked}; `deductions`: (points, reason) pairs.
    """
    checked = _check_marks(sheet.criteria, marks)
    _check_deductions(deductions)
    if submit:
        given = {criterion.pk: value for criterion, value in checked.items()}
        hand_in(sheet, given, [points for points, _ in deductions])
    elif sheet.status != Sheet.Status.REOPENED:
        sheet.status = Sheet.Status.DRAFT
    sheet.version += 1
    _write_rows(sheet, checked, deductions, key, str(actor))
    details = {"total_thirds": str(sheet.total_thirds)} if submit else {}
    action = "panels.sheet_submitted" if submit else "panels.sheet_saved"
    record(actor, action, sheet, version=sheet.version, **details)
    return sheet


def hand_in(sheet, marks, points):
    """Set what handing in changes on a locked sheet with these marks and own deductions; saves nothing."""
    taken = [*points, sheet.taken_from_all] if sheet.taken_from_all else points
    marked = scoring.MarkedSheet(sheet.assignment.seat, sheet.assignment.label, marks, tuple(taken))
    try:
        total = scoring.sheet_total(sheet.panel.rule(sheet.criteria), marked)
    except ValueError as error:
        raise ValidationError(f"还不能提交：{error}") from error
    sheet.total_thirds = thirds(total)
    sheet.status = Sheet.Status.SUBMITTED
    sheet.submitted_at = timezone.now()


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


def _check_marks(criteria, marks):
    """Return {criterion: value} of checked marks; raises ValidationError by criterion."""
    criteria = {criterion.pk: criterion for criterion in criteria}
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
        "candidate": sheet.candidate_id,
        "panel": sheet.panel_id,
        "criteria": [criterion.pk for criterion in marks],
        "values": [value for value, _ in columns],
        "levels": [level for _, level in columns],
        "points": [points for points, _ in deductions],
        "reasons": [reason for _, reason in deductions],
        "number": sheet.version,
        "status": sheet.status,
        "total_thirds": sheet.total_thirds,
        "submitted_at": sheet.submitted_at,
        "body": json.dumps(version_body(marks, deductions)),
        "key": str(key) if key else None,
        "saved_by": saved_by,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(ROWS, rows)
