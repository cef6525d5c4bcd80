"""What counts: totals, deductions, judges set aside, spreads."""

from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError

from tests.panels.desk import (
    D,
    actions,
    make_panel,
    rubric,
    submit,
)
from unionportal.panels import scoring
from unionportal.panels.models import (
    Mark,
    Panel,
    Sheet,
)
from unionportal.panels.services import decisions, marks, seats

pytestmark = pytest.mark.django_db


# ── What counts ──────────────────────────────────────────────────────────────────────────────────────────


def totals_by_rule(panel):
    """{(judge, candidate): total} as scoring.py has it."""
    sheets = marks.counting_sheets(panels=[panel])
    labels = dict(panel.candidates.values_list("pk", "label"))
    return {
        (marked.label, labels[pk]): scoring.sheet_total(panel.rule(), marked)
        for pk, several in sheets.items()
        for marked in several
    }


def totals_stored(panel):
    rows = Sheet.objects.counting().filter(panel=panel)
    return {
        (label, candidate): Fraction(total) / 3
        for label, candidate, total in rows.values_list(
            "assignment__label", "candidate__label", "total_thirds"
        )
    }


def test_totals_are_those_of_the_arithmetic_thirds_and_deductions_included(staff, judges):
    panel = make_panel(staff, judges=judges, candidates=["01", "02"], levels=True)
    candidate = panel.candidates.get(label="01")
    submit(judges[0], D("50.5"), D(30), 2, label="01", deductions=[(D("0.5"), "着装")])
    decisions.deduct(candidate=candidate, points=D("2.5"), reason="超时", actor=staff)
    submit(judges[1], D(60), D(40), 1, label="01")
    submit(judges[2], D(0), D(0), 1, label="01")
    submit(judges[2], D(0), D(1), 3, label="02")
    marks.enter_paper_sheets(
        panel=panel,
        sheets=[marks.PaperSheet(candidate.pk, "裁判九", rubric(panel, D(10), D(10), 0))],
        actor=staff,
    )
    one, two, three = (judge.name for judge in judges)
    assert (
        totals_stored(panel)
        == totals_by_rule(panel)
        == {
            (one, "01"): Fraction(505, 10) + 30 + Fraction(20, 3) - 3,
            (two, "01"): 100 + Fraction(10, 3) - Fraction(5, 2),
            (three, "01"): Fraction(10, 3) - Fraction(5, 2),
            (three, "02"): Fraction(11),
            ("裁判九", "01"): Fraction(35, 2),
        }
    )


def test_points_taken_off_afterwards_change_the_totals_handed_in_before(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01", "02"], spread_limit=D(10))
    for label in ("01", "02"):
        submit(judges[0], D(50), D(30), label=label)
    candidate = panel.candidates.get(label="01")
    decisions.deduct(candidate=candidate, points=D(15), reason="安全违规", actor=staff)
    submit(judges[1], D(50), D(30), label="01")
    assert totals_stored(panel) == totals_by_rule(panel)
    assert totals_stored(panel)[judges[0].name, "01"] == 65
    assert totals_stored(panel)[judges[0].name, "02"] == 80
    assert decisions.spread_alarms(panels=[panel]) == []
    decisions.deduct(candidate=candidate, points=D(500), reason="取消", actor=staff)
    assert totals_stored(panel)[judges[0].name, "01"] == 0


def test_a_judge_set_aside_counts_for_nobody_and_stays_readable(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01", "02"])
    for judge in judges[:2]:
        for label in ("01", "02"):
            submit(judge, D(50), D(30), label=label)
    assignment = panel.assignments.get(user=judges[0])
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.set_judge_aside(assignment=assignment, actor=staff, reason=" ")
    decisions.set_judge_aside(assignment=assignment, actor=staff, reason="打分失当")
    assert set(totals_by_rule(panel)) == {(judges[1].name, "01"), (judges[1].name, "02")}
    assert panel.sheets.count() == 4
    assert Mark.objects.count() == 8


def test_sheets_of_a_judge_who_left_go_on_counting(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["01"])
    submit(judges[0], D(50), D(30))
    seats.end_assignment(assignment=panel.assignments.get(), actor=staff, reason="回单位")
    assert totals_by_rule(panel) == {(judges[0].name, "01"): 80}


def test_mixed_numbers_stand_with_a_reason(staff, judges):
    panel = make_panel(staff, judges=judges[:1])
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.accept_mixed_numbers(panel=panel, actor=staff, reason="")
    panel = decisions.accept_mixed_numbers(panel=panel, actor=staff, reason=" 一名裁判因病退出 ")
    assert Panel.objects.get(pk=panel.pk).mixed_numbers_reason == "一名裁判因病退出"
    assert actions()[-1] == "panels.mixed_numbers_accepted"


def test_a_wide_spread_is_told_until_it_is_answered(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["宽", "恰好", "窄"], spread_limit=D(10))
    unlimited = make_panel(staff, judges=[judges[2]], candidates=["外"])
    for label, low in (("宽", D("39.5")), ("恰好", D(40)), ("窄", D(45))):
        submit(judges[0], D(50), D(30), label=label)
        submit(judges[1], low, D(30), label=label)
    submit(judges[2], D(0), D(0), label="外")

    def alarms():
        return {item.label for item in decisions.spread_alarms(panels=[panel, unlimited])}

    assert alarms() == {"宽"}
    wide = panel.candidates.get(label="宽")
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.answer_spread(candidate=wide, actor=staff, answer="")
    decisions.answer_spread(candidate=wide, actor=staff, answer="复核无误")
    assert alarms() == set()


def test_counting_sheets_asks_as_often_for_three_as_for_one(staff, judges, django_assert_num_queries):
    panel = make_panel(staff, judges=judges, candidates=["01", "02", "03"])
    for judge in judges:
        for label in ("01", "02", "03"):
            submit(judge, D(50), D(30), label=label)
    with django_assert_num_queries(4):
        assert {len(sheets) for sheets in marks.counting_sheets(panels=[panel]).values()} == {3}
