"""What chief judge and staff decide about the marks as a whole: what counts, and what a wide spread means."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels.models import Assignment, Candidate, Deduction, Panel, Sheet
from unionportal.panels.services.marks import retotal
from unionportal.panels.services.seats import forget_spreads, lock_panel, make_sheets


def _reason(text):
    if not text.strip():
        raise ValidationError({"reason": "请写明理由，它会与计分规则一起公布。"})
    return text.strip()


@transaction.atomic
def set_judge_aside(*, assignment, actor, reason):
    """Leave all sheets of this judge out of the score, for every candidate alike; they stay readable.

    Whoever took the seat over marks these candidates too from now on.
    """
    panel = lock_panel(assignment.panel)
    if Assignment.objects.filter(pk=assignment.pk).exclude(set_aside_at=None).exists():
        raise ValidationError(f"{assignment}的评分表已经裁定不计，无须再次裁定。")
    assignment.set_aside_reason = _reason(reason)
    assignment.set_aside_at = timezone.now()
    assignment.save(update_fields=["set_aside_at", "set_aside_reason"])
    if panel.status == Panel.Status.OPEN:
        make_sheets(panel=panel)
    record(actor, "panels.judge_set_aside", assignment, reason=assignment.set_aside_reason)
    return assignment


@transaction.atomic
def count_judge_again(*, assignment, actor, reason):
    """Take back that a judge's sheets were set aside; returns the assignment."""
    lock_panel(assignment.panel)
    reason = _reason(reason)
    if not Assignment.objects.filter(pk=assignment.pk).exclude(set_aside_at=None).exists():
        raise ValidationError(f"{assignment}的评分表本来就计入，没有改动。")
    own = assignment.sheets.filter(status=Sheet.Status.SUBMITTED).values("candidate")
    again = Sheet.objects.counting().filter(panel=assignment.panel_id, assignment__seat=assignment.seat)
    if again.filter(candidate__in=own).exclude(assignment=assignment).exists():
        raise ValidationError(f"{assignment}评过的选手已由同席位的接替者补评，不能再计入，否则一席计两次。")
    assignment.set_aside_at, assignment.set_aside_reason = None, ""
    assignment.save(update_fields=["set_aside_at", "set_aside_reason"])
    forget_spreads(own)
    record(actor, "panels.judge_counted_again", assignment, reason=reason)
    return assignment


@transaction.atomic
def accept_mixed_numbers(*, panel, actor, reason):
    """Let scores stand although candidates were marked by different numbers of judges."""
    panel = lock_panel(panel)
    if panel.mixed_numbers_reason:
        raise ValidationError(f"“{panel}”已经裁定{panel.words.judge}人数不一仍有效，无须再次裁定。")
    panel.mixed_numbers_reason = _reason(reason)
    panel.save(update_fields=["mixed_numbers_reason"])
    record(actor, "panels.mixed_numbers_accepted", panel, reason=panel.mixed_numbers_reason)
    return panel


@transaction.atomic
def answer_spread(*, candidate, actor, answer):
    """Say why a wide spread between the judges stands; returns the candidate."""
    lock_panel(candidate.panel)
    answer = _reason(answer)
    if Candidate.objects.filter(pk=candidate.pk, spread_answer=answer).exists():
        return candidate  # the second click of two
    candidate.spread_answer = answer
    candidate.save(update_fields=["spread_answer"])
    record(actor, "panels.spread_answered", candidate, answer=candidate.spread_answer)
    return candidate


@transaction.atomic
def deduct(*, candidate, points, reason, actor):
    """Take points off every judge's sheet of a candidate alike (overtime, a safety breach); returns the Deduction."""
    panel = lock_panel(candidate.panel)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError("评分已截止，不能再登记扣分。")
    deduction = Deduction(candidate=candidate, points=points, reason=_reason(reason))
    deduction.full_clean()
    deduction.save()
    retotal(panel=panel, candidate=candidate)
    record(actor, "panels.points_deducted", candidate, points=str(points), reason=deduction.reason)
    return deduction


def spread_alarms(*, panels):
    """Return the candidates whose counted totals lie further apart than their panel allows, unanswered; none who left."""
    ranges = {}
    for candidate, total in (
        Sheet.objects.counting().filter(panel__in=panels).values_list("candidate", "total_thirds")
    ):
        low, high = ranges.get(candidate, (total, total))
        ranges[candidate] = (min(low, total), max(high, total))
    candidates = Candidate.objects.filter(pk__in=ranges, is_marked=True, spread_answer="")
    return [
        candidate
        for candidate in candidates.exclude(panel__spread_limit=None).select_related("panel")
        if ranges[candidate.pk][1] - ranges[candidate.pk][0] > 3 * candidate.panel.spread_limit
    ]
