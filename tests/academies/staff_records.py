"""One record of every model of the academies, for the tests that open every page of the admin."""

from datetime import timedelta

from django.utils import timezone

from academies.models import ClassRequest, CourseRun, Feedback, Progress
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run

# What learners do, and what services write.
READ_ONLY = {
    f"academies.{name}"
    for name in (
        "enrolment",
        "attendance",
        "makeuprequest",
        "progress",
        "quizattempt",
        "feedback",
        "classrequest",
    )
}
# The run made here is completed, and with it all that belongs to it is kept.
KEPT = {
    (f"academies.{name}", "delete")
    for name in ("course", "courserun", "lesson", "material", "question", "choice")
}


def one_of_each(actor):
    """A completed run with all that its pages show, an academy with its partners, and a request."""
    run = make_run()
    academy, course = run.academy, run.course
    lesson = make_lesson(run, starts_in=timedelta(hours=-3))
    (enrolment,) = enrol_all(run, make_people(1))
    now, today, unit = timezone.now(), timezone.localdate(), factories.make_unit()
    question = run.questions.create(kind="single", text="问")
    made = [
        academy,
        academy.partners.create(name="某局", kind="government"),
        academy.reviews.create(year=2025, result="pass", reviewed_on=today),
        academy.reported.create(year=2024, completions=9, source="年报"),
        course,
        course.teachers.create(name="王老师"),
        lesson,
        lesson.materials.create(kind="link", title="资料", link="https://example.cn/"),
        question,
        question.choices.create(text="对", is_right=True),
        enrolment,
        lesson.attendance.create(enrolment=enrolment, status="present", source="list"),
        lesson.make_up_requests.create(enrolment=enrolment, reason="没电"),
        Progress.objects.create(lesson=lesson, enrolment=enrolment),
        enrolment.attempts.create(number=1, questions=[], submitted_at=now, score=80),
        Feedback.objects.create(enrolment=enrolment, content=5, teacher=5, usefulness=5, words="好"),
        ClassRequest.objects.create(
            unit=unit, unit_name=unit.name, topic="电工", people=9, contact_name="刘", requested_by=actor
        ),
    ]
    enrolment.status, enrolment.completed_at = "completed", now
    enrolment.save()
    run.status, run.completed_at = CourseRun.Status.COMPLETED, now
    run.save()
    return [*made, run]
