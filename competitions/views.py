from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from competitions import presenting
from competitions.models import Competition, PublicState, ResultSheet
from competitions.services import export

PAGE_SIZE = 20
RESULT_PAGE_SIZE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@login_not_required
def competition_list(request):
    """All announced competitions, filtered by year, sector and state."""
    today = timezone.localdate()
    years, sectors = presenting.filter_choices()
    filters = {key: request.GET.get(key, "") for key in ("year", "sector", "state")}
    competitions = (
        Competition.objects.public().with_state(today).with_summary().order_by("-year", F("final_on").desc(nulls_last=True), "-pk")
    )
    if filters["year"].isdecimal():
        competitions = competitions.filter(year=filters["year"][:4])
    if filters["sector"].isdecimal():
        competitions = competitions.filter(sectors=filters["sector"][:9])
    if filters["state"] in PublicState.values:
        competitions = competitions.filter(state=filters["state"])
    page = Paginator(competitions, PAGE_SIZE).get_page(request.GET.get("page"))
    for competition in page.object_list:
        competition.next_label, competition.next_on = competition.next_date(today) or ("", None)
    context = {
        "page": page,
        "years": years,
        "sectors": sectors,
        "states": PublicState.choices,
        "filters": filters,
    }
    return render(request, "competitions/competition_list.html", context)


@require_safe
@login_not_required
def competition_detail(request, slug):
    """One competition: calendar, events, rules, and the way to its results."""
    today = timezone.localdate()
    competition = get_object_or_404(
        Competition.objects.public().with_state(today).select_related("rules_file"), slug=slug
    )
    context = {
        "competition": competition,
        "organisers": presenting.organisers_by_role(competition),
        "events": presenting.events_with_rounds(competition),
        "steps": presenting.calendar(competition, today),
    }
    return render(request, "competitions/competition_detail.html", context)


@require_safe
@login_not_required
def result_list(request, slug):
    """The way to a competition's results: the last published round of its first event."""
    sheets = ResultSheet.objects.published().newest().filter(stage__event__competition__slug=slug)
    sheet = sheets.order_by("stage__event__position", "-stage__position").select_related(
        "stage__event__competition"
    )
    return redirect(presenting.current_url(get_object_or_404(sheet[:1]).stage))


@require_safe
@login_not_required
def result_detail(request, slug, code, position, version=None):
    """The published results of a stage: the newest version, or an earlier one by its number."""
    sheet = get_object_or_404(presenting.sheet_query(slug, code, position, version)[:1])
    competition = sheet.stage.event.competition
    versions, other_events = presenting.other_sheets(sheet)
    paginator = Paginator(presenting.public_rows(sheet), RESULT_PAGE_SIZE)
    paginator.count = presenting.public_count(sheet)
    context = {
        "competition": competition,
        "event": sheet.stage.event,
        "stage": sheet.stage,
        "sheet": sheet,
        "scope": competition.public_scope,
        "rows": paginator.get_page(request.GET.get("page")),
        "modules": sheet.modules,
        "versions": versions,
        "newest": versions[0],
        "other_events": other_events,
    }
    return render(request, "competitions/result_detail.html", context)


@require_safe
@login_not_required
def result_book(request, slug, code, position, version):
    """The 成绩册 of one published version as Excel, holding what the page shows."""
    sheet = get_object_or_404(presenting.sheet_query(slug, code, position, version)[:1])
    competition = sheet.stage.event.competition
    response = HttpResponse(content_type=XLSX)
    name = slugify(f"{competition.slug}-{code}-{position}-v{version}")
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    export.write_result_book(response, [sheet], competition.public_scope, for_public=True)
    return response
