"""Paper mark sheets from Excel: whole files or nothing, every fault by row and column."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from competitions.models import Appearance, Attempt, Stage
from competitions.services import stages
from tests.competitions.marks import (
    PAPER_HEAD,
    faults,
    refusal,
    statuses,
    take_exam,
    take_paper,
    two_events,
)
from tests.competitions.played import (
    JUDGES,
    competition_of,
    exam,
    import_marks,
    import_theory,
    marks_book,
    one_judge_score,
    same,
    table_texts,
    two_part_final,
)
from tests.factories import (
    make_competition,
    make_entry,
    make_user,
)
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Assignment, Candidate, Mark, Sheet, SheetVersion
from unionportal.panels.services import seats

pytestmark = pytest.mark.django_db


def paper(*rows, head=PAPER_HEAD, title="焊接"):
    return {title: [head, *rows]}


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        (None, "没有打分"),
        (100.5, "应在 0 到 100 分之间"),
        (-0.5, "应在 0 到 100 分之间"),
        (80.25, "以 0.5 分为一档"),
        ("好", "“好”不是数字"),
        ("#N/A", "错误值"),
    ],
)
def test_an_impossible_mark_refuses_the_whole_paper_file_and_names_its_cell(entered, root, mark, problem):
    rows = [("甲", "裁判1", 80, 100), ("乙", "裁判1", mark, 100)]
    found = faults(lambda: take_paper(entered, paper(*rows), root))
    assert [(row, column) for row, column, _ in found] == [(3, "总评（100）")]
    assert problem in found[0][2]


def test_all_faults_of_a_paper_file_are_told_at_once(entered, root):
    make_entry(entered.events.get(), "丙", number="HJ-950")
    rows = [
        ("丁", "裁判1", 80, 100),
        ("丙", "裁判1", 80, 100),
        ("甲", None, 80, 100),
        ("甲", "裁判1", 80, 100),
        ("甲", "裁判1", 81, 100),
        ("甲", "裁判2", 80, 101),
        ("乙", "裁判2", 80, "很快"),
    ]
    assert [(row, column) for row, column, _ in faults(lambda: take_paper(entered, paper(*rows), root))] == [
        (2, "姓名"),
        (3, "姓名"),
        (4, "裁判"),
        (6, "裁判"),
        (7, "用时（秒）"),
        (8, "用时（秒）"),
    ]


def test_more_judges_than_seats_are_refused_with_a_hint_at_spelling(entered, root):
    rows = [("甲", f"裁判{number}", 80, 100) for number in range(1, 7)]
    found = faults(lambda: take_paper(entered, paper(*rows), root))
    assert found == [(7, "裁判", "共有 6 名裁判，多于设定的 5 个席位")]
    import_marks(entered, {"甲": (same(80), 100)}, root)
    found = faults(lambda: take_paper(entered, paper(("乙", "裁判 1", 80, 100)), root))
    assert "多于设定的 5 个席位" in found[0][2]


def test_a_chief_judge_who_does_not_mark_takes_no_marking_seat(entered, root):
    seats.assign_judge(
        panel=Stage.objects.get().modules.get(source="panel").panel,
        seat=6,
        actor=root,
        user=make_user(),
        role=Assignment.Role.CHIEF,
        is_marking=False,
    )
    assert import_marks(entered, {"甲": (same(80), 100)}, root).written == 5


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (("姓名", "裁判", "用时"), "缺少评分项：总评"),
        (("姓名", "裁判", "总评（60）", "用时"), "满分与评分标准（100 分）不一致"),
        (("姓名", "总评（100）", "用时"), "缺少列：裁判"),
    ],
)
def test_a_paper_file_of_another_rubric_is_refused_in_one_sentence(entered, root, head, words):
    assert words in refusal(lambda: take_paper(entered, paper([1] * len(head), head=head), root))


@pytest.mark.parametrize("title", ["总评", "总评(100)", "总评（100分）", "总评 （100.0）", "总评（１００）"])
def test_the_maximum_beside_a_criterion_may_be_written_in_many_ways(entered, root, title):
    rows = [("甲", "裁判1", 80, 100)]
    head = ("姓名", "裁判", title, "用时")
    assert take_paper(entered, paper(*rows, head=head), root).written == 1


def test_a_work_sheet_named_after_no_event_is_refused_where_there_are_several(root):
    competition = two_events(root)
    import_theory(competition, {"甲": 80}, root)
    rows = [("甲", "裁判1", 80, 100)]
    assert "工作表“电工”对不上赛项，请把工作表改名为赛项名：焊接、钳工" in refusal(
        lambda: take_paper(competition, paper(*rows, title="电工"), root)
    )
    for title in ("焊接", "hj", "焊接决赛", "焊接评分表"):
        take_paper(competition, paper(*rows, title=title), root)
    assert Sheet.objects.filter(status="submitted").count() == 1


def test_of_two_events_with_one_beginning_the_longer_name_is_meant(root):
    events = [
        {"name": name, "code": code, "stages": [{"name": "决赛", **two_part_final()}]}
        for name, code in (("家政", "A"), ("家政服务", "B"))
    ]
    competition = make_competition(root, events=events)
    entry = make_entry(competition.events.get(code="B"), "甲")
    take_exam(competition, [("B", "甲", None, 80)], root)
    take_paper(competition, paper(("甲", "裁判1", 80, 100), title="家政服务评分表"), root)
    assert Sheet.objects.get().candidate.module_score.attempt.appearance.entry == entry


def test_where_a_file_has_several_sheets_a_fault_names_its_sheet(root):
    competition = two_events(root)
    take_exam(competition, [("焊接", "甲", None, 80), ("钳工", "丙", None, 80)], root)
    good = [PAPER_HEAD, ("甲", "裁判1", 80, 100)]
    for bad, problem in (
        (("丁", "裁判1", 80, 100), "“钳工”表：“钳工”的选手中没有“丁”"),
        (("丙", "裁判1", 101, 100), "“钳工”表：“总评”应在 0 到 100 分之间"),
        (("丙", "裁判1", "#REF!", 100), "“钳工”表：单元格是 Excel 错误值 #REF!"),
    ):
        sheets = {"焊接": good, "钳工": [PAPER_HEAD, bad]}
        found = faults(lambda sheets=sheets: take_paper(competition, sheets, root))
        assert [(row, problem) for row, _, problem in found] == [(2, problem)]


def test_the_same_judge_and_contestant_on_two_work_sheets_is_a_duplicate(entered, root):
    sheets = {
        "焊接": [PAPER_HEAD, ("甲", "裁判1", 80, 100)],
        "焊接决赛": [PAPER_HEAD, ("甲", "裁判1", 70, 100)],
    }
    found = faults(lambda: take_paper(entered, sheets, root))
    assert found == [(2, "裁判", "“焊接决赛”表：裁判1给“甲”的评分与“焊接”表：第 2 行重复")]


def test_one_event_may_be_spread_over_two_work_sheets(entered, root):
    sheets = {
        "焊接": [PAPER_HEAD, ("甲", "裁判1", 80, 100)],
        "焊接决赛": [PAPER_HEAD, ("乙", "裁判1", 70, 100)],
    }
    assert take_paper(entered, sheets, root).written == 2


def test_two_panel_modules_come_on_two_work_sheets_of_their_event(root):
    second = {**one_judge_score(40), "name": "答辩", "criteria": [{"name": "表达", "max": 100}]}
    competition, _ = competition_of(
        root, ["甲"], final=two_part_final(modules=[exam(), one_judge_score(30), second])
    )
    import_theory(competition, {"甲": 80}, root)
    sheets = {
        "焊接": [PAPER_HEAD, ("甲", "裁判1", 80, 100)],
        "焊接答辩": [("姓名", "裁判", "表达"), ("甲", "裁判1", 60)],
    }
    assert take_paper(competition, sheets, root).written == 2
    assert set(Mark.objects.values_list("criterion__name", "value")) == {("总评", 80), ("表达", 60)}
    sheets["焊接答辩"] = [("姓名", "裁判", "表达", "用时"), ("甲", "裁判1", 60, 99)]
    assert "用时前后不一" in faults(lambda: take_paper(competition, sheets, root))[0][2]


@pytest.mark.parametrize(("text", "seconds"), [(1329, 1329), ("22:09", 1329), ("22：09", 1329), ("1329", 1329), (0, 0)])  # fmt: skip
def test_times_are_seconds_or_minutes_and_seconds(entered, root, text, seconds):
    take_paper(entered, paper(("甲", "裁判1", 80, text)), root)
    assert Attempt.objects.get(appearance__entry__person__name="甲").seconds == seconds


@pytest.mark.parametrize("text", ["22:61", -1, 1.5, "快", 86400])
def test_an_unreadable_time_is_refused(entered, root, text):
    assert "无法识别" in faults(lambda: take_paper(entered, paper(("甲", "裁判1", 80, text)), root))[0][2]


def test_a_time_that_changes_alone_is_written_told_and_audited(entered, root):
    import_marks(entered, {"甲": (same(80), 100)}, root)
    report = import_marks(entered, {"甲": (same(80), 90)}, root)
    assert vars(report) == {"entered": 0, "written": 0, "unchanged": 5, "timed": 1, "absent": 0}
    assert Attempt.objects.get(appearance__entry__person__name="甲").seconds == 90
    assert AuditEntry.objects.filter(action="competitions.panel_marks_imported").first().details["timed"] == 1


def test_who_did_not_come_to_the_practical_is_recorded_and_gets_no_sheets(entered, root):
    rows = [("甲", judge, 80, 100) for judge in JUDGES]
    report = take_paper(entered, paper(*rows, ("乙", "缺赛", None, None)), root)
    assert (report.written, report.absent) == (5, 1)
    assert statuses() == {"甲": "present", "乙": "absent"}
    assert Candidate.objects.get(label="乙").is_marked is False
    found = faults(lambda: take_paper(entered, paper(("乙", "裁判1", 80, 100)), root))
    assert found == [(2, "姓名", "“乙”已登记为缺赛")]


def test_absent_and_marked_in_one_file_is_a_contradiction(entered, root):
    rows = [("甲", "裁判1", 80, 100), ("甲", "缺赛", None, None)]
    assert faults(lambda: take_paper(entered, paper(*rows), root)) == [
        (3, "裁判", "“甲”登记为缺赛，同表又有评分")
    ]


def test_the_same_paper_file_again_writes_nothing_not_even_an_audit_line(entered, root):
    people = {"甲": (same(80), 100), "乙": (same(70.5), 120)}
    import_marks(entered, people, root)
    before = table_texts()
    report = import_marks(entered, people, root)
    assert vars(report) == {"entered": 0, "written": 0, "unchanged": 10, "timed": 0, "absent": 0}
    assert table_texts() == before


def test_a_changed_mark_makes_a_new_version_and_keeps_the_old(entered, root):
    import_marks(entered, {"甲": (same(80), 100)}, root)
    report = import_marks(entered, {"甲": ((80, 81.5, 80, 80, 80), 100)}, root)
    assert (report.written, report.unchanged) == (1, 4)
    versions = SheetVersion.objects.filter(sheet__assignment__label="裁判2").order_by("number")
    assert [(version.number, version.body["marks"], version.saved_by) for version in versions] == [
        (1, {"总评": "80"}, str(root)),
        (2, {"总评": "81.5"}, str(root)),
    ]
    assert SheetVersion.objects.count() == 6
    sheet = Sheet.objects.get(assignment__label="裁判2")
    assert (sheet.version, sheet.total_thirds, sheet.status) == (2, Decimal("244.50"), "submitted")


def test_changed_marks_drop_a_tie_decided_on_the_old_ones(entered, root):
    import_marks(entered, {"甲": (same(80), 100), "乙": (same(80), 100)}, root)
    stages.decide_tie(appearances=list(Appearance.objects.all()), reason="加试", actor=root)
    import_marks(entered, {"甲": (same(80), 100), "乙": (same(80), 100)}, root)
    assert set(Appearance.objects.values_list("decided_place", flat=True)) == {1, 2}
    import_marks(entered, {"甲": (same(80), 99)}, root)
    assert set(Appearance.objects.values_list("decided_place", "decided_reason")) == {(None, "")}


def test_levels_and_met_or_not_are_checked_as_their_kind_asks(root):
    criteria = [
        {"name": "操作", "max": 60, "step": 1},
        {"name": "尺寸", "max": 30, "kind": "measurement", "partial": 15},
        {"name": "外观", "max": 10, "kind": "judgement", "levels": ["差", "中", "良", "优"]},
    ]
    modules = [exam(), {**one_judge_score(), "criteria": criteria}]
    competition, _ = competition_of(root, ["甲", "乙"], final=two_part_final(modules=modules))
    import_theory(competition, {"甲": 80, "乙": 80}, root)
    head = ("姓名", "裁判", "操作", "尺寸（30）", "外观（10）")
    bad = [("甲", "裁判1", 60.5, 20, 4), ("乙", "裁判1", 60, 0, 1.5)]
    assert [
        (row, column) for row, column, _ in faults(lambda: take_paper(competition, paper(*bad, head=head), root))
    ] == [(2, "操作"), (2, "尺寸（30）"), (2, "外观（10）"), (3, "外观（10）")]  # fmt: skip
    good = [("甲", "裁判1", 60, 15, 2), ("乙", "裁判1", 50, 30, 3)]
    assert take_paper(competition, paper(*good, head=head), root).written == 2
    assert dict(Sheet.objects.values_list("candidate__label", "total_thirds")) == {
        "甲": Decimal("245.00"),
        "乙": Decimal("270.00"),
    }
    assert take_paper(competition, paper(*good, head=head), root).unchanged == 2


def test_a_stage_without_panel_takes_no_paper(root):
    competition = two_events(root, {"modules": [exam(100)]})
    take_exam(competition, [("焊接", "甲", None, 80)], root)
    assert "没有由裁判评分的模块" in refusal(
        lambda: take_paper(competition, paper(("甲", "裁判1", 80, 1)), root)
    )


def test_a_locked_panel_keeps_its_rubric_and_seats_once_marks_are_in(entered, root):
    import_marks(entered, {"甲": (same(80), 100)}, root)
    panel = Stage.objects.get().modules.get(source="panel").panel
    assert panel.locked_at is not None
    with pytest.raises(ValidationError, match="裁判与评分项不能再改"):
        seats.assign_judge(panel=panel, seat=9, actor=root, label="裁判9")


def test_the_book_of_the_tests_has_one_row_per_judge():
    assert len(marks_book({"甲": (same(80), 1), "乙": ((80, None), 1)}).sheets[0].rows) == 1 + 5 + 1
