"""How many were trained: 人次, 人数 and 学时, and what is not counted; the same cost with ten thousand."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from academies import numbers
from academies.models import CourseRun, Enrolment, Feedback, ReportedTraining
from academies.services.exports import write_numbers
from tests import factories
from tests.academies.runs import make_people, make_run
from unionportal.common.spreadsheets import open_workbook
from unionportal.people.models import Person, Unit

pytestmark = pytest.mark.django_db


def complete(run, people, ends_on=date(2026, 5, 8), status="completed"):
    CourseRun.objects.filter(pk=run.pk).update(ends_on=ends_on, starts_on=ends_on)
    return Enrolment.objects.bulk_create(
        Enrolment(run=run, person=person, unit=person.unit, status=status) for person in people
    )


def hours(run, theory, practice):
    run.course.theory_hours, run.course.practice_hours = theory, practice
    run.course.save()
    return run


def lines(dimension, **scope):
    return {
        line.name: (line.completions, line.people, line.hours)
        for line in numbers.table(numbers.completed(**scope), dimension)
    }


def test_completions_people_and_hours_are_three_different_numbers():
    first, second = hours(make_run(), 8, 16), hours(make_run(), 4, 0)
    people = make_people(3)
    complete(first, people)
    complete(second, people[:1])
    complete(make_run(), people, status="failed")
    assert numbers.totals(numbers.completed()) == {"completions": 4, "people": 3, "hours": 76, "runs": 2}
    assert lines("course") == {first.course.name: (3, 3, 72), second.course.name: (1, 1, 4)}
    assert lines("year") == {"2026 年": (4, 3, 76)}


def test_a_merged_person_counts_once_and_a_merged_unit_with_its_successor():
    successor, merged = factories.make_unit("新厂"), factories.make_unit("旧厂")
    one = factories.make_person(unit=successor)
    twin = factories.make_person(unit=merged)
    complete(make_run(), [one])
    complete(make_run(), [twin])
    Person.objects.filter(pk=twin.pk).update(merged_into=one)
    Unit.objects.filter(pk=merged.pk).update(merged_into=successor)
    assert lines("unit") == {"新厂": (2, 1, 0)}
    complete(make_run(), [factories.make_person()])
    assert lines("unit")[numbers.NO_UNIT] == (1, 1, 0)


def test_the_year_is_that_of_the_end_and_the_filters_hold():
    run, other = make_run(), make_run()
    complete(run, make_people(2), ends_on=date(2025, 12, 31))
    complete(other, make_people(1), ends_on=date(2026, 1, 1))
    assert list(lines("year")) == ["2025 年", "2026 年"]
    assert numbers.years() == [2026, 2025]
    assert lines("academy", year=2025) == {run.academy.name: (2, 2, 0)}
    assert numbers.totals(numbers.completed(academy=other.academy))["completions"] == 1
    assert numbers.totals(numbers.completed(year=2020)) == {
        "completions": 0, "people": 0, "hours": 0, "runs": 0,
    }  # fmt: skip


def test_reported_figures_stand_apart_on_the_page_and_in_the_workbook(client, tmp_path):
    run = make_run()
    complete(run, make_people(2))
    ReportedTraining.objects.create(year=2024, completions=777, source="年报")
    client.force_login(factories.make_superuser())
    page = client.get(reverse("admin:academies_courserun_numbers"))
    assert page.context["totals"]["completions"] == 2
    assert "777" in page.content.decode()
    target = tmp_path / "numbers.xlsx"
    write_numbers(target)
    sheets = {sheet.name: sheet.rows for sheet in open_workbook(target).sheets}
    assert sheets["按学院"][3] == [run.academy.name, 2, 2, 0]
    assert sheets["填报数"][2][:3] == ["2024 年", "全区", 777]
    assert client.get(reverse("admin:academies_courserun_numbers_file")).status_code == 200
    assert client.get(reverse("admin:academies_courserun_numbers"), {"academy": "x"}).status_code == 400
    assert client.get(reverse("admin:academies_courserun_numbers"), {"year": "²025"}).status_code == 400


def test_feedback_is_summed_up_by_mark():
    run = make_run()
    for enrolment, mark in zip(complete(run, make_people(3)), (5, 5, 2), strict=True):
        Feedback.objects.create(enrolment=enrolment, content=mark, teacher=5, usefulness=1)
    count, found = numbers.feedback_summary(Feedback.objects.all())
    assert count == 3
    words, mean, marks = found[0]
    assert (words, mean) == ("内容", 4)
    assert marks == [(5, 2, 67), (4, 0, 0), (3, 0, 0), (2, 1, 33), (1, 0, 0)]
    assert numbers.feedback_summary(Feedback.objects.none()) == (0, [])


HEAVY = {
    "admin:academies_courserun_numbers": 16,
    "admin:academies_courserun_changelist": 13,
    "admin:academies_courserun_timetable": 7,
    "admin:academies_enrolment_changelist": 13,
    "admin:academies_feedback_summary": 8,
    "admin:academies_academy_changelist": 10,
    "admin:academies_course_changelist": 10,
}


def statements(client, name):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name)).status_code == 200
    return len(queries)


def test_the_heavy_pages_cost_the_same_with_ten_thousand_completions(client):
    """Statements are counted; seconds are not, for the machine of the tests is anybody's."""
    client.force_login(factories.make_superuser())
    first = make_run()
    Feedback.objects.create(enrolment=complete(first, make_people(1))[0], content=5, teacher=5, usefulness=5)
    few = {name: statements(client, name) for name in HEAVY}
    people = Person.objects.bulk_create(Person(name=f"学员{number}") for number in range(2000))
    for number in range(5):
        made = complete(make_run(), people, ends_on=date(2026, 1, 1) + timedelta(days=number))
        Feedback.objects.bulk_create(
            Feedback(enrolment=item, content=4, teacher=5, usefulness=3) for item in made[::4]
        )
    assert Enrolment.objects.count() == 10_001
    many = {name: statements(client, name) for name in HEAVY}
    assert many == few
    assert {name: count for name, count in many.items() if count > HEAVY[name]} == {}
