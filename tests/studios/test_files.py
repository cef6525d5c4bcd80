"""The ledger and achievements from Excel and to Excel."""

import io
from datetime import date

import pytest

from studios.models import Achievement, Recognition, Studio
from studios.services import achievement_files, recognitions, studio_files, studios
from tests.factories import make_unit, workbook
from tests.studios.making import make_achievement, make_studio, staff
from unionportal.common.spreadsheets import WorkbookProblem, open_workbook

pytestmark = pytest.mark.django_db
HEAD = ["台账编号", "工作室名称", "类别", "负责人", "所在单位", "级别", "文号", "认定日期", "授牌日期"]
WHOLE = [
    "A-1",
    "“中医+”工作室",
    "职工",
    "张三",
    "区中医医院",
    "区级",
    "密工发〔2025〕1号",
    "2025-05-20",
    "2025-06-18",
]


def take(*rows, head=HEAD):
    return studio_files.import_studios(workbook=workbook({"台账": [head, *rows]}), actor=staff(), source="x")


class TestLedger:
    def test_a_whole_row_makes_a_studio_with_leader_and_recognition(self):
        make_unit("区中医医院")
        report = take(WHOLE)
        assert (report.made, report.incomplete, report.refused, report.new_units) == (1, 0, [], [])
        studio = Studio.objects.public().get()
        assert (studio.name, studio.leader.name, studio.key) == ("“中医+”工作室", "张三", "A-1")
        held = studio.recognitions.get()
        assert (held.named_on, held.plaque_on) == (date(2025, 5, 20), date(2025, 6, 18))

    def test_a_partial_row_is_taken_and_says_what_it_lacks(self):
        report = take(["", "某工作室", "", "", "", "市级", "", "", ""])
        assert (report.made, report.incomplete) == (1, 1)
        studio = Studio.objects.get()
        assert studio.incomplete_note == "缺负责人、所在单位、文号、认定日期"
        assert studio.recognitions.get().is_incomplete

    def test_the_same_file_again_changes_nothing_and_a_fuller_one_fills_in(self):
        take(["A-1", WHOLE[1], "", "", "区中医医院", "区级", "", "", ""])
        again = take(["A-1", WHOLE[1], "", "", "区中医医院", "区级", "", "", ""])
        assert (again.made, again.updated, again.unchanged) == (0, 0, 1)
        fuller = take(WHOLE)
        assert (fuller.made, fuller.updated, fuller.incomplete) == (0, 1, 0)
        studio = Studio.objects.get()
        assert (studio.is_incomplete, studio.incomplete_note) == (False, "")
        assert Recognition.objects.get().document_number == "密工发〔2025〕1号"

    def test_a_number_that_belongs_to_a_studio_of_another_name_is_refused(self):
        take(WHOLE)
        report = take(["A-1", "另一个工作室", "", "李四", "区中医医院", "市级", "", "", ""])
        assert (report.made, report.updated, report.unchanged) == (0, 0, 0)
        assert "台账编号 A-1 是" in report.refused[0].problem
        assert Studio.objects.get().recognitions.count() == 1

    def test_what_is_there_is_never_written_over(self):
        take(WHOLE)
        Studio.objects.update(field="中医")
        take([*WHOLE, "西医"], head=[*HEAD, "创新领域"])
        assert Studio.objects.get().field == "中医"

    def test_wrong_rows_are_refused_by_row_and_column_and_the_others_taken(self):
        report = take(
            WHOLE,
            ["A-2", "乙工作室", "国家级", "", "", "", "", "", ""],
            ["A-3", "", "", "", "", "", "", "", ""],
            ["A-1", "丙工作室", "", "", "", "", "", "", ""],
            ["A-5", "丁工作室", "", "", "", "区级", "1号", "2025-05-20", "2025-05-01"],
        )
        assert report.made == 1
        assert [(item.row, item.column) for item in report.refused] == [
            (3, "类别"),
            (4, "工作室名称"),
            (5, "台账编号"),
            (6, "授牌日期"),
        ]

    def test_a_file_that_is_no_ledger_is_refused_whole(self):
        with pytest.raises(WorkbookProblem):
            take(["张三"], head=["姓名"])

    def test_a_unit_filled_in_since_does_not_make_a_second_studio(self):
        bare = ["", "某工作室", "", "", "", "区级", "", "", ""]
        take(bare)
        Studio.objects.update(host_unit=make_unit("区医院"))
        assert take(bare).made == 0
        assert Studio.objects.count() == 1

    def test_a_unit_that_the_list_names_later_is_filled_in(self):
        take(["", "某工作室", "", "", "", "区级", "", "", ""])
        report = take(["", "某工作室", "", "", "区医院", "区级", "", "", ""])
        assert (report.made, report.updated) == (0, 1)
        assert Studio.objects.get().host_unit.name == "区医院"

    def test_a_name_of_two_studios_asks_for_the_unit(self):
        for unit in ("甲医院", "乙医院"):
            take(["", "某工作室", "", "", unit, "", "", "", ""])
        report = take(["", "某工作室", "", "", "", "", "", "", ""], WHOLE)
        assert (report.made, [item.row for item in report.refused]) == (1, [2])
        assert "请填写所在单位" in report.refused[0].problem

    def test_what_the_record_refuses_names_the_row_and_the_others_are_taken(self):
        take(WHOLE)
        Recognition.objects.update(plaque_on=None)
        report = take([*WHOLE[:6], "", "", "2025-05-01"], ["", "乙工作室", "", "", "", "", "", "", ""])
        assert (report.made, [item.row for item in report.refused]) == (1, [2])
        assert "授牌日期不能早于成文日期" in report.refused[0].problem

    @pytest.mark.parametrize("end", ["expired", "ended", "delisted"])
    def test_an_old_list_does_not_bring_back_what_has_ended(self, end):
        take(WHOLE)
        studio, held = Studio.objects.get(), Recognition.objects.get()
        if end == "expired":
            recognitions.expire_recognition(recognition=held, actor=staff(), ground="期满")
        elif end == "ended":
            studios.end_studio(studio=studio, actor=staff(), reason="撤销")
        else:
            recognitions.delist(studio=studio, actor=staff(), reason="差", document_number="1号")
        take(WHOLE)
        assert [item.status for item in Recognition.objects.all()] == [
            "delisted" if end == "delisted" else "expired"
        ]
        assert Studio.objects.get().is_incomplete is (end == "expired")

    def test_what_is_exported_can_be_imported_again(self):
        take(WHOLE)
        target = io.BytesIO()
        studio_files.export_studios(studios=Studio.objects.all(), actor=staff(), target=target)
        target.seek(0)
        report = studio_files.import_studios(workbook=open_workbook(target), actor=staff())
        assert (report.made, report.updated, report.unchanged, report.refused) == (0, 0, 1, [])


class TestAchievements:
    HEAD = ("工作室", "年度", "类别", "成果名称", "经济效益（元）", "效益测算依据", "完成人", "保密")

    def take(self, *rows):
        book = workbook({"成果": [list(self.HEAD), *rows]})
        return achievement_files.import_achievements(workbook=book, actor=staff())

    def test_a_row_makes_a_draft_that_is_internal_unless_it_says_otherwise(self):
        make_studio("甲工作室")
        report = self.take(
            ["甲工作室", 2025, "小革新", "快换接头", 12000, "比价", "张三、李四", ""],
            ["甲工作室", 2025, "小发明", "另一项", "", "", "", "可公开"],
        )
        assert report.made == 2
        item = Achievement.objects.get(title="快换接头")
        assert (item.status, item.confidentiality, item.benefit_yuan) == ("draft", "internal", 12000)
        assert list(item.contributions.values_list("position", "name")) == [(1, "张三"), (2, "李四")]
        assert self.take(["甲工作室", 2025, "小革新", "快换接头", "", "", "", ""]).unchanged == 1

    def test_wrong_rows_are_refused(self):
        make_studio("甲工作室")
        report = self.take(
            ["没有的", 2025, "小革新", "一", "", "", "", ""],
            ["甲工作室", 2025, "专利", "二", "", "", "", ""],
            ["甲工作室", 2025, "小革新", "三", 100, "", "", ""],
            ["甲工作室", "去年", "小革新", "四", "", "", "", ""],
            ["甲工作室", 1930, "小革新", "五", "", "", "", ""],
            ["甲工作室", 2025, "小革新", "六", "", "", "", ""],
        )
        assert report.made == 1
        assert [(item.row, item.column) for item in report.refused] == [
            (2, "工作室"),
            (3, "专利号"),
            (4, "效益测算依据"),
            (5, "年度"),
            (6, "整行"),
        ]

    def test_a_secret_is_in_no_export(self):
        make_achievement(title="某型装置", confidentiality="secret")
        make_achievement(title="快换接头")
        target = io.BytesIO()
        count = achievement_files.export_achievements(
            achievements=Achievement.objects.all(), actor=staff(), target=target
        )
        target.seek(0)
        (sheet,) = open_workbook(target).visible_sheets
        assert count == 1
        assert "某型装置" not in str(sheet.rows)
