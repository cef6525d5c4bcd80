"""A union officer runs a small competition in the admin alone: from last year's set-up to published results."""

import pytest
from django.contrib.auth.models import Group

from competitions.models import Competition, Entry, Stage
from tests import factories
from tests.browser.conftest import DESK
from tests.browser.test_admin_pages import sign_in
from tests.competitions.played import ROSTER
from tests.competitions.rosters import line
from unionportal import roles
from unionportal.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = (("张三", 90, 55), ("李四", 80, 50))
NEXT = "测试竞赛第十届"


@pytest.fixture
def last_year(transactional_db):
    """Last year's competition, and the officer's account."""
    user = User.objects.create_user("jingsai", "竞赛业务", "gongjiang-2025", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.COMPETITION_STAFF))
    return factories.make_competition(user, title="测试竞赛第九届")


def write(folder, name, sheets):
    path = folder / f"{name}.xlsx"
    path.write_bytes(factories.workbook_file(sheets).read())
    return path


def bring_in(page, name, path, *, enter=False):
    page.get_by_role("link", name=f"导入{name}").click()
    page.locator("input[type=file]").set_input_files(path)
    if enter:
        page.locator("input[name=enter]").check()
    page.get_by_role("button", name="上传并预览").click()
    assert "将要改动" in page.inner_text("#content")
    confirmed = page.locator("input[name=units_confirmed]")
    if confirmed.count():
        confirmed.check()
    page.get_by_role("button", name="确认导入").click()
    assert f"{name}已导入" in page.inner_text(".messagelist")


def press(page, button, expected):
    page.get_by_role("button", name=button, exact=True).click()
    assert expected in page.inner_text(".messagelist")


def test_staff_run_a_small_competition_from_last_years_set_up(open_page, last_year, tmp_path):
    page = open_page(f"/staff/competitions/competition/{last_year.pk}/change/", DESK)
    sign_in(page, "jingsai")
    press(page, "复制为下一届草稿", "已按")
    assert page.locator("#id_title").input_value() == NEXT
    press(page, "公告竞赛", "已公告")
    people = [line(number, name) for number, (name, _, _) in enumerate(PEOPLE, 1)]
    roster = {"名册": [ROSTER, *([row.get(column) for column in ROSTER] for row in people)]}
    bring_in(page, "参赛名册", write(tmp_path, "roster", roster))
    exam = [["赛项", "姓名", "理论成绩"], *(["焊接", name, mark] for name, mark, _ in PEOPLE)]
    bring_in(page, "理论成绩", write(tmp_path, "exam", {"理论": exam}), enter=True)
    marks = [[name, f"裁判{seat}", mark, 30, 600] for name, _, mark in PEOPLE for seat in (1, 2, 3)]
    paper = {"焊接": [["姓名", "裁判", "质量", "安全", "用时（秒）"], *marks]}
    bring_in(page, "纸质评分表", write(tmp_path, "paper", paper))
    page.get_by_role("link", name="焊接 决赛").click()
    press(page, "锁定成绩", "成绩已锁定")
    press(page, "发布成绩", "成绩已发布")
    competition = Competition.objects.get(title=NEXT)
    assert Entry.objects.filter(event__competition=competition).count() == 2
    stage = Stage.objects.get(event__competition=competition)
    assert stage.status == Stage.Status.PUBLISHED
    rows = stage.result_sheets.get().rows.values_list("rank", "name", "award")
    assert list(rows) == [(1, "张三", "一等奖"), (2, "李四", "二等奖")]
