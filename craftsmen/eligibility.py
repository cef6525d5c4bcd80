"""Eligibility (申报条件): what each rule says of one nominee. Pure: facts and rules in, outcomes with words out.

A rule is anything with the fields of models.EligibilityRule. Dates are compared in whole years on the reference date,
the day on which nominations open: somebody born on 29 February is a year older on 1 March.
"""

import re
from dataclasses import dataclass
from datetime import date

from unionportal.people.models import SkillLevel

PASS, LIFTED, MISSING, NEEDS_PAPER, FAILED = "pass", "lifted", "missing", "needs_paper", "failed"
WORDS = {
    PASS: "符合",
    LIFTED: "竞赛名次可免",
    MISSING: "尚未填写",
    NEEDS_PAPER: "须附证明",
    FAILED: "不符合",
}
# What does not stand in the way of a submission.
GOOD = (PASS, LIFTED)
PLACING_YEARS = 5
PLACING_TIERS = ("district", "city", "national")
# Ranks beat prizes: a first prize (or the special one above it) always counts among the first.
_PLACE = re.compile(r"第\s*([0-9]{1,4})\s*名")
_FIRST_PRIZES = ("特等奖", "一等奖")
LEVELS = list(SkillLevel.values)


@dataclass(frozen=True)
class Placing:
    """A contest result in the growth record: date, tier, the words of its place, what it was."""

    on: date
    tier: str
    place: str
    title: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of a nominee. None, or an empty text: nobody has said."""

    reference: date
    born_on: date | None = None
    trade_since: date | None = None
    district_since: date | None = None
    skill_level: str = ""
    recorded_level: str = ""
    is_union_member: bool | None = None
    is_front_line: bool | None = None
    placings: tuple = ()
    held: tuple = ()  # titles of the same or a higher rank, as words
    papers: frozenset = frozenset()  # keys of the rules for which a paper is attached


@dataclass(frozen=True)
class Outcome:
    """What one rule says: the rule, its words, PASS …, and why or what to do."""

    rule: object
    text: str
    state: str
    note: str = ""

    @property
    def is_good(self):
        return self.state in GOOD

    @property
    def word(self):
        return WORDS[self.state]


def years_between(start, end):
    """Return the whole years from one date to another; negative where the end comes first."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def placing_number(place):
    """Return the number that a place stands for: 第 3 名 is 3, a first prize is 1; None for anything else."""
    found = _PLACE.search(place)
    if found:
        return int(found[1])
    return 1 if any(prize in place for prize in _FIRST_PRIZES) else None


def rule_text(rule):
    """Return the rule as a nominee reads it."""
    if rule.text:
        return rule.text
    if rule.kind == "skill_level":
        return f"职业技能等级为{SkillLevel(rule.skill_level).label}及以上"
    phrases = {
        "union_member": "是工会会员",
        "front_line": "是一线职工",
        "years_in_trade": f"从事本工种满 {rule.number} 年",
        "years_in_district": f"在本区工作满 {rule.number} 年",
        "age_at_most": f"年龄不超过 {rule.number} 周岁",
        "age_at_least": f"年龄不低于 {rule.number} 周岁",
        "not_held": "此前未获得过同级或更高称号",
    }
    return phrases[rule.kind]


def lifting_placing(rule, facts):
    """Return the contest placing that lifts the rule, or None."""
    if not rule.lifted_by_placing:
        return None
    for placing in facts.placings:
        number = placing_number(placing.place)
        is_recent = years_between(placing.on, facts.reference) < PLACING_YEARS
        if (
            is_recent
            and placing.tier in PLACING_TIERS
            and number is not None
            and 0 < number <= rule.lifted_by_placing
        ):
            return placing
    return None


def _yes(value, question):
    if value is None:
        return MISSING, f"请在“基本情况”中填写{question}。"
    return (PASS, "") if value else (FAILED, f"填报为“否”。{question}确为“是”的，请更正后再提交。")


def _years(since, rule, facts, what):
    if since is None:
        return MISSING, f"请在“经历”中填写{what}。"
    years = years_between(since, facts.reference)
    note = f"至 {facts.reference} 为 {max(years, 0)} 年。"
    return (PASS, note) if years >= rule.number else (FAILED, note)


def _age(rule, facts, is_old_enough):
    if facts.born_on is None:
        return MISSING, "没有出生日期，请联系区总工会补登。"
    age = years_between(facts.born_on, facts.reference)
    good = age >= rule.number if is_old_enough else age <= rule.number
    return (PASS if good else FAILED), f"至 {facts.reference} 为 {age} 周岁。"


def _skill(rule, facts):
    if not facts.skill_level:
        return MISSING, "请在“基本情况”中填写职业技能等级。"
    if LEVELS.index(facts.skill_level) < LEVELS.index(rule.skill_level):
        return FAILED, f"填报为{SkillLevel(facts.skill_level).label}。"
    wanted = LEVELS.index(rule.skill_level)
    is_recorded = facts.recorded_level and LEVELS.index(facts.recorded_level) >= wanted
    if is_recorded or rule.pk in facts.papers:
        return PASS, ""
    return NEEDS_PAPER, "请在“材料”中附上职业技能等级证书。"


def _paper(rule, facts):
    return (PASS, "") if rule.pk in facts.papers else (NEEDS_PAPER, "请在“材料”中附上，并选定对应的这一条。")


def _not_held(rule, facts):
    return (FAILED, f"已获：{'、'.join(facts.held)}。") if facts.held else (PASS, "")


JUDGES = {
    "union_member": lambda rule, facts: _yes(facts.is_union_member, "是否工会会员"),
    "front_line": lambda rule, facts: _yes(facts.is_front_line, "是否一线职工"),
    "years_in_trade": lambda rule, facts: _years(facts.trade_since, rule, facts, "从事本工种时间"),
    "years_in_district": lambda rule, facts: _years(facts.district_since, rule, facts, "在本区工作时间"),
    "age_at_most": lambda rule, facts: _age(rule, facts, is_old_enough=False),
    "age_at_least": lambda rule, facts: _age(rule, facts, is_old_enough=True),
    "skill_level": _skill,
    "not_held": _not_held,
    "paper": _paper,
}


def judge(rule, facts):
    """Return the Outcome of one rule; a placing lifts what would otherwise stand in the way."""
    state, note = JUDGES[rule.kind](rule, facts)
    placing = None if state in GOOD else lifting_placing(rule, facts)
    if placing:
        state, note = LIFTED, f"{placing.title}（{placing.on:%Y 年}）{placing.place}。"
    return Outcome(rule, rule_text(rule), state, note)


def judge_all(rules, facts):
    """Return the Outcomes of the rules in their order."""
    return [judge(rule, facts) for rule in rules]


def is_eligible(outcomes):
    """True where nothing stands in the way of a submission."""
    return all(outcome.is_good for outcome in outcomes)
