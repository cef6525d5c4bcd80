"""What keeps a stage from being sealed, and settings that contradict themselves."""

import pytest

from competitions.scoring import AwardBand, Competitor, ModuleRule, StageRule, TieKey, calculate
from tests.competitions.stages import (
    PRACTICAL,
    THEORY,
    TIME,
    D,
    by_label,
    exam_only,
    kinds,
    person,
    shares,
    stage,
)
from unionportal.panels.scoring import CriterionRule, PanelRule

# What blocks sealing


def test_a_missing_exam_and_too_few_sheets_name_the_people_and_leave_the_others_computed():
    rule = stage(judges=3, step="0.5")
    people = [person("甲", 80, 80, 80, 80), person("乙", None, 80, 80, 80), person("丙", 80, 80, 80)]
    result = calculate(rule, people)
    assert kinds(result) == [("missing_exam", "theory", ("乙",)), ("too_few_sheets", "practical", ("丙",))]
    assert "乙" in result.blockers[0].text
    assert "补录" in result.blockers[0].text
    assert "丙（2 份）" in result.blockers[1].text
    assert "不足 3 份" in result.blockers[1].text
    assert [(line.label, line.rank) for line in result.lines] == [("甲", 1), ("丙", None), ("乙", None)]
    assert set(result.lines[1].modules) == {"theory"}


def test_different_numbers_of_sheets_block_until_it_is_decided_that_they_stand():
    rubric = PanelRule((CriterionRule("all", "总评", D(100)),), 4)
    people = [person(f"0{number}", 80, *[80] * (4 if number == 2 else 5)) for number in range(4)]
    result = calculate(stage(judges=5, panel=rubric), people)
    assert kinds(result) == [("unequal_sheets", "practical", ("02",))]
    for words in ("02（4 份）", "其余 5 份", "补评", "不计", "维持不同份数"):
        assert words in result.blockers[0].text
    stands = stage(judges=5, panel=rubric, mixed_sheets=frozenset({"practical"}))
    assert calculate(stands, people).blockers == ()
    absent = [*people[:2], person("02", 80, 80, 80, 80, 80, status="disqualified")]
    assert calculate(stage(judges=5, panel=rubric), absent).blockers == ()


def test_a_time_nobody_recorded_blocks_only_where_the_chain_needs_it():
    rule = stage(ties=(TIME, THEORY))
    people = [person("01", 80, 80), person("02", 80, 80, seconds=5), person("03", 70, 70)]
    result = calculate(rule, people)
    assert kinds(result) == [("missing_time", None, ("01",))]
    assert by_label(result, "rank") == {"01": 1, "02": 1, "03": 3}
    assert result.lines[0].tie_note == "暂并列第 1 名：尚缺用时记录"
    unshared = stage(ties=(TIME,), ranks_shared=False, advance=1, tied="chain")
    result = calculate(
        unshared, [person("01", 80, 80, decided_place=1), person("02", 80, 80, decided_place=2)]
    )
    assert kinds(result) == [("missing_time", None, ("01", "02"))]
    assert set(by_label(result, "advances").values()) == {None}


def test_many_names_in_a_blocker_are_cut_with_their_number():
    text = calculate(exam_only(), [person(f"{number:02}") for number in range(30)]).blockers[0].text
    assert "09 等 30 人" in text
    assert "10" not in text


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: StageRule((ModuleRule("a", "甲", "exam", D("99.99")),)), "必须正好是 100，现在是 99.99"),
        (lambda: StageRule(()), "必须正好是 100"),
        (lambda: StageRule((ModuleRule("a", "甲", "exam", D(50)),) * 2), "模块重复"),
        (lambda: ModuleRule("a", "甲", "panel", D(50)), "评分表"),
        (lambda: ModuleRule("a", "甲", "oral", D(50)), "来源无效"),
        (lambda: ModuleRule("a", "甲", "exam", D(-1)), "权重必须在"),
        (lambda: ModuleRule("a", "甲", "exam", D(1), pass_line=D(101)), "合格线"),
        (lambda: exam_only(decimals=7), "小数位数"),
        (lambda: exam_only(round_at="end"), "舍入方式"),
        (lambda: exam_only(advance=0), "晋级名额"),
        (lambda: exam_only(pass_line=D(-1)), "总分合格线"),
        (lambda: exam_only(ties=(PRACTICAL,)), "不属于本轮次"),
        (lambda: exam_only(ties=(TieKey("criterion", "theory", "x"),)), "不属于本轮次"),
        (lambda: stage(ties=(TieKey("criterion", "practical", "x", "沟通"),)), "“沟通”不属于本轮次"),
        (lambda: exam_only(ties=(TIME, TIME)), "比较项重复"),
        (lambda: TieKey("age"), "比较项无效"),
        (lambda: AwardBand("一等奖"), "只能填一个"),
        (lambda: AwardBand("一等奖", 1, D(10)), "只能填一个"),
        (lambda: AwardBand("一等奖", -1), "不能小于 0"),
        (lambda: AwardBand("一等奖", share=D(0)), "必须大于 0"),
        (lambda: exam_only(awards=shares(60, 50)), "不能超过 100%"),
        (lambda: exam_only(awards=(AwardBand("奖", 1), AwardBand("奖", 2))), "奖项名称重复"),
        (lambda: exam_only(mixed_sheets=frozenset({"theory"})), "裁判评分的模块"),
        (lambda: person("01", 80, status="-1"), "出场状态无效"),
        (lambda: person("01", 101), "0 到 100 之间"),
        (lambda: Competitor("a", "01", exam={"theory": 86.5}), "十进制数"),
        (lambda: calculate(exam_only(), [person("01", 80), person("01", 81)]), "出现了两次"),
    ],
)
def test_inconsistent_settings_are_refused_in_chinese(build, words):
    with pytest.raises(ValueError, match=words):
        build()
