"""Runs and learners for the tests of the academies."""

from datetime import timedelta

from django.utils import timezone

from academies.models import Academy, Course, CourseRun
from academies.services import enrolment as services
from tests import factories


def make_run(**fields):
    """An announced run that takes enrolments now and starts in two weeks."""
    number = next(factories.numbers)
    academy = fields.pop("academy", None) or Academy.objects.create(
        name=f"第{number}工匠学院", slug=f"academy-{number}", status=Academy.Status.ACTIVE
    )
    course = fields.pop("course", None) or Course.objects.create(
        name=f"课程{number}", slug=f"course-{number}", status=Course.Status.PUBLISHED
    )
    now, today = timezone.now(), timezone.localdate()
    return CourseRun.objects.create(
        **{
            "course": course,
            "academy": academy,
            "name": "第 1 期",
            "status": CourseRun.Status.ANNOUNCED,
            "enrolment_opens_at": now - timedelta(days=3),
            "enrolment_closes_at": now + timedelta(days=10),
            "starts_on": today + timedelta(days=14),
            "ends_on": today + timedelta(days=20),
            **fields,
        }
    )


def make_people(count):
    return [factories.make_person(f"学员{number}") for number in range(count)]


def make_lesson(run, *, starts_in=timedelta(minutes=-5), **fields):
    """A lesson of two hours that began five minutes ago."""
    starts_at = timezone.now() + starts_in
    number = run.lessons.count() + 1
    return run.lessons.create(
        **{
            "position": number,
            "title": f"第 {number} 讲",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=2),
            "hours": 2,
            **fields,
        }
    )


def enrol_all(run, people):
    return [services.enrol(run=run, person=person, actor=None, channel="staff") for person in people]
