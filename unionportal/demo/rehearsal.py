"""A small competition in scoring now, so that somebody can sit down at the desk and mark at once.

It is a rehearsal: a draft that the public pages do not show. Judges sit in the order of JUDGES, the first as chief.
"""

from pathlib import Path

import yaml
from django.utils import timezone

from competitions.models import Appearance, Competition, Entry, Stage
from competitions.services import setup, stages
from unionportal.accounts.models import User
from unionportal.panels.models import Assignment
from unionportal.panels.services import seats
from unionportal.people.models import Person, Unit

FILE = Path(__file__).parent / "rehearsal.yaml"
JUDGES = ("caipan", "caipan2", "caipan3", "caipan4", "caipan5")
NUMERALS = "一二三四五六七八九十"
# Blind codes in the order of appearance, per event; an event without codes shows names.
CODES = {"YY": ("C12", "C07", "C03", "C15", "C09", "C01", "C11"), "YJ": (None, None, None)}


def load_rehearsal(actor):
    """Set the rehearsal up with its final today, seat the judges and open the marking; False if it is there."""
    description = yaml.safe_load(FILE.read_text("utf-8"))
    if Competition.objects.filter(title=description["title"]).exists():
        return False
    today = timezone.localdate()
    description |= {"year": today.year, "final_on": today}
    competition = setup.create_competition(description=description, actor=actor, announce=False)
    judges = {user.username: user for user in User.objects.filter(username__in=JUDGES)}
    for event in competition.events.order_by("position"):
        stage = event.stages.get()
        enter_contestants(event, stage, actor)
        for panel in stages.stage_panels(stage):
            for seat in range(panel.seats):
                role = Assignment.Role.JUDGE if seat else Assignment.Role.CHIEF
                seats.assign_judge(
                    panel=panel, seat=seat + 1, user=judges[JUDGES[seat]], role=role, actor=actor
                )
        stages.move_stage(stage=stage, to=Stage.Status.SCORING, actor=actor)
    return True


def enter_contestants(event, stage, actor):
    """Make the contestants of an event, put them into the stage, and type in the lots they drew."""
    entries = []
    for place, _ in enumerate(CODES[event.code]):
        unit, _ = Unit.objects.get_or_create(name=f"演练单位{NUMERALS[place]}")
        person = Person.objects.create(name=f"演练选手{NUMERALS[place]}", unit=unit)
        number = f"{event.code}-{place + 1:03d}"
        entries.append(
            Entry.objects.create(
                event=event, number=number, person=person, unit=unit, unit_name=unit.name, status="accepted"
            )
        )
    stages.enter_stage(stage=stage, entries=entries, actor=actor)
    for place, (entry, code) in enumerate(zip(entries, CODES[event.code], strict=True), 1):
        lot = {"order": place, "station": str((place - 1) % 2 + 1), "code": code}
        Appearance.objects.filter(stage=stage, entry=entry).update(**lot)
