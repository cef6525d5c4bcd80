"""Public pages: the studios, one studio, achievements across them, one achievement. The same for everybody."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studios import catalogue, presenting
from studios.models import Achievement, Studio

STUDIO_FILTERS = ("level", "place", "sector", "kind", "q")
ACHIEVEMENT_FILTERS = ("kind", "sector", "q")
LONGEST_NUMBER = 9


def chosen_filters(request, names):
    """Return what a list is filtered by, as text without surprises."""
    chosen = {name: " ".join(request.GET.get(name, "").replace("\x00", "").split())[:50] for name in names}
    if len(chosen["sector"]) > LONGEST_NUMBER or not chosen["sector"].isascii():
        chosen["sector"] = ""
    return chosen


@require_safe
@login_not_required
def studio_list(request):
    """All studios: the picture of the district, then the list, filtered by plain GET parameters."""
    chosen = chosen_filters(request, STUDIO_FILTERS)
    site, groups = catalogue.site_with_figures(), catalogue.overview()
    page = Paginator(catalogue.find_studios(chosen), catalogue.PAGE_SIZE).get_page(request.GET.get("page"))
    for studio in page.object_list:
        studio.level = presenting.level_words(studio.rank)
    reported = presenting.reported(site)
    # A studio of its unit only is listed, and not among those of city and district that the headline counts.
    above_unit = sum(group["n"] for group in groups if group["rank"])
    context = {
        "site": site,
        "page": page,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "wall": presenting.wall(groups),
        "listed": sum(group["n"] for group in groups),
        "total": above_unit + sum(figure["value"] for figure in reported),
        "reported": reported,
        "levels": presenting.levels_of(groups),
        "kinds": Studio.Kind.choices,
        "sectors": presenting.choices(groups, "sector", "sector__name"),
    }
    return render(request, "studios/studio_list.html", context)


@require_safe
@login_not_required
def studio_detail(request, slug):
    """One studio: who leads it, what it works on, what it holds and has solved; one that was closed is gone (410)."""
    studio = catalogue.studio_page(slug)
    if studio is None:
        closed = Studio.objects.filter(slug=slug, is_public=True).exclude(status=Studio.Status.ACTIVE)
        if closed.exists():
            return render(request, "410.html", status=410)
        raise Http404
    rows = catalogue.find_achievements({"kind": "", "sector": "", "q": ""}).filter(studio=studio)
    activities = list(catalogue.activities_of(studio))
    for activity in activities:
        activity.pictures = presenting.pictures(activity.photo_rows)
    context = {
        "studio": presenting.dress(studio),
        "achievements": [presenting.dress_achievement(row) for row in rows[: catalogue.ON_PAGE]],
        "activities": activities,
        "page_url": request.build_absolute_uri(studio.get_absolute_url()),
    }
    return render(request, "studios/studio_detail.html", context)


@require_safe
@login_not_required
def achievement_list(request):
    """What all studios have solved, searched by the problem, filtered by kind and sector."""
    chosen = chosen_filters(request, ACHIEVEMENT_FILTERS)
    groups = catalogue.achievement_groups()
    found = catalogue.find_achievements(chosen)
    page = Paginator(found, catalogue.PAGE_SIZE).get_page(request.GET.get("page"))
    for achievement in page.object_list:
        presenting.dress_achievement(achievement)
    present = {group["kind"] for group in groups}
    benefit = sum(group["benefit"] or 0 for group in groups)
    context = {
        "page": page,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "kinds": [item for item in Achievement.Kind.choices if item[0] in present],
        "sectors": presenting.choices(groups, "under", "under_name"),
        "total": sum(group["n"] for group in groups),
        "benefit": presenting.yuan(benefit) if benefit else "",
    }
    return render(request, "studios/achievement_list.html", context)


@require_safe
@login_not_required
def achievement_detail(request, pk):
    """One achievement: the problem, what was done, what came of it, and by whom."""
    achievement = catalogue.achievement_page(pk)
    if achievement is None:
        raise Http404
    achievement.adoption_rows = presenting.with_days(achievement.adoption_rows, "adopted_on")
    context = {
        "achievement": presenting.dress_achievement(achievement),
        "page_url": request.build_absolute_uri(achievement.get_absolute_url()),
    }
    return render(request, "studios/achievement_detail.html", context)
