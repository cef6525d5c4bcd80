"""What waits for the staff of the academies: the lines of the work queue that are theirs."""

from datetime import timedelta

from django.db.models import Count, F
from django.urls import reverse
from django.utils import timezone

from academies.models import ClassRequest, CourseRun, Enrolment, Lesson, MakeUpRequest
from unionportal.work_queue_tasks import Task, joined, listed

SOON = timedelta(days=7)
Status = CourseRun.Status


def run_url(runs, **query):
    """Return the address of the one run, or of the list where there are several."""
    if len(runs) == 1:
        return reverse("admin:academies_courserun_change", args=[runs[0].pk])
    return listed(CourseRun, **query)


def enrolments_to_decide():
    """Applications that wait for approval, by run."""
    counts = list(
        Enrolment.objects.filter(status=Enrolment.Status.APPLIED, run__status=Status.ANNOUNCED)
        .order_by()
        .values_list("run__course__name", "run__name")
        .annotate(Count("pk"))
        .order_by("run__course__name", "run__name")
    )
    detail = joined(f"{course} {count} 人" for course, _, count in counts)
    url = listed(Enrolment, status__exact="applied")
    return Task(sum(n for *_, n in counts), "待审核的学员报名", detail, url)


def make_ups_to_decide():
    """Requests to be signed in afterwards."""
    waiting = MakeUpRequest.objects.filter(decision=MakeUpRequest.Decision.WAITING)
    names = list(waiting.order_by("requested_at").values_list("enrolment__person__name", flat=True))
    return Task(len(names), "待处理补签", joined(names), listed(MakeUpRequest, decision__exact="waiting"))


def class_requests_to_answer():
    """What units have asked for and nobody has answered."""
    topics = list(
        ClassRequest.objects.filter(status=ClassRequest.Status.RECEIVED)
        .order_by("requested_at")
        .values_list("topic", flat=True)
    )
    return Task(
        len(topics), "待答复的订单班申请", joined(topics), listed(ClassRequest, status__exact="received")
    )


def runs_to_complete():
    """Runs that are over and wait for their completion."""
    runs = list(
        CourseRun.objects.filter(status=Status.ANNOUNCED, ends_on__lt=timezone.localdate())
        .select_related("course")
        .order_by("ends_on", "pk")
    )
    url = listed(CourseRun, status__exact="announced")
    if len(runs) == 1:
        url = reverse("admin:academies_courserun_completion", args=[runs[0].pk])
    return Task(len(runs), "待办理结业", joined(runs), url)


def runs_short_of_people():
    """Runs that begin within a week and have fewer people than they need; urgent."""
    today = timezone.localdate()
    runs = list(
        CourseRun.objects.filter(
            status=Status.ANNOUNCED, starts_on__range=(today, today + SOON), taken__lt=F("minimum")
        )
        .select_related("course")
        .order_by("starts_on", "pk")
    )
    return Task(
        len(runs),
        "人数不足、即将开班",
        joined(runs),
        run_url(runs, status__exact="announced"),
        is_urgent=True,
    )


def draft_runs():
    """Runs not yet announced."""
    runs = list(CourseRun.objects.filter(status=Status.DRAFT).select_related("course"))
    return Task(len(runs), "待发布班次", joined(runs), run_url(runs, status__exact="draft"))


def lessons_to_close():
    """Lessons that were over yesterday or before and whose attendance nobody has closed; urgent."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    lessons = list(
        Lesson.objects.exclude(kind=Lesson.Kind.ONLINE)
        .filter(run__status=Status.ANNOUNCED, ends_at__lt=midnight, closed_at=None)
        .values_list("title", flat=True)
        .order_by("ends_at")
    )
    url = listed(Lesson, closed_at__isempty=1)
    return Task(len(lessons), "待结束考勤的课次", joined(lessons), url, is_urgent=True)


KINDS = (
    ("academies.change_enrolment", enrolments_to_decide),
    ("academies.change_makeuprequest", make_ups_to_decide),
    ("academies.change_classrequest", class_requests_to_answer),
    ("academies.complete_runs", runs_to_complete),
    ("academies.change_courserun", runs_short_of_people),
    ("academies.change_courserun", draft_runs),
    ("academies.change_attendance", lessons_to_close),
)
