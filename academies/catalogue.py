"""What the public pages of the academies read, in few statements."""

from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Avg, Case, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from academies.models import (
    Academy,
    Course,
    CourseRun,
    CourseTeacher,
    Enrolment,
    Feedback,
    Partner,
    ReportedTraining,
)
from academies.presenting import State, art_of, dress, hours_words, urgency
from craftsmen.models import Profile

PAGE_SIZE = 24
ON_HOME = 3
WORDS_SHOWN = 8
# Fewer answers than these would tell who gave them.
FEWEST_ANSWERS = 3
PICKED = (State.OPEN, State.WAITING, State.UPCOMING, State.PENDING, State.RUNNING, State.ENDED)
Status = CourseRun.Status


def counted_runs():
    """Return the runs that the public may see, each with how many wait for it and how many completed it."""
    return (
        CourseRun.objects.public()
        .select_related("course__sector", "course__cover", "academy")
        .annotate(
            waiting=Count("enrolments", filter=Q(enrolments__status=Enrolment.Status.WAITLISTED)),
            completed=Count("enrolments", filter=Q(enrolments__status=Enrolment.Status.COMPLETED)),
        )
    )


def current_runs(today):
    """Return the counted runs that are not over, and of those that are the last of each course and academy."""
    over = Q(status=Status.COMPLETED) | Q(status=Status.ANNOUNCED, ends_on__lt=today)
    last = (
        CourseRun.objects.filter(over, course=OuterRef("course"), academy=OuterRef("academy"))
        .order_by("-ends_on", "-pk")
        .values("pk")[:1]
    )
    is_current = Q(ends_on__gte=today, status__in=(Status.ANNOUNCED, Status.CANCELLED))
    return counted_runs().filter(is_current | Q(pk=Subquery(last)))


def teachers(outer):
    """Return an expression: the teachers of the outer row's course, those who are craftsmen with their page's slug."""
    page = Profile.objects.public().filter(person=OuterRef("person")).values("slug")[:1]
    rows = CourseTeacher.objects.filter(course=OuterRef(outer)).order_by("position", "pk")
    shown = rows.annotate(slug=Coalesce(Subquery(page), Value("")))
    fields = {name: name for name in ("name", "title", "introduction", "slug")}
    return ArraySubquery(shown.values(json=JSONObject(**fields)))


def completed_of(outer, expression):
    """Return a subquery over the completed enrolments of the outer academy."""
    rows = Enrolment.objects.filter(status=Enrolment.Status.COMPLETED, run__academy=OuterRef(outer))
    counted = rows.order_by().values("run__academy").annotate(n=expression).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def academies_shown():
    """Return the academies that the public may see, with partners, sectors and figures."""
    kinds = Case(*(When(kind=kind, then=place) for place, kind in enumerate(Partner.Kind)))
    partners = Partner.objects.filter(academy=OuterRef("pk")).order_by(kinds, "position", "pk")
    named = JSONObject(name="name", kind="kind", role="role")
    sectors = Academy.sectors.through.objects.filter(academy=OuterRef("pk")).order_by("sector__position")
    reported = ReportedTraining.objects.filter(academy=OuterRef("pk")).order_by("-year")
    told = JSONObject(year="year", completions="completions", source="source")
    whoever = Coalesce("person__merged_into", "person")
    return (
        Academy.objects.public()
        .select_related("host", "cover")
        .annotate(
            partner_rows=ArraySubquery(partners.values(json=named)),
            sector_names=ArraySubquery(sectors.values("sector__name")),
            reported_rows=ArraySubquery(reported.values(json=told)),
            completions=completed_of("pk", Count("pk")),
            learners=completed_of("pk", Count(whoever, distinct=True)),
        )
    )


def academy_teachers(academy):
    """Return the teachers of an academy's courses, each once, craftsmen with their page's slug."""
    page = Profile.objects.public().filter(person=OuterRef("person")).values("slug")[:1]
    courses = CourseRun.objects.public().filter(academy=academy).values("course")
    rows = CourseTeacher.objects.filter(course__in=courses, course__status=Course.Status.PUBLISHED)
    shown = rows.annotate(slug=Coalesce(Subquery(page), Value(""))).values("name", "title", "slug", "person")
    found = {}
    for row in shown.order_by("course__position", "position", "pk"):
        found.setdefault(row["person"] or (row["name"], row["title"]), row)
    return list(found.values())


def cards(courses, runs, now):
    """Return the courses as cards: each with all its dressed `shown_runs`, the best first."""
    by_course = {}
    for run in runs:
        by_course.setdefault(run.course_id, []).append(dress(run, now))
    for course in courses:
        course.shown_runs = sorted(by_course.get(course.pk, []), key=urgency)
        course.hours_text, course.art = hours_words(course), art_of(course)
    return list(courses)


def matches(course, chosen):
    """Tell whether a card is one of those asked for; whatever is left empty asks for nothing."""
    texts = (course.name, course.occupation, course.audience, course.summary)
    return (
        (not chosen["sector"] or str(course.sector_id) == chosen["sector"])
        and (not chosen["delivery"] or course.delivery == chosen["delivery"])
        and (not chosen["q"] or any(chosen["q"].casefold() in text.casefold() for text in texts))
    )


def catalogue(chosen, now):
    """Return (cards asked for, [(state, how many cards)], sectors to choose from) of the catalogue, in two statements."""
    courses = list(Course.objects.public().select_related("sector", "cover"))
    runs = list(current_runs(timezone.localdate(now)).filter(course__status=Course.Status.PUBLISHED))
    sectors = {course.sector for course in courses if course.sector_id}
    if chosen["academy"]:
        runs = [run for run in runs if run.academy.slug == chosen["academy"]]
    found = [course for course in cards(courses, runs, now) if matches(course, chosen)]
    if chosen["academy"]:
        found = [course for course in found if course.shown_runs]
    states = [{run.state for run in course.shown_runs} for course in found]
    counts = [(state, sum(state in held for held in states)) for state in PICKED]
    if chosen["state"]:
        for course in found:
            course.shown_runs = [run for run in course.shown_runs if run.state == chosen["state"]]
        found = [course for course in found if course.shown_runs]
    nothing = (len(State), False, 0, 0)
    found.sort(key=lambda course: urgency(course.shown_runs[0]) if course.shown_runs else nothing)
    return found, [("", len(states)), *counts], sorted(sectors, key=lambda s: (s.position, s.name))


def course_query():
    """Return the courses that have a page, with teachers, and what their learners thought of them."""
    answers = Feedback.objects.filter(enrolment__run__course=OuterRef("pk"))
    means = {name: Avg(name) for name in ("content", "teacher", "usefulness")}
    summary = answers.order_by().values("enrolment__run__course").annotate(n=Count("pk"), **means)
    spoken = answers.filter(is_shown=True).exclude(words="").order_by("-given_at")
    return (
        Course.objects.exclude(status=Course.Status.DRAFT)
        .select_related("sector", "cover")
        .annotate(
            teacher_rows=teachers("pk"),
            feedback=Subquery(summary.values(json=JSONObject(n="n", **{name: name for name in means}))),
            words=ArraySubquery(
                spoken.values(json=JSONObject(text="words", run=F("enrolment__run__name")))[:WORDS_SHOWN]
            ),
        )
    )


def feedback_lines(course):
    """Return [(label, mean of 5)] of a course of course_query(), empty while too few have answered."""
    if not course.feedback or course.feedback["n"] < FEWEST_ANSWERS:
        return []
    labels = {"content": "课程内容", "teacher": "教师授课", "usefulness": "对工作有用"}
    return [(label, round(course.feedback[name], 1)) for name, label in labels.items()]


def joinable(now):
    """Return an expression, for any single row, of the runs that one can join now, those that close first at the top."""
    today = timezone.localdate(now)
    opened = Q(enrolment_opens_at=None) | Q(enrolment_opens_at__lte=now)
    not_closed = Q(enrolment_closes_at__gte=now) | Q(enrolment_closes_at=None, starts_on__gt=today)
    rows = counted_runs().filter(opened, not_closed, status=Status.ANNOUNCED, ends_on__gte=today)
    has_room = Q(capacity=None) | Q(taken__lt=F("capacity")) | Q(has_waiting_list=True)
    fields = {name: name for name in HOME_FIELDS}
    shown = JSONObject(
        **fields, course_name="course__name", academy_name="academy__name", short="academy__short_name"
    )
    first = rows.filter(has_room).order_by(F("enrolment_closes_at").asc(nulls_last=True), "starts_on", "pk")
    return ArraySubquery(first.values(json=shown)[:ON_HOME])


HOME_FIELDS = (
    "key", "name", "status", "starts_on", "ends_on", "capacity", "taken", "has_waiting_list", "promotes_after_start",
    "schedule_note", "enrolment_opens_at", "enrolment_closes_at", "waiting", "completed",
)  # fmt: skip


def joinable_runs(rows, now):
    """Return the dressed runs of what joinable() brought along."""
    runs = []
    for row in rows:
        course = Course(name=row["course_name"])
        academy = Academy(name=row["academy_name"], short_name=row["short"])
        values = {name: row[name] for name in HOME_FIELDS if name not in ("waiting", "completed")}
        for name in ("starts_on", "ends_on"):
            values[name] = date.fromisoformat(values[name])
        for name in ("enrolment_opens_at", "enrolment_closes_at"):
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        run = CourseRun(course=course, academy=academy, **values)
        run.waiting, run.completed = row["waiting"], row["completed"]
        runs.append(dress(run, now))
    return runs
