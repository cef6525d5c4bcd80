"""From marks to a panel's score: every example and property of the scoring rules that concerns a panel."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unionportal.common.ranking import rank_by_keys, round_half_up
from unionportal.panels.scoring import (
    CriterionRule,
    MarkedSheet,
    PanelRule,
    TooFewSheets,
    check_mark,
    criterion_mean,
    describe_panel,
    exact_text,
    mark_worth,
    panel_score,
    sheet_total,
)

D = Decimal
WHOLE = CriterionRule("all", "总评", D(100))
quick = settings(deadline=None, max_examples=60)


def sheets_of(*rows, deductions=()):
    """Return one sheet per row of marks, criteria keyed 0, 1, 2…; `deductions` go with the sheets in order."""
    taken = [*deductions, *[()] * len(rows)]
    return tuple(
        MarkedSheet(seat, f"裁判{seat}", dict(enumerate(D(str(mark)) for mark in row)), tuple(map(D, off)))
        for seat, (row, off) in enumerate(zip(rows, taken, strict=False), start=1)
    )


def totals_of(*totals):
    return sheets_of(*([total] for total in totals))


def rule_of(*maxima, min_judges=1, **settings_):
    criteria = tuple(CriterionRule(key, f"第{key}项", D(str(maximum))) for key, maximum in enumerate(maxima))
    return PanelRule(criteria, min_judges, **settings_)


def shown(score):
    return str(round_half_up(score.raw, 2))


def slow_panel(rule, sheets):
    """The rules again, written another way: drop by removing values, no shared denominators, no notes."""

    def trimmed(values):
        values = list(values)
        if rule.trim != "none" and len(values) >= rule.trim_from:
            values.remove(max(values))
            values.remove(min(values))
        return sum(values, Fraction(0)) / len(values)

    def worth(criterion, mark):
        return Fraction(mark) * (Fraction(criterion.maximum) / 3 if criterion.kind == "judgement" else 1)

    off = [sum(map(Fraction, sheet.deductions), Fraction(0)) for sheet in sheets]
    table = [
        [worth(criterion, sheet.marks[criterion.key]) for criterion in rule.criteria] for sheet in sheets
    ]
    totals = [max(Fraction(0), sum(row) - taken) for row, taken in zip(table, off, strict=True)]
    if rule.middle_of_three and len(sheets) == 3:
        return sum(totals) - max(totals) - min(totals)
    if rule.trim == "criterion":
        columns = [*zip(*table, strict=True), [-taken for taken in off]]
        return max(Fraction(0), sum(trimmed(column) for column in columns))
    return trimmed(totals)


@st.composite
def panels(draw, fewest=1, **fixed):
    """Draw a rule of mixed criteria and complete sheets for it."""
    criteria = []
    for key in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["points", "measurement", "judgement"]))
        maximum = D(draw(st.integers(1, 40))) / 2
        partial = maximum / 4 if kind == "measurement" else None
        criteria.append(CriterionRule(key, f"第{key}项", maximum, kind, partial=partial))
    chosen = {
        "trim": draw(st.sampled_from(["none", "sheet", "criterion"])),
        "trim_from": draw(st.integers(3, 6)),
        "middle_of_three": draw(st.booleans()),
    }
    rule = PanelRule(tuple(criteria), 1, **{**chosen, **fixed})
    sheets = []
    for seat in range(1, draw(st.integers(fewest, 8)) + 1):
        marks = {criterion.key: draw(marks_for(criterion)) for criterion in rule.criteria}
        off = draw(st.lists(st.sampled_from([D("0.3"), D(1), D("7.25")]), max_size=2))
        sheets.append(MarkedSheet(seat, f"裁判{seat}", marks, tuple(off)))
    return rule, tuple(sheets)


def marks_for(criterion):
    if criterion.kind == "judgement":
        return st.integers(0, 3)
    if criterion.kind == "measurement":
        return st.sampled_from([D(0), criterion.partial, criterion.maximum])
    return st.integers(0, int(criterion.maximum * 2)).map(lambda halves: D(halves) / 2)


# Marks


@pytest.mark.parametrize(
    ("criterion", "value", "words"),
    [
        (WHOLE, None, "尚未打分"),
        (WHOLE, D("100.5"), "0 到 100 分之间"),
        (WHOLE, D("-0.5"), "0 到 100 分之间"),
        (WHOLE, D("88.3"), "以 0.5 分为一档"),
        (WHOLE, D("NaN"), "不是有效的数字"),
        (WHOLE, 88.5, "不是有效的数字"),
        (WHOLE, True, "不是有效的数字"),
        (CriterionRule("m", "测量", D(10), "measurement"), D(5), "只能记 0、10 分中的一个"),
        (CriterionRule("m", "测量", D(10), "measurement", partial=D(4)), D(5), "只能记 0、4、10 分中的一个"),
        (CriterionRule("j", "评判", D(10), "judgement"), 4, "0、1、2、3 级"),
        (CriterionRule("j", "评判", D(10), "judgement"), D("1.5"), "0、1、2、3 级"),
        (CriterionRule("j", "评判", D(10), "judgement"), -1, "0、1、2、3 级"),
    ],
)
def test_a_mark_its_criterion_does_not_allow_is_refused_in_chinese(criterion, value, words):
    with pytest.raises(ValueError, match=words):
        check_mark(criterion, value)


@pytest.mark.parametrize(
    ("criterion", "value", "worth"),
    [
        (WHOLE, D(0), 0),
        (WHOLE, 100, 100),
        (WHOLE, D("88.50"), Fraction(177, 2)),
        (CriterionRule("f", "细", D(1), step=D("0.1")), D("0.7"), Fraction(7, 10)),
        (CriterionRule("m", "测量", D(10), "measurement", partial=D("2.5")), D("2.5"), Fraction(5, 2)),
        (CriterionRule("m", "测量", D("3.3"), "measurement"), D("3.30"), Fraction(33, 10)),
        (CriterionRule("j", "评判", D("1.5"), "judgement"), 2, 1),
        (CriterionRule("j", "评判", D(1), "judgement"), D(1), Fraction(1, 3)),
        (CriterionRule("j", "评判", D(1), "judgement"), 0, 0),
    ],
)
def test_a_mark_is_worth_its_points_and_a_level_its_third_of_the_maximum(criterion, value, worth):
    assert mark_worth(criterion, value) == worth


def test_a_blank_is_not_marked_and_the_sheet_has_no_total():
    rule = rule_of(10, 20, 30)
    with pytest.raises(ValueError, match="裁判1的评分表还有未评的评分项：第1项、第2项。"):
        sheet_total(rule, MarkedSheet(1, "裁判1", {0: D(0), 1: None}))
    assert sheet_total(rule, MarkedSheet(1, "裁判1", {0: D(0), 1: D(0), 2: D(0)})) == 0


def test_a_sheet_with_an_impossible_mark_is_refused_rather_than_added_up():
    with pytest.raises(ValueError, match="0 到 10 分之间"):
        sheet_total(rule_of(10), *totals_of(11))


def test_deductions_lower_a_sheet_but_never_below_zero():
    rule = rule_of(10, 10)
    marked = sheets_of([8, 8], [1, 1], deductions=[["1.5", "2"], ["3"]])
    assert [sheet_total(rule, sheet) for sheet in marked] == [Fraction(25, 2), 0]
    with pytest.raises(ValueError, match="扣分必须大于 0"):
        sheet_total(rule, sheets_of([8, 8], deductions=[["-1"]])[0])


# Panels


@pytest.mark.parametrize(
    ("totals", "score"),
    [
        (("88.5", 91, 90, 86, "90.5"), "89.67"),
        ((92, 92, 90, 85, 85), "89.00"),
        ((92, 92, 92, 92, 92), "92.00"),
    ],
)
def test_with_five_sheets_one_highest_and_one_lowest_are_dropped(totals, score):
    result = panel_score(PanelRule((CriterionRule(0, "总评", D(100)),), 5), totals_of(*totals))
    assert shown(result) == score
    assert sorted(share.note for share in result.shares) == ["", "", "", "去最低", "去最高"]
    assert result.counted == 3


def test_the_trim_level_decides_between_sheets_and_criteria():
    marks = sheets_of((28, 27, 30), (29, 28, 29), (27, 30, 28), (30, 29, 27), (25, 26, 26))
    by_sheet = panel_score(rule_of(30, 30, 30, trim="sheet"), marks)
    by_criterion = panel_score(rule_of(30, 30, 30, trim="criterion"), marks)
    assert (shown(by_sheet), shown(by_criterion)) == ("85.33", "84.00")
    assert [share.notes for share in by_criterion.criteria] == [
        ("", "", "", "去最高", "去最低"),
        ("", "", "去最高", "", "去最低"),
        ("去最高", "", "", "", "去最低"),
    ]
    assert by_criterion.criteria[0].values == (28, 29, 27, 30, 25)
    assert [share.mean for share in by_criterion.criteria] == [28, 28, 28]
    assert all(share.counted for share in by_criterion.shares)
    assert by_criterion.counted == 3


def test_below_trim_from_all_sheets_are_averaged_and_none_never_trims():
    four = totals_of(80, 90, 91, 92)
    assert shown(panel_score(rule_of(100), four)) == "88.25"
    assert shown(panel_score(rule_of(100, trim_from=4), four)) == "90.50"
    assert shown(panel_score(rule_of(100, trim="none", trim_from=4), four)) == "88.25"
    assert shown(panel_score(rule_of(100, trim="criterion"), four)) == "88.25"


def test_with_exactly_three_sheets_the_middle_total_stands_if_so_set():
    three = totals_of(80, 95, 90)
    for trim in ("sheet", "none", "criterion"):
        result = panel_score(rule_of(100, trim=trim, middle_of_three=True), three)
        assert result.raw == 90
        assert [share.note for share in result.shares] == ["非中间分", "非中间分", ""]
        assert result.counted == 1
    assert shown(panel_score(rule_of(100), three)) == "88.33"
    assert panel_score(rule_of(100, middle_of_three=True), totals_of(80, 90, 92, 94)).raw == 89


def test_too_few_sheets_say_how_many_there_are_and_how_many_are_needed():
    with pytest.raises(TooFewSheets, match="只有 4 份，至少需要 5 份") as caught:
        panel_score(rule_of(100, min_judges=5), totals_of(1, 2, 3, 4))
    assert (caught.value.submitted, caught.value.needed) == (4, 5)


def test_one_expert_recused_out_of_seven_leaves_a_mean_over_six_sheets():
    result = panel_score(rule_of(100, min_judges=6, trim="none"), totals_of(90, 90, 90, 90, 90, 93))
    assert (result.raw, result.counted) == (Fraction(543, 6), 6)


def test_judgement_levels_are_worth_thirds_exactly():
    rule = PanelRule((CriterionRule("j", "姿态", D("1.5"), "judgement"),), 3)
    marked = [MarkedSheet(seat, f"裁判{seat}", {"j": level}) for seat, level in enumerate((2, 2, 1))]
    assert panel_score(rule, marked).raw == Fraction(5, 6)
    assert exact_text(panel_score(rule, marked).raw) == "0.8333…"


def test_a_maximum_of_sixty_and_six_sheets_stay_exact():
    result = panel_score(rule_of(60, trim="none"), totals_of(30, 30, 30, 30, 30, "30.5"))
    assert str(round_half_up(result.raw / 60 * 90, 2)) == "45.13"


def test_under_trim_by_criterion_deductions_are_one_more_negative_criterion():
    rule = rule_of(10, trim="criterion")
    marks = [[8], [8], [8], [8], [8]]
    result = panel_score(rule, sheets_of(*marks, deductions=[["3"], ["1"], ["2"], [], []]))
    assert result.raw == 7
    assert (result.criteria[-1].name, result.criteria[-1].values) == ("扣分", (-3, -1, -2, 0, 0))
    assert result.criteria[-1].notes.count("去最高") == 1
    assert [share.name for share in panel_score(rule, sheets_of(*marks)).criteria] == ["第0项"]


def test_under_trim_by_criterion_the_panel_score_is_not_below_zero():
    result = panel_score(rule_of(10, trim="criterion"), sheets_of([1], [1], deductions=[["5"], ["0.3"]]))
    assert result.raw == 0
    assert sum(share.mean for share in result.criteria) == 1 - Fraction(53, 20)


def test_a_criterion_in_the_chain_is_the_untrimmed_mean_of_all_sheets():
    rule = rule_of(30, 30, trim="criterion")
    marks = sheets_of((28, 1), (29, 1), (27, 1), (30, 1), (25, 1))
    assert criterion_mean(rule, marks, 0) == Fraction(139, 5)
    with pytest.raises(ValueError, match="没有有效的评分表"):
        criterion_mean(rule, (), 0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: PanelRule((), 1), "至少要有一个评分项"),
        (lambda: PanelRule((WHOLE, WHOLE), 1), "评分项重复"),
        (lambda: rule_of(10, min_judges=0), "不能小于 1"),
        (lambda: rule_of(10, trim="most"), "去分方式无效"),
        (lambda: rule_of(10, trim_from=2), "至少需要 3 份"),
        (lambda: CriterionRule("x", "甲", D(0)), "满分必须大于 0"),
        (lambda: CriterionRule("x", "甲", D(5), "guess"), "评分方式无效"),
        (lambda: CriterionRule("x", "甲", D(5), step=D(0)), "步长必须大于 0"),
        (lambda: CriterionRule("x", "甲", D("5.2")), "整数倍"),
        (lambda: CriterionRule("x", "甲", D(5), "measurement", partial=D(6)), "部分达标分"),
    ],
)
def test_an_inconsistent_rubric_is_refused_in_chinese(build, words):
    with pytest.raises(ValueError, match=words):
        build()


# Words


@pytest.mark.parametrize(
    ("judges", "settings_", "words"),
    [
        (5, {"min_judges": 5}, "由 5 名裁判评分，去掉一个最高分和一个最低分后取平均"),
        (4, {"min_judges": 4}, "由 4 名裁判评分，取全部裁判评分的平均（不足 5 名裁判，不去最高分和最低分）"),
        (5, {"min_judges": 5, "trim": "none"}, "由 5 名裁判评分，取全部裁判评分的平均"),
        (3, {"min_judges": 3, "middle_of_three": True}, "由 3 名裁判评分，取三个总分的中间分"),
        (1, {}, "由 1 名裁判评分，以该裁判评分为准"),
        (
            5,
            {"min_judges": 3, "middle_of_three": True},
            "由 5 名裁判评分，去掉一个最高分和一个最低分后取平均"
            "（有效评分表不足 5 份时取全部平均；恰有 3 份时取中间总分；有效评分表不少于 3 份）",
        ),
        (
            7,
            {"min_judges": 7, "trim": "criterion", "trim_from": 7},
            "由 7 名裁判评分，逐个评分项去掉一个最高分和一个最低分后取平均再相加，扣分视同一个评分项，合计不低于 0 分",
        ),
        (
            None,
            {"min_judges": 4},
            "由裁判评分，满 5 份时去掉一个最高分和一个最低分后取平均"
            "（有效评分表不足 5 份时取全部平均；有效评分表不少于 4 份）",
        ),
    ],
)
def test_the_panel_rule_is_said_in_chinese(judges, settings_, words):
    assert describe_panel(rule_of(100, **settings_), judges) == words


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        (D("92.00"), 0, "92"),
        (92, 1, "92.0"),
        (Fraction(185, 2), 1, "92.5"),
        (Fraction(1, 16), 0, "0.0625"),
        (Fraction(1, 32), 1, "0.03125"),
        (Fraction(2, 3), 1, "0.6666…"),
        (Fraction(-5, 3), 0, "-1.6666…"),
        (D("-0.5"), 0, "-0.5"),
    ],
)
def test_numbers_that_end_are_written_exactly_and_others_are_cut_with_dots(value, least, text):
    assert exact_text(value, least) == text


# Properties


@quick
@given(panels())
def test_the_panel_score_agrees_with_a_slow_oracle(drawn):
    rule, sheets = drawn
    result = panel_score(rule, sheets)
    assert result.raw == slow_panel(rule, sheets)
    assert 0 <= result.raw <= result.maximum


@quick
@given(panels(), st.randoms(use_true_random=False))
def test_permuting_the_judges_changes_nothing(drawn, random):
    rule, sheets = drawn
    shuffled = random.sample(sheets, len(sheets))
    assert panel_score(rule, shuffled) == panel_score(rule, sheets)
    reseated = [
        MarkedSheet(seat, "裁判", sheet.marks, sheet.deductions) for seat, sheet in enumerate(shuffled)
    ]
    assert panel_score(rule, reseated).raw == panel_score(rule, sheets).raw


@quick
@given(panels(fewest=3, trim="sheet", middle_of_three=False))
def test_the_dropped_highest_and_lowest_are_two_different_sheets(drawn):
    rule, sheets = drawn
    shares = panel_score(rule, sheets).shares
    dropped = {share.note: share.total for share in shares if not share.counted}
    if len(sheets) < rule.trim_from:
        assert dropped == {}
    else:
        totals = [share.total for share in shares]
        assert dropped == {"去最高": max(totals), "去最低": min(totals)}
        assert sum(share.counted for share in shares) == len(sheets) - 2


@quick
@given(panels(), st.data())
def test_raising_one_mark_never_lowers_the_panel_score(drawn, data):
    rule, sheets = drawn
    chosen = data.draw(st.sampled_from(sheets))
    criterion = data.draw(st.sampled_from(rule.criteria))
    better = data.draw(marks_for(criterion))
    assume(better >= chosen.marks[criterion.key])
    raised = MarkedSheet(
        chosen.seat, chosen.label, {**chosen.marks, criterion.key: better}, chosen.deductions
    )
    others = [sheet for sheet in sheets if sheet is not chosen]
    assert panel_score(rule, [*others, raised]).raw >= panel_score(rule, sheets).raw


@quick
@given(st.data(), st.integers(1, 7), st.integers(1, 3), st.sampled_from(["none", "sheet", "criterion"]))
def test_adding_the_same_to_every_mark_never_changes_the_order_of_unrounded_scores(
    data, judges, criteria, trim
):
    rule = rule_of(*[20] * criteria, trim=trim)
    added = data.draw(st.integers(0, 20).map(lambda halves: D(halves) / 2))
    mark = st.integers(0, 20).map(lambda halves: D(halves) / 2)
    entries = [
        [[data.draw(mark) for _ in range(criteria)] for _ in range(judges)]
        for _ in range(data.draw(st.integers(2, 5)))
    ]
    before = [(panel_score(rule, sheets_of(*rows)).raw,) for rows in entries]
    after = [
        (panel_score(rule, sheets_of(*([each + added for each in row] for row in rows))).raw,)
        for rows in entries
    ]
    assert rank_by_keys(after) == rank_by_keys(before)
