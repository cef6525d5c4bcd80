"""What the public pages of a competition show, read in few statements."""

from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from competitions.models import Appearance, Competition, Organiser, PublicState, ResultRow, ResultSheet, Stage
from competitions.services.export import visible_rows

IN_HALL = {Stage.Status.CHECK_IN, Stage.Status.DRAWN, Stage.Status.SCORING, Stage.Status.PAUSED}


def filter_choices():
    """Return (years newest first, [{pk, name}] of sectors) of the announced competitions, in one statement."""
    pairs = Competition.objects.public().order_by().values_list("year", "sectors", "sectors__name").distinct()
    rows = sorted(pairs, key=lambda row: (-row[0], row[2] or ""))
    sectors = {row[1]: row[2] for row in rows if row[1]}
    return list(dict.fromkeys(row[0] for row in rows)), [
        {"pk": pk, "name": name} for pk, name in sectors.items()
    ]


def organisers_by_role(competition):
    """Return [(role, [names])] in the order of the roles."""
    found = {}
    for organiser in competition.organisers.all():
        found.setdefault(organiser.role, []).append(organiser.name)
    return [(label, found[role]) for role, label in Organiser.Role.choices if role in found]


@dataclass(frozen=True)
class Step:
    """A date of a competition's calendar."""

    label: str
    on: date
    is_done: bool
    is_now: bool


def calendar(competition, today):
    """Return the Steps of a competition; the one that comes next, or runs today, is marked."""
    coming = competition.next_date(today)
    is_over = competition.state in (PublicState.ENDED, PublicState.CANCELLED)
    return [
        Step(label, on, is_done=on < today or is_over, is_now=not is_over and (label, on) == coming)
        for label, on in competition.dates()
    ]


def state_word(stage, competition):
    """Return what the public is told of a stage; needs the competition's state."""
    if stage.sheet_version:
        return "成绩已公布"
    if competition.state == PublicState.ENDED:
        return "已结束"
    if stage.status in IN_HALL:
        return "进行中"
    return "公示中" if stage.status == Stage.Status.NOTICE else "未公布"


def events_with_rounds(competition):
    """Return the events in order, each with `rounds`: its stages with modules, state, rule and result link."""
    published = ResultSheet.objects.filter(stage=OuterRef("pk"), published_at__isnull=False).order_by(
        "-version"
    )
    stages = (
        Stage.objects.filter(event__competition=competition)
        .select_related("event")
        .annotate(
            parts=ArrayAgg("modules__name", order_by="modules__position"),
            weights=ArrayAgg("modules__weight", order_by="modules__position"),
            rule_text=Subquery(published.values("rule_text")[:1]),
            sheet_version=Subquery(published.values("version")[:1]),
        )
        .order_by("event__position", "event_id", "position")
    )
    events = {}
    for stage in stages:
        event = events.setdefault(stage.event_id, stage.event)
        event.rounds = [*getattr(event, "rounds", []), stage]
        event.competition = competition
        stage.event = event
        parts = [(name, weight) for name, weight in zip(stage.parts, stage.weights, strict=True) if name]
        stage.words = "，".join(f"{name} {weight.normalize():f}%" for name, weight in parts)
        stage.state_word = state_word(stage, competition)
        stage.results_url = current_url(stage) if stage.sheet_version else ""
    return list(events.values())


def current_url(stage):
    """Return the address of a stage's newest published results; needs the stage's event and competition."""
    event = stage.event
    return reverse("competitions:result_detail", args=[event.competition.slug, event.code, stage.position])


def _count_of(condition):
    rows = ResultRow.objects.filter(condition, sheet=OuterRef("pk"), status=Appearance.Status.PRESENT)
    return Coalesce(Subquery(rows.order_by().values("sheet").annotate(n=Count("pk")).values("n")), 0)


def sheet_query(slug, code, position, version=None):
    """Return the published sheets at this address, newest first, with the counts of what they show."""
    sheets = ResultSheet.objects.published().filter(
        stage__event__competition__slug=slug, stage__event__code=code, stage__position=position
    )
    if version is not None:
        sheets = sheets.filter(version=version)
    return (
        sheets.select_related("stage__event__competition")
        .defer("content")
        .annotate(award_count=_count_of(~Q(award="")), row_count=_count_of(Q()))
        .order_by("-version")
    )


def public_rows(sheet):
    """Return the rows everybody may see, in order."""
    return visible_rows(sheet, sheet.stage.event.competition.public_scope).order_by("position")


def public_count(sheet):
    """Return how many rows public_rows() has; read with the sheet itself."""
    is_awards = sheet.stage.event.competition.public_scope == Competition.PublicScope.AWARDS
    return sheet.award_count if is_awards else sheet.row_count


def other_sheets(sheet):
    """Return (versions of this stage, newest first; name, url, is_current of each event's last published stage), in one statement."""
    event = sheet.stage.event
    sheets = list(
        ResultSheet.objects.published()
        .filter(stage__event__competition=event.competition)
        .select_related("stage__event__competition")
        .only("version", "published_at", "reason", "stage__position", "stage__name", "stage__event__name",
              "stage__event__code", "stage__event__position", "stage__event__competition__slug")
        .order_by("stage__event__position", "stage__event", "-stage__position", "-version")
    )  # fmt: skip
    versions = [item for item in sheets if item.stage_id == sheet.stage_id]
    events = {}
    for item in sheets:
        name = item.stage.event.name
        is_current = item.stage.event_id == event.pk
        events.setdefault(
            item.stage.event_id, {"name": name, "url": current_url(item.stage), "is_current": is_current}
        )
    return versions, list(events.values())


def latest_podiums(count=3):
    """Return the `count` sheets published last, each with `winners`: its best rows that the public may see."""
    newest = (
        ResultSheet.objects.published().newest().order_by("-published_at", "stage__event__position", "-pk")
    )
    rows = (
        ResultRow.objects.filter(sheet__in=newest.values("pk")[:count], status=Appearance.Status.PRESENT)
        .filter(Q(rank__lte=3) | ~Q(award=""), is_guest=False)
        .select_related("sheet__stage__event__competition")
        .defer("sheet__content", "working")
        .order_by("-sheet__published_at__date", "sheet__stage__event__position", "sheet", "position")
    )
    sheets = {}
    for row in rows:
        sheet = sheets.setdefault(row.sheet_id, row.sheet)
        competition = sheet.stage.event.competition
        if competition.public_scope != Competition.PublicScope.FULL:
            row.total_text = ""
        if row.award or competition.public_scope != Competition.PublicScope.AWARDS:
            sheet.winners = [*getattr(sheet, "winners", []), row]
    for sheet in sheets.values():
        sheet.url = current_url(sheet.stage)
        sheet.winners = getattr(sheet, "winners", [])[:3]
    return [sheet for sheet in sheets.values() if sheet.winners]
