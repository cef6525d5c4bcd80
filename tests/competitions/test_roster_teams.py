"""Teams on a roster: rows grouped into entries, faults by row, and the preview."""

import io

import openpyxl
import pytest

from competitions.models import Entry, EntryMember, Event
from tests.competitions.played import ROSTER, competition_of
from tests.competitions.rosters import line, roster_book, summary, take
from tests.factories import make_competition, make_user
from unionportal import roles

pytestmark = pytest.mark.django_db
COLUMNS = (*ROSTER, "队名")


@pytest.fixture
def competition(root):
    competition = make_competition(root)
    Event.objects.create(competition=competition, name="接力", code="JL", position=2, team_size=2)
    return competition


def member(serial, name, team="一队", **changes):
    return line(serial, name, 赛项="接力", 队名=team, **changes)


def take_teams(competition, *lines):
    return take(competition, book=roster_book(*lines, columns=COLUMNS))


def members():
    """{team: [(member, is leader)]} as written."""
    rows = EntryMember.objects.order_by("entry__team_name", "position")
    found = {}
    for team, name, leads in rows.values_list("entry__team_name", "person__name", "is_leader"):
        found.setdefault(team, []).append((name, leads))
    return found


def test_rows_of_one_team_name_make_one_entry_beside_individual_ones(competition):
    report = take_teams(
        competition, member(1, "张三"), line(9, "独行", 队名=None), member(2, "李四"), member(3, "王五", "二 队"),
        member(4, "赵六", "二队"),
    )  # fmt: skip
    assert summary(report) == (5, 0, [])
    assert report.teams == [
        ("接力", "一队", "第一机械厂", ["张三", "李四"]),
        ("接力", "二 队", "第一机械厂", ["王五", "赵六"]),
    ]
    assert members() == {
        "一队": [("张三", True), ("李四", False)],
        "二 队": [("王五", True), ("赵六", False)],
    }
    assert set(Entry.objects.values_list("number", "team_name", "status", "source")) == {
        ("HJ-001", "", "accepted", "roster"),
        ("JL-001", "一队", "accepted", "roster"),
        ("JL-002", "二 队", "accepted", "roster"),
    }


def test_a_team_with_a_bad_row_is_left_out_whole_and_the_others_are_taken(competition):
    report = take_teams(
        competition,
        member(1, "张三"),
        member(2, "李四", 手机号="123"),
        member(3, "王五", "二队"),
        member(4, "赵六", "二队"),
    )
    assert summary(report) == (2, 0, [(2, "队名"), (3, "手机号")])
    assert "同队第 3 行有误" in report.refused[0].problem
    assert set(members()) == {"二队"}


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        ([member(1, "张三")], "队名", "有 1 人，“接力”每队 2 人"),
        ([member(1, "张三", None)], "队名", "队名为空"),
        ([line(1, "张三", 队名="一队")], "队名", "是个人赛项"),
        ([member(1, "张三"), member(2, "李四", 单位="别的厂")], "单位", "单位不一致"),
        ([member(1, "张三", "长" * 51), member(2, "李四", "长" * 51)], "队名", "超过 50 个字"),
    ],
)
def test_what_is_wrong_with_a_team_is_said_by_row(competition, rows, column, words):
    report = take_teams(competition, *rows)
    assert (report.accepted, not Entry.objects.exists()) == (0, True)
    assert {problem.column for problem in report.refused} == {column}
    assert words in report.refused[0].problem
    assert len(report.refused) == len(rows)


def test_nobody_is_in_two_teams_of_an_event(competition):
    report = take_teams(
        competition,
        member(1, "张三"),
        member(2, "李四"),
        member(1, "张三", "二队"),
        member(3, "王五", "二队"),
    )
    assert [problem.row for problem in report.refused] == [4, 5]
    again = take_teams(competition, member(1, "张三", "三队"), member(4, "赵六", "三队"))
    assert "“张三”已在“一队”队" in again.refused[0].problem
    assert set(members()) == {"一队"}


def test_a_second_import_changes_nothing_or_the_members_until_the_team_has_entered_a_stage(competition):
    rows = [member(1, "张三"), member(2, "李四")]
    take_teams(competition, *rows)
    assert summary(take_teams(competition, *rows)) == (0, 2, [])
    swapped = [member(1, "张三"), member(3, "王五")]
    assert take_teams(competition, *swapped).updated == 2
    assert members() == {"一队": [("张三", True), ("王五", False)]}
    entry = Entry.objects.get()
    stage = entry.event.stages.create(name="决赛")
    stage.appearances.create(entry=entry)
    assert summary(take_teams(competition, *swapped)) == (0, 2, [])
    late = take_teams(competition, *rows)
    assert "已进入轮次" in late.refused[0].problem
    assert members() == {"一队": [("张三", True), ("王五", False)]}


def test_the_preview_shows_the_teams_and_the_template_tells_how_to_fill_them_in(client, competition):
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    base = f"/staff/competitions/competition/{competition.pk}/upload/roster/"
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}blank.xlsx").content))
    assert "队名" in [cell.value for cell in book.worksheets[0][1]]
    assert any("队名相同的各行合为一队" in str(row[1].value) for row in book["填写说明"].iter_rows())
    for row in (member(1, "张三"), member(2, "李四")):
        titles = [cell.value for cell in book.worksheets[0][1]]
        book.worksheets[0].append([row.get(title) for title in titles])
    target = io.BytesIO()
    book.save(target)
    target.seek(0)
    target.name = "名册.xlsx"
    page = client.post(base, {"workbook": target}, follow=True).content.decode()
    assert "1 支队伍" in page
    assert "<b>一队</b>（第一机械厂）：张三、李四" in page
    assert not Entry.objects.exists()


def test_individual_rosters_need_no_column_for_teams(root):
    competition, _ = competition_of(root, [])
    assert summary(take(competition, line(1))) == (1, 0, [])
