"""What stands in two places at once: a teacher, a room, a learner."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academies import timetable
from academies.models import Lesson
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run

pytestmark = pytest.mark.django_db
SOON = timedelta(days=1)


def found():
    now = timezone.now()
    slots = timetable.slots(now - timedelta(days=1), now + timedelta(days=9))
    return {slot.lesson.pk: slot.clashes for slot in slots}


def two_lessons(*, apart=timedelta(0), **fields):
    """Two lessons of two runs of one academy, the second so much later."""
    first = make_run()
    second = make_run(academy=first.academy)
    one = make_lesson(first, starts_in=SOON, **fields)
    other = make_lesson(second, starts_in=SOON + apart, **fields)
    return one, other


def test_a_teacher_at_two_lessons_is_named_on_both():
    user = factories.make_user()
    one, other = two_lessons(teacher_user=user)
    clashes = found()
    assert "要上两处课" in clashes[one.pk][0]
    assert str(other.run) in clashes[one.pk][0]
    assert str(one.run) in clashes[other.pk][0]


def test_a_teacher_of_the_same_person_under_two_courses_clashes():
    person = factories.make_person()
    one, other = two_lessons()
    for lesson in (one, other):
        lesson.teacher = lesson.run.course.teachers.create(name=person.name, person=person)
        lesson.save()
    assert "要上两处课" in found()[one.pk][0]


def test_a_room_in_use_clashes_only_within_its_academy_and_only_on_site():
    one, other = two_lessons(venue="一教室")
    assert "教室“一教室”被占用" in found()[one.pk][0]
    Lesson.objects.filter(pk=other.pk).update(kind="live")
    assert found()[one.pk] == []
    Lesson.objects.filter(pk=other.pk).update(kind="onsite")
    other.run.academy = make_run().academy
    other.run.save()
    assert found()[one.pk] == []


def test_learners_admitted_to_both_are_named_and_those_waiting_are_not():
    one, other = two_lessons()
    both, only = make_people(2)
    enrol_all(one.run, [both, only])
    enrol_all(other.run, [both])
    assert both.name in found()[one.pk][0]
    other.run.enrolments.update(status="waitlisted", queued_at=timezone.now())
    assert found()[one.pk] == []


def test_lessons_one_after_the_other_and_cancelled_runs_do_not_clash():
    one, other = two_lessons(apart=timedelta(hours=2), venue="一教室")
    assert found() == {one.pk: [], other.pk: []}
    one, other = two_lessons(venue="一教室")
    other.run.status, other.run.cancel_reason = "cancelled", "误"
    other.run.save()
    assert found()[one.pk] == []
    assert other.pk not in found()


def test_a_run_tells_its_own_clashes():
    one, _ = two_lessons(venue="一教室")
    assert len(timetable.clashes_of(one.run)) == 1
    assert one.title in timetable.clashes_of(one.run)[0]


def test_the_timetable_costs_two_statements_however_many_lessons_there_are(django_assert_num_queries):
    for _ in range(5):
        one, other = two_lessons(venue="一教室")
        people = make_people(2)
        enrol_all(one.run, people)
        enrol_all(other.run, people)
    with django_assert_num_queries(2):
        found()


def test_an_online_lesson_that_opens_and_never_ends_takes_no_time_of_anybody():
    run = make_run()
    make_lesson(run, starts_in=SOON, kind="online", ends_at=None)
    held = make_lesson(run, starts_in=SOON + timedelta(hours=1))
    assert found() == {held.pk: []}
