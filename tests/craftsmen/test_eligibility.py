"""The eligibility rules, each for itself, and what must hold of any of them."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftsmen import eligibility
from craftsmen.eligibility import FAILED, LIFTED, MISSING, NEEDS_PAPER, PASS, Facts, Placing, judge
from craftsmen.models import EligibilityRule
from unionportal.people.models import SkillLevel

REFERENCE = date(2026, 3, 1)
FULL = Facts(
    reference=REFERENCE,
    born_on=date(1980, 3, 1),
    trade_since=date(2010, 1, 1),
    district_since=date(2010, 1, 1),
    skill_level="technician",
    recorded_level="technician",
    is_union_member=True,
    is_front_line=True,
)


def rule(kind, number=None, skill_level="", text="", lifted=None, pk=1):
    return SimpleNamespace(
        kind=kind, number=number, skill_level=skill_level, text=text, lifted_by_placing=lifted, pk=pk
    )


@pytest.mark.parametrize(
    ("kind", "number", "change", "state"),
    [
        ("union_member", None, {}, PASS),
        ("union_member", None, {"is_union_member": None}, MISSING),
        ("union_member", None, {"is_union_member": False}, FAILED),
        ("front_line", None, {"is_front_line": False}, FAILED),
        ("years_in_trade", 5, {"trade_since": date(2021, 3, 1)}, PASS),
        ("years_in_trade", 5, {"trade_since": date(2021, 3, 2)}, FAILED),
        ("years_in_trade", 5, {"trade_since": None}, MISSING),
        ("years_in_district", 3, {"district_since": date(2024, 1, 1)}, FAILED),
        ("age_at_most", 45, {"born_on": date(1980, 3, 2)}, PASS),
        ("age_at_most", 45, {"born_on": date(1980, 3, 1)}, FAILED),
        ("age_at_least", 18, {"born_on": date(2008, 3, 1)}, PASS),
        ("age_at_least", 18, {"born_on": date(2008, 3, 2)}, FAILED),
        ("age_at_least", 18, {"born_on": None}, MISSING),
        ("not_held", None, {}, PASS),
        ("not_held", None, {"held": ("密云工匠（2020 年）",)}, FAILED),
        ("paper", None, {}, NEEDS_PAPER),
        ("paper", None, {"papers": frozenset({1})}, PASS),
        ("paper", None, {"papers": frozenset({2})}, NEEDS_PAPER),
    ],
)
def test_each_rule_passes_misses_or_fails(kind, number, change, state):
    assert judge(rule(kind, number, text="无犯罪证明"), replace(FULL, **change)).state == state


@pytest.mark.parametrize(
    ("stated", "recorded", "papers", "state"),
    [
        ("", "", frozenset(), MISSING),
        ("senior", "", frozenset(), FAILED),
        ("technician", "", frozenset(), NEEDS_PAPER),
        ("technician", "senior", frozenset(), NEEDS_PAPER),
        ("technician", "technician", frozenset(), PASS),
        ("technician", "", frozenset({1}), PASS),
    ],
)
def test_a_skill_level_needs_a_paper_unless_the_portal_knows_it(stated, recorded, papers, state):
    facts = replace(FULL, skill_level=stated, recorded_level=recorded, papers=papers)
    assert judge(rule("skill_level", skill_level="technician"), facts).state == state


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("一等奖", 1),
        ("第 3 名", 3),
        ("第3名", 3),
        ("特等奖", 1),
        ("二等奖", None),
        ("", None),
        ("第 2 名 一等奖", 2),
    ],
)
def test_a_place_is_read_as_its_number(place, number):
    assert eligibility.placing_number(place) == number


@pytest.mark.parametrize(
    ("placing", "state"),
    [
        (Placing(date(2023, 5, 1), "district", "第 3 名", "工匠杯"), LIFTED),
        (Placing(date(2023, 5, 1), "district", "第 4 名", "工匠杯"), FAILED),
        (Placing(date(2023, 5, 1), "unit", "第 1 名", "厂内比武"), FAILED),
        (Placing(date(2021, 3, 1), "city", "一等奖", "市赛"), FAILED),
        (Placing(date(2021, 3, 2), "city", "一等奖", "市赛"), LIFTED),
    ],
)
def test_a_recent_district_placing_lifts_a_rule_that_says_so(placing, state):
    facts = replace(FULL, is_front_line=False, placings=(placing,))
    assert judge(rule("front_line", lifted=3), facts).state == state
    assert judge(rule("front_line"), facts).state == FAILED


def test_a_placing_says_which_one_lifted_the_rule():
    placing = Placing(date(2023, 5, 1), "district", "一等奖", "第三届工匠杯")
    outcome = judge(rule("years_in_trade", 30, lifted=1), replace(FULL, placings=(placing,)))
    assert outcome.note == "第三届工匠杯（2023 年）一等奖。"
    assert outcome.text == "从事本工种满 30 年"


def test_every_kind_of_the_model_has_a_judge_and_words():
    assert set(eligibility.JUDGES) == set(EligibilityRule.Kind.values)
    assert all(
        eligibility.rule_text(rule(kind, 3, "senior", text="某证明" if kind == "paper" else ""))
        for kind in EligibilityRule.Kind.values
    )


KINDS = st.sampled_from(EligibilityRule.Kind.values)
DAYS = st.dates(date(1940, 1, 1), date(2030, 1, 1))
PLACINGS = st.builds(
    Placing, on=DAYS, tier=st.sampled_from(["unit", "district", "city", "national"]), place=st.sampled_from(
        ["一等奖", "二等奖", "第 1 名", "第 9 名", ""]
    )
)  # fmt: skip
LEVELS = st.sampled_from(["", *SkillLevel.values])
FACTS = st.builds(
    Facts,
    reference=DAYS,
    born_on=st.none() | DAYS,
    trade_since=st.none() | DAYS,
    district_since=st.none() | DAYS,
    skill_level=LEVELS,
    recorded_level=LEVELS,
    is_union_member=st.sampled_from([None, True, False]),
    is_front_line=st.sampled_from([None, True, False]),
    placings=st.lists(PLACINGS, max_size=3).map(tuple),
    held=st.lists(st.sampled_from(["密云工匠（2020 年）", "首都劳动奖章（2021 年）"]), max_size=2).map(tuple),
    papers=st.frozensets(st.integers(1, 2)),
)
RULES = st.builds(
    rule,
    KINDS,
    st.integers(0, 60),
    st.sampled_from(SkillLevel.values),
    st.just("条文"),
    st.none() | st.integers(0, 9),
)


@given(RULES, FACTS)
def test_every_outcome_is_one_of_five_and_what_stands_in_the_way_says_why(each, facts):
    outcome = judge(each, facts)
    assert outcome.state in eligibility.WORDS
    assert outcome.is_good or outcome.note


@given(RULES, FACTS, PLACINGS)
def test_another_placing_never_makes_anybody_less_eligible(each, facts, placing):
    more = replace(facts, placings=(*facts.placings, placing))
    assert judge(each, more).is_good >= judge(each, facts).is_good


@given(RULES, FACTS)
def test_another_paper_never_makes_anybody_less_eligible(each, facts):
    more = replace(facts, papers=facts.papers | {each.pk})
    assert judge(each, more).is_good >= judge(each, facts).is_good


@given(FACTS, st.integers(0, 40), st.integers(1, 400))
def test_an_earlier_start_never_makes_the_years_too_few(facts, number, days):
    each = rule("years_in_trade", number)
    if facts.trade_since is None:
        return
    earlier = replace(facts, trade_since=facts.trade_since - timedelta(days=days))
    assert judge(each, earlier).is_good >= judge(each, facts).is_good


@given(DAYS, DAYS)
def test_whole_years_are_counted_as_birthdays_are(start, end):
    years = eligibility.years_between(start, end)
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    if years >= 0:
        assert start.replace(year=start.year + years, day=day) <= end
    assert start.replace(year=start.year + years + 1, day=day) >= end - timedelta(days=1)
