"""Working days: the State Council's calendar, what staff enter over it, and years that nobody knows yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionportal.common import workdays
from unionportal.common.workdays import first_workday, is_workday, next_workday, nth_workday, uncovered_years

D = date.fromisoformat


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-10-11", True),  # Saturday, pays for the National Day
        ("2025-09-28", True),  # Sunday, likewise
        ("2025-10-01", False),
        ("2025-10-06", False),  # Mid-autumn, a Monday
        ("2025-10-08", False),
        ("2025-10-09", True),
        ("2025-10-12", False),  # an ordinary Sunday
        ("2026-02-14", True),  # Saturday before Spring Festival
        ("2026-02-16", False),
        ("2026-10-10", True),
        ("2026-09-20", True),
        ("2027-01-01", True),  # nobody has announced 2027: a Friday
        ("2027-01-02", False),
    ],
)
def test_a_day_is_worked_or_free_as_announced(day, expected):
    assert is_workday(D(day), {}) is expected


def test_what_staff_enter_comes_first():
    assert is_workday(D("2027-01-01"), {D("2027-01-01"): False}) is False
    assert is_workday(D("2025-10-01"), {D("2025-10-01"): True}) is True


@pytest.mark.parametrize(
    ("first", "number", "expected"),
    [
        ("2025-09-29", 5, "2025-10-11"),  # 29, 30, 9, 10, and the working Saturday
        ("2025-10-01", 1, "2025-10-09"),
        ("2026-09-24", 5, "2026-10-08"),  # Mid-autumn, then the National Day
        ("2025-05-23", 7, "2025-06-03"),  # Dragon boat on Monday 2 June
        ("2025-07-01", 1, "2025-07-01"),
    ],
)
def test_the_nth_working_day_steps_over_holidays(first, number, expected):
    assert nth_workday(D(first), number, {}) == D(expected)


def test_next_is_after_and_first_may_be_the_day_itself():
    assert next_workday(D("2025-10-10"), {}) == D("2025-10-11")
    assert first_workday(D("2025-10-10"), {}) == D("2025-10-10")


def test_a_table_that_closes_every_day_is_refused_instead_of_searched_for_ever():
    closed = {D("2025-01-01") + timedelta(days=ahead): False for ahead in range(90)}
    with pytest.raises(ValueError, match="no working day"):
        first_workday(D("2025-01-01"), closed)


def test_years_that_nobody_knows_are_named_until_somebody_enters_a_day():
    assert uncovered_years(D("2026-12-30"), D("2027-01-06"), {}) == [2027]
    assert uncovered_years(D("2026-12-30"), D("2027-01-06"), {D("2027-01-01"): False}) == []
    assert uncovered_years(D("2024-02-29"), D("2025-03-01"), {}) == []


@given(st.dates(D("2010-01-01"), D("2026-11-01")), st.integers(1, 30))
def test_between_the_first_and_the_nth_there_are_n_working_days(first, number):
    last = nth_workday(first, number, {})
    assert len(workdays.workdays(first, last, {})) == number
