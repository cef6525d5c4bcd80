"""Learners from an Excel roster: seats in the order of the rows, bad rows by row and column, nothing half-written."""

import pytest
from django.core.exceptions import ValidationError

from academies.services import rosters
from tests import factories
from tests.academies.runs import enrol_all, make_run
from unionportal.common.spreadsheets import WorkbookProblem
from unionportal.people.models import Person, Unit
from unionportal.people.services import merge_units

pytestmark = pytest.mark.django_db
HEAD = ["姓名", "单位", "身份证号", "手机号"]


def take(run, *rows, head=HEAD):
    return rosters.import_roster(
        run=run, workbook=factories.workbook({"名单": [head, *rows]}), actor=None, source="名单.xlsx"
    )


def test_rows_take_the_seats_in_their_order_and_the_rest_wait():
    unit = factories.make_unit("甲厂")
    known = factories.make_person("张三", unit=unit)
    run = make_run(capacity=2)
    report = take(
        run,
        ["张三", "甲厂", "", ""],
        ["李四", "甲厂", factories.id_number(7), "13812345678"],
        ["王五", "乙厂", "", ""],
        ["赵六", "灵活就业", "", ""],
    )
    assert (report.seated, report.waiting, report.refused) == (2, 2, [])
    assert report.new_units == ["乙厂"]
    assert len(report.new_people) == 3
    assert run.enrolments.get(person=known).status == "approved"
    assert Person.objects.get(name="李四").phone == "13812345678"
    assert Person.objects.get(name="赵六").unit is None
    assert [item.person.name for item in run.enrolments.waiting()] == ["王五", "赵六"]


def test_the_same_file_twice_enrols_nobody_twice():
    run = make_run()
    rows = (["张三", "甲厂", "", ""], ["李四", "甲厂", "", ""])
    take(run, *rows)
    report = take(run, *rows)
    assert (report.written, report.unchanged) == (0, 2)
    assert Person.objects.count() == 2


def test_bad_rows_are_told_by_row_and_column_and_the_good_ones_enter():
    unit = factories.make_unit("甲厂")
    for _ in range(2):
        factories.make_person("双胞", unit=unit)
    factories.make_person("某人", id_number=factories.id_number(3))
    report = take(
        make_run(),
        ["双胞", "甲厂", "", ""],
        ["好人", "甲厂", "", ""],
        ["坏号", "甲厂", "110118199001010010", ""],
        ["别人", "甲厂", factories.id_number(3), ""],
        ["", "甲厂", "", ""],
        ["无单位", "", "", ""],
        ["好人", "甲厂", "", ""],
    )
    assert report.seated == 1
    assert [(item.row, item.column) for item in report.refused] == [
        (2, "身份证号"), (4, "身份证号"), (5, "姓名"), (6, "姓名"), (7, "单位"), (8, "姓名"),
    ]  # fmt: skip
    assert "2 位" in report.refused[0].problem
    assert not Person.objects.filter(name="坏号").exists()


def test_a_person_with_another_id_number_is_somebody_else_and_one_without_must_be_cleared_up():
    unit = factories.make_unit("甲厂")
    factories.make_person("张三", unit=unit, id_number=factories.id_number(4))
    report = take(make_run(), ["张三", "甲厂", factories.id_number(5), ""])
    assert report.seated == 1
    assert Person.objects.filter(name="张三").count() == 2
    factories.make_person("李四", unit=unit)
    report = take(make_run(), ["李四", "甲厂", factories.id_number(6), ""])
    assert (report.seated, report.refused[0].column) == (0, "身份证号")


def test_a_row_refused_for_want_of_a_seat_leaves_no_person_and_no_unit_behind():
    run = make_run(capacity=1, has_waiting_list=False)
    enrol_all(run, [factories.make_person("先到")])
    report = take(run, ["后来", "新单位", "", ""])
    assert (report.seated, report.refused[0].row) == (0, 2)
    assert (report.new_units, report.new_people) == ([], [])
    assert not Unit.objects.filter(name="新单位").exists()
    assert not Person.objects.filter(name="后来").exists()


def test_a_draft_takes_no_roster_and_a_file_without_names_is_refused_whole():
    with pytest.raises(ValidationError, match="请先发布"):
        take(make_run(status="draft"), ["张三", "甲厂", "", ""])
    with pytest.raises(WorkbookProblem, match="单位"):
        take(make_run(), ["张三"], head=["姓名"])


@pytest.mark.parametrize("name", ["张 三", "张　三", "买买提•艾力", "买买提.艾力"])
def test_a_name_written_another_way_is_the_same_person_the_next_time(name):
    run = make_run()
    take(run, [name, "甲厂", "", ""])
    report = take(run, [name, "甲厂", "", ""])
    assert (report.written, report.unchanged) == (0, 1)
    assert Person.objects.count() == 1


def test_people_of_a_unit_that_was_merged_are_found_under_both_names():
    run, old, new = make_run(), factories.make_unit("甲厂"), factories.make_unit("乙厂")
    enrol_all(run, [factories.make_person("张三", unit=old), factories.make_person("李四", unit=old)])
    merge_units(unit=old, into=new, actor=None)
    report = take(run, ["张三", "甲厂", "", ""], ["李四", "乙厂", "", ""])
    assert (report.written, report.unchanged) == (0, 2)


def test_a_number_that_comes_in_elsewhere_meanwhile_refuses_its_row_only(monkeypatch):
    find = rosters.RosterReader._found

    def find_too_early(reader, name, id_number, unit_name):
        found = find(reader, name, id_number, unit_name)
        if id_number and found is None:
            factories.make_person("李四", id_number=id_number)
        return found

    monkeypatch.setattr(rosters.RosterReader, "_found", find_too_early)
    run = make_run()
    report = take(run, ["李四", "甲厂", factories.id_number(7), ""], ["王五", "甲厂", "", ""])
    assert [(item.row, item.column) for item in report.refused] == [(2, "身份证号")]
    assert "请重新上传一次名单" in report.refused[0].remedy
    assert report.seated == 1
