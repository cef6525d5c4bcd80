"""Seats, recusal, sheets and decisions of a panel, on a real database."""

from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.factories import make_person, make_unit, make_user
from tests.panels.desk import D, make_candidate, make_judge, make_panel, rubric, save, sheet_of, submit
from tests.portal.threads import in_threads, only_error
from unionportal.audit.models import AuditEntry
from unionportal.panels import scoring
from unionportal.panels.models import (
    Assignment,
    DeclaredTie,
    Deduction,
    Mark,
    Panel,
    Recusal,
    Sheet,
    SheetVersion,
)
from unionportal.panels.services import decisions, marks, seats

pytestmark = pytest.mark.django_db

Status = Sheet.Status


@pytest.fixture
def staff():
    return make_user(username="jingsai")


@pytest.fixture
def judges():
    return [make_judge(name) for name in ("jia", "yi", "bing")]


def pairs(panel):
    """(judge, candidate) of every sheet."""
    return set(panel.sheets.values_list("assignment__label", "candidate__label"))


def given(sheet):
    return {mark.criterion.name: mark.given for mark in sheet.marks.select_related("criterion")}


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


# ── Opening and closing ──────────────────────────────────────────────────────────────────────────────────


def test_opening_makes_one_sheet_per_judge_and_candidate(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01", "02"], is_open=False)
    assert pairs(panel) == set()
    make_candidate(panel, "缺赛", is_marked=False)
    watcher = make_judge("zhang")
    seats.assign_judge(panel=panel, seat=9, user=watcher, actor=staff, role="chief", is_marking=False)
    panel = seats.open_panel(panel=panel, actor=staff)
    assert panel.status == Panel.Status.OPEN
    assert pairs(panel) == {(judge.name, label) for judge in judges[:2] for label in ("01", "02")}
    assert actions()[-1] == "panels.panel_opened"


def test_opening_again_gives_sheets_to_candidates_who_came_since(staff, judges):
    unit = make_unit()
    judge = make_judge("ding", unit)
    panel = make_panel(staff, judges=[judges[0], judge], candidates=["01"])
    before = actions()
    make_candidate(panel, "02")
    make_candidate(panel, "同单位", unit)
    seats.open_panel(panel=panel, actor=staff)
    assert pairs(panel) == {
        (judges[0].name, "01"),
        (judges[0].name, "02"),
        (judges[0].name, "同单位"),
        (judge.name, "01"),
        (judge.name, "02"),
    }
    assert actions() == before


def test_a_panel_without_a_rubric_does_not_open(staff):
    panel = Panel.objects.create(title="空", seats=1, min_judges=1)
    with pytest.raises(ValidationError, match="还没有评分项"):
        seats.open_panel(panel=panel, actor=staff)
    panel.criteria.create(position=1, name="质量", maximum=10, step=D("0.3"))
    with pytest.raises(ValidationError, match="评分标准不能用.*步长"):
        seats.open_panel(panel=panel, actor=staff)
    panel.refresh_from_db()
    assert (panel.status, actions()) == (Panel.Status.PREPARING, [])


def test_a_closed_panel_is_opened_again_with_a_reason_only(staff, judges):
    panel = make_panel(staff, judges=judges, candidates=["01"])
    assert seats.close_panel(panel=panel, actor=staff).status == Panel.Status.CLOSED
    with pytest.raises(ValidationError, match="已截止"):
        seats.open_panel(panel=panel, actor=staff)
    with pytest.raises(ValidationError, match="请写明重新打开的理由"):
        seats.reopen_panel(panel=panel, actor=staff, reason="  ")
    panel.refresh_from_db()
    assert panel.status == Panel.Status.CLOSED
    assert seats.reopen_panel(panel=panel, actor=staff, reason="申诉成立").status == Panel.Status.OPEN
    assert AuditEntry.objects.get(action="panels.panel_reopened").details == {"reason": "申诉成立"}


def test_a_closed_panel_takes_nothing(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01"])
    submit(judges[0], D(50), D(30))
    sheet = save(judges[1], D(50), D(30))
    seats.close_panel(panel=panel, actor=staff)
    acts = [
        lambda: save(judges[1], D(1), D(1)),
        lambda: marks.submit_sheet(sheet=sheet, actor=judges[1], version=sheet.version),
        lambda: marks.reopen_sheet(sheet=sheet_of(judges[0]), actor=staff, reason="改"),
        lambda: decisions.deduct(candidate=sheet.candidate, points=D(1), reason="超时", actor=staff),
        lambda: marks.enter_paper_sheets(
            panel=panel,
            sheets=[marks.PaperSheet(sheet.candidate_id, "裁判9", rubric(panel, D(1), D(1)))],
            actor=staff,
        ),
    ]
    before = actions()
    for act in acts:
        with pytest.raises(ValidationError, match="已截止|不在评分中"):
            act()
    assert actions() == before
    assert given(sheet) == {"质量": D(50), "安全": D(30)}
    assert not Deduction.objects.exists()


# ── Seats ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_judge_seated_on_an_open_panel_gets_sheets(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["01"])
    seats.assign_judge(panel=panel, seat=2, user=judges[1], actor=staff)
    assert pairs(panel) == {(judges[0].name, "01"), (judges[1].name, "01")}


@pytest.mark.parametrize(
    ("seat", "user", "role"),
    [(1, "other", "judge"), (2, "same", "judge"), (3, "other", "chief")],
    ids=["a taken seat", "one person on two seats", "a second chief"],
)
def test_a_seat_is_for_one_and_the_chief_is_one(staff, judges, seat, user, role):
    panel = make_panel(staff, judges=judges[:1], is_open=False)
    seats.assign_judge(panel=panel, seat=9, user=judges[2], actor=staff, role="chief")
    user = {"same": judges[0], "other": judges[1]}[user]
    with pytest.raises(ValidationError):
        seats.assign_judge(panel=panel, seat=seat, user=user, actor=staff, role=role)
    assert set(panel.assignments.values_list("seat", flat=True)) == {1, 9}


def test_a_paper_judge_needs_a_label(staff):
    panel = make_panel(staff, is_open=False)
    with pytest.raises(ValidationError, match="须填写显示名"):
        seats.assign_judge(panel=panel, seat=1, actor=staff)
    assert str(seats.assign_judge(panel=panel, seat=1, label="裁判1", actor=staff)) == "裁判1"


def test_after_the_first_mark_only_a_substitute_is_seated(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01"], seats=3)
    save(judges[0], D(50), None)
    with pytest.raises(ValidationError, match="已有评分记入"):
        seats.assign_judge(panel=panel, seat=3, user=judges[2], actor=staff)
    leaving = panel.assignments.get(user=judges[1])
    with pytest.raises(ValidationError, match="请写明退出的理由"):
        seats.end_assignment(assignment=leaving, actor=staff, reason=" ")
    seats.end_assignment(assignment=leaving, actor=staff, reason="突发疾病")
    with pytest.raises(ValidationError, match="不能给这一位打分"):
        save(judges[1], D(50), D(30))
    seats.assign_judge(panel=panel, seat=2, user=judges[2], actor=staff)
    submit(judges[2], D(50), D(30))
    assert pairs(panel) == {(judge.name, "01") for judge in judges}


def test_deductions_alone_do_not_lock_the_panel(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["01"], seats=2)
    save(judges[0], None, None, deductions=[(D(1), "着装")])
    seats.assign_judge(panel=panel, seat=2, user=judges[1], actor=staff)
    save(judges[0], D(1), None)
    panel.refresh_from_db()
    assert panel.locked_at


# ── Recusal ──────────────────────────────────────────────────────────────────────────────────────────────


def recusals(panel):
    rows = Recusal.objects.filter(assignment__panel=panel)
    return set(rows.values_list("assignment__label", "candidate__label", "ground"))


def test_same_unit_and_declared_tie_recuse(staff, judges):
    home, apprentice = make_unit("本厂"), make_person("徒弟")
    local = make_judge("bendi", home)
    DeclaredTie.objects.create(user=judges[0], person=apprentice, kind="master")
    panel = make_panel(staff, is_open=False, candidates=["旁人"], seats=3)
    make_candidate(panel, "同事", home)
    make_candidate(panel, "徒弟").people.add(apprentice)
    for seat, user in enumerate([local, judges[0], judges[1]], 1):
        seats.assign_judge(panel=panel, seat=seat, user=user, actor=staff)
    seats.open_panel(panel=panel, actor=staff)
    assert recusals(panel) == {
        (local.name, "同事", "same_unit"),
        (judges[0].name, "徒弟", "declared"),
    }
    everyone = {(user.name, label) for user in (local, *judges[:2]) for label in ("旁人", "同事", "徒弟")}
    assert pairs(panel) == everyone - {(local.name, "同事"), (judges[0].name, "徒弟")}
    assert seats.recuse_by_rule(panel=panel) == 0


def test_judges_and_candidates_without_a_unit_are_not_of_the_same_unit(staff):
    judge = make_judge("jia")
    panel = make_panel(staff, judges=[judge], is_open=False)
    panel.candidates.create(label="自由职业")
    seats.open_panel(panel=panel, actor=staff)
    assert recusals(panel) == set()
    assert pairs(panel) == {(judge.name, "自由职业")}


def test_a_recused_judge_cannot_save_and_what_was_handed_in_counts_no_more(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01", "02"])
    first = submit(judges[0], D(50), D(30), label="01")
    submit(judges[0], D(50), D(30), label="02")
    submit(judges[1], D(40), D(30), label="01")
    assignment = panel.assignments.get(user=judges[0])
    for _ in range(2):
        seats.recuse(assignment=assignment, candidate=first.candidate, actor=judges[0], note="邻居")
    assert recusals(panel) == {(judges[0].name, "01", "added")}
    assert actions().count("panels.judge_recused") == 1
    assert set(Sheet.objects.counting().values_list("assignment__label", "candidate__label")) == {
        (judges[1].name, "01"),
        (judges[0].name, "02"),
    }
    assert set(Sheet.objects.scorable_by(judges[0]).values_list("candidate__label", flat=True)) == {"02"}
    with pytest.raises(ValidationError, match="不能给这一位打分"):
        save(judges[0], D(1), D(1), label="01")


def test_a_recusal_stays_within_its_panel(staff, judges):
    panel, other = make_panel(staff, judges=judges[:1]), make_panel(staff, candidates=["外人"])
    with pytest.raises(ValidationError, match="不属于同一评审组"):
        seats.recuse(
            assignment=panel.assignments.get(), candidate=other.candidates.get(), actor=staff, note=""
        )


# ── Saving ───────────────────────────────────────────────────────────────────────────────────────────────


def test_saving_keeps_every_version_and_blank_is_not_marked(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"], levels=True)
    save(judges[0], D("50.5"), None, 2)
    sheet = save(judges[0], None, D(0), 0, deductions=[(D("1.5"), "着装")])
    assert (sheet.version, sheet.status) == (2, Status.DRAFT)
    assert given(sheet) == {"安全": D(0), "表达": 0}
    assert set(sheet.deductions.values_list("points", "reason")) == {(D("1.5"), "着装")}
    assert {version.number: version.body for version in sheet.versions.all()} == {
        1: {"marks": {"质量": "50.5", "表达": "2"}, "deductions": []},
        2: {"marks": {"安全": "0", "表达": "0"}, "deductions": [{"points": "1.5", "reason": "着装"}]},
    }
    assert set(sheet.versions.values_list("saved_by", flat=True)) == {str(judges[0])}


def test_a_stale_save_changes_nothing_and_carries_the_sheet_as_it_is(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"])
    save(judges[0], D(50), None)
    for version in (0, 2):
        with pytest.raises(marks.StaleSheet) as stale:
            save(judges[0], D(10), D(10), version=version)
        assert (stale.value.sheet.version, given(stale.value.sheet)) == (1, {"质量": D(50)})
    with pytest.raises(marks.StaleSheet):
        marks.submit_sheet(sheet=sheet_of(judges[0]), actor=judges[0], version=0)
    assert SheetVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("given_marks", "message"),
    [
        ((D(61), D(1), 1), "“质量”应在 0 到 60 分之间"),
        ((D(-1), D(1), 1), "“质量”应在 0 到 60 分之间"),
        ((D("0.3"), D(1), 1), "“质量”以 0.5 分为一档"),
        ((D("NaN"), D(1), 1), "“质量”的分数不是有效的数字"),
        ((50.0, D(1), 1), "“质量”的分数不是有效的数字"),
        ((D(1), D(1), 4), "“表达”按等级评定"),
        ((D(1), D(1), D("0.5")), "“表达”按等级评定"),
        ((D(1), D(1), True), "“表达”的分数不是有效的数字"),
    ],
)
def test_a_mark_outside_its_criterion_is_refused_whole(staff, judges, given_marks, message):
    panel = make_panel(staff, judges=judges[:1], candidates=["01"], levels=True)
    with pytest.raises(ValidationError, match=message):
        save(judges[0], *given_marks)
    assert not Mark.objects.exists()
    panel.refresh_from_db()
    assert panel.locked_at is None


@pytest.mark.parametrize(
    ("deduction", "message"),
    [((D(0), "无"), "大于 0"), ((D(-5), "加分"), "大于 0"), ((D(1), ""), None), ((D("0.001"), "细"), None)],
)
def test_a_deduction_takes_something_and_says_why(staff, judges, deduction, message):
    make_panel(staff, judges=judges[:1], candidates=["01"])
    with pytest.raises(ValidationError, match=message):
        save(judges[0], D(50), D(30), deductions=[deduction])
    assert not Mark.objects.exists()
    with pytest.raises(ValidationError, match=message):
        decisions.deduct(
            candidate=sheet_of(judges[0]).candidate, points=deduction[0], reason=deduction[1], actor=staff
        )
    assert not Deduction.objects.exists()


def test_a_criterion_of_another_panel_is_refused(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"])
    other = make_panel(staff)
    with pytest.raises(ValidationError, match="不属于这个评审组"):
        marks.save_sheet(
            sheet=sheet_of(judges[0]), actor=judges[0], marks=rubric(other, D(1), D(1)), version=0
        )


def test_nobody_saves_or_submits_anothers_sheet(staff, judges):
    panel = make_panel(staff, judges=judges[:2], candidates=["01"])
    sheet = save(judges[0], D(50), D(30))
    for actor in (judges[1], staff, judges[2]):
        with pytest.raises(ValidationError, match="不能给这一位打分"):
            marks.save_sheet(sheet=sheet, actor=actor, marks=rubric(panel, D(1), D(1)), version=sheet.version)
        with pytest.raises(ValidationError, match="不能给这一位打分"):
            marks.submit_sheet(sheet=sheet, actor=actor, version=sheet.version)
    assert given(sheet) == {"质量": D(50), "安全": D(30)}


def test_the_absent_are_not_marked(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["01"])
    panel.candidates.update(is_marked=False)
    with pytest.raises(ValidationError, match="不能给这一位打分"):
        save(judges[0], D(1), D(1))


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_saving_the_same_version_one_wins():
    staff, judge = make_user(), make_judge("jia")
    make_panel(staff, judges=[judge], candidates=["01"])
    tabs = [lambda points=points: save(judge, points, D(1), version=0) for points in (D(10), D(20))]
    error = only_error(in_threads(*tabs))
    assert isinstance(error, marks.StaleSheet)
    (version,) = SheetVersion.objects.all()
    assert version.number == 1
    assert {name: str(value.normalize()) for name, value in given(sheet_of(judge)).items()}["质量"] in (
        "1E+1",
        "2E+1",
    )
    assert D(version.body["marks"]["质量"]) == given(sheet_of(judge))["质量"] == given(error.sheet)["质量"]


@pytest.mark.django_db(transaction=True)
def test_of_two_first_marks_both_stay_and_the_panel_locks_once():
    staff, pair = make_user(), [make_judge("jia"), make_judge("yi")]
    panel = make_panel(staff, judges=pair, candidates=["01"])
    assert not any(
        isinstance(result, Exception)
        for result in in_threads(*[lambda user=user: save(user, D(10), D(10)) for user in pair])
    )
    assert Mark.objects.count() == 4
    panel.refresh_from_db()
    assert panel.locked_at


# ── Handing in and giving back ───────────────────────────────────────────────────────────────────────────


def test_a_sheet_with_blanks_is_not_handed_in_and_they_are_named(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"], levels=True)
    with pytest.raises(ValidationError, match="还不能提交.*安全、表达。"):
        submit(judges[0], D(50), None, None)
    sheet = sheet_of(judges[0])
    assert (sheet.status, sheet.total_thirds) == (Status.DRAFT, None)
    assert "panels.sheet_submitted" not in actions()


def test_what_is_handed_in_is_read_only_until_it_is_given_back(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"])
    sheet = submit(judges[0], D("50.5"), D(30))
    assert (sheet.status, sheet.version, sheet.total_thirds) == (Status.SUBMITTED, 2, D("241.5"))
    with pytest.raises(ValidationError, match="评分表已提交"):
        save(judges[0], D(60), D(40))
    with pytest.raises(ValidationError, match="评分表已提交"):
        marks.submit_sheet(sheet=sheet, actor=judges[0], version=sheet.version)
    with pytest.raises(ValidationError, match="请写明退回的理由"):
        marks.reopen_sheet(sheet=sheet, actor=staff, reason=" ")
    sheet = marks.reopen_sheet(sheet=sheet, actor=staff, reason=" 漏扣 ")
    assert (sheet.status, sheet.reopen_reason) == (Status.REOPENED, "漏扣")
    assert not Sheet.objects.counting().exists()
    with pytest.raises(ValidationError, match="只有已提交的"):
        marks.reopen_sheet(sheet=sheet, actor=staff, reason="再退")
    assert save(judges[0], D(45), D(30)).status == Status.REOPENED
    assert submit(judges[0], D(45), D(30)).total_thirds == D(225)
    assert [action for action in actions() if "sheet" in action] == [
        "panels.sheet_saved",
        "panels.sheet_submitted",
        "panels.sheet_reopened",
        "panels.sheet_saved",
        "panels.sheet_saved",
        "panels.sheet_submitted",
    ]


def test_a_submitted_sheet_always_has_a_total(staff, judges):
    make_panel(staff, judges=judges[:1], candidates=["01"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.update(status=Status.SUBMITTED)


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


# ── Paper ────────────────────────────────────────────────────────────────────────────────────────────────


def paper(panel, staff, *rows):
    """Type in (candidate label, judge label, 质量, 安全) rows."""
    pks = dict(panel.candidates.values_list("label", "pk"))
    sheets = [
        marks.PaperSheet(pks[label], seat, rubric(panel, D(quality), D(safety)))
        for label, seat, quality, safety in rows
    ]
    return marks.enter_paper_sheets(panel=panel, sheets=sheets, actor=staff)


ROWS = [("01", "裁判1", 50, 30), ("01", "裁判2", 45, 30), ("02", "裁判1", 60, 40)]


def test_paper_sheets_typed_twice_are_written_once(staff):
    panel = make_panel(staff, candidates=["01", "02"], seats=2, min_judges=2)
    assert paper(panel, staff, *ROWS) == (3, 0)
    before = list(Sheet.objects.order_by("pk").values()), list(Mark.objects.order_by("pk").values())
    lines = actions()
    assert paper(panel, staff, *ROWS) == (0, 3)
    assert (list(Sheet.objects.order_by("pk").values()), list(Mark.objects.order_by("pk").values())) == before
    assert actions() == lines
    assert SheetVersion.objects.count() == 3
    assert set(panel.assignments.values_list("seat", "label")) == {(1, "裁判1"), (2, "裁判2")}
    panel.refresh_from_db()
    assert panel.locked_at


def test_a_corrected_paper_sheet_gets_a_new_version_and_the_others_none(staff):
    panel = make_panel(staff, candidates=["01", "02"], seats=2, min_judges=2)
    paper(panel, staff, *ROWS)
    assert paper(panel, staff, ("01", "裁判1", 50, 31), *ROWS[1:]) == (1, 2)
    changed = Sheet.objects.get(candidate__label="01", assignment__label="裁判1")
    assert (changed.version, changed.total_thirds) == (2, D(243))
    assert [version.body["marks"] for version in changed.versions.all()] == [
        {"质量": "50", "安全": "31"},
        {"质量": "50", "安全": "30"},
    ]
    assert set(Sheet.objects.exclude(pk=changed.pk).values_list("version", flat=True)) == {1}


def test_a_late_paper_judge_is_seated_although_the_panel_is_locked(staff):
    panel = make_panel(staff, candidates=["01"], seats=2, min_judges=2)
    paper(panel, staff, ROWS[0])
    paper(panel, staff, ROWS[1])
    assert set(Assignment.objects.values_list("label", flat=True)) == {"裁判1", "裁判2"}


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_blind_candidate_is_a_code_wherever_it_is_printed(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["王小明"], is_blind=True)
    panel.candidates.update(code="A7")
    submit(judges[0], D(50), D(30))
    seats.recuse(assignment=panel.assignments.get(), candidate=panel.candidates.get(), actor=staff, note="")
    printed = " ".join(AuditEntry.objects.values_list("target_label", flat=True))
    assert "A7" in printed
    assert "王小明" not in printed
