"""Retirement months against the tables published with the 2025 rule (对照表)."""

from datetime import date

import pytest

from tests.factories import make_person
from unionportal.common.retirement import delay_months, retirement_month


@pytest.mark.parametrize(
    ("age", "born", "delay", "month"),
    [
        (60, (1964, 12), 0, (2024, 12)),
        (60, (1965, 1), 1, (2025, 2)),
        (60, (1965, 4), 1, (2025, 5)),
        (60, (1965, 5), 2, (2025, 7)),
        (60, (1965, 12), 3, (2026, 3)),
        (60, (1966, 1), 4, (2026, 5)),
        (60, (1970, 1), 16, (2031, 5)),
        (60, (1976, 8), 35, (2039, 7)),
        (60, (1976, 9), 36, (2039, 9)),
        (60, (1976, 12), 36, (2039, 12)),
        (60, (1990, 6), 36, (2053, 6)),
        (55, (1969, 12), 0, (2024, 12)),
        (55, (1970, 1), 1, (2025, 2)),
        (55, (1970, 5), 2, (2025, 7)),
        (55, (1975, 1), 16, (2031, 5)),
        (55, (1981, 8), 35, (2039, 7)),
        (55, (1981, 9), 36, (2039, 9)),
        (50, (1974, 12), 0, (2024, 12)),
        (50, (1975, 1), 1, (2025, 2)),
        (50, (1975, 2), 1, (2025, 3)),
        (50, (1975, 3), 2, (2025, 5)),
        (50, (1980, 1), 31, (2032, 8)),
        (50, (1984, 10), 59, (2039, 9)),
        (50, (1984, 11), 60, (2039, 11)),
        (50, (1995, 3), 60, (2050, 3)),
    ],
)
def test_the_month_is_that_of_the_published_table(age, born, delay, month):
    birth = date(*born, 15)
    assert delay_months(birth, age) == delay
    assert retirement_month(birth, age) == date(*month, 1)


def test_an_age_the_rule_does_not_know_is_an_error():
    with pytest.raises(KeyError):
        retirement_month(date(1970, 1, 1), 45)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "month"),
    [
        ({"gender": "男", "birth_date": date(1965, 1, 9)}, date(2025, 2, 1)),
        ({"gender": "女", "birth_date": date(1975, 1, 9)}, None),
        ({"gender": "女", "birth_date": date(1975, 1, 9), "retirement_age": 50}, date(2025, 2, 1)),
        ({"gender": "女", "birth_date": date(1975, 1, 9), "retirement_age": 55}, date(2031, 5, 1)),
        ({"gender": "男", "retires_on": date(2027, 8, 20)}, date(2027, 8, 1)),
        ({"gender": "男"}, None),
    ],
)
def test_a_person_retires_by_hand_else_by_rule_else_nobody_knows(fields, month):
    assert make_person(**fields).retirement_month == month
