"""A union officer runs a small competition in the admin alone, from nothing and from last year's set-up, to its results."""

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
def officer(transactional_db):
    """The account of a union officer of competitions."""
    user = User.objects.create_user("jingsai", "竞赛业务", "gongjiang-2025", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.COMPETITION_STAFF))
    return user


@pytest.fixture
def last_year(officer):
    """Last year's competition."""
    return factories.make_competition(officer, title="测试竞赛第九届")


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


def add_line(page, prefix, noun, **values):
    """Add a line to a table of the page and fill it in."""
    number = page.locator(f"[name='{prefix}-TOTAL_FORMS']").input_value()
    page.get_by_role("button", name=f"添加{noun}", exact=True).click()
    for name, value in values.items():
        field = page.locator(f"[name='{prefix}-{number}-{name}']")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def keep(page):
    page.get_by_role("button", name="保存并继续编辑").click()
    assert "成功修改" in page.inner_text(".messagelist") or "成功添加" in page.inner_text(".messagelist")


def set_up(page):
    """A competition of one event, its final of an exam and a marked module, typed in page by page; ends on its page."""
    fields = {"brand": "工匠杯", "edition": "10", "year": "2026", "title": NEXT, "final_on": "2026/05/23"}
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=public_scope]").select_option(label="公布全部名次和成绩")
    add_line(page, "organisers", "组织单位", name="区总工会", role="主办")
    add_line(page, "events", "赛项", name="焊接", code="HJ")
    keep(page)
    home = page.url
    page.locator("#events-group").get_by_role("link", name="打开").click()
    add_line(page, "stages", "轮次", name="决赛")
    keep(page)
    page.locator("#stages-group").get_by_role("link", name="打开").click()
    add_line(page, "modules", "模块", name="理论", position="1", source="考试成绩录入", weight="30")
    add_line(page, "modules", "模块", name="实操", position="2", source="裁判评分", weight="70")
    add_line(page, "award_rules", "奖项设置", position="1", name="一等奖", count="1")
    add_line(page, "award_rules", "奖项设置", position="2", name="二等奖", count="1")
    keep(page)
    stage = page.url
    page.locator("#modules-group").locator("a[href*='/panels/panel/']").click()
    page.locator("[name=seats]").fill("3")
    page.locator("[name=min_judges]").fill("3")
    page.locator("[name=trim]").select_option("none")
    add_line(page, "criteria", "评分项", position="1", name="质量", maximum="60", clause="GBZ 6-01-02-04 3.1")
    add_line(page, "criteria", "评分项", position="2", name="安全", maximum="40")
    keep(page)
    page.goto(stage)
    add_line(page, "ties", "同分规则", position="1", kind="用时短者列前")
    keep(page)
    page.goto(home)


def play(page, tmp_path):
    """Announce the competition at hand, bring in people and marks, seal and publish; returns the final."""
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
    return Stage.objects.get(event__competition=competition)


def results(stage):
    return list(stage.result_sheets.get().rows.values_list("rank", "name", "award"))


def test_staff_set_up_a_small_competition_from_nothing_and_take_it_to_its_results(
    open_page, officer, tmp_path
):
    page = open_page("/staff/competitions/competition/add/", DESK)
    sign_in(page, "jingsai")
    set_up(page)
    stage = play(page, tmp_path)
    assert stage.status == Stage.Status.PUBLISHED
    assert results(stage) == [(1, "张三", "一等奖"), (2, "李四", "二等奖")]


def test_staff_run_a_small_competition_from_last_years_set_up(open_page, last_year, tmp_path):
    page = open_page(f"/staff/competitions/competition/{last_year.pk}/change/", DESK)
    sign_in(page, "jingsai")
    press(page, "复制为下一届草稿", "已按")
    assert page.locator("#id_title").input_value() == NEXT
    stage = play(page, tmp_path)
    assert stage.status == Stage.Status.PUBLISHED
    assert results(stage) == [(1, "张三", "一等奖"), (2, "李四", "二等奖")]
