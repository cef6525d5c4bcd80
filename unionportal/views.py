"""Pages that belong to no single line of work: home, health, and the pages for errors."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from competitions.models import Competition, Entry, PublicState
from competitions.presenting import latest_podiums
from unionportal.accounts.models import SiteSettings
from unionportal.news.models import Article
from unionportal.notices.models import PublicNotice

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
NOTICES_ON_HOME = 3


@require_safe
@login_not_required
def home(request):
    """The front page, alive from the data."""
    today = timezone.localdate()
    lead = lead_competition(today)
    coming = lead.next_date(today) if lead else None
    site, figures = site_and_figures()
    context = {
        "site": site,
        "figures": figures,
        "lead": lead,
        "lead_next": {"label": coming[0], "on": coming[1], "days_left": (coming[1] - today).days}
        if coming
        else None,
        "published": latest_podiums(),
        "notices": PublicNotice.objects.running().defer("body").order_by("last_on", "pk")[:NOTICES_ON_HOME],
        "articles": Article.objects.published()
        .in_order()
        .select_related("column", "cover")
        .defer("body")[:NEWS_ON_HOME],
    }
    return render(request, "home.html", context)


def lead_competition(today):
    """Return the competition to lead with: open for entry first, among equals the one with the nearest date; or None."""
    competitions = Competition.objects.public().with_state(today).exclude(state=PublicState.CANCELLED)
    latest = competitions.order_by(F("final_on").desc(nulls_last=True), "-pk")[:LEAD_CANDIDATES]

    def urgency(competition):
        coming = competition.next_date(today)
        return LEAD_ORDER.index(competition.state), (coming[1] - today).days if coming else LONG_AWAY

    return min(latest, key=urgency, default=None)


def _single(queryset, expression):
    """Return an aggregate over a whole queryset as a subquery for an unrelated row."""
    rows = queryset.order_by().annotate(one=OuterRef("pk")).values("one")
    return Subquery(rows.annotate(n=expression).values("n"))


def site_and_figures():
    """Return (SiteSettings, figures of the district) in one statement."""
    public = Competition.objects.public()
    taken = Entry.objects.filter(status=Entry.Status.ACCEPTED, event__competition__in=public)
    site = SiteSettings.objects.annotate(
        competitions=_single(public, Count("pk")),
        entries=_single(taken, Count("pk")),
        units=_single(taken, Count("unit", distinct=True)),
        reported=_single(public, Sum("reported_participants")),
    ).first()
    if site is None:
        return SiteSettings.load(), []
    figures = [
        {"value": site.entries, "unit": "人次", "label": "通过审核的参赛报名"},
        {"value": site.units, "unit": "家", "label": "参赛单位"},
        {"value": site.competitions, "unit": "届", "label": "举办竞赛"},
        {"value": site.reported, "unit": "人次", "label": "往届参赛", "is_reported": True},
    ]
    return site, [figure for figure in figures if figure["value"]]


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
