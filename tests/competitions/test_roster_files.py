"""Roster files refused whole, and what a second import changes."""

import io
import time

import pytest
from django.core.exceptions import ValidationError

from competitions.models import Competition, Entry, Event
from tests.competitions.played import ROSTER, row_counts, table_texts
from tests.competitions.rosters import line, roster_book, summary, take
from tests.factories import (
    id_number,
    make_competition,
    make_unit,
    workbook,
)
from unionportal.audit.models import AuditEntry
from unionportal.common.spreadsheets import Sheet, Workbook, WorkbookProblem, open_workbook
from unionportal.people.models import FormerName, Person, Unit
from unionportal.people.services import merge_units, rename_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(root):
    competition = make_competition(root)
    Event.objects.create(competition=competition, name="钳工", code="QG", position=2)
    return competition


def broken(kind):
    if kind == "text":
        return io.BytesIO("姓名,身份证号\n".encode())
    if kind == "empty":
        return io.BytesIO()
    if kind == "cut":
        return io.BytesIO(b"PK\x03\x04" + b"\0" * 200)
    return io.BytesIO(b"PK\x03\x04" + b"x" * (20 * 1024 * 1024))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("text", "不是 Excel 工作簿"), ("empty", "文件是空的"), ("cut", "损坏"), ("huge", "超过 20 MB")],
)
def test_what_is_no_workbook_is_refused_in_one_sentence(kind, words):
    with pytest.raises(WorkbookProblem, match=words):
        open_workbook(broken(kind))


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        ({"名册": [ROSTER]}, "只有表头，没有数据"),
        ({"名册": []}, "是空的"),
        ({"名册": [("姓名", "单位"), ("张三", "一厂")]}, "缺少列：身份证号、手机号、赛项"),
        ({"名册": [(*ROSTER, "姓名"), [*line(1).values(), "张三"]]}, "表头重复：“姓名”（A 列）、“姓名”（J 列）"),
        (
            {"一": [ROSTER, list(line(1).values())], "二": [ROSTER, list(line(2, "李四").values())]},
            "2 张名册（“一”、“二”）",
        ),
    ],
)  # fmt: skip
def test_a_workbook_that_is_no_roster_is_refused_in_one_sentence_and_nothing_is_written(
    competition, sheets, words
):
    before = row_counts()
    with pytest.raises(WorkbookProblem) as error:
        take(competition, book=workbook(sheets))
    assert words in str(error.value)
    assert row_counts() == before


def test_a_workbook_with_nothing_but_a_hidden_roster_is_refused(competition):
    book = roster_book(line(1))
    hidden = [type(sheet)(sheet.name, sheet.rows, is_hidden=True) for sheet in book.sheets]
    with pytest.raises(WorkbookProblem, match="没有可见的工作表"):
        take(competition, book=type(book)(hidden))


def test_too_many_rows_are_refused_with_the_limit(competition):
    rows = [list(ROSTER), *([f"x{number}"] + [""] * 8 for number in range(50_001))]
    with pytest.raises(WorkbookProblem, match="最多 50000 行"):
        take(competition, book=Workbook([Sheet("名册", rows)]))


@pytest.mark.parametrize("status", ["closed", "cancelled"])
def test_a_competition_that_is_over_takes_no_roster(competition, status):
    Competition.objects.update(status=status)
    before = table_texts()
    with pytest.raises(ValidationError, match="不能再导入名册"):
        take(competition, line(1))
    assert table_texts() == before


def test_a_competition_without_events_takes_no_roster(competition):
    competition.events.all().delete()
    with pytest.raises(ValidationError, match="还没有赛项"):
        take(competition, line(1))


# A second import


def test_a_changed_phone_is_updated_and_the_rest_left_alone(competition):
    take(competition, line(1), line(2, "李四"))
    report = take(competition, line(1, 手机号="13911112222"), line(2, "李四"))
    assert (summary(report), report.updated) == ((1, 1, []), 1)
    assert {(person.name, person.phone) for person in Person.objects.all()} == {
        ("张三", "13911112222"),
        ("李四", "13800000002"),
    }
    assert set(Person.objects.values_list("name", "phone_tail")) == {("张三", "2222"), ("李四", "0002")}


def test_a_changed_unit_occupation_or_level_updates_entry_and_person(competition):
    take(competition, line(1))
    report = take(competition, line(1, 单位="第二机械厂", 工种="钳工", 职业技能等级="技师"))
    assert (summary(report), report.updated, report.new_units) == ((1, 0, []), 1, ["第二机械厂"])
    entry = Entry.objects.select_related("person__unit").get()
    assert (entry.unit_name, entry.occupation, entry.skill_level) == ("第二机械厂", "钳工", "technician")
    assert (entry.person.unit.name, entry.person.occupation, entry.person.skill_level) == (
        "第二机械厂",
        "钳工",
        "technician",
    )


def test_a_roster_from_before_a_unit_was_renamed_or_merged_changes_nothing(competition, root):
    take(competition, line(1), line(2, "李四", 单位="并入厂"))
    rename_unit(unit=Unit.objects.get(name="第一机械厂"), name="第一重工", actor=root)
    merge_units(unit=Unit.objects.get(name="并入厂"), into=make_unit("总厂"), actor=root)
    before = table_texts()
    assert summary(take(competition, line(1), line(2, "李四", 单位="并入厂"))) == (0, 2, [])
    assert table_texts() == before
    assert FormerName.objects.count() == 1


def test_a_roster_where_all_rows_are_bad_leaves_no_trace_but_the_report(competition):
    before = table_texts()
    report = take(competition, line(1, ""), line(2, "李四", 手机号="1"))
    assert summary(report) == (0, 0, [(2, "姓名"), (3, "手机号")])
    assert table_texts() == before


def test_the_audit_line_has_the_counts_and_the_name_of_the_file(competition):
    take(competition, line(1), line(2, "李四", 赛项="x"))
    entry = AuditEntry.objects.get(action="competitions.roster_imported")
    assert entry.details == {
        "accepted": 1, "updated": 0, "unchanged": 0, "refused": 1, "source": "test.xlsx",
    }  # fmt: skip
    units = AuditEntry.objects.get(action="people.units_created")
    assert units.details == {"names": ["第一机械厂"], "source": "test.xlsx"}


def test_five_thousand_rows_in_a_fixed_number_of_statements(competition, django_assert_max_num_queries):
    """The time is printed, not asserted; the number of statements must not grow with the rows."""
    lines = [
        line(
            number % 500,
            f"张{'甲乙丙丁'[number % 4]}",
            身份证号=id_number(number % 500, birth=f"19{60 + number // 500}0101"),
            单位=f"第{number % 90}厂",
        )
        for number in range(5000)
    ]
    book = Workbook(
        [Sheet("名册", [list(ROSTER), *([cell or "" for cell in row.values()] for row in lines)])]
    )
    began = time.perf_counter()
    with django_assert_max_num_queries(30):
        report = take(competition, book=book)
    first = time.perf_counter() - began
    assert (report.accepted, len(report.new_units)) == (5000, 90)
    began = time.perf_counter()
    with django_assert_max_num_queries(12):
        assert take(competition, book=book).unchanged == 5000
    print(f"\n5,000 rows: first {first:.1f} s, again {time.perf_counter() - began:.1f} s")
