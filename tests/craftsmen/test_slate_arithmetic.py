"""The pure part of a slate: ranks, departures that need a reason, rules held against the chosen."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftsmen import ranking
from craftsmen.ranking import Entrant


def entrants(*ranks):
    return [Entrant(key=place, rank=rank) for place, rank in enumerate(ranks)]


def test_scores_are_rounded_once_and_ties_share():
    scores = {"a": Fraction(537, 6), "b": Fraction(575, 7), "c": Fraction(8214, 100), "d": Fraction(1)}
    assert ranking.ranked(scores) == {
        "a": (Decimal("89.50"), 1),
        "b": (Decimal("82.14"), 2),
        "c": (Decimal("82.14"), 2),
        "d": (Decimal("1.00"), 4),
    }


@pytest.mark.parametrize(
    ("ranks", "chosen", "reserves", "expected"),
    [
        ((1, 2, 3), {0, 1}, [2], set()),
        ((1, 2, 3), {0, 2}, [1], {2}),
        ((1, 2, 3), {1, 2}, [0], {1, 2}),
        ((1, 2, 2), {0, 1}, [2], {1}),  # a tie across the line is a choice too
        ((1, 2, 2), {0, 1, 2}, [], set()),
        ((1, 2, 3, 4), {0}, [2, 1], {2}),
        ((1, 2, 3, 4), {0}, [1, 3], {3}),  # the third is left out although better
        ((1, None), {1}, [0], {1}),
        ((1, 2), set(), [], set()),
    ],
)
def test_who_is_placed_before_somebody_better_needs_a_reason(ranks, chosen, reserves, expected):
    assert ranking.departures(entrants(*ranks), chosen, reserves) == expected


PEOPLE = [
    Entrant(1, 1, is_front_line=True, unit="甲"),
    Entrant(2, 2, is_front_line=True, is_woman=True, unit="甲"),
    Entrant(3, 3, is_manager=True, unit="乙"),
]


@pytest.mark.parametrize(
    ("kind", "number", "actual", "is_kept"),
    [
        ("front_line_at_least", 66, 66, True),
        ("front_line_at_least", 67, 66, False),  # 66.67 is not 67
        ("managers_at_most", 33, 33, False),  # 33.33 is more than 33
        ("managers_at_most", 34, 33, True),
        ("women_at_least", 30, 33, True),
        ("per_unit_at_most", 1, 2, False),
        ("per_unit_at_most", 2, 2, True),
    ],
)
def test_a_share_is_held_against_its_rule_exactly(kind, number, actual, is_kept):
    (result,) = ranking.held_against([(kind, number)], PEOPLE)
    assert (result.actual, result.is_kept) == (actual, is_kept)


def test_of_nobody_every_rule_is_kept():
    kinds = ("front_line_at_least", "managers_at_most", "women_at_least", "per_unit_at_most")
    assert all(result.is_kept for result in ranking.held_against([(kind, 50) for kind in kinds], []))


def test_shares_count_people_and_units():
    assert ranking.shares(PEOPLE) == ranking.Shares(3, 2, 1, 1, 2)


SLATES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(1, 6)), st.integers(0, 9)), min_size=1, max_size=8
).map(lambda pairs: slate_of(*zip(*pairs, strict=True)))


def slate_of(ranks, places):
    """(entrants, chosen, reserves): who has place 0 is chosen, those from 7 on are left out, the others reserves."""
    people = entrants(*ranks)
    chosen = {key for key, place in enumerate(places) if place == 0}
    reserves = sorted((key for key, place in enumerate(places) if 0 < place < 7), key=places.__getitem__)
    return people, chosen, reserves


def place_of(key, chosen, reserves):
    return 0 if key in chosen else reserves.index(key) + 1 if key in reserves else len(reserves) + 1


@given(SLATES)
def test_departures_are_those_placed_before_an_equal_or_better(slate):
    people, chosen, reserves = slate
    expected = {
        one.key
        for one in people
        for other in people
        if place_of(one.key, chosen, reserves) < place_of(other.key, chosen, reserves)
        and other.rank is not None
        and (one.rank is None or other.rank <= one.rank)
    }
    assert ranking.departures(people, chosen, reserves) == expected


@given(SLATES, st.randoms())
def test_the_order_of_the_list_changes_nothing(slate, random):
    people, chosen, reserves = slate
    mixed = list(people)
    random.shuffle(mixed)
    assert ranking.departures(mixed, chosen, reserves) == ranking.departures(people, chosen, reserves)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9, unique=True), st.integers(0, 9))
def test_choosing_strictly_by_rank_needs_no_reason(ranks, quota):
    people = entrants(*ranks)
    order = [person.key for person in sorted(people, key=lambda person: person.rank)]
    assert ranking.departures(people, order[:quota], order[quota:]) == set()


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 100))
def test_a_least_share_agrees_with_exact_fractions(flags, number):
    people = [Entrant(place, 1, is_front_line=flag) for place, flag in enumerate(flags)]
    (result,) = ranking.held_against([("front_line_at_least", number)], people)
    share = Fraction(100 * sum(flags), len(flags))
    assert result.is_kept == (share >= number)
    assert result.actual == int(share)


@given(st.dictionaries(st.integers(), st.fractions(0, 100), min_size=1, max_size=12))
def test_a_rank_is_one_more_than_the_number_of_better_scores(scores):
    standing = ranking.ranked(scores)
    for score, rank in standing.values():
        assert rank == 1 + sum(other > score for other, _ in standing.values())
