"""The life of a stage: who enters it, its moves, and what is decided on the day."""

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import (
    Appearance,
    Attempt,
    Competition,
    Entry,
    Module,
    ModuleScore,
    ResultRow,
    Stage,
)
from competitions.services import public_notices
from unionportal.audit.services import record
from unionportal.panels.models import Candidate, Sheet
from unionportal.panels.services import seats

Status = Stage.Status
# Where a stage may go by hand. Sealing, publishing and reopening are services of their own.
MOVES = {
    Status.PREPARING: {Status.CHECK_IN, Status.SCORING},
    Status.CHECK_IN: {Status.PREPARING, Status.DRAWN, Status.SCORING},
    Status.DRAWN: {Status.CHECK_IN, Status.SCORING},
    Status.SCORING: {Status.PAUSED, Status.CHECKING},
    Status.PAUSED: {Status.SCORING, Status.CHECKING},
    Status.CHECKING: {Status.SCORING},
    Status.SEALED: {Status.HALL, Status.NOTICE},
    Status.HALL: {Status.NOTICE},
    # Once more, after the first notice was taken down.
    Status.NOTICE: {Status.NOTICE},
}
BEFORE_SCORING = {Status.PREPARING, Status.CHECK_IN, Status.DRAWN}
TAKES_MARKS = BEFORE_SCORING | {Status.SCORING}
# What a candidate repeats of its appearance.
DRAWN_FIELDS = ["code", "order", "station", "label", "unit", "is_marked"]


def lock_stage(stage):
    """Return the stage's row, locked, with event and competition."""
    return (
        Stage.objects.select_for_update(of=("self",), no_key=True)
        .select_related("event__competition")
        .get(pk=stage.pk)
    )


def lock_stages(*, competition, name):
    """Return the stages of this name of every event, locked in order; raises ValidationError if there is none."""
    stages = list(
        Stage.objects.select_for_update(of=("self",), no_key=True)
        .filter(event__competition=competition, name=name)
        .select_related("event__competition")
        .order_by("pk")
    )
    if not stages:
        names = (
            Stage.objects.filter(event__competition=competition)
            .order_by("position")
            .values_list("name", flat=True)
        )
        raise ValidationError(
            f"“{competition}”没有名为“{name}”的轮次。现有轮次：{'、'.join(dict.fromkeys(names))}。"
        )
    return sorted(stages, key=lambda stage: (stage.event.position, stage.event_id))


def refuse_unless_marking(stage):
    """Raise ValidationError unless marks may still be written in this stage."""
    if stage.event.competition.status == Competition.Status.CANCELLED:
        raise ValidationError("竞赛已取消，不能再录入成绩。")
    if stage.status not in TAKES_MARKS:
        raise ValidationError(
            f"“{stage}”{stage.get_status_display()}，不能再录入成绩。确需更正的，请先退回该轮次并写明理由。"
        )


@transaction.atomic
def move_stage(*, stage, to, actor, reason=""):
    """Move a stage to a neighbouring state and return it; panels open and close with it."""
    stage = lock_stage(stage)
    before = stage.status
    if stage.event.competition.status == Competition.Status.CANCELLED:
        raise ValidationError("竞赛已取消，轮次不再往下办。")
    if to not in MOVES.get(before, ()):
        raise ValidationError(
            f"“{stage}”现为“{stage.get_status_display()}”，不能直接转为“{Status(to).label}”。"
        )
    stage.status = to
    stage.save(update_fields=["status"])
    if to == Status.SCORING:
        prepare_candidates(stage=stage)
        for panel in stage_panels(stage):
            seats.reopen_panel(panel=panel, actor=actor, reason=reason or "恢复评分")
            seats.open_panel(panel=panel, actor=actor)
    elif to == Status.NOTICE:
        public_notices.draft_for(sheet=stage.result_sheets.get(published_at=None), actor=actor)
    elif before == Status.SCORING:
        for panel in stage_panels(stage):
            seats.close_panel(panel=panel, actor=actor)
    record(actor, "competitions.stage_moved", stage, before=before, after=to, reason=reason)
    return stage


def stage_panels(stage):
    """Return the panels of the stage's panel-marked modules."""
    return [module.panel for module in stage.modules.select_related("panel") if module.panel]


@transaction.atomic
def enter_stage(*, stage, entries, actor):
    """Put accepted entries into a stage; returns how many are new."""
    stage = lock_stage(stage)
    refuse_unless_marking(stage)
    # As they are now, and so until this is done: an entry may be sent back at the same moment.
    rows = Entry.objects.select_for_update(of=("self",), no_key=True).select_related("person")
    locked = {row.pk: row for row in rows.filter(pk__in=[entry.pk for entry in entries]).order_by("pk")}
    entries = [locked[entry.pk] for entry in entries if entry.pk in locked]
    wrong = [
        entry
        for entry in entries
        if entry.event_id != stage.event_id or entry.status != entry.Status.ACCEPTED
    ]
    if wrong:
        raise ValidationError(
            f"{'、'.join(str(entry) for entry in wrong)}：不是本赛项已通过的参赛，不能进入“{stage}”。"
        )
    present = set(stage.appearances.values_list("entry_id", flat=True))
    made = Appearance.objects.bulk_create(
        [Appearance(stage=stage, entry=entry) for entry in entries if entry.pk not in present]
    )
    take_in(stage=stage, actor=actor)
    if made:
        record(actor, "competitions.stage_entered", stage, entries=[str(item.entry) for item in made])
    return len(made)


def entries_to_enter(stage):
    """Return the entries that may enter a stage together: accepted, and behind an earlier stage those it let advance."""
    accepted = stage.event.entries.filter(status=Entry.Status.ACCEPTED).exclude(appearances__stage=stage)
    earlier = stage.event.stages.filter(position__lt=stage.position).order_by("-position").first()
    if earlier is None:
        return accepted
    sheet = earlier.result_sheets.order_by("-version").first()
    rows = sheet.rows.filter(advances=True) if sheet else ResultRow.objects.none()
    return accepted.filter(pk__in=rows.values("appearance__entry"))


@transaction.atomic
def enter_all(*, stage, actor):
    """Put everybody who may into a stage; returns how many."""
    return enter_stage(stage=stage, entries=list(entries_to_enter(stage)), actor=actor)


@transaction.atomic
def take_in(*, stage, actor):
    """Make ready to be marked whoever has been put into a stage; during the scoring judges get their sheets at once."""
    prepare_candidates(stage=stage)
    if stage.status == Status.SCORING:
        for panel in stage_panels(stage):
            seats.open_panel(panel=panel, actor=actor)


@transaction.atomic
def prepare_candidates(*, stage):
    """Give each appearance an attempt and each counted attempt its candidate on every panel of the stage.

    On a panel that has not opened yet, what was drawn since is brought up to date. Returns how many are new.
    """
    without = stage.appearances.exclude(attempts__is_counted=True)
    Attempt.objects.bulk_create([Attempt(appearance=appearance) for appearance in without])
    attempts = list(
        Attempt.objects.filter(appearance__stage=stage, is_counted=True)
        .select_related("appearance__entry__person", "appearance__entry__unit")
        .prefetch_related("appearance__entry__members")
    )
    made = []
    for module in stage.modules.filter(source=Module.Source.PANEL).select_related("panel"):
        done = dict(ModuleScore.objects.filter(module=module).values_list("attempt_id", "candidate_id"))
        fresh = [attempt for attempt in attempts if attempt.pk not in done]
        made += [(_candidate(module, attempt), module, attempt) for attempt in fresh]
        if module.panel.status == module.panel.Status.PREPARING:
            known = [_candidate(module, item, pk=done[item.pk]) for item in attempts if item.pk in done]
            Candidate.objects.bulk_update(known, DRAWN_FIELDS, batch_size=500)
    Candidate.objects.bulk_create([candidate for candidate, _, _ in made])
    ModuleScore.objects.bulk_create(
        [
            ModuleScore(attempt=attempt, module=module, candidate=candidate)
            for candidate, module, attempt in made
        ]
    )
    through = Candidate.people.through
    through.objects.bulk_create(
        [
            through(candidate=candidate, person_id=person)
            for candidate, _, attempt in made
            for person in _people(attempt.appearance.entry)
        ]
    )
    return len(made)


def _candidate(module, attempt, pk=None):
    appearance = attempt.appearance
    return Candidate(
        pk=pk,
        panel_id=module.panel_id,
        code=appearance.code,
        order=appearance.order,
        station=appearance.station,
        label=appearance.entry.label,
        unit=appearance.entry.unit,
        is_marked=appearance.status == Appearance.Status.PRESENT,
    )


def _people(entry):
    """Return the keys of everybody who stands behind an entry."""
    return [entry.person_id] if entry.person_id else [member.person_id for member in entry.members.all()]


@transaction.atomic
def set_appearance_status(*, appearance, status, reason, actor):
    """Record that somebody was absent, gave up or was disqualified, or is present after all; returns the row."""
    stage = lock_stage(appearance.stage)
    refuse_unless_marking(stage)
    if status != Appearance.Status.PRESENT and not reason.strip():
        raise ValidationError({"status_reason": "请写明缺赛、弃权或取消资格的情况。"})
    appearance = Appearance.objects.select_for_update(of=("self",), no_key=True).get(pk=appearance.pk)
    before = appearance.status
    note = "" if status == Appearance.Status.PRESENT else reason.strip()
    if (status, note) == (before, appearance.status_reason):
        return appearance  # the second click of two
    appearance.status, appearance.status_reason = status, note
    appearance.save(update_fields=["status", "status_reason"])
    Candidate.objects.filter(module_score__attempt__appearance=appearance).update(
        is_marked=status == Appearance.Status.PRESENT
    )
    record(
        actor, "competitions.appearance_status_set", appearance, before=before, after=status, reason=reason
    )
    return appearance


def is_marked(appearance):
    """Tell whether a judge has written anything down about this appearance."""
    sheets = Sheet.objects.filter(candidate__module_score__attempt__appearance=appearance)
    return sheets.exclude(version=0).exists()


@transaction.atomic
def remove_appearances(*, appearances):
    """Delete appearances that no judge has marked, with their candidates; the caller audits it."""
    if found := next((item for item in appearances if is_marked(item)), None):
        raise ValidationError(f"“{found}”已有评分，不能删除；未参赛的请登记为缺赛或弃权。")
    candidates = Candidate.objects.filter(module_score__attempt__appearance__in=appearances)
    keys = list(candidates.values_list("pk", flat=True))
    Sheet.objects.filter(candidate__in=keys).delete()
    for appearance in appearances:
        appearance.delete()
    Candidate.objects.filter(pk__in=keys).delete()


def forget_tie_decisions(stage):
    """Drop decided ties of a stage whose marks changed: they were decided on other figures."""
    stage.appearances.exclude(decided_place=None).update(decided_place=None, decided_reason="")


@transaction.atomic
def decide_tie(*, appearances, reason, actor):
    """Record the chief judge's order within a tie that may not be shared; `appearances` best first."""
    stage = lock_stage(appearances[0].stage)
    if not reason.strip():
        raise ValidationError({"decided_reason": "请写明裁定的理由，它会与成绩一起留存。"})
    if any(appearance.stage_id != stage.pk for appearance in appearances):
        raise ValidationError("只能裁定同一轮次内的同分选手。")
    for place, appearance in enumerate(appearances, 1):
        Appearance.objects.filter(pk=appearance.pk).update(decided_place=place, decided_reason=reason.strip())
    record(actor, "competitions.tie_decided", stage, order=[str(item) for item in appearances], reason=reason)
    return stage
