"""Next year's competition from this year's: the set-up alone, no people, no marks."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Competition
from competitions.services.setup import free_slug
from unionportal.audit.services import record
from unionportal.common.copying import duplicate
from unionportal.panels.services.copying import copy_panel

DIGITS = "零一二三四五六七八九"


def chinese_number(number):
    """Return 1–99 as Chinese numerals, such as 十二."""
    tens, ones = divmod(number, 10)
    text = {0: "", 1: "十"}.get(tens, f"{DIGITS[tens]}十" if tens else "")
    return text + (DIGITS[ones] if ones else "")


def next_title(title, *, year, edition):
    """Return the title with year and edition one higher, where they stand in it."""
    title = title.replace(str(year), str(year + 1))
    if edition is None or not 0 < edition < 99:
        return title
    title = title.replace(f"第{chinese_number(edition)}届", f"第{chinese_number(edition + 1)}届")
    return re.sub(rf"第\s*{edition}\s*届", f"第{edition + 1}届", title)


@transaction.atomic
def copy_competition(*, competition, actor):
    """Make a draft of the next edition with the same events, stages, rules and rubrics; returns it.

    Dates, files and reported figures stay empty: last year's would be believed.
    """
    competition = Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    edition = competition.edition and competition.edition + 1
    year = competition.year + 1
    if year > 2100:
        raise ValidationError("年份超出范围，不能再复制。")
    draft = duplicate(
        competition,
        status=Competition.Status.DRAFT,
        announced_at=None,
        year=year,
        edition=edition,
        title=next_title(competition.title, year=competition.year, edition=competition.edition),
        short_title=next_title(competition.short_title, year=competition.year, edition=competition.edition),
        slug=free_slug(competition.brand, edition, year),
        reported_participants=None,
        rules_file=None,
        poster=None,
        **dict.fromkeys(("entry_opens_on", "entry_closes_on", "final_on")),
    )
    draft.sectors.set(competition.sectors.all())
    for organiser in competition.organisers.all():
        duplicate(organiser, competition=draft)
    for event in competition.events.all():
        _copy_event(event, draft)
    record(actor, "competitions.competition_copied", draft, source=str(competition), slug=draft.slug)
    return draft


def _copy_event(event, draft):
    copy = duplicate(event, competition=draft)
    for stage in event.stages.all():
        fresh = {"status": stage.Status.PREPARING, "held_on": None, "correction_reason": ""}
        new_stage = duplicate(stage, event=copy, **fresh)
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
