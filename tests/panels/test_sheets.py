"""Saving, handing in and giving back sheets, at the screen and from paper."""

import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.factories import make_user
from tests.panels.desk import (
    D,
    actions,
    given,
    make_judge,
    make_panel,
    rubric,
    save,
    sheet_of,
    submit,
)
from tests.portal.threads import in_threads, only_error
from unionportal.panels.models import (
    Assignment,
    Deduction,
    Mark,
    Sheet,
    SheetVersion,
)
from unionportal.panels.services import decisions, marks, seats

pytestmark = pytest.mark.django_db

Status = Sheet.Status


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
def test_a_save_that_meets_the_closing_waits_for_it_and_is_refused():
    staff, judge = make_user(), make_judge("jia")
    panel = make_panel(staff, judges=[judge], candidates=["01"])
    closed = threading.Event()

    def close():
        with transaction.atomic():
            seats.close_panel(panel=panel, actor=staff)
            closed.set()
            time.sleep(0.4)

    def late_save():
        closed.wait(5)
        return save(judge, D(10), D(10))

    error = in_threads(close, late_save)[1]
    assert isinstance(error, ValidationError)
    assert "评分已截止" in error.messages[0]
    assert not Mark.objects.exists()


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
