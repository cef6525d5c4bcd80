"""Next year's competition from this year's: the set-up with its dates moved on, no people, no marks."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Competition
from unionportal.audit.services import record
from unionportal.common.copying import duplicate
from unionportal.common.slugs import free_slug
from unionportal.panels.services.copying import copy_panel

DIGITS = "零一二三四五六七八九"


def chinese_number(number):
    """Return 1–99 as Chinese numerals, such as 十二."""
    tens, ones = divmod(number, 10)
    text = {0: "", 1: "十"}.get(tens, f"{DIGITS[tens]}十" if tens else "")
    return text + (DIGITS[ones] if ones else "")


def next_title(title, *, year, edition, next_year=None):
    """Return the title with the edition one higher and the year of the next, where they stand in it."""
    title = title.replace(str(year), str(next_year or year + 1))
    if edition is None or not 0 < edition < 99:
        return title
    title = title.replace(f"第{chinese_number(edition)}届", f"第{chinese_number(edition + 1)}届")
    return re.sub(rf"第\s*{edition}\s*届", f"第{edition + 1}届", title)


DATES = ("entry_opens_on", "entry_closes_on", "final_on")


def a_year_on(day):
    """Return the same day a year later; 29 February becomes the 28th."""
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def first_day(competition):
    """Return the earliest date of a competition and its stages, None where it has none."""
    days = [getattr(competition, name) for name in DATES]
    for event in competition.events.all():
        days += event.stages.values_list("held_on", flat=True)
    return min(filter(None, days), default=None)


def next_start(competition):
    """Return the first day that a copy gets where nobody says another: a year later, or None."""
    day = first_day(competition)
    return day and a_year_on(day)


def mover(competition, starts_on):
    """Return a function from a date to that date in the copy: all as far as the first, or each a year on."""
    first = first_day(competition)
    if starts_on is None or first is None:
        return lambda day: day and a_year_on(day)
    if starts_on <= first:
        raise ValidationError(f"新一届的开始日期应晚于本届的 {first:%Y-%m-%d}。")
    distance = starts_on - first
    return lambda day: day and day + distance


@transaction.atomic
def copy_competition(*, competition, actor, starts_on=None):
    """Make a draft of the next edition with the same events, stages, rules and rubrics; returns it.

    Dates move as far as the first of them moves to `starts_on`, without it a year. Files and reported figures stay
    behind: last year's would be believed.
    """
    competition = Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    edition = competition.edition and competition.edition + 1
    year = starts_on.year if starts_on else competition.year + 1
    if not competition.year <= year <= 2100:
        raise ValidationError(f"新一届的年份为 {year}，应在 {competition.year} 到 2100 之间。")
    move = mover(competition, starts_on)
    titles = {"year": competition.year, "edition": competition.edition, "next_year": year}
    draft = duplicate(
        competition,
        status=Competition.Status.DRAFT,
        announced_at=None,
        year=year,
        edition=edition,
        title=next_title(competition.title, **titles),
        short_title=next_title(competition.short_title, **titles),
        slug=free_slug(Competition.objects, competition.brand, edition, year, otherwise="jingsai"),
        reported_participants=None,
        poster=None,
        **{name: move(getattr(competition, name)) for name in DATES},
    )
    draft.sectors.set(competition.sectors.all())
    for organiser in competition.organisers.all():
        duplicate(organiser, competition=draft)
    for event in competition.events.all():
        _copy_event(event, draft, move)
    record(actor, "competitions.competition_copied", draft, source=str(competition), slug=draft.slug)
    return draft


def _copy_event(event, draft, move):
    copy = duplicate(event, competition=draft)
    for stage in event.stages.all():
        fresh = {"status": stage.Status.PREPARING, "correction_reason": ""}
        new_stage = duplicate(stage, event=copy, held_on=move(stage.held_on), **fresh)
        modules, criteria = {None: None}, {None: None}
        for module in stage.modules.select_related("panel"):
            panel = _copy_panel(module, new_stage, criteria) if module.panel else None
            modules[module.pk] = duplicate(module, stage=new_stage, panel=panel)
        for tie in stage.ties.all():
            duplicate(
                tie, stage=new_stage, module=modules[tie.module_id], criterion=criteria[tie.criterion_id]
            )
        for rule in stage.award_rules.all():
            duplicate(rule, stage=new_stage)


def _copy_panel(module, stage, criteria):
    """Copy a module's panel with its rubric; notes the new criteria by the old keys."""
    panel, copies = copy_panel(module.panel, title=f"{stage.event.competition} {stage} {module.name}")
    criteria.update(copies)
    return panel
