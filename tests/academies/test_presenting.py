"""What people are told of a run, at each boundary; nothing here needs the database."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from academies import presenting
from academies.models import Course, CourseRun
from academies.presenting import State, days_words, dress, public_state, seat_words, urgency

TINY = timedelta(microseconds=1)


def at(day, hour=12, minute=0):
    """A moment of November 2026 in Beijing."""
    return timezone.make_aware(datetime(2026, 11, day, hour, minute))


def run(waiting=0, completed=0, **fields):
    """A run from the 20th to the 25th that takes enrolments from the 5th to the 15th, noon to noon."""
    made = CourseRun(
        **{
            "course": Course(name="电工", theory_hours=Decimal(8), practice_hours=Decimal(16)),
            "name": "第 1 班",
            "status": "announced",
            "enrolment_opens_at": at(5),
            "enrolment_closes_at": at(15),
            "starts_on": date(2026, 11, 20),
            "ends_on": date(2026, 11, 25),
            "capacity": 10,
            **fields,
        }
    )
    made.waiting, made.completed = waiting, completed
    return made


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(5) - TINY, State.UPCOMING),
        (at(5), State.OPEN),
        (at(15), State.OPEN),
        (at(15) + TINY, State.PENDING),
        (at(19, 23, 59), State.PENDING),
        (at(20, 0), State.RUNNING),
        (at(25, 23, 59), State.RUNNING),
        (at(26, 0), State.ENDED),
    ],
)
def test_the_days_of_a_run_with_room(now, state):
    assert public_state(run(), now) == state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"taken": 9}, State.OPEN),
        ({"taken": 10}, State.WAITING),
        ({"taken": 9, "waiting": 1}, State.WAITING),  # whoever comes now may not overtake the one who waits
        ({"taken": 10, "has_waiting_list": False}, State.FULL),
        ({"taken": 500, "capacity": None}, State.OPEN),
        ({"taken": 1, "capacity": 1}, State.WAITING),
    ],
)
def test_the_seats_of_a_run_that_takes_enrolments(fields, state):
    assert public_state(run(**fields), at(10)) == state


def test_a_full_run_says_so_only_while_it_takes_enrolments():
    full = run(taken=10)
    assert [public_state(full, at(day)) for day in (4, 10, 16, 22, 27)] == [
        State.UPCOMING,
        State.WAITING,
        State.PENDING,
        State.RUNNING,
        State.ENDED,
    ]


def test_without_an_end_of_its_own_enrolment_ends_as_the_day_of_the_start_begins():
    open_ended = run(enrolment_closes_at=None)
    assert public_state(open_ended, at(20, 0)) == State.OPEN
    assert public_state(open_ended, at(20, 0) + TINY) == State.RUNNING


def test_without_a_beginning_enrolment_has_begun():
    assert public_state(run(enrolment_opens_at=None), at(1)) == State.OPEN


def test_a_class_that_takes_people_all_along_is_open_after_its_start_and_never_after_its_end():
    flowing = run(enrolment_closes_at=at(30))
    assert public_state(flowing, at(22)) == State.OPEN
    assert public_state(flowing, at(26)) == State.ENDED


def test_a_list_that_moves_no_more_is_not_offered_after_the_start():
    full = {"enrolment_closes_at": at(30), "taken": 10}
    assert public_state(run(**full), at(22)) == State.RUNNING
    assert public_state(run(**full, promotes_after_start=True), at(22)) == State.WAITING


def test_a_class_that_opens_for_latecomers_is_running_until_then():
    assert public_state(run(enrolment_opens_at=at(23), enrolment_closes_at=at(24)), at(22)) == State.RUNNING


@pytest.mark.parametrize("now", [at(1), at(10), at(22), at(28)])
def test_a_cancelled_run_is_cancelled_on_every_day(now):
    assert public_state(run(status="cancelled", cancel_reason="人数不足"), now) == State.CANCELLED


def test_a_run_that_staff_completed_early_has_ended():
    assert public_state(run(status="completed"), at(22)) == State.ENDED


@pytest.mark.parametrize(
    ("fields", "day", "words"),
    [
        ({"taken": 4}, 10, "余 6 席，共 10 席"),
        ({"capacity": None, "taken": 4}, 10, "不限名额"),
        ({"taken": 10}, 10, "共 10 席已满，可候补"),
        ({"taken": 10, "waiting": 3}, 10, "共 10 席，前面 3 人候补"),
        ({"taken": 10, "has_waiting_list": False}, 10, "共 10 席已满"),
        ({}, 1, "共 10 席"),
        ({"taken": 7}, 17, "7 人入班"),
        ({"taken": 7}, 22, "7 人在学"),
        ({"completed": 6}, 28, "6 人结业"),
        ({}, 28, ""),
    ],
)
def test_what_is_said_of_the_seats(fields, day, words):
    one = run(**fields)
    assert seat_words(one, public_state(one, at(day))) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ((2026, 8, 11), (2026, 8, 22), "8 月 11 日—22 日"),
        ((2026, 8, 11), (2026, 8, 11), "8 月 11 日"),
        ((2026, 8, 30), (2026, 9, 2), "8 月 30 日—9 月 2 日"),
        ((2026, 12, 28), (2027, 1, 9), "12 月 28 日—2027 年 1 月 9 日"),
        ((2025, 5, 1), (2025, 5, 3), "2025 年 5 月 1 日—3 日"),
    ],
)
def test_days_are_said_as_short_as_they_can_be(first, last, words):
    assert days_words(date(*first), date(*last), 2026) == words


def test_hours_and_cost_in_words():
    free = dress(run(), at(10))
    assert (free.hours_text, free.fee_text) == ("线下 24 学时，其中实操 16", "免费")
    paid = run(fee=Decimal("120.50"), fee_note="含教材")
    assert presenting.fee_words(paid) == "收费 120.5 元，含教材"
    assert presenting.hours_words(Course(delivery="online")) == "线上"


def test_the_best_run_is_what_one_can_join_soonest_and_then_the_newest_that_is_over():
    november = {
        "soon": run(),
        "later": run(starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2)),
        "flowing": run(starts_on=date(2026, 11, 1), enrolment_closes_at=at(24)),
        "full": run(taken=10),
        "old": run(starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 2)),
        "older": run(starts_on=date(2025, 5, 1), ends_on=date(2025, 5, 2)),
    }
    for number, one in enumerate(november.values(), start=1):
        one.pk = number
        dress(one, at(10))
    ordered = sorted(november, key=lambda name: urgency(november[name]))
    assert ordered == ["soon", "later", "flowing", "full", "old", "older"]


@pytest.mark.parametrize(
    ("name", "art"),
    [
        ("民宿管理", "inn"),
        ("社区护理", "care"),
        ("矿山机械维护", "machine"),
        ("矿山安全与应急", "helmet"),
        ("公文写作", "book"),
    ],
)
def test_a_course_without_a_picture_gets_the_drawing_of_its_trade(name, art):
    assert presenting.art_of(Course(name=name)) == art
