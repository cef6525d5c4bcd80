"""Builders of stages being scored, for the tests of the chief judge's board."""

from decimal import Decimal

from competitions.models import Appearance, ModuleScore, Stage
from competitions.services import stages
from tests.competitions.played import competition_of, one_judge_score, two_part_final
from tests.factories import make_user
from unionportal import roles
from unionportal.panels.models import Mark, Sheet
from unionportal.panels.services import marks, seats

D = Decimal


def make_board(
    actor, people=("甲", "乙"), *, judges=3, is_chief_marking=True, codes=(), exam=80, panel=None, **final
):
    """A final being scored with exam marks in; returns (stage, chief judge, judges' accounts in seat order).

    `panel` holds settings of the practical's panel. With `codes` the panel is blind.
    """
    panel = {"judges": judges, "trim": "none", **(panel or {}), **({"blind": True} if codes else {})}
    described = two_part_final(modules=[two_part_final()["modules"][0], one_judge_score(**panel)], **final)
    competition, entries = competition_of(actor, people, final=described)
    stage = Stage.objects.get(event__competition=competition)
    stages.enter_stage(stage=stage, entries=list(entries.values()), actor=actor)
    for code, name in zip(codes, people, strict=False):
        Appearance.objects.filter(entry__person__name=name).update(code=code)
    users = [make_user(roles.JUDGE, name=f"评委{'一二三四五六七八'[number]}") for number in range(judges)]
    for seat, user in enumerate(users, 1):
        role = "chief" if seat == 1 else "judge"
        seats.assign_judge(panel=practical(stage), seat=seat, user=user, actor=actor, role=role)
    stage = stages.move_stage(stage=stage, to=Stage.Status.SCORING, actor=actor)
    theory = stage.modules.get(source="exam")
    for appearance in stage.appearances.all():
        attempt = appearance.attempts.get()
        ModuleScore.objects.create(attempt=attempt, module=theory, exam_score=D(exam))
    return stage, users[0], users


def practical(stage):
    return stage.modules.get(source="panel").panel


def mark(stage, name, *given):
    """Hand in the sheets of a person: a mark for each judge in seat order, None for no sheet."""
    found = Sheet.objects.filter(panel=practical(stage), candidate__label=name).order_by("assignment__seat")
    for sheet, value in zip(found.select_related("assignment__user"), given, strict=True):
        if value is not None:
            user = sheet.assignment.user
            criteria = {pk: D(value) for pk in sheet.panel.criteria.values_list("pk", flat=True)}
            saved = marks.save_sheet(sheet=sheet, actor=user, marks=criteria, version=sheet.version)
            marks.submit_sheet(sheet=saved, actor=user, version=saved.version)


def mark_all(stage):
    """Hand in every sheet with 80, quickly."""
    value = D(80)
    sheets = list(Sheet.objects.filter(panel=practical(stage)))
    criteria = list(practical(stage).criteria.all())
    Mark.objects.bulk_create(
        Mark(sheet=sheet, criterion=criterion, value=value / len(criteria))
        for sheet in sheets
        for criterion in criteria
    )
    Sheet.objects.filter(panel=practical(stage)).update(
        status="submitted", total_thirds=3 * value, submitted_at="2025-05-23T10:00:00+08:00"
    )


def sheet_of(stage, name, seat):
    return Sheet.objects.get(panel=practical(stage), candidate__label=name, assignment__seat=seat)


def candidate_of(stage, name):
    return practical(stage).candidates.get(label=name)


def key_of(stage, name):
    return str(candidate_of(stage, name).uuid)


def url(stage, *parts):
    return "/".join(["/judging/stages", str(stage.pk), *parts]) + "/"
