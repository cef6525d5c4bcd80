"""The calendar file as RFC 5545 wants it: folded, escaped, read back as it was meant."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from tests.academies.runs import make_lesson, make_run

pytestmark = pytest.mark.django_db
LONG = "高处作业；受限空间，动火作业\n以及一段很长很长的课名，" * 3


def fetch(client, run):
    response = client.get(f"{run.get_absolute_url()}timetable.ics")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content


def test_each_lesson_is_an_event_with_its_time_place_and_teacher(client):
    run = make_run(venue="实训楼 301", to_bring="工作服；安全鞋")
    teacher = run.course.teachers.create(name="陆刚")
    lesson = make_lesson(run, starts_in=timedelta(days=15), teacher=teacher)
    make_lesson(run, starts_in=timedelta(days=16), venue="车间")
    first, second = Calendar.from_ical(fetch(client, run)).walk("VEVENT")
    assert first["SUMMARY"] == f"{run.course.name}：第 1 讲"
    assert first["LOCATION"] == "实训楼 301"
    assert "陆刚" in first["DESCRIPTION"]
    assert "工作服；安全鞋" in first["DESCRIPTION"]
    assert first["DTSTART"].dt == lesson.starts_at.replace(microsecond=0)
    assert (second["LOCATION"], second["UID"] != first["UID"]) == ("车间", True)


def test_lines_are_folded_within_75_octets_and_commas_and_semicolons_escaped(client):
    run = make_run(venue="A座,B座;三层")
    make_lesson(run, starts_in=timedelta(days=15), title=LONG[:100])
    raw = fetch(client, run)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert rb"A\;" not in raw
    unfolded = raw.replace(b"\r\n ", b"").decode()
    assert "A座\\,B座\\;三层" in unfolded
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert event["LOCATION"] == "A座,B座;三层"
    assert event["SUMMARY"].endswith(LONG[:100])


def test_nothing_typed_starts_a_line_of_its_own(client):
    run = make_run(venue="三层\r\nATTENDEE:mailto:a@example.cn")
    (event,) = Calendar.from_ical(fetch(client, run)).walk("VEVENT")
    assert "ATTENDEE" not in event


def test_without_lessons_the_days_of_the_run_are_one_event(client):
    run = make_run()
    (event,) = Calendar.from_ical(fetch(client, run)).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (run.starts_on, run.ends_on + timedelta(days=1))


def test_a_cancelled_run_says_so_and_a_link_for_learners_stays_out(client):
    run = make_run(status="cancelled", cancel_reason="人数不足", online_link="https://live.example.cn/secret")
    make_lesson(run, kind="live")
    raw = fetch(client, run)
    assert b"STATUS:CANCELLED" in raw
    assert b"live.example.cn" not in raw


def test_a_draft_has_no_calendar(client):
    run = make_run(status="draft")
    assert client.get(f"{run.get_absolute_url()}timetable.ics").status_code == 404


def test_an_online_lesson_that_opens_and_never_ends_is_no_event(client):
    run = make_run()
    make_lesson(run, kind="online", ends_at=None, title="线上课")
    (event,) = Calendar.from_ical(fetch(client, run)).walk("VEVENT")
    assert event["SUMMARY"] == str(run)
    assert " 起</td>" in client.get(run.get_absolute_url()).content.decode()
