"""Seating judges, recusal, and the life of a panel."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.panels.models import Assignment, Candidate, DeclaredTie, Panel, Recusal, Sheet


def lock_panel(panel):
    """Return the panel's row, locked: every write below a panel queues up here."""
    return Panel.objects.select_for_update(of=("self",), no_key=True).get(pk=panel.pk)


def refuse_when_locked(panel):
    """Raise ValidationError once the first mark is in: judges and rubric stand from then on."""
    if panel.locked_at:
        judge = panel.words.judge
        raise ValidationError(
            f"“{panel}”已有评分记入，{judge}与评分项不能再改。更换{judge}请用“退出席位”并说明理由。"
        )


@transaction.atomic
def assign_judge(*, panel, seat, actor, user=None, label="", role=Assignment.Role.JUDGE, is_marking=True):
    """Seat a user, or a paper judge known by label alone; returns the Assignment.

    A substitute may take a seat that somebody has left, also after the first mark. Raises ValidationError where the
    judge's qualification has run out or the panel has no seat left.
    """
    panel = lock_panel(panel)
    if not panel.assignments.filter(seat=seat).exclude(ended_at=None).exists():
        refuse_when_locked(panel)
    if user is None and not label:
        judge = panel.words.judge
        raise ValidationError(f"纸质评分的{judge}须填写显示名，如“{judge}1”。")
    if user is not None and not user.is_active:
        raise ValidationError(f"“{user.name}”的账号已停用，不能安排席位。")
    assignment = Assignment(
        panel=panel, seat=seat, user=user, label=label or user.name, role=role, is_marking=is_marking
    )
    assignment.full_clean()
    assignment.save()
    recuse_by_rule(panel=panel)
    if panel.status == Panel.Status.OPEN:
        make_sheets(panel=panel)
    record(actor, "panels.judge_assigned", assignment, panel=panel.pk, seat=seat)
    return assignment


@transaction.atomic
def replace_judge(*, assignment, actor, reason, user=None, label=""):
    """Give a judge's seat to somebody else; sheets handed in by the one who leaves stay and count. Returns the new seat."""
    panel = lock_panel(assignment.panel)
    assignment = Assignment.objects.select_for_update(no_key=True, of=("self",)).get(pk=assignment.pk)
    if assignment.ended_at:
        raise ValidationError(f"“{assignment}”已退出席位。")
    end_assignment(assignment=assignment, actor=actor, reason=reason)
    return assign_judge(
        panel=panel,
        seat=assignment.seat,
        actor=actor,
        user=user,
        label=label,
        role=assignment.role,
        is_marking=assignment.is_marking,
    )


@transaction.atomic
def end_assignment(*, assignment, actor, reason):
    """A judge leaves; sheets handed in stay and count unless they are set aside."""
    lock_panel(assignment.panel)
    if not reason.strip():
        raise ValidationError({"reason": "请写明退出的理由。"})
    assignment.ended_at = timezone.now()
    assignment.reason = reason.strip()
    assignment.save(update_fields=["ended_at", "reason"])
    record(actor, "panels.judge_left", assignment, reason=assignment.reason)
    return assignment


@dataclass(frozen=True)
class Closeness:
    """A judge close to a candidate: with a `ground` the judge must stand back, without one staff are only warned."""

    seat: Assignment
    subject: object
    ground: str | None
    words: str


def closeness(panel, subjects):
    """Return a Closeness for every judge seated with an account and every subject close to that judge.

    `subjects` are (subject, unit, person keys). The same unit, a merged one included, or a tie that the judge
    declared: must. The same 系统 or 镇街: a warning.
    """
    seats = panel.assignments.filter(ended_at=None).exclude(user=None).select_related("user__judge__unit")
    seats = list(seats)
    users = [seat.user_id for seat in seats]
    kinds = dict(DeclaredTie.Kind.choices)
    ties = {
        (user, person): kinds[kind]
        for user, person, kind in DeclaredTie.objects.filter(user__in=users).values_list(
            "user_id", "person_id", "kind"
        )
    }
    found = []
    for seat in seats:
        judge = getattr(seat.user, "judge", None)
        for subject, unit, people in subjects:
            ground, words = _how_close(judge and judge.unit, unit)
            declared = next((ties[seat.user_id, key] for key in people if (seat.user_id, key) in ties), None)
            if declared and ground is None:
                ground, words = Recusal.Ground.DECLARED, f"申报关系：{declared}"
            if words:
                found.append(Closeness(seat, subject, ground, words))
    return found


def _how_close(unit, other):
    """Return (ground or None, words) of two units; blank words where nothing connects them."""
    if unit is None or other is None:
        return None, ""
    if (unit.merged_into_id or unit.pk) == (other.merged_into_id or other.pk):
        return Recusal.Ground.SAME_UNIT, "同单位"
    shared = [
        f"{name}（{value}）"
        for name, value, theirs in (("同系统", unit.system, other.system), ("同镇街", unit.town, other.town))
        if value and value == theirs
    ]
    return None, "、".join(shared)


def panel_closeness(panel):
    """Return the Closeness of every judge and candidate of a panel, in four statements."""
    people = {}
    for candidate_id, person_id in Candidate.people.through.objects.filter(
        candidate__panel=panel
    ).values_list("candidate_id", "person_id"):
        people.setdefault(candidate_id, set()).add(person_id)
    candidates = panel.candidates.select_related("unit")
    return closeness(panel, [(item, item.unit, people.get(item.pk, ())) for item in candidates])


@transaction.atomic
def recuse_by_rule(*, panel):
    """Write the recusals that follow from units and declared ties; returns how many are new.

    A judge may not mark a candidate of the same unit, nor a person the judge declared a tie to.
    """
    recusals = [
        Recusal(assignment=pair.seat, candidate=pair.subject, ground=pair.ground)
        for pair in panel_closeness(panel)
        if pair.ground
    ]
    before = Recusal.objects.filter(assignment__panel=panel).count()
    Recusal.objects.bulk_create(recusals, ignore_conflicts=True)
    return Recusal.objects.filter(assignment__panel=panel).count() - before


def _panel_taking_recusals(panel):
    panel = lock_panel(panel)
    if panel.status == Panel.Status.CLOSED:
        raise ValidationError(f"“{panel}”评分已截止，回避不再改动；确需更正的，请先恢复评分。")
    return panel


def forget_spreads(candidates):
    """Drop what was said about the spreads of these candidates (keys): it was said of other figures."""
    Candidate.objects.filter(pk__in=candidates).exclude(spread_answer="").update(spread_answer="")


@transaction.atomic
def recuse(*, assignment, candidate, actor, note):
    """Keep a judge from marking a candidate; what the judge handed in for this one counts no more."""
    _panel_taking_recusals(assignment.panel)
    if assignment.panel_id != candidate.panel_id:
        raise ValidationError(f"{assignment.panel.words.judge}与评审对象不属于同一评审组。")
    if not note.strip():
        raise ValidationError({"note": "请写明回避的理由。"})
    recusal, is_new = Recusal.objects.get_or_create(
        assignment=assignment,
        candidate=candidate,
        defaults={"ground": Recusal.Ground.ADDED, "note": note.strip()},
    )
    if is_new:
        forget_spreads([candidate.pk])
        record(actor, "panels.judge_recused", recusal, note=recusal.note, candidate=str(candidate))
    return recusal


@transaction.atomic
def recuse_oneself(*, sheet, actor, note):
    """A judge declares that the candidate of his own sheet is not his to mark; returns the Recusal.

    Not after the marking has been closed: then it changes a result, and staff decide.
    """
    panel = lock_panel(sheet.panel)
    seat = panel.assignments.filter(pk=sheet.assignment_id, user=actor, ended_at=None).first()
    if seat is None:
        raise ValidationError("您不在这个评审组，不能登记回避。")
    if panel.status == Panel.Status.CLOSED:
        raise ValidationError(f"评分已截止，不能再登记回避，请联系{panel.words.staff}。")
    return recuse(assignment=seat, candidate=sheet.candidate, actor=actor, note=note)


@transaction.atomic
def lift_recusal(*, recusal, actor, reason):
    """Let a judge mark a candidate after all, unless unit or declared tie forbid it; the judge gets the sheet."""
    panel = _panel_taking_recusals(recusal.assignment.panel)
    if not reason.strip():
        raise ValidationError({"reason": "请写明解除回避的理由。"})
    if not Recusal.objects.filter(pk=recusal.pk).exists():
        raise ValidationError("这项回避已经解除。")
    pair = (recusal.assignment_id, recusal.candidate_id)
    rule = next((p for p in panel_closeness(panel) if p.ground and (p.seat.pk, p.subject.pk) == pair), None)
    if rule:
        raise ValidationError(
            f"{recusal.assignment}与{recusal.candidate}{rule.words}，必须回避，不能解除。"
            "登记有误的，请先更正裁判的单位或申报关系。"
        )
    record(actor, "panels.recusal_lifted", recusal, reason=reason.strip(), candidate=str(recusal.candidate))
    recusal.delete()
    forget_spreads([pair[1]])
    if panel.status == Panel.Status.OPEN:
        make_sheets(panel=panel)


@transaction.atomic
def make_sheets(*, panel):
    """Make the sheets still missing: one per marking judge and candidate.

    Left out: the recused, and for a substitute whoever the judge who left has handed in, as those sheets count.
    """
    recused = set(
        Recusal.objects.filter(assignment__panel=panel).values_list("assignment_id", "candidate_id")
    )
    handed_in = set(
        Sheet.objects.counting()
        .filter(panel=panel)
        .exclude(assignment__ended_at=None)
        .values_list("assignment__seat", "candidate_id")
    )
    seats = panel.assignments.filter(ended_at=None, is_marking=True)
    candidates = list(panel.candidates.filter(is_marked=True))
    Sheet.objects.bulk_create(
        [
            Sheet(panel=panel, candidate=candidate, assignment=seat)
            for seat in seats
            for candidate in candidates
            if (seat.pk, candidate.pk) not in recused and (seat.seat, candidate.pk) not in handed_in
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def open_panel(*, panel, actor):
    """Let the judges begin; returns the panel. Needs a rubric; recusals are computed here once more."""
    panel = lock_panel(panel)
    if panel.status == Panel.Status.CLOSED:
        raise ValidationError(f"“{panel}”已截止；确需更正的，请重新打开并写明理由。")
    if not panel.criteria.exists():
        raise ValidationError(f"“{panel}”还没有评分项，请先录入评分标准。")
    try:
        panel.rule()
    except ValueError as error:
        raise ValidationError(f"“{panel}”的评分标准不能用：{error}") from error
    # Also on a panel that is open already: candidates may have come since.
    recuse_by_rule(panel=panel)
    make_sheets(panel=panel)
    if panel.status == Panel.Status.PREPARING:
        panel.status = Panel.Status.OPEN
        panel.save(update_fields=["status"])
        record(actor, "panels.panel_opened", panel)
    return panel


@transaction.atomic
def close_panel(*, panel, actor):
    """Stop the marking; returns the panel."""
    panel = lock_panel(panel)
    if panel.status == Panel.Status.OPEN:
        panel.status = Panel.Status.CLOSED
        panel.save(update_fields=["status"])
        record(actor, "panels.panel_closed", panel)
    return panel


@transaction.atomic
def reopen_panel(*, panel, actor, reason):
    """Let a closed panel mark again, for a correction; returns the panel."""
    panel = lock_panel(panel)
    if panel.status == Panel.Status.CLOSED:
        if not reason.strip():
            raise ValidationError({"reason": "请写明重新打开的理由。"})
        panel.status = Panel.Status.OPEN
        panel.save(update_fields=["status"])
        record(actor, "panels.panel_reopened", panel, reason=reason.strip())
    return panel


def substitutions(*, panel):
    """Return (judge who left, substitute) pairs where sheets of both count: part of the field was marked by each."""
    counting = Sheet.objects.counting().filter(panel=panel).values("assignment")
    seats = list(panel.assignments.filter(pk__in=counting))
    return [
        (left, substitute)
        for left in seats
        for substitute in seats
        if left.ended_at and substitute.pk > left.pk and substitute.seat == left.seat
    ]
