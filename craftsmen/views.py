"""Public pages: the gallery, a craftsman's page with photo and poster, and the selections.

A page with a person on it is `private, no-store`: no cache between us and the reader keeps what may be withdrawn.
"""

from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from craftsmen import posters, presenting, selection_pages
from craftsmen.models import Profile, Selection

SELECTIONS_SHOWN = 3


def kept_by_nobody(view):
    """Say on every answer of the view that no cache may keep it."""

    @wraps(view)
    def marked(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    return marked


def chosen_filters(request):
    """Return what the gallery is filtered by: year and title as numbers or None, sector and name as text."""
    number = {name: request.GET.get(name, "") for name in ("year", "title")}
    chosen = {
        name: int(text) if text.isdecimal() and len(text) < 7 else None for name, text in number.items()
    }
    for name in ("sector", "q"):
        chosen[name] = " ".join(request.GET.get(name, "").replace("\x00", "").split())[:50]
    return chosen


@require_safe
@login_not_required
@kept_by_nobody
def gallery(request):
    """Whoever was honoured, by year and title; filtered by plain GET parameters."""
    chosen = chosen_filters(request)
    figures = presenting.figures()
    page, sections = presenting.gallery_page(figures, chosen, request.GET.get("page"))
    is_search = bool(chosen["sector"] or chosen["q"])
    context = {
        "page": page,
        "sections": sections,
        "chosen": chosen,
        "is_search": is_search,
        "is_filtered": is_search or chosen["year"] or chosen["title"],
        "selections": [] if is_search else selection_pages.newest(SELECTIONS_SHOWN, timezone.localdate()),
        **presenting.filter_choices(figures),
    }
    return render(request, "craftsmen/gallery.html", context)


def find_profile(slug):
    """Return a profile that the public may see; 404 for all others."""
    profiles = Profile.objects.public().select_related("person__unit", "photo")
    return get_object_or_404(profiles, slug=slug)


def gone(request):
    """Answer that a page was taken down, without saying whose it was."""
    return render(request, "410.html", status=410)


@require_safe
@login_not_required
@kept_by_nobody
def profile_detail(request, slug):
    """One craftsman: story, unique skill, honours with their documents, public contest results."""
    profile = Profile.objects.public().select_related("person__unit", "photo").filter(slug=slug).first()
    if profile is None:
        if Profile.objects.exclude(published_at=None).filter(slug=slug).exists():
            return gone(request)
        raise Http404
    honours = list(presenting.honours_of(profile.person_id))
    results, innovations = presenting.public_record(profile.person_id)
    context = {
        "profile": profile,
        "family": presenting.family_name(profile.person.name),
        "honours": honours,
        "leading": presenting.leading_honour(honours),
        "results": results,
        "innovations": innovations,
        "has_poster": posters.can_draw(profile),
        "page_url": request.build_absolute_uri(profile.get_absolute_url()),
    }
    return render(request, "craftsmen/profile_detail.html", context)


@require_safe
@login_not_required
@kept_by_nobody
def profile_photo(request, slug):
    """The photograph of a craftsman, there as long as the page is."""
    photo = find_profile(slug).photo
    if photo is None:
        raise Http404
    response = FileResponse(photo.file.open("rb"), content_type=photo.content_type)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
@login_not_required
@kept_by_nobody
def profile_poster(request, slug):
    """A picture to share: name, title, one sentence, and the page's QR code."""
    profile = find_profile(slug)
    if not posters.can_draw(profile):
        raise Http404
    honours = list(presenting.honours_of(profile.person_id))
    url = request.build_absolute_uri(profile.get_absolute_url())
    response = HttpResponse(posters.poster(profile, honours, url), content_type="image/png")
    response["Content-Disposition"] = f'inline; filename="{slug}.png"'
    return response


@require_safe
@login_not_required
def selection_list(request):
    """All selections that were announced, newest first."""
    today = timezone.localdate()
    page = Paginator(Selection.objects.public(), presenting.PAGE_SIZE).get_page(request.GET.get("page"))
    for selection in page.object_list:
        selection.state = selection_pages.public_state(selection, today)
    return render(request, "craftsmen/selection_list.html", {"page": page})


@require_safe
@login_not_required
@kept_by_nobody
def selection_detail(request, slug):
    """One selection: who may be nominated, how it is decided, when, and what came of it."""
    today = timezone.localdate()
    selection = selection_pages.unfold(get_object_or_404(selection_pages.selection_query(), slug=slug))
    is_decided = selection.status == Selection.Status.CLOSED
    honours = list(selection_pages.honoured_by(selection)) if is_decided else []
    context = {
        "selection": selection,
        "state": selection_pages.public_state(selection, today),
        "steps": selection_pages.calendar(selection, today),
        "offers": selection_pages.offers_with(selection, honours),
        "is_decided": is_decided,
    }
    return render(request, "craftsmen/selection_detail.html", context)
