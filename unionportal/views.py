"""Pages that belong to no single line of work: home, health, and the pages for errors."""

from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import JSONObject
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from academies.catalogue import joinable, joinable_runs
from academies.models import CourseRun
from competitions.models import Competition, Entry, PublicState
from competitions.presenting import calendar, latest_podiums
from craftsmen.presenting import newest_counts, newest_craftsmen
from studios.catalogue import on_home
from unionportal.accounts.models import ReportedFigure, SiteSettings, counted
from unionportal.my_views import standing_of
from unionportal.news.models import Article, Column
from unionportal.notices.models import PublicNotice
from unionportal.panels.admin_seats import judging_users

# Which competition the home page leads with: what people can act on first.
LEAD_ORDER = (
    PublicState.ENTRY,
    PublicState.UPCOMING,
    PublicState.RUNNING,
    PublicState.NOTICE,
    PublicState.ENDED,
)
LEAD_CANDIDATES = 30
LONG_AWAY = 100_000  # days: whatever has a date ahead comes before what has none
NEWS_ON_HOME = 6
COMPETITIONS_ON_MAP = 10
NOTICES_ON_HOME = 3
TYPED = JSONObject(value="value", unit="unit", label="label", as_of="as_of")


@require_safe
@login_not_required
def home(request):
    """The front page, alive from the data."""
    today = timezone.localdate()
    lead = lead_competition(today)
    coming = lead.next_date(today) if lead else None
    steps = calendar(lead, today) if lead else []
    site, figures = site_and_figures()
    context = {
        "site": site,
        "figures": figures,
        "lead": lead,
        "lead_next": {"label": coming[0], "on": coming[1], "days_left": (coming[1] - today).days}
        if coming
        else None,
        "steps": steps if len(steps) > 1 else [],
        "published": latest_podiums(),
        "notices": running_notices(site),
        "runs": joinable_runs(getattr(site, "runs", []), timezone.now()),
        "articles": Article.objects.published()
        .in_order()
        .select_related("column", "cover")
        .defer("body")[:NEWS_ON_HOME],
    }
    return render(request, "home.html", context)


def lead_competition(today):
    """Return the competition to lead with: open for entry first, among equals the one with the nearest date; or None."""
    competitions = (
        Competition.objects.public().with_state(today).with_rounds().exclude(state=PublicState.CANCELLED)
    )
    latest = competitions.order_by(F("final_on").desc(nulls_last=True), "-pk")[:LEAD_CANDIDATES]

    def urgency(competition):
        coming = competition.next_date(today)
        return LEAD_ORDER.index(competition.state), (coming[1] - today).days if coming else LONG_AWAY

    return min(latest, key=urgency, default=None)


def site_and_figures():
    """Return (SiteSettings, figures of the district, those that staff reported first) in one statement."""
    public = Competition.objects.public()
    taken = Entry.objects.filter(status=Entry.Status.ACCEPTED, event__competition__in=public)
    site = SiteSettings.objects.annotate(
        typed=typed_figures(),
        entries=counted(taken),
        units=counted(taken, Count("unit", distinct=True)),
        reported=counted(public, Sum("reported_participants")),
        craftsmen=newest_craftsmen(),
        craftsman_counts=newest_counts(),
        running=first_to_end(),
        runs=joinable(timezone.now()),
        studios=on_home(),
    ).first()
    if site is None:
        return SiteSettings.load(), []
    figures = [{**row, "as_of": date.fromisoformat(row["as_of"]), "is_reported": True} for row in site.typed]
    figures += [
        {"value": site.reported, "unit": "人次", "label": "往届参赛", "is_reported": True},
        {"value": site.entries, "unit": "人次", "label": "本站通过审核的参赛报名"},
        {"value": site.units, "unit": "家", "label": "本站登记的参赛单位"},
    ]
    return site, [figure for figure in figures if figure["value"]]


def typed_figures():
    """Return an expression, for any single row, of the figures that staff typed for the home page."""
    return ArraySubquery(ReportedFigure.objects.filter(topic="home").values(json=TYPED))


def first_to_end():
    """Return an expression, for any single row, of the running notices that end first: what the home page says of them."""
    shown = JSONObject(
        pk="pk", title="title", line="line", status="status", starts_on="starts_on", last_on="last_on"
    )
    return ArraySubquery(ending_first().values(json=shown)[:NOTICES_ON_HOME])


def ending_first():
    """Return the running notices, those that end first at the top."""
    return PublicNotice.objects.running().order_by("last_on", "pk")


def running_notices(site):
    """Return the PublicNotices, without their texts, that the statement of the site's settings brought along."""
    if not hasattr(site, "running"):
        # Nobody has saved the settings yet, so there was no row to bring them along.
        return ending_first().defer("body")[:NOTICES_ON_HOME]
    rows = site.running
    return [
        PublicNotice(**{**row, **{day: date.fromisoformat(row[day]) for day in ("starts_on", "last_on")}})
        for row in rows
    ]


@require_safe
@login_not_required
@cache_control(private=True, no_store=True)
def account_bar(request):
    """The part of every page's head that is somebody's own: fetched by htmx, so that the pages stay the same for all."""
    context = {"user": request.user}
    if request.user.is_authenticated:
        seats, context["unread"], *_ = standing_of(request.user)
        context["has_seat"] = bool(seats)
    return render(request, "partials/account_bar.html", context)


@require_safe
@never_cache
def start(request):
    """Where a sign-in leads that was not on its way anywhere: judges and experts to the desk, teachers to their lessons, the others to the front page."""
    user = request.user
    if not user.is_staff and (judging_users().filter(pk=user.pk).exists() or user.assignments.exists()):
        return redirect("panels:panel_list")
    if not user.is_staff and CourseRun.objects.taught_by(user).exists():
        return redirect("academies:lesson_list")
    return redirect("home")


@require_safe
@login_not_required
def contact(request):
    """Where and how to reach the union, from the site's settings."""
    return render(request, "site/contact.html")


@require_safe
@login_not_required
def privacy(request):
    """The privacy statement: that of the site's settings, else the one that comes with the portal."""
    return render(request, "site/privacy.html")


@require_safe
@login_not_required
def accessibility(request):
    """How to read this site with less sight, without a mouse, without a script."""
    return render(request, "site/accessibility.html")


@require_safe
@login_not_required
def site_map(request):
    """Every part of the site on one page."""
    competitions = Competition.objects.public().only("title", "slug").order_by("-year", "-pk")
    context = {"columns": Column.objects.all(), "competitions": competitions[:COMPETITIONS_ON_MAP]}
    return render(request, "site/site_map.html", context)


@require_safe
@login_not_required
def robots(request):
    """What search engines should leave alone, and where the list of pages is."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
def health(request):
    """Say whether the portal can serve: 200 and the database's answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def _trouble(request, status, **context):
    """Answer with an error page; those for a broken server ask neither context processors nor the database."""
    context["request_id"] = getattr(request, "request_id", "")
    asker = request if status in (403, 404) else None
    return HttpResponse(render_to_string(f"{status}.html", context, request=asker), status=status)


def bad_request(request, exception=None):
    """The request makes no sense (400)."""
    return _trouble(request, 400)


def forbidden(request, exception=None):
    """Signed in, but this is not theirs (403)."""
    return _trouble(request, 403, reason=str(exception or ""))


def not_found(request, exception=None):
    """Not there, or not to be known (404)."""
    return _trouble(request, 404)


def server_error(request):
    """Something broke; nothing was saved (500)."""
    return _trouble(request, 500)
