"""From module scores to totals, ranks and what blocks sealing: examples and properties of the scoring rules."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competitions.scoring import Competitor, ModuleRule, StageRule, TieKey, calculate
from tests.competitions.stages import (
    PRACTICAL,
    THEORY,
    TIME,
    D,
    by_label,
    exam_only,
    field_of,
    kinds,
    person,
    quick,
    shares,
    stage,
)
from unionportal.panels.scoring import CriterionRule, MarkedSheet, PanelRule

# Totals and rounding


def test_thirty_and_seventy_percent_make_the_total():
    line = calculate(stage(judges=5, step="0.5"), [person("07", "86.50", "88.5", 91, 90, 86, "90.5")]).lines[
        0
    ]
    assert str(line.modules["practical"].shown) == "89.67"
    assert str(line.total) == "88.72"
    assert line.exact_total == Fraction("86.5") * 3 / 10 + Fraction(269, 3) * 7 / 10


@pytest.mark.parametrize(("round_at", "total"), [("total", "84.13"), ("module", "84.14")])
def test_the_rounding_point_is_the_total_or_each_module(round_at, total):
    rule = stage(20, judges=3, step="0.5", round_at=round_at)
    assert str(calculate(rule, [person("07", 80, 85, 85, "85.5")]).lines[0].total) == total


def test_a_panel_out_of_sixty_comes_to_the_scale_of_one_hundred_exactly():
    rule = stage(
        10,
        judges=6,
        maximum=60,
        step="0.5",
        panel=PanelRule((CriterionRule("all", "总评", D(60)),), 6, "none"),
    )
    line = calculate(rule, [person("07", 0, 30, 30, 30, 30, 30, "30.5")]).lines[0]
    assert line.modules["practical"].exact == Fraction("180.5") / 6 / 60 * 100
    assert str(line.total) == "45.13"


def test_decimals_are_a_setting_of_the_stage():
    people = field_of("84.125")
    assert [str(calculate(exam_only(decimals=places), people).lines[0].total) for places in (0, 1, 2, 3)] == [
        "84",
        "84.1",
        "84.13",
        "84.125",
    ]


def test_with_rounding_at_module_two_unrounded_totals_can_change_places():
    near, far = (D("80.6666666"), D("80.1666666")), (D("80.3333333"), D("80.3333333"))

    def ranks(round_at):
        modules = tuple(ModuleRule(key, key, "exam", D(weight)) for key, weight in (("a", 33), ("b", 67)))
        people = [
            Competitor(key, key, exam=dict(zip("ab", pair, strict=True)))
            for key, pair in (("x", near), ("y", far))
        ]
        result = calculate(StageRule(modules, decimals=6, round_at="total"), people)
        assert by_label(result, "exact_total")["x"] < by_label(result, "exact_total")["y"]
        return by_label(calculate(StageRule(modules, round_at=round_at), people), "total")

    assert ranks("total")["x"] <= ranks("total")["y"]
    assert ranks("module")["x"] > ranks("module")["y"]


# Order


def test_ties_go_down_the_chain_and_the_next_rank_skips():
    rule = stage(ties=(PRACTICAL, THEORY, TIME))
    people = [
        person("03", "86.50", "89.67", seconds=1510),
        person("15", "86.67", "89.00", seconds=1400),
        person("07", "85.50", "90.10", seconds=1455),
        person("11", "85.50", "90.10", seconds=1480),
        person("02", "85.50", "90.10", seconds=1455),
    ]
    result = calculate(rule, people)
    assert [(line.label, str(line.total), line.rank) for line in result.lines] == [
        ("02", "88.72", 1),
        ("07", "88.72", 1),
        ("11", "88.72", 3),
        ("03", "88.72", 4),
        ("15", "88.30", 5),
    ]
    assert result.blockers == ()
    notes = by_label(result, "tie_note")
    assert notes["02"].startswith("并列第 1 名：总分、实操比赛、理论考试、用时均相同")
    assert notes["11"] == (
        "与第 1 名总分、实操比赛、理论考试均相同，用时长 25 秒，列后；与第 4 名总分相同，实操比赛高 0.43，列前"
    )
    assert notes["03"] == "与第 3 名总分相同，实操比赛低 0.43，列后"
    assert notes["15"] == ""


def test_a_tie_note_says_what_parted_or_joined_two_people():
    people = [
        person("04", 90, 80, seconds=1329),
        person("05", 90, 80, seconds=1359),
        person("06", 70, 70, seconds=1716),
        person("07", 70, 70, seconds=1716),
    ]
    notes = by_label(calculate(stage(ties=(PRACTICAL, TIME)), people), "tie_note")
    assert notes == {
        "04": "与第 2 名总分、实操比赛均相同，用时短 30 秒，列前",
        "05": "与第 1 名总分、实操比赛均相同，用时长 30 秒，列后",
        "06": "并列第 3 名：总分、实操比赛、用时均相同",
        "07": "并列第 3 名：总分、实操比赛、用时均相同",
    }


def test_the_chain_compares_values_as_published():
    rule = stage(30, judges=3, step="0.5", ties=(PRACTICAL, TIME))
    close = [person("01", "80.01", 80, 80, "80.5", seconds=20), person("02", 80, 80, 80, "80.5", seconds=10)]
    assert by_label(calculate(exam_only(decimals=1, ties=(THEORY, TIME)), close), "rank") == {
        "02": 1,
        "01": 2,
    }
    assert by_label(calculate(rule, close), "total") == {"01": D("80.12"), "02": D("80.12")}
    assert by_label(calculate(rule, close), "rank") == {"01": 2, "02": 1}


def test_a_criterion_in_the_chain_is_an_untrimmed_mean():
    rubric = PanelRule((CriterionRule("care", "沟通", D(50)), CriterionRule("work", "操作", D(50))), 5)
    rule = stage(0, judges=5, panel=rubric, ties=(TieKey("criterion", "practical", "care"),))

    def marked(label, *care):
        given_ = [
            MarkedSheet(seat, f"裁判{seat}", {"care": D(mark), "work": D(50 - mark)})
            for seat, mark in enumerate(care)
        ]
        return Competitor(label, label, exam={"theory": D(0)}, sheets={"practical": tuple(given_)})

    result = calculate(rule, [marked("01", 20, 20, 20, 20, 10), marked("02", 20, 20, 20, 20, 20)])
    assert by_label(result, "rank") == {"02": 1, "01": 2}
    assert result.lines[0].tie_note == "与第 2 名总分相同，沟通高 2，列前"


def test_absent_withdrawn_and_disqualified_have_no_total_and_come_last_with_their_status():
    people = [
        person("01", 99, status="disqualified"),
        person("02", 98, status="withdrawn"),
        person("03", status="absent"),
        person("04", 60),
        person("05", 70, is_guest=True),
    ]
    result = calculate(exam_only(), people)
    assert [(line.label, line.rank, line.total) for line in result.lines] == [
        ("04", 1, D("60.00")),
        ("05", 1, D("70.00")),
        ("03", None, None),
        ("02", None, None),
        ("01", None, None),
    ]
    assert [line.modules for line in result.lines[2:]] == [{}, {}, {}]
    assert result.blockers == ()


def test_ranks_that_are_never_shared_wait_for_the_chief_judge():
    rule = exam_only(ranks_shared=False, ties=(THEORY,))
    people = [person("01", 80), person("02", 80), person("03", 90)]
    result = calculate(rule, people)
    assert kinds(result) == [("unshared_tie", None, ("01", "02"))]
    assert "01、02" in result.blockers[0].text
    assert by_label(result, "tie_note")["01"] == "并列第 2 名：总分、理论考试均相同，待裁判长裁定"
    decided = calculate(
        rule, [person("01", 80, decided_place=2), person("02", 80, decided_place=1), person("03", 90)]
    )
    assert by_label(decided, "rank") == {"03": 1, "02": 2, "01": 3}
    assert decided.blockers == ()
    assert by_label(decided, "tie_note")["01"] == "与第 2 名总分、理论考试均相同，裁判长裁定，列后"


@pytest.mark.parametrize("places", [(1, None), (1, 1), (2, 3), (0, 1)])
def test_a_decision_that_does_not_order_the_whole_group_settles_nothing(places):
    people = [person(f"0{number}", 80, decided_place=place) for number, place in enumerate(places)]
    assert [kind for kind, _, _ in kinds(calculate(exam_only(ranks_shared=False), people))] == [
        "unshared_tie"
    ]


def test_a_decision_is_looked_at_only_among_those_equal_on_the_whole_key():
    people = [person("01", 80, decided_place=2), person("02", 79, decided_place=1)]
    for ranks_shared in (True, False):
        assert by_label(calculate(exam_only(ranks_shared=ranks_shared), people), "rank") == {"01": 1, "02": 2}
    same = [person("01", 80, decided_place=2), person("02", 80, decided_place=1)]
    assert by_label(calculate(exam_only(), same), "rank") == {"01": 1, "02": 1}


# Properties

SCORES = st.integers(0, 400).map(lambda quarters: D(quarters) / 4)
FIELDS = st.lists(
    st.tuples(
        st.sampled_from([60, 70, 80, 90]), st.sampled_from([70, 80, 81]), st.integers(1, 3), st.booleans()
    ),
    min_size=1,
    max_size=14,
)


def people_from(rows):
    return [
        person(f"{number:02}", theory, practical, seconds=seconds, is_guest=guest and number % 5 == 0)
        for number, (theory, practical, seconds, guest) in enumerate(rows)
    ]


@quick
@given(FIELDS, st.booleans())
def test_rank_is_one_more_than_the_number_of_strictly_better_people(rows, has_chain):
    rule = stage(50, ties=(PRACTICAL, TIME) if has_chain else ())
    people = people_from(rows)
    lines = {line.key: line for line in calculate(rule, people).lines}

    def beats(one, other):
        if lines[one.key].total != lines[other.key].total:
            return lines[one.key].total > lines[other.key].total
        chain = [(each.sheets["practical"][0].marks["all"], -each.seconds) for each in (one, other)]
        return has_chain and chain[0] > chain[1]

    for each in people:
        rivals = [other for other in people if other.is_guest == each.is_guest]
        assert lines[each.key].rank == 1 + sum(beats(other, each) for other in rivals)


@quick
@given(FIELDS, st.randoms(use_true_random=False), st.booleans())
def test_permuting_the_entries_changes_nothing(rows, random, ranks_shared):
    rule = stage(
        50, ties=(PRACTICAL,), awards=shares(20, 30), advance=3, tied="chain", ranks_shared=ranks_shared
    )
    people = people_from(rows)
    assert calculate(rule, random.sample(people, len(people))) == calculate(rule, people)


@quick
@given(
    st.lists(st.tuples(SCORES, st.lists(SCORES, min_size=3, max_size=3)), min_size=2, max_size=6),
    st.integers(0, 100),
)
def test_rounding_the_total_once_never_reverses_two_unrounded_totals(rows, weight):
    rule = stage(weight, judges=3)
    people = [person(f"{number}", theory, *marks) for number, (theory, marks) in enumerate(rows)]
    lines = sorted(calculate(rule, people).lines, key=lambda line: line.exact_total)
    assert [line.total for line in lines] == sorted(line.total for line in lines)


@quick
@given(st.lists(SCORES, min_size=5, max_size=5), st.integers(0, 4), st.sampled_from(["total", "module"]))
def test_raising_one_mark_never_lowers_the_total(marks, place, round_at):
    rule = stage(judges=5, round_at=round_at)
    raised = [min(mark + D("0.75"), D(100)) if number == place else mark for number, mark in enumerate(marks)]
    before, after = (calculate(rule, [person("x", 80, *each)]).lines[0].total for each in (marks, raised))
    assert after >= before
