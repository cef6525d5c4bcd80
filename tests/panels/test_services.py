"""Opening and closing a panel, its seats, recusal, and what is printed of the blind."""

import pytest
from django.core.exceptions import ValidationError

from tests.factories import make_person, make_unit
from tests.panels.desk import (
    D,
    actions,
    given,
    make_candidate,
    make_judge,
    make_panel,
    pairs,
    rubric,
    save,
    sheet_of,
    submit,
)
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import (
    DeclaredTie,
    Deduction,
    Panel,
    Recusal,
    Sheet,
)
from unionportal.panels.services import decisions, marks, seats

pytestmark = pytest.mark.django_db


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
    panel = make_panel(staff, judges=judges[:1], candidates=["01"], seats=2)
    seats.assign_judge(panel=panel, seat=2, user=judges[1], actor=staff)
    assert pairs(panel) == {(judges[0].name, "01"), (judges[1].name, "01")}


@pytest.mark.parametrize(
    ("seat", "user", "role"),
    [(1, "other", "judge"), (2, "same", "judge"), (3, "other", "chief")],
    ids=["a taken seat", "one person on two seats", "a second chief"],
)
def test_a_seat_is_for_one_and_the_chief_is_one(staff, judges, seat, user, role):
    panel = make_panel(staff, judges=judges[:1], is_open=False, seats=3)
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


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_blind_candidate_is_a_code_wherever_it_is_printed(staff, judges):
    panel = make_panel(staff, judges=judges[:1], candidates=["王小明"], is_blind=True)
    panel.candidates.update(code="A7")
    submit(judges[0], D(50), D(30))
    seats.recuse(
        assignment=panel.assignments.get(), candidate=panel.candidates.get(), actor=staff, note="邻居"
    )
    printed = " ".join(AuditEntry.objects.values_list("target_label", flat=True))
    assert "A7" in printed
    assert "王小明" not in printed
