"""Pass lines, advancement, prizes and guests: examples and properties of the scoring rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competitions.scoring import AwardBand, calculate
from competitions.scoring.awards import award_seats
from tests.competitions.stages import (
    PRIZES,
    TIME,
    D,
    awards_of,
    by_label,
    exam_only,
    field_of,
    kinds,
    person,
    quick,
    shares,
    stage,
)

# Pass lines, advancement


def test_below_a_pass_line_people_keep_their_rank_but_win_nothing_and_stay_behind():
    rule = stage(30, theory_pass=D(60), awards=PRIZES, advance=2)
    people = [person("01", "59.99", 100), person("02", 60, 90), person("03", 80, 70), person("04", 80, 60)]
    result = calculate(rule, people)
    assert [(line.rank, line.passed, line.award, line.advances) for line in result.lines] == [
        (1, False, None, False),
        (2, True, "一等奖", True),
        (3, True, "二等奖", True),
        (4, True, "二等奖", False),
    ]


def test_pass_lines_compare_what_is_published():
    rule = exam_only(pass_line=D(60))
    assert by_label(calculate(rule, field_of("59.995", "59.994")), "passed") == {"01": True, "02": False}
    practical = stage(50, judges=3, step="0.5", practical_pass=D("80.17"))
    assert calculate(practical, [person("01", 80, 80, 80, "80.5")]).lines[0].passed


def test_everyone_sharing_the_last_key_advances():
    people = field_of(90, 80, 80, 70)
    assert by_label(calculate(exam_only(advance=2), people), "advances") == {
        "01": True,
        "02": True,
        "03": True,
        "04": False,
    }
    assert set(by_label(calculate(exam_only(), people), "advances").values()) == {None}


def test_the_chain_decides_the_cut_and_a_remaining_tie_blocks():
    rule = exam_only(advance=2, tied="chain", ties=(TIME,))
    timed = [person("01", 90, seconds=1), person("02", 80, seconds=9), person("03", 80, seconds=8)]
    assert by_label(calculate(rule, timed), "advances") == {"01": True, "03": True, "02": False}
    same = [person("01", 90, seconds=1), person("02", 80, seconds=8), person("03", 80, seconds=8)]
    result = calculate(rule, same)
    assert by_label(result, "advances") == {"01": True, "02": None, "03": None}
    assert kinds(result) == [("tie_at_cut", None, ("02", "03"))]
    decided = [person("01", 90, seconds=1)]
    decided += [person(f"0{3 - place}", 80, seconds=8, decided_place=place + 1) for place in range(2)]
    result = calculate(rule, decided)
    assert by_label(result, "advances") == {"01": True, "03": True, "02": False}
    assert by_label(result, "rank") == {"01": 1, "02": 2, "03": 2}
    assert result.blockers == ()


def test_a_tie_above_or_below_the_cut_does_not_block():
    rule = exam_only(advance=2, tied="chain")
    assert calculate(rule, field_of(90, 90, 80, 80)).blockers == ()


# Awards


@pytest.mark.parametrize(
    ("competed", "rounding", "seats"),
    [
        (20, "cumulative", [2, 4, 6]),
        (20, "floor", [2, 4, 6]),
        (20, "ceiling", [2, 4, 6]),
        (23, "cumulative", [2, 5, 7]),
        (23, "floor", [2, 4, 6]),
        (23, "ceiling", [3, 5, 7]),
        (6, "floor", [1, 1, 1]),
        (25, "cumulative", [3, 5, 7]),
    ],
)
def test_shares_become_places_by_the_chosen_rounding(competed, rounding, seats):
    assert award_seats(shares(10, 20, 30), rounding, competed) == seats
    won = awards_of(exam_only(awards=shares(10, 20, 30), award_rounding=rounding), field_of(*range(competed)))
    assert [won.count(band) for band in ("1等奖", "2等奖", "3等奖")] == seats


def test_shares_count_those_who_competed_even_below_a_pass_line_but_no_guests_and_no_absent():
    people = field_of(*[90] * 8, 10, 10)
    people += [
        person("a", status="absent"),
        person("d", 99, status="disqualified"),
        person("w", status="withdrawn"),
    ]
    people += [person("g", 99, is_guest=True)]
    rule = exam_only(awards=(AwardBand("三等奖", share=D(100)),), pass_line=D(60))
    result = calculate(rule, people)
    assert [line.label for line in result.lines if line.award] == [f"{number:02}" for number in range(1, 9)]
    some = exam_only(awards=(AwardBand("优胜", share=D(41)),))
    assert sum(award is not None for award in awards_of(some, [*field_of(*range(10)), *people[10:]])) == 4


def test_nobody_wins_the_guaranteed_first_prize_if_nobody_passed():
    assert awards_of(exam_only(awards=shares(10), pass_line=D(60)), field_of(50, 40)) == [None, None]


@pytest.mark.parametrize(
    ("scores", "won"),
    [
        ((9, 8, 7, 6, 5, 4, 3), "1223330"),
        ((9, 9, 7, 6, 5, 4, 3), "1123330"),
        ((9, 9, 9, 6, 5, 4, 3), "1113330"),
        ((9, 9, 9, 9, 5, 4, 3), "1111330"),
        ((9, 8, 8, 8, 5, 4, 3), "1222330"),
        ((9, 8, 7, 6, 5, 4, 4), "1223333"),
        ((9, 9, 9, 9, 9, 9, 9), "1111111"),
        ((9, 8), "12"),
    ],
)
def test_a_tie_across_bands_lifts_all_and_the_bands_after_shrink(scores, won):
    names = {"1": "一等奖", "2": "二等奖", "3": "三等奖", "0": None}
    assert awards_of(exam_only(awards=PRIZES), field_of(*scores)) == [names[each] for each in won]


def test_an_empty_band_is_skipped():
    bands = (AwardBand("特等奖", 0), AwardBand("一等奖", 1), AwardBand("优秀奖", share=D(50)))
    assert awards_of(exam_only(awards=bands), field_of(9, 8, 7, 6)) == ["一等奖", "优秀奖", "优秀奖", None]


def test_guests_are_ranked_apart_and_take_no_place_award_or_advancement():
    people = [*field_of(90, 80), person("g1", 85, is_guest=True), person("g2", 99, is_guest=True)]
    result = calculate(exam_only(awards=(AwardBand("一等奖", 1),), advance=1, ranks_shared=False), people)
    assert [(line.label, line.rank, line.award, line.advances) for line in result.lines] == [
        ("01", 1, "一等奖", True),
        ("02", 2, None, False),
        ("g2", 1, None, False),
        ("g1", 2, None, False),
    ]


@quick
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=25),
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.integers(0, 3),
)
def test_awards_agree_with_handing_them_out_one_group_at_a_time(scores, counts, pass_line):
    bands = tuple(AwardBand(f"{number}等", count) for number, count in enumerate(counts))
    rule = exam_only(awards=bands, pass_line=D(pass_line))
    left, expected = list(counts), {}
    for score in sorted({score for score in scores if score >= pass_line}, reverse=True):
        tied = scores.count(score)
        band = next((number for number, places in enumerate(left) if places), None)
        expected[D(score)] = None if band is None else f"{band}等"
        for number in range(len(left)):
            taken = min(left[number], tied)
            left[number] -= taken
            tied -= taken
    for line in calculate(rule, field_of(*scores)).lines:
        assert line.award == expected.get(line.total)


@quick
@given(st.lists(st.integers(0, 8), min_size=1, max_size=20), st.integers(1, 8), st.integers(0, 4))
def test_everyone_at_least_as_good_as_the_last_place_advances(scores, seats, pass_line):
    result = calculate(exam_only(advance=seats, pass_line=D(pass_line)), field_of(*scores))
    passed = sorted((score for score in scores if score >= pass_line), reverse=True)
    line_at_cut = min(passed[:seats], default=99)
    assert all(line.advances == (line.passed and line.total >= line_at_cut) for line in result.lines)
