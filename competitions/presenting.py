"""What the public pages of a competition show, read in few statements."""

from dataclasses import dataclass, replace
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils import timezone

from competitions.models import (
    Appearance,
    CommitteeMember,
    Competition,
    Document,
    Event,
    Organiser,
    PublicState,
    ResultRow,
    ResultSheet,
    Stage,
)
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


def filtered(competitions, filters):
    """Return those that the filters of the list ask for; nonsense in a filter asks for nothing."""
    if filters["year"].isdecimal():
        competitions = competitions.filter(year=filters["year"][:4])
    if filters["sector"].isdecimal():
        competitions = competitions.filter(sectors=filters["sector"][:9])
    if filters["state"] in PublicState.values:
        competitions = competitions.filter(state=filters["state"])
    for word in filters["q"][:50].split():
        named = Q(title__icontains=word) | Q(short_title__icontains=word)
        has_event = Event.objects.filter(competition=OuterRef("pk"), name__icontains=word)
        competitions = competitions.filter(named | Exists(has_event))
    return competitions


def page_query(today):
    """Return the announced competitions with all that one's page needs beside its events, in one statement."""

    def rows(queryset, **fields):
        queryset = queryset.filter(competition=OuterRef("pk")).order_by("position", "pk")
        return ArraySubquery(queryset.values(json=JSONObject(**fields)))

    return (
        Competition.objects.public()
        .with_state(today)
        .with_rounds()
        .select_related("poster")
        .annotate(
            organiser_rows=rows(Organiser.objects, role="role", name="name"),
            committee_rows=rows(
                CommitteeMember.objects, body="body", duty="duty", name="name", unit="unit_name"
            ),
            document_rows=rows(
                Document.objects, kind="kind", title="title", on="dated_on", text="text", key="file__key",
                extension="file__extension", size="file__size", is_public="file__is_public",
            ),
        )
    )  # fmt: skip


def organisers_by_role(competition):
    """Return [(role, [names])] in the order of the roles."""
    return grouped(competition.organiser_rows, "role", Organiser.Role, lambda row: row["name"])


def committee_by_body(competition):
    """Return [(body, [{duty, name, unit}])] in the order of the bodies."""
    return grouped(competition.committee_rows, "body", CommitteeMember.Body)


def grouped(rows, key, choices, shown=lambda row: row):
    """Return [(label, [what is shown of its rows])] of those choices that any row has."""
    found = {}
    for row in rows:
        found.setdefault(row[key], []).append(shown(row))
    return [(label, found[value]) for value, label in choices.choices if value in found]


def documents_by_kind(competition):
    """Return [(kind, [documents])], each document with title, date, text, and where it is to be had."""

    def shown(row):
        if row["key"] and row["is_public"]:
            row["url"] = reverse("files:file_detail", args=[row["key"], row["extension"].lstrip(".")])
        row["format"] = (row["extension"] or "").lstrip(".").upper()
        row["on"] = date.fromisoformat(row["on"])
        return row

    rows = sorted(competition.document_rows, key=lambda row: row["on"], reverse=True)
    return grouped(rows, "kind", Document.Kind, shown)


@dataclass(frozen=True)
class Step:
    """A date of a competition's calendar, or a span of days."""

    label: str
    on: date
    until: date | None = None
    is_done: bool = False
    is_now: bool = False
    is_next: bool = False


def calendar(competition, today, published_on=None):
    """Return the Steps of a competition: what runs today is marked, else what comes next."""
    days = [Step(label, on) for label, on in competition.dates() if label not in ("报名开始", "报名截止")]
    opens, closes = competition.entry_opens_on, competition.entry_closes_on
    if opens and closes:
        days.insert(0, Step("报名", opens, closes))
    elif opens or closes:
        days.insert(0, Step("报名开始" if opens else "报名截止", opens or closes))
    if published_on:
        days.append(Step("公布成绩", published_on))
    is_over = competition.state in (PublicState.ENDED, PublicState.CANCELLED)
    running = [] if is_over else [day for day in days if day.on <= today <= (day.until or day.on)]
    coming = [] if is_over or running else [day for day in days if day.on > today][:1]
    return [
        replace(
            day,
            is_done=is_over or (day.until or day.on) < today,
            is_now=day in running,
            is_next=day in coming,
        )
        for day in days
    ]


def state_word(stage, competition):
    """Return what the public is told of a stage; needs the competition's state."""
    if stage.sheet_version:
        return "成绩已公布"
    if competition.state == PublicState.ENDED:
        return "已结束"
    if competition.state == PublicState.CANCELLED:
        return "已取消"
    if stage.status in IN_HALL:
        return "进行中"
    if stage.status == Stage.Status.PREPARING:
        return "未开始"
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
            sheet_published_at=Subquery(published.values("published_at")[:1]),
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


def shared_rule(events):
    """Return (name of the round, how many rounds, rule) where all published rounds are counted alike; else None."""
    rounds = [stage for event in events for stage in event.rounds if stage.rule_text]
    if len(rounds) < 2 or len({(stage.name, stage.rule_text) for stage in rounds}) > 1:
        return None
    return rounds[0].name, len(rounds), rounds[0].rule_text


def published_on(events):
    """Return the day on which the last of these results was published, or None."""
    times = [stage.sheet_published_at for event in events for stage in event.rounds if stage.sheet_version]
    return timezone.localdate(max(times)) if times else None


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
