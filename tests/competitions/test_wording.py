"""The rule said in Chinese, and one person's arithmetic laid open."""

import json

from competitions.scoring import Competitor, ModuleRule, StageRule, TieKey, calculate, describe, working
from tests.competitions.stages import (
    PRACTICAL,
    PRIZES,
    TIME,
    D,
    exam_only,
    person,
    shares,
    stage,
)
from unionportal.panels.scoring import CriterionRule, MarkedSheet, PanelRule

# Words and working


def test_the_rule_is_said_in_chinese():
    assert describe(stage(judges=5, step="0.5", ties=(PRACTICAL, TIME))) == (
        "理论考试占 30%，实操比赛占 70%；实操比赛由 5 名裁判评分，去掉一个最高分和一个最低分后取平均；"
        "总分四舍五入保留两位小数。总分相同，实操比赛成绩高者列前；再相同，用时短者列前；仍相同，名次并列，并列之后的名次相应后移。"
    )


def test_every_setting_is_said():
    rubric = PanelRule((CriterionRule("care", "沟通", D(60)),), 4, "criterion")
    text = describe(
        stage(
            D("33.5"),
            judges=5,
            panel=rubric,
            theory_pass=D(60),
            pass_line=D("59.5"),
            decimals=3,
            round_at="module",
            ties=(TieKey("criterion", "practical", "care"),),
            ranks_shared=False,
            advance=7,
            tied="chain",
            awards=shares(10, "12.5"),
            award_rounding="ceiling",
            mixed_sheets=frozenset({"practical"}),
            decisions_text=("裁判2于下午离场。",),
        )
    )
    assert text == (
        "理论考试占 33.5%，实操比赛占 66.5%；"
        "实操比赛由 5 名裁判评分，逐个评分项去掉一个最高分和一个最低分后取平均再相加，扣分视同一个评分项，合计不低于 0 分"
        "（有效评分表不足 5 份时取全部平均；有效评分表不少于 4 份），再由满分 60 分折算为百分制，"
        "各选手有效评分表份数不同，经裁判长会同监督员决定按各自份数计算；"
        "各模块成绩先四舍五入保留三位小数，再按权重合计，总分四舍五入保留三位小数。"
        "总分相同，“沟通”全部裁判平均分高者列前；仍相同，由裁判长裁定先后，名次不并列。"
        "理论考试不低于 60 分、总分不低于 59.5 分为合格，不合格者保留名次，不获奖、不晋级，也不占名额；"
        "前 7 名晋级，按以上规则仍不能区分的由裁判长裁定；"
        "设1等奖占参赛人数的 10%、2等奖占参赛人数的 12.5%；各奖项名额有小数即进一，1等奖至少 1 名。裁判2于下午离场。"
    )


def test_a_single_module_reads_naturally():
    assert describe(exam_only(decimals=0, advance=7, awards=PRIZES)) == (
        "理论考试成绩即为总分；总分四舍五入取整数。总分相同，名次并列，并列之后的名次相应后移。"
        "前 7 名晋级，与第 7 名总分均相同者一并晋级；设一等奖 1 名、二等奖 2 名、三等奖 3 名；"
        "并列者跨两个奖项的，都评较高奖项，后一奖项相应减少名额。"
    )


def test_the_working_shows_every_step_and_says_what_is_rounded():
    rule = stage(judges=5, step="0.5")
    line = calculate(rule, [person("07", "86.50", 92, 91, "93.5", 80, 99)]).lines[0]
    shown = working(rule, line)
    theory, practical = shown["modules"]
    assert theory["contribution"] == "86.5 × 30% = 25.95"
    assert [(judge["total"], judge["counted"], judge["note"]) for judge in practical["judges"]] == [
        ("92.0", True, ""),
        ("91.0", True, ""),
        ("93.5", True, ""),
        ("80.0", False, "去最低"),
        ("99.0", False, "去最高"),
    ]
    assert practical["mean"] == "(92.0 + 91.0 + 93.5) ÷ 3 = 92.1666… ≈ 92.17"
    assert practical["conversion"] == ""
    assert practical["contribution"] == "92.1666… × 70% = 64.5166…"
    assert shown["total"] == "25.95 + 64.5166… = 90.4666… ≈ 90.47"
    assert any("未舍入" in note for note in shown["notes"])
    assert json.loads(json.dumps(shown)) == shown


def test_the_working_of_rounded_modules_uses_the_rounded_scores():
    rule = stage(judges=5, maximum=60, step="0.5", round_at="module")
    line = calculate(rule, [person("07", "86.50", 50, 51, "51.5", 10, 60)]).lines[0]
    shown = working(rule, line)
    practical = shown["modules"][1]
    assert practical["mean"] == "(50.0 + 51.0 + 51.5) ÷ 3 = 50.8333…"
    assert practical["conversion"] == "50.8333… ÷ 60 × 100 = 84.7222… ≈ 84.72"
    assert practical["contribution"] == "84.72 × 70% = 59.304"
    assert shown["total"] == "25.95 + 59.304 = 85.254 ≈ 85.25"
    assert any("先四舍五入" in note for note in shown["notes"])


def test_the_working_by_criterion_shows_each_criterion_and_the_deductions():
    rubric = PanelRule((CriterionRule("a", "操作", D(100)),), 5, "criterion")
    rule = StageRule((ModuleRule("p", "实操", "panel", D(100), rubric, 5),))
    marks = [
        MarkedSheet(seat, f"裁判{seat}", {"a": D(80 + seat)}, (D(1),) if seat > 3 else ())
        for seat in range(1, 6)
    ]
    line = calculate(rule, [Competitor("x", "07", sheets={"p": tuple(marks)})]).lines[0]
    module = working(rule, line)["modules"][0]
    assert [(each["name"], each["mean"]) for each in module["criteria"]] == [
        ("操作", "(82 + 83 + 84) ÷ 3 = 83"),
        ("扣分", "(0 + 0 + (-1)) ÷ 3 = -0.3333…"),
    ]
    assert module["mean"] == "83 + (-0.3333…) = 82.6666… ≈ 82.67"
    assert working(rule, line)["total"] == "82.6666… ≈ 82.67"


def test_the_working_of_somebody_without_a_total_shows_what_there_is():
    rule = stage()
    shown = working(rule, calculate(rule, [person("07", 80)]).lines[0])
    assert [module["key"] for module in shown["modules"]] == ["theory"]
    assert shown["total"] == ""
