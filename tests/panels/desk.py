"""Builders of panels with judges, candidates and a rubric."""

from decimal import Decimal

from tests.factories import make_unit, make_user, numbers
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Candidate, Criterion, Judge, Panel, Sheet
from unionportal.panels.services import marks, seats

D = Decimal


def make_panel(actor=None, *, judges=(), candidates=(), is_open=True, levels=False, **fields):
    """A panel marking 质量 (60) and 安全 (40), and with `levels` 表达 (judgement, 10); judges take seats 1, 2, …"""
    count = max(len(judges), 1)
    fields = {"seats": count, "min_judges": count, "trim": Panel.Trim.NONE} | fields
    panel = Panel.objects.create(title=f"评审组{next(numbers)}", **fields)
    rubric = [("质量", 60, "points"), ("安全", 40, "points")] + [("表达", 10, "judgement")] * levels
    for position, (name, maximum, kind) in enumerate(rubric, 1):
        Criterion.objects.create(panel=panel, position=position, name=name, maximum=maximum, kind=kind)
    for label in candidates:
        make_candidate(panel, label)
    for seat, user in enumerate(judges, 1):
        seats.assign_judge(panel=panel, seat=seat, user=user, actor=actor)
    return seats.open_panel(panel=panel, actor=actor) if is_open else panel


def make_candidate(panel, label, unit=None, **fields):
    return Candidate.objects.create(panel=panel, label=label, unit=unit or make_unit(), **fields)


def make_judge(username="", unit=None):
    user = make_user(roles.JUDGE, username=username)
    Judge.objects.create(user=user, unit=unit)
    return user


def rubric(panel, *given):
    """{criterion pk: mark} in the order of the rubric."""
    return dict(zip(panel.criteria.values_list("pk", flat=True), given, strict=True))


def sheet_of(user, label=None):
    """The user's sheet, or the one for the candidate of this label."""
    sheets = Sheet.objects.filter(assignment__user=user)
    return sheets.get(candidate__label=label) if label else sheets.get()


def save(user, *given, label=None, version=None, **more):
    """Save the user's sheet with marks in the order of the rubric."""
    sheet = sheet_of(user, label)
    version = sheet.version if version is None else version
    given = rubric(sheet.panel, *given)
    return marks.save_sheet(sheet=sheet, actor=user, marks=given, version=version, **more)


def submit(user, *given, label=None, **more):
    """Save the user's sheet and hand it in."""
    sheet = save(user, *given, label=label, **more)
    return marks.submit_sheet(sheet=sheet, actor=user, version=sheet.version)


def pairs(panel):
    """(judge, candidate) of every sheet."""
    return set(panel.sheets.values_list("assignment__label", "candidate__label"))


def given(sheet):
    """{criterion name: mark} of a sheet."""
    return {mark.criterion.name: mark.given for mark in sheet.marks.select_related("criterion")}


def actions():
    """The audited actions so far, in order."""
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
