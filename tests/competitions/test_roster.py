"""Rosters of every shape: what is found, what is refused and how it is said."""

import re

import pytest

from competitions.models import Entry, Event
from tests.competitions.played import ROSTER
from tests.competitions.rosters import line, roster_book, summary, take, taken
from tests.factories import (
    id_number,
    make_competition,
    make_entry,
    make_person,
    make_unit,
    workbook,
)
from unionportal.people.models import Person, Unit
from unionportal.people.services import merge_units, rename_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(root):
    competition = make_competition(root)
    Event.objects.create(competition=competition, name="钳工", code="QG", position=2)
    return competition


# What is found


def test_columns_in_another_order_under_other_titles_with_more_between_them_are_found(competition):
    columns = (
        "序号",
        "竞赛项目",
        "工作单位",
        "年龄",
        "联系电话",
        "公民身份号码",
        "选手姓名",
        "岗位",
        "技能等级",
    )
    row = (1, "焊接", "第一机械厂", 35, "13800000001", id_number(1), "张三", "焊工", "技师")
    report = take(competition, book=workbook({"表": [columns, row]}))
    assert summary(report) == (1, 0, [])
    assert taken() == {("张三", "第一机械厂", "焊接")}
    entry = Entry.objects.get()
    assert (entry.occupation, entry.skill_level, entry.number) == ("焊工", "technician", "HJ-001")
    assert (entry.person.id_number, entry.person.phone) == (id_number(1), "13800000001")


def test_a_header_in_the_third_row_under_a_title_keeps_the_row_numbers_of_excel(competition):
    above = [("密云区职工技能竞赛报名表",), ("填报单位：", None, "联系人：")]
    report = take(competition, line(1), line(2, "", 手机号="138"), above=above)
    assert summary(report) == (1, 0, [(5, "姓名、手机号")])


def test_blank_rows_between_people_do_not_shift_the_row_numbers(competition):
    report = take(competition, line(1), {}, {}, line(2, "李四", 赛项="游泳"))
    assert summary(report) == (1, 0, [(5, "赛项")])


def test_a_roster_without_gender_level_and_occupation_is_taken(competition):
    report = take(competition, line(1), columns=("姓名", "身份证号", "手机号", "单位", "赛项"))
    assert summary(report) == (1, 0, [])
    person = Person.objects.get()
    assert (person.gender, person.skill_level, person.occupation) == ("女", "", "")


def test_events_are_known_by_name_and_by_code_in_any_width_and_case(competition):
    report = take(
        competition, line(1), line(2, "李四", 赛项="hj"), line(3, "王五", 赛项="ＱＧ"), line(4, "赵六", 赛项=" 钳 工 ")
    )  # fmt: skip
    assert summary(report) == (4, 0, [])
    assert set(Entry.objects.values_list("person__name", "number")) == {
        ("张三", "HJ-001"), ("李四", "HJ-002"), ("王五", "QG-001"), ("赵六", "QG-002"),
    }  # fmt: skip


def test_one_person_may_enter_two_events_and_stays_one_person(competition):
    report = take(competition, line(1), line(1, 赛项="钳工"))
    assert summary(report) == (2, 0, [])
    assert Person.objects.count() == 1
    assert taken() == {("张三", "第一机械厂", "焊接"), ("张三", "第一机械厂", "钳工")}


def test_somebody_known_already_is_found_by_id_number_and_not_made_again(competition):
    person = make_person("张三", unit=make_unit("旧厂"))
    person.id_number = id_number(1)
    person.save()
    report = take(competition, line(1, 性别=None))
    assert summary(report) == (1, 0, [])
    person.refresh_from_db()
    assert list(Person.objects.all()) == [person]
    assert (person.unit.name, person.phone, person.skill_level) == ("第一机械厂", "13800000001", "senior")


def test_short_former_and_merged_names_and_any_brackets_lead_to_the_unit(competition, root):
    full = make_unit("北京密云机械（集团）有限公司", short_name="密云机械")
    renamed = rename_unit(unit=make_unit("红星厂"), name="星火厂", actor=root)
    into = make_unit("新联合公司")
    old = merge_units(unit=make_unit("老联合公司"), into=into, actor=root)
    names = [
        "密云机械",
        "北京密云机械(集团)有限公司",
        "北京 密云机械（集团）有限公司",
        "红星厂",
        "老联合公司",
    ]
    before = Unit.objects.count()
    report = take(competition, *(line(n, f"张{'一二三四五'[n]}", 单位=name) for n, name in enumerate(names)))
    assert (summary(report), report.new_units) == ((5, 0, []), [])
    assert Unit.objects.count() == before
    assert set(Entry.objects.values_list("unit_name", "unit")) == {
        ("密云机械", full.pk),
        ("北京密云机械(集团)有限公司", full.pk),
        ("北京 密云机械（集团）有限公司", full.pk),
        ("红星厂", renamed.pk),
        ("老联合公司", into.pk),
    }
    assert old.merged_into_id == into.pk


def test_a_short_name_of_two_units_leads_to_neither(competition):
    make_unit("密云第一建筑公司", short_name="密建")
    make_unit("密云第二建筑公司", short_name="密建")
    report = take(competition, line(1, 单位="密建"))
    assert report.new_units == ["密建"]


def test_two_spellings_of_a_new_unit_make_one_unit_and_keep_what_was_typed(competition):
    report = take(competition, line(1, 单位="新星（北京）厂"), line(2, "李四", 单位="新星(北京) 厂"))
    assert report.new_units == ["新星（北京）厂"]
    assert Unit.objects.count() == 1
    assert {unit for _, unit, _ in taken()} == {"新星（北京）厂", "新星(北京) 厂"}


def test_middle_dots_and_rare_characters_of_a_name_survive(competition):
    names = ["买买提•吐尔逊", "阿依古丽 . 艾山", "王𬱖", "李\ue863", "　吕 国 "]
    report = take(competition, *(line(n, name) for n, name in enumerate(names)))
    assert summary(report) == (5, 0, [])
    assert set(Person.objects.values_list("name", flat=True)) == {
        "买买提·吐尔逊", "阿依古丽·艾山", "王𬱖", "李\ue863", "吕国",
    }  # fmt: skip


def test_the_same_name_with_another_dot_is_the_same_person_again(competition):
    take(competition, line(1, "买买提·吐尔逊"))
    assert summary(take(competition, line(1, "买买提•吐尔逊"))) == (0, 1, [])


def test_numbers_go_on_after_the_highest_one_in_use(competition):
    event = competition.events.get(code="HJ")
    make_entry(event, "旧人", number="HJ-041", status=Entry.Status.WITHDRAWN)
    take(competition, line(1))
    assert set(Entry.objects.values_list("number", flat=True)) == {"HJ-041", "HJ-042"}


@pytest.mark.parametrize(
    ("word", "code"),
    [("高级工", "senior"), ("三级", "senior"), ("一级", "senior_technician"), ("无", ""), (None, ""), ("首席技师", "chief_technician")],
)  # fmt: skip
def test_skill_levels_are_known_by_name_and_grade(competition, word, code):
    assert summary(take(competition, line(1, 职业技能等级=word))) == (1, 0, [])
    assert Entry.objects.get().skill_level == code


def test_explanations_and_hidden_sheets_beside_the_roster_are_passed_over(competition):
    book = roster_book(line(1), 填表说明=[("一、请如实填写",), ("二、姓名与身份证一致",)], 空表=[])
    assert summary(take(competition, book=book)) == (1, 0, [])
    target = roster_book(line(2, "李四"), 隐藏=[ROSTER, [line(3, "王五").get(c) for c in ROSTER]])
    hidden = [type(sheet)(sheet.name, sheet.rows, is_hidden=sheet.name == "隐藏") for sheet in target.sheets]
    assert summary(take(competition, book=type(target)(hidden))) == (1, 0, [])
    assert {name for name, _, _ in taken()} == {"张三", "李四"}


# What is refused, row by row


@pytest.mark.parametrize(
    ("changes", "column", "problem"),
    [
        ({"姓名": None}, "姓名", "姓名为空"),
        ({"姓名": "张3"}, "姓名", "数字"),
        ({"姓名": "张三、李四"}, "姓名", "符号"),
        ({"身份证号": None}, "身份证号", "为空"),
        ({"身份证号": 110118199001010021}, "身份证号", "数字格式"),
        ({"身份证号": "1.10118E+17"}, "身份证号", "科学计数"),
        ({"身份证号": "110118900101002"}, "身份证号", "15位"),
        ({"身份证号": "110118199002300022"}, "身份证号", "校验位|出生日期"),
        ({"手机号": 13800000001}, "手机号", "数字格式"),
        ({"手机号": "1380000"}, "手机号", "不是11位"),
        ({"手机号": None}, "手机号", "为空"),
        ({"单位": "——"}, "单位", "单位为空"),
        ({"单位": "厂" * 101}, "单位", "超过 100 个字"),
        ({"赛项": None}, "赛项", "赛项为空"),
        ({"赛项": "月嫂"}, "赛项", "没有“月嫂”这个赛项"),
        ({"性别": "男"}, "性别", "与身份证号不符"),
        ({"性别": "女士"}, "性别", "无法识别"),
        ({"职业技能等级": "八级工"}, "职业技能等级", "不认识的等级“八级工”"),
        ({"备注": "#REF!"}, "备注", "错误值"),
    ],
)
def test_a_faulty_cell_refuses_its_row_alone_naming_column_fault_and_remedy(
    competition, changes, column, problem
):
    report = take(competition, line(1), line(2, **{"姓名": "李四", **changes}), line(3, "王五"))
    assert summary(report) == (2, 0, [(3, column)])
    found = report.refused[0]
    assert re.search(problem, found.problem)
    assert found.remedy
    assert {name for name, _, _ in taken()} == {"张三", "王五"}


def test_several_faults_of_a_row_are_told_together_and_each_column_once(competition):
    bad = line(1, "#REF!", 身份证号="123", 手机号="1", 单位=None, 赛项="游泳", 职业技能等级="九段")
    report = take(competition, bad, line(2, "李四"))
    assert summary(report)[2] == [(2, "姓名、身份证号、手机号、单位、赛项、职业技能等级")]
    assert report.refused[0].problem.count("；") == 6
    assert "焊接、钳工" in report.refused[0].remedy


def test_an_id_number_registered_under_another_name_is_refused_with_that_name(competition):
    person = make_person("张三")
    person.id_number = id_number(1)
    person.save()
    report = take(competition, line(1, "李四"))
    assert summary(report) == (0, 0, [(2, "姓名")])
    assert "“张三”" in report.refused[0].problem


def test_one_id_number_under_two_names_in_the_file_is_refused_in_any_event(competition):
    report = take(competition, line(1), line(1, "李四", 赛项="钳工"), line(1, "李四"))
    assert summary(report) == (1, 0, [(3, "姓名"), (4, "姓名")])
    assert "第 2 行" in report.refused[0].problem
    assert "“张三”" in report.refused[0].problem
    assert taken() == {("张三", "第一机械厂", "焊接")}


def test_a_row_twice_in_the_file_is_taken_once(competition):
    report = take(competition, line(1), line(2, "李四"), line(1))
    assert summary(report) == (2, 0, [(4, "身份证号")])
    assert "与第 2 行重复" in report.refused[0].problem


def test_two_id_numbers_of_one_merged_person_are_one_person(competition):
    kept, gone = make_person("张三"), make_person("张三")
    kept.id_number, gone.id_number = id_number(1), id_number(2)
    kept.save()
    gone.merged_into = kept
    gone.save()
    report = take(competition, line(1), line(2))
    assert summary(report) == (1, 0, [(3, "身份证号")])
    assert list(Entry.objects.values_list("person", flat=True)) == [kept.pk]


def test_an_entry_sent_back_is_not_taken_by_a_roster_behind_the_back_of_whoever_sent_it(competition):
    take(competition, line(1))
    Entry.objects.update(status=Entry.Status.RETURNED, reason="缺社保证明")
    report = take(competition, line(1))
    assert summary(report) == (0, 0, [(2, "姓名")])
    assert "缺社保证明" in report.refused[0].problem
    assert Entry.objects.get().status == Entry.Status.RETURNED


def test_an_entry_still_waiting_is_accepted_by_the_roster_that_names_it(competition):
    take(competition, line(1))
    Entry.objects.update(status=Entry.Status.PENDING)
    assert summary(take(competition, line(1))) == (1, 0, [])
    assert Entry.objects.get().status == Entry.Status.ACCEPTED


def test_who_withdrew_enters_anew_under_a_new_number(competition):
    take(competition, line(1))
    Entry.objects.update(status=Entry.Status.WITHDRAWN)
    assert summary(take(competition, line(1))) == (1, 0, [])
    assert set(Entry.objects.values_list("number", "status")) == {
        ("HJ-001", "withdrawn"),
        ("HJ-002", "accepted"),
    }
