"""Public pages: the academies, the catalogue, a course, a run and its calendar. The same for everybody."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from academies import catalogue
from academies.calendars import calendar_file
from academies.models import Course, Partner
from academies.own_pages import timetable
from academies.presenting import OVER, State, art_of, dress, hours_words, urgency

CHOSEN = ("academy", "sector", "delivery", "state", "q")


def chosen_filters(request):
    """Return what the catalogue is filtered by, as text without surprises."""
    return {name: " ".join(request.GET.get(name, "").replace("\x00", "").split())[:50] for name in CHOSEN}


@require_safe
@login_not_required
def academy_list(request):
    """The academies side by side, and where to go on from here."""
    academies = list(catalogue.academies_shown())
    context = {
        "academies": academies,
        "completions": sum(academy.completions for academy in academies),
        "reported": [row for academy in academies for row in academy.reported_rows],
    }
    return render(request, "academies/academy_list.html", context)


@require_safe
@login_not_required
def academy_detail(request, slug):
    """One academy: focus, who builds it, where it is, its courses, teachers and figures."""
    academy = get_object_or_404(catalogue.academies_shown(), slug=slug)
    now = timezone.now()
    runs = list(catalogue.current_runs(timezone.localdate(now)).filter(academy=academy))
    courses = {run.course_id: run.course for run in runs if run.course.status == Course.Status.PUBLISHED}
    cards = catalogue.cards(courses.values(), runs, now)
    context = {
        "academy": academy,
        "courses": sorted(cards, key=lambda course: urgency(course.shown_runs[0])),
        "teachers": catalogue.academy_teachers(academy),
        "partners": partners_by_kind(academy),
    }
    return render(request, "academies/academy_detail.html", context)


def partners_by_kind(academy):
    """Return [(kind in words, partners)] of an academy, in the order 政府, 院校, 企业."""
    rows = academy.partner_rows
    found = [(kind.label, [row for row in rows if row["kind"] == kind]) for kind in Partner.Kind]
    return [(label, rows) for label, rows in found if rows]


@require_safe
@login_not_required
def course_list(request):
    """The catalogue: a card a course, with its best run and what one can do now."""
    chosen = chosen_filters(request)
    found, counts, sectors = catalogue.catalogue(chosen, timezone.now())
    academies = list(catalogue.academies_shown())
    page = Paginator(found, catalogue.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "states": [(state, State(state).label if state else "全部", n) for state, n in counts],
        "deliveries": Course.Delivery.choices,
        "sectors": sectors,
        "academies": academies,
        "completions": sum(academy.completions for academy in academies),
    }
    return render(request, "academies/course_list.html", context)


@require_safe
@login_not_required
def course_detail(request, slug):
    """One course: what is taught by whom, its runs, and what its learners thought of it."""
    course = get_object_or_404(catalogue.course_query(), slug=slug)
    now = timezone.now()
    runs = [dress(run, now) for run in catalogue.counted_runs().filter(course=course)]
    course.hours_text, course.art = hours_words(course), art_of(course)
    context = {
        "course": course,
        "runs": sorted((run for run in runs if not is_over(run)), key=urgency),
        "past": sorted(filter(is_over, runs), key=urgency)[: catalogue.PAGE_SIZE],
        "feedback": catalogue.feedback_lines(course),
    }
    return render(request, "academies/course_detail.html", context)


def is_over(run):
    """Tell whether a dressed run belongs to the past of its course."""
    return run.state in OVER


def find_run(key):
    """Return a dressed run that the public may see, with its course's teachers; 404 for all others."""
    runs = catalogue.counted_runs().annotate(teacher_rows=catalogue.teachers("course"))
    return dress(get_object_or_404(runs, key=key), timezone.now())


@require_safe
@login_not_required
def run_detail(request, key):
    """One run: when, where, what it costs, what to bring, whom to ask, and the timetable."""
    run = find_run(key)
    context = {"run": run, "lessons": timetable(run)}
    return render(request, "academies/run_detail.html", context)


@require_safe
@login_not_required
def run_calendar(request, key):
    """The timetable as a calendar file."""
    run = get_object_or_404(catalogue.counted_runs(), key=key)
    url = request.build_absolute_uri(run.get_absolute_url())
    lessons = run.lessons.select_related("teacher")
    response = HttpResponse(calendar_file(run, lessons, url), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="timetable-{run.key.hex[:8]}.ics"'
    return response
