"""Exam marks from Excel: whole files or nothing, every fault by row and column."""

from decimal import Decimal

import pytest

from competitions.models import Appearance, ModuleScore, Stage
from competitions.services import results, stages
from tests.competitions.marks import (
    EXAM_HEAD,
    exam_marks_now,
    faults,
    refusal,
    statuses,
    take_exam,
    two_events,
)
from tests.competitions.played import (
    competition_of,
    exam,
    import_marks,
    import_theory,
    one_judge_score,
    play,
    same,
    table_texts,
    two_part_final,
)
from tests.factories import (
    id_number,
    make_competition,
    make_entry,
    make_person,
    make_unit,
)
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        (None, "没有成绩"),
        ("  ", "没有成绩"),
        (100.5, "不在 0–100 之间"),
        (-1, "不在 0–100 之间"),
        (80.125, "多于两位小数"),
        ("优秀", "“优秀”不是数字"),
        ("8O", "“8O”不是数字"),
        ("#REF!", "Excel 错误值"),
        (True, "“True”不是数字"),
    ],
)
def test_an_impossible_exam_mark_refuses_the_whole_file_and_names_its_cell(competition, root, mark, problem):
    found = faults(
        lambda: take_exam(competition, [("焊接", "甲", None, 80), ("焊接", "乙", None, mark)], root)
    )
    assert [(row, column) for row, column, _ in found] == [(3, "理论成绩")]
    assert problem in found[0][2]
    assert not found[0][2].endswith("。")


@pytest.mark.parametrize(
    ("mark", "written"), [("８５．５", "85.50"), (0, "0.00"), (100, "100.00"), ("77.25", "77.25")]
)
def test_exam_marks_are_read_exactly_from_numbers_and_text(competition, root, mark, written):
    take_exam(competition, [("焊接", "甲", None, mark)], root)
    assert exam_marks_now() == {("甲", "理论", Decimal(written))}


def test_all_faults_of_an_exam_file_are_told_at_once(competition, root):
    rows = [
        ("焊接", "丙", None, 80),
        ("钳工", "甲", None, 80),
        ("焊接", None, None, 80),
        ("焊接", "甲", "别的厂", 80),
        ("焊接", "乙", None, 101),
        ("焊接", "甲", None, 80),
        ("HJ", "甲", None, 81),
    ]
    assert [(row, column) for row, column, _ in faults(lambda: take_exam(competition, rows, root))] == [
        (2, "姓名"),
        (3, "赛项"),
        (4, "姓名"),
        (5, "单位"),
        (6, "理论成绩"),
        (8, "姓名"),
    ]


def test_two_people_of_one_name_need_unit_or_number(competition, root):
    event = competition.events.get()
    twin = make_entry(event, "甲", unit=make_unit("孪生厂"), number="HJ-900")
    found = faults(lambda: take_exam(competition, [("焊接", "甲", None, 80)], root))
    assert found == [(2, "姓名", "有 2 名选手叫“甲”，分不清是哪一位")]
    take_exam(competition, [("焊接", "甲", "孪生厂", 80)], root)
    assert [item.entry for item in Appearance.objects.all()] == [twin]
    head = (*EXAM_HEAD, "参赛编号")
    take_exam(
        competition, [("焊接", "甲", None, 90, "hj—001"), ("焊接", "甲", None, 70, "HJ-900")], root, head=head
    )
    scores = ModuleScore.objects.exclude(exam_score=None)
    assert set(scores.values_list("attempt__appearance__entry__number", "exam_score")) == {
        ("HJ-001", 90),
        ("HJ-900", 70),
    }  # fmt: skip


def test_two_people_of_one_name_and_unit_are_told_apart_by_number_alone(competition, root):
    unit = make_unit("孪生厂")
    for number in ("HJ-901", "HJ-902"):
        make_entry(competition.events.get(), "丙", unit=unit, number=number)
    rows = [("焊接", "丙", "孪生厂", 80)]
    assert "分不清是哪一位" in faults(lambda: take_exam(competition, rows, root))[0][2]


@pytest.mark.parametrize(
    ("number", "problem"),
    [("HJ-999", "没有这个参赛编号"), ("HJ-002", "参赛编号是“乙”的，本行姓名为“甲”")],
)
def test_a_number_of_nobody_or_of_somebody_else_gives_nobody_marks(competition, root, number, problem):
    head = (*EXAM_HEAD, "参赛编号")
    found = faults(lambda: take_exam(competition, [("焊接", "甲", None, 80, number)], root, head=head))
    assert [(row, column) for row, column, _ in found] == [(2, "参赛编号")]
    assert problem in found[0][2]


def test_an_id_number_finds_its_entry_and_never_one_of_another_name(competition, root):
    person = make_person("丙")
    person.id_number = id_number(7)
    person.save()
    make_entry(competition.events.get(), person=person, number="HJ-907")
    head = (*EXAM_HEAD, "身份证号")
    take_exam(competition, [("焊接", "丙", None, 80, id_number(7))], root, head=head)
    assert exam_marks_now() == {("丙", "理论", Decimal(80))}
    for name, value, problem in (
        ("甲", id_number(7), "身份证号是“丙”的"),
        ("丙", id_number(8), "没有这个身份证号的选手"),
        ("丙", 110118199001010021, "数字格式"),
    ):
        rows = [("焊接", name, None, 80, value)]
        found = faults(lambda rows=rows: take_exam(competition, rows, root, head=head))
        assert problem in found[0][2]
        assert id_number(7) not in str(found)


def test_a_former_name_of_the_unit_finds_the_entry(competition, root):
    unit = make_unit("红星厂", short_name="红星")
    make_entry(competition.events.get(), "丙", unit=unit, number="HJ-903")
    assert take_exam(competition, [("焊接", "丙", "红星", 80)], root).written == 1


@pytest.mark.parametrize("word", ["缺考", " 缺考 ", "缺席"])
def test_who_missed_the_exam_is_entered_as_absent_with_a_reason(competition, root, word):
    report = take_exam(competition, [("焊接", "甲", None, word), ("焊接", "乙", None, 70)], root)
    assert (report.entered, report.written, report.absent) == (2, 1, 1)
    assert statuses() == {"甲": "absent", "乙": "present"}
    assert Appearance.objects.get(status="absent").status_reason == "成绩表登记为缺考"
    again = take_exam(competition, [("焊接", "甲", None, word), ("焊接", "乙", None, 70)], root)
    assert (again.entered, again.written, again.unchanged, again.absent) == (0, 0, 1, 0)


def test_an_exam_mark_for_somebody_recorded_as_absent_is_a_contradiction(competition, root):
    take_exam(competition, [("焊接", "甲", None, "缺考"), ("焊接", "乙", None, 70)], root)
    rows = [("焊接", "甲", None, 60), ("焊接", "乙", None, 70)]
    assert faults(lambda: take_exam(competition, rows, root)) == [(2, "姓名", "“甲”已登记为缺赛")]


def test_the_same_marks_of_somebody_absent_since_are_no_contradiction(entered, root):
    stages.set_appearance_status(
        appearance=Appearance.objects.get(entry__person__name="甲"),
        status="absent",
        reason="急病",
        actor=root,
    )
    rows = [("焊接", "甲", None, 80), ("焊接", "乙", None, 71)]
    report = take_exam(entered, rows, root)
    assert (report.written, report.unchanged) == (1, 1)


def test_somebody_outside_the_stage_is_refused_unless_enter_is_said(competition, root):
    found = faults(lambda: take_exam(competition, [("焊接", "甲", None, 80)], root, enter=False))
    assert found == [(2, "姓名", "“甲”没有进入“焊接 决赛”")]


def test_an_entry_not_accepted_gets_no_marks(competition, root):
    make_entry(competition.events.get(), "丁", status="pending")
    assert faults(lambda: take_exam(competition, [("焊接", "丁", None, 80)], root))[0][:2] == (2, "姓名")


def test_the_same_exam_file_again_writes_nothing_not_even_an_audit_line(entered, root):
    before = table_texts()
    report = import_theory(entered, {"甲": 80, "乙": 70}, root)
    assert vars(report) == {"entered": 0, "written": 0, "unchanged": 2, "timed": 0, "absent": 0}
    assert table_texts() == before


def test_a_changed_exam_mark_is_written_and_audited(entered, root):
    report = import_theory(entered, {"甲": 81, "乙": 70}, root)
    assert (report.written, report.unchanged) == (1, 1)
    assert exam_marks_now() == {("甲", "理论", Decimal(81)), ("乙", "理论", Decimal(70))}
    lines = AuditEntry.objects.filter(action="competitions.exam_marks_imported")
    assert [line.details["written"] for line in lines] == [1, 2]


def test_a_missing_mark_column_is_named(competition, root):
    head = ("赛项", "姓名", "单位", "笔试")
    assert "缺少列：理论成绩" in refusal(
        lambda: take_exam(competition, [("焊接", "甲", None, 1)], root, head=head)
    )


def test_several_exam_modules_each_have_a_column(root):
    final = two_part_final(modules=[exam(20, "笔试"), exam(10, "机试"), one_judge_score()])
    competition, _ = competition_of(root, ["甲", "乙"], final=final)
    head = ("赛项", "姓名", "机试", "笔试成绩")
    take_exam(competition, [("焊接", "甲", 60, 80), ("焊接", "乙", "缺考", 70)], root, head=head)
    assert exam_marks_now() == {("甲", "机试", Decimal(60)), ("甲", "笔试", Decimal(80))}
    assert statuses() == {"甲": "present", "乙": "absent"}
    missing = ("赛项", "姓名", "机试", "理论成绩")
    assert "缺少列：笔试" in refusal(
        lambda: take_exam(competition, [("焊接", "甲", 60, 80)], root, head=missing)
    )


def test_a_stage_without_exam_takes_no_exam_marks(root):
    competition, _ = competition_of(root, ["甲"], final=two_part_final(modules=[one_judge_score(100)]))
    assert "没有考试模块" in refusal(lambda: take_exam(competition, [("焊接", "甲", None, 80)], root))


def stage_statuses():
    return dict(Stage.objects.values_list("event__name", "status"))


def test_marks_of_one_event_leave_the_other_as_it_is(root):
    competition = two_events(root, {"modules": [exam(100)]})
    take_exam(competition, [("焊接", "甲", None, 80)], root)
    assert stage_statuses() == {"焊接": "scoring", "钳工": "preparing"}


def test_an_event_goes_on_after_the_other_has_been_sealed(root):
    competition = two_events(root)
    take_exam(competition, [("焊接", "甲", None, 80)], root)
    import_marks(competition, {"甲": (same(80), 100)}, root)
    results.seal_stage(stage=Stage.objects.get(event__name="焊接"), actor=root)
    take_exam(competition, [("钳工", "丙", None, 80)], root)
    import_marks(competition, {"丙": (same(80), 100)}, root, event="钳工")
    assert stage_statuses() == {"焊接": "sealed", "钳工": "scoring"}
    rows = [("钳工", "丙", None, 81), ("焊接", "甲", None, 81)]
    assert "“焊接 决赛”成绩已锁定，不能再录入成绩" in refusal(lambda: take_exam(competition, rows, root))


@pytest.mark.parametrize("to", ["sealed", "published", "paused", "checking"])
def test_a_stage_that_is_not_marking_takes_neither_kind_of_marks(root, to):
    stage = play(root, {"甲": (80, same(80), 100), "乙": (70, same(70), 100)})
    if to in ("sealed", "published"):
        results.seal_stage(stage=stage, actor=root)
    else:
        stages.move_stage(stage=stage, to=to, actor=root)
    if to == "published":
        results.publish_results(stage=stage, actor=root)
    competition = stage.event.competition
    for call in (
        lambda: import_theory(competition, {"甲": 81}, root),
        lambda: import_marks(competition, {"甲": (same(81), 100)}, root),
    ):
        assert "不能再录入成绩" in refusal(call)


def test_a_cancelled_competition_takes_no_marks(entered, root):
    type(entered).objects.update(status="cancelled")
    assert "竞赛已取消" in refusal(lambda: import_theory(entered, {"甲": 81}, root))
    assert "竞赛已取消" in refusal(lambda: import_marks(entered, {"甲": (same(81), 100)}, root))


# An exam by itself


def test_an_exam_only_round_goes_from_marks_to_sealed_with_those_who_advance(root):
    round_one = {
        "name": "选拔赛",
        "modules": [exam(100, "理论考试")],
        "advance": 2,
    }
    event = {"name": "焊接", "code": "HJ", "stages": [round_one, {"name": "决赛", **two_part_final()}]}
    competition = make_competition(root, events=[event])
    people = {"甲": 90, "乙": 80, "丙": 80, "丁": 60, "戊": "缺考"}
    for number, name in enumerate(people, 1):
        make_entry(competition.events.get(), name, number=f"HJ-{number:03d}")
    import_theory(competition, people, root, stage="选拔赛")
    stage = Stage.objects.get(name="选拔赛")
    sheet = results.seal_stage(stage=stage, actor=root)
    assert [(row.rank, row.name, row.total_text, row.advances) for row in sheet.rows.all()] == [
        (1, "甲", "90.00", True),
        (2, "乙", "80.00", True),
        (2, "丙", "80.00", True),
        (4, "丁", "60.00", False),
        (None, "戊", "", False),
    ]
    assert "前 2 名晋级" in sheet.rule_text
    assert sheet.contestants == 4
    assert set(Stage.objects.values_list("name", "status")) == {("选拔赛", "sealed"), ("决赛", "preparing")}
