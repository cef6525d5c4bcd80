"""Exact rounding and ranking by keys."""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unionportal.common.ranking import rank_by_keys, round_half_up

KEYS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2)), max_size=25)


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (Decimal("84.125"), 2, "84.13"),
        (Decimal("2.675"), 2, "2.68"),
        (Decimal("2.665"), 2, "2.67"),
        (Decimal("2.6649999999999999999999999999999999"), 2, "2.66"),
        (Fraction(269, 3), 2, "89.67"),
        (Fraction("180.5") / 6 / 60 * 90, 2, "45.13"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(5, 2), 0, "3"),
        (7, 2, "7.00"),
        (0, 2, "0.00"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Decimal("-2.675"), 2, "-2.68"),
        (Fraction(-1, 1000), 2, "0.00"),
    ],
)
def test_halves_round_away_from_zero_to_exactly_the_places_asked_for(value, places, rounded):
    assert str(round_half_up(value, places)) == rounded


def test_rounding_does_not_depend_on_the_decimal_context():
    with decimal.localcontext() as context:
        context.prec = 2
        assert str(round_half_up(Decimal("12345.675"), 2)) == "12345.68"


def test_a_float_or_negative_places_are_refused():
    with pytest.raises(TypeError):
        round_half_up(2.675, 2)
    with pytest.raises(ValueError, match="negative"):
        round_half_up(1, -1)


@settings(deadline=None)
@given(st.fractions(-1000, 1000), st.integers(0, 4))
def test_the_rounded_value_is_the_nearest_one_and_halves_go_outwards(value, places):
    rounded = round_half_up(value, places)
    error = abs(Fraction(rounded)) - abs(value)
    half = Fraction(1, 2 * 10**places)
    assert -half < error <= half
    assert rounded.as_tuple().exponent == -places


def test_equal_keys_share_a_rank_and_the_next_rank_skips():
    assert rank_by_keys([(5, 1), (9, 0), (5, 1), (5, 0), (9, 0)]) == [3, 1, 3, 5, 1]
    assert rank_by_keys([]) == []


@settings(deadline=None)
@given(KEYS)
def test_rank_is_one_more_than_the_number_of_strictly_better_keys(keys):
    assert rank_by_keys(keys) == [1 + sum(other > key for other in keys) for key in keys]
