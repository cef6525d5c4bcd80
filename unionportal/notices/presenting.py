"""What the pages of notices show: filters of the list, the clock of one notice, its list as the public sees it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from unionportal.common.workdays import uncovered_years, workdays
from unionportal.notices.models import Holiday, NoticeLine, NoticeStop, PublicNotice

STATES = [("running", "公示中"), ("past", "已结束")]


def public_list(filters, today):
    """Return the notices the public may read, those to which one may object now first; unknown filters count as none."""
    is_open = Q(status=PublicNotice.Status.RUNNING, last_on__gte=today)
    found = PublicNotice.objects.published().defer("body")
    if filters["line"] in PublicNotice.Line.values:
        found = found.filter(line=filters["line"])
    if filters["year"].isdecimal() and len(filters["year"]) == 4:
        found = found.filter(published_at__year=int(filters["year"]) or None)
    if filters["state"] == "running":
        found = found.filter(is_open)
    elif filters["state"] == "past":
        found = found.exclude(is_open)
    if filters["q"]:
        found = found.filter(Q(title__icontains=filters["q"]) | Q(basis__icontains=filters["q"]))
    names = Count("lines", filter=~Q(lines__status=NoticeLine.Status.REMOVED))
    return found.annotate(names=names, rank=Case(When(is_open, then=Value(0)), default=Value(1))).order_by(
        "rank", Case(When(is_open, then=F("last_on"))), "-published_at", "-pk"
    )


def published_years():
    """Return the years in which notices were published, the newest first."""
    published = PublicNotice.objects.published().order_by("-published_at__year")
    return list(published.values_list("published_at__year", flat=True).distinct())


def with_stops(notices):
    """Annotate notices with their stops in the same statement, for clock_of."""
    stops = NoticeStop.objects.filter(notice=OuterRef("pk")).order_by("stopped_at")
    shape = JSONObject(stopped_at="stopped_at", reason="reason", continues_on="continues_on")
    return notices.annotate(stops_told=ArraySubquery(stops.values(told=shape)))


@dataclass(frozen=True)
class Clock:
    """The clock of a notice as people read it."""

    days_left: int
    is_running: bool
    is_stopped: bool
    has_begun: bool
    unknown_years: list
    stops: list


def clock_of(notice, today):
    """Return the Clock of a published notice that with_stops has annotated."""
    stops = [
        {
            "on": timezone.localdate(datetime.fromisoformat(stop["stopped_at"])),
            "reason": stop["reason"],
            "continues_on": date.fromisoformat(stop["continues_on"]) if stop["continues_on"] else None,
        }
        for stop in notice.stops_told
    ]
    begins = max([notice.starts_on, *(stop["continues_on"] for stop in stops if stop["continues_on"])])
    is_running = notice.is_running()
    exceptions = Holiday.exceptions() if is_running else {}
    left = workdays(max(begins, today), notice.last_on, exceptions) if is_running else []
    return Clock(
        days_left=len(left),
        is_running=is_running,
        is_stopped=notice.status == PublicNotice.Status.STOPPED,
        has_begun=today >= notice.starts_on,
        unknown_years=uncovered_years(notice.starts_on, notice.last_on, exceptions),
        stops=stops,
    )


def public_lines(notice):
    """Return (lines on the list, positions of those taken off); a line under an objection looks like any other."""
    lines = list(notice.lines.defer("reason", "stroke_override"))
    removed = [line.position for line in lines if line.status == NoticeLine.Status.REMOVED]
    return [line for line in lines if line.status != NoticeLine.Status.REMOVED], removed
