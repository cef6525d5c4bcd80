"""What the chief judge decides on the board of a stage. Staff who may seal may do the same in the chief's stead."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from competitions.models import Appearance, Stage
from competitions.models.boards import SEAL
from competitions.services import results, stages
from competitions.services.calculation import calculate_stage
from unionportal.audit.services import record
from unionportal.panels.models import Candidate, Panel
from unionportal.panels.services import decisions, marks, seats

Status = Stage.Status
OPEN = {Status.SCORING, Status.PAUSED, Status.CHECKING}
TIES = {"unshared_tie", "tie_at_cut"}


def may_seal(user):
    """Tell whether this user may seal stages."""
    return user.is_staff and user.has_perm(SEAL)


def _open_stage(stage, actor, states=OPEN):
    """Return the locked stage; raises PermissionDenied or, outside these states, ValidationError."""
    if not may_seal(actor) and not Stage.objects.chaired_by(actor).filter(pk=stage.pk).exists():
        raise PermissionDenied("只有本轮次的裁判长可以这样做。")
    stage = stages.lock_stage(stage)
    if stage.event.competition.status == stage.event.competition.Status.CANCELLED:
        raise ValidationError("竞赛已取消，评分与裁定一并停止。")
    if stage.status not in states:
        wanted = "、".join(f"“{state.label}”" for state in Status if state in states)
        raise ValidationError(f"本轮次现为“{stage.get_status_display()}”，只有{wanted}时可以这样做。")
    return stage


def _blockers(stage):
    try:
        return calculate_stage(stage)[1].blockers
    except ValueError as error:
        raise ValidationError(str(error)) from error


@transaction.atomic
def answer_spread(*, stage, candidate, reason, actor):
    """Say why a wide spread between the judges stands; returns the candidate."""
    stage = _open_stage(stage, actor)
    _own(stage, candidate.panel_id)
    return decisions.answer_spread(candidate=candidate, actor=actor, answer=reason)


@transaction.atomic
def reopen_sheet(*, stage, sheet, reason, actor):
    """Give a sheet back to its judge; what was decided on its figures is to be decided anew. Returns the sheet."""
    stage = _open_stage(stage, actor, {Status.SCORING})
    _own(stage, sheet.panel_id)
    if sheet.assignment.ended_at:
        raise ValidationError(f"{sheet.assignment}已退出席位，不能再修改；需要时请安排替补裁判补评。")
    sheet = marks.reopen_sheet(sheet=sheet, actor=actor, reason=reason)
    Candidate.objects.filter(pk=sheet.candidate_id).update(spread_answer="")
    stages.forget_tie_decisions(stage)
    return sheet


@transaction.atomic
def set_judge_aside(*, stage, assignment, reason, actor):
    """Leave all sheets of a judge out of the score, for everybody alike; returns the assignment."""
    stage = _open_stage(stage, actor)
    _own(stage, assignment.panel_id)
    assignment = decisions.set_judge_aside(assignment=assignment, actor=actor, reason=reason)
    stages.forget_tie_decisions(stage)
    return assignment


@transaction.atomic
def accept_mixed_numbers(*, stage, panel, reason, actor):
    """Let scores stand although people were marked by different numbers of judges; returns the panel."""
    stage = _open_stage(stage, actor)
    _own(stage, panel.pk)
    modules = stage.modules.filter(panel=panel).values_list("pk", flat=True)
    if not any(item.kind == "unequal_sheets" and item.module in modules for item in _blockers(stage)):
        raise ValidationError("评分裁判人数不一已经裁定，或者现在人数一致，无须裁定。请刷新后再看。")
    return decisions.accept_mixed_numbers(panel=panel, actor=actor, reason=reason)


@transaction.atomic
def decide_tie(*, stage, appearances, reason, actor):
    """Record the order, best first, of a tie that is open now; returns the stage."""
    stage = _open_stage(stage, actor)
    keys = {appearance.pk for appearance in appearances}
    open_ties = [set(blocker.competitors) for blocker in _blockers(stage) if blocker.kind in TIES]
    if keys not in open_ties:
        raise ValidationError("这一组同分已经裁定，或者成绩已有变动。请刷新后再看。")
    return stages.decide_tie(appearances=appearances, reason=reason, actor=actor)


@transaction.atomic
def set_status(*, stage, appearance, status, reason, actor):
    """Record that somebody was absent, gave up or was disqualified, or takes part after all; returns the appearance."""
    stage = _open_stage(stage, actor, stages.TAKES_MARKS)
    before = Appearance.objects.get(pk=appearance.pk).status
    if before == status == Appearance.Status.PRESENT:
        raise ValidationError("这一位本来就是“正常”，没有改动。")
    if before != status and status == Appearance.Status.PRESENT and not reason.strip():
        raise ValidationError({"reason": "请写明恢复参赛的理由。"})
    appearance = stages.set_appearance_status(
        appearance=appearance, status=status, reason=reason, actor=actor
    )
    if before != status:
        stages.forget_tie_decisions(stage)
        for panel in stages.stage_panels(stage):
            if panel.status == Panel.Status.OPEN:
                # Whoever was away when the panel opened has no sheets yet.
                seats.make_sheets(panel=panel)
    return appearance


@transaction.atomic
def close_marking(*, stage, actor):
    """End the marking and begin to check the totals; returns the stage."""
    stage = _open_stage(stage, actor, {Status.SCORING, Status.PAUSED})
    return stages.move_stage(stage=stage, to=Status.CHECKING, actor=actor)


@transaction.atomic
def resume_marking(*, stage, reason, actor):
    """Let the judges mark again after a pause or from the checking; returns the stage."""
    stage = _open_stage(stage, actor, {Status.PAUSED, Status.CHECKING})
    if not reason.strip():
        raise ValidationError({"reason": "请写明恢复评分的理由。"})
    return stages.move_stage(stage=stage, to=Status.SCORING, actor=actor, reason=reason.strip())


@transaction.atomic
def count_judge_again(*, stage, assignment, reason, actor):
    """Take back that a judge's sheets were set aside; returns the assignment."""
    stage = _open_stage(stage, actor)
    _own(stage, assignment.panel_id)
    assignment = decisions.count_judge_again(assignment=assignment, actor=actor, reason=reason)
    stages.forget_tie_decisions(stage)
    return assignment


@transaction.atomic
def withdraw_decisions(*, stage, reason, actor):
    """Take back every decision on ties and on unequal numbers of judges; returns the stage."""
    stage = _open_stage(stage, actor)
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销的理由。"})
    panels = [panel for panel in stages.stage_panels(stage) if panel.mixed_numbers_reason]
    order = [str(item) for item in stage.appearances.exclude(decided_place=None).order_by("decided_place")]
    if not panels and not order:
        raise ValidationError("没有可以撤销的裁定。")
    Panel.objects.filter(pk__in=[panel.pk for panel in panels]).update(mixed_numbers_reason="")
    stages.forget_tie_decisions(stage)
    record(actor, "competitions.decisions_withdrawn", stage, order=order, reason=reason.strip())
    return stage


def seal_stage(*, stage, actor):
    """Seal the stage; returns the ResultSheet. Only staff may."""
    if not may_seal(actor):
        raise PermissionDenied("成绩由竞赛业务员锁定。")
    return results.seal_stage(stage=stage, actor=actor)


def _own(stage, panel):
    if not stage.modules.filter(panel=panel).exists():
        raise ValidationError("这一项不属于本轮次。")
