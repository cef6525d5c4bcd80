from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from competitions import presenting
from competitions.models import Competition, Document, PublicState, ResultSheet
from competitions.services import export
from unionportal.accounts.models import SiteSettings
from unionportal.files.sending import XLSX

FILTERS = ("q", "year", "sector", "state")
PAGE_SIZE = 20
RESULT_PAGE_SIZE = 100


@require_safe
@login_not_required
def competition_list(request):
    """All announced competitions, filtered by year, sector, state and words."""
    today = timezone.localdate()
    years, sectors = presenting.filter_choices()
    filters = {key: request.GET.get(key, "").replace("\0", "").strip() for key in FILTERS}
    competitions = presenting.filtered(Competition.objects.public().with_state(today), filters)
    site, found = SiteSettings.load_counting(competitions)
    ordered = (
        competitions.with_summary()
        .with_rounds()
        .order_by("-year", F("final_on").desc(nulls_last=True), "-pk")
    )
    paginator = Paginator(ordered, PAGE_SIZE)
    paginator.count = found
    page = paginator.get_page(request.GET.get("page"))
    for competition in page.object_list:
        competition.next_label, competition.next_on = competition.next_date(today) or ("", None)
    context = {"site": site, "page": page, "years": years, "sectors": sectors, "filters": filters}
    return render(request, "competitions/competition_list.html", context | {"states": PublicState.choices})


@require_safe
@login_not_required
def competition_detail(request, slug):
    """One competition: calendar, what one can do now, events, documents, who runs it, and the way to its results."""
    today = timezone.localdate()
    competition = get_object_or_404(presenting.page_query(today), slug=slug)
    events = presenting.events_with_rounds(competition)
    documents = presenting.documents_by_kind(competition)
    published_on = presenting.published_on(events)
    context = {
        "competition": competition,
        "organisers": presenting.organisers_by_role(competition),
        "committee": presenting.committee_by_body(competition),
        "documents": documents,
        "corrections": dict(documents).get(Document.Kind.CORRECTION.label, []),
        "events": events,
        "shared_rule": presenting.shared_rule(events),
        "steps": presenting.calendar(competition, today, published_on),
        "published_on": published_on,
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
