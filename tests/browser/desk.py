"""A judge at the desk in a browser: the fixtures and the moves that the tests of the desk share."""

import re

import pytest
from playwright.sync_api import expect

from tests.panels.desk import make_candidate, make_judge, make_panel
from unionportal.panels.models import Criterion, CriterionLevel, Mark
from unionportal.panels.services import seats

TABLET = {"width": 820, "height": 1180}
BRIEF = "【作品说明】\n" + "一枪焊成，不补不磨。" * 120
CODES = ["C01", "C02", "C03", "C04", "C05", "C06", "C07"]


@pytest.fixture
def judge(transactional_db):
    return make_judge("caipan")


@pytest.fixture
def panel(judge):
    """A blind panel open for marking, with seven candidates and a criterion of each kind."""
    panel = make_panel(judges=[judge], is_open=False, levels=True, is_blind=True)
    timed = {"name": "限时", "maximum": 10, "partial": 5, "kind": "measurement"}
    Criterion.objects.create(panel=panel, position=4, **timed)
    for level in range(4):
        CriterionLevel.objects.create(
            criterion=panel.criteria.get(name="表达"), level=level, text=f"第 {level} 级的描述"
        )
    for order, code in enumerate(CODES, 1):
        make_candidate(panel, f"选手{order}", code=code, order=order, station=str(order), blind_brief=BRIEF)
    return seats.open_panel(panel=panel, actor=None)


@pytest.fixture
def context(browser, live_server):
    context = browser.new_context(viewport=TABLET, locale="zh-CN")
    yield context
    context.close()


@pytest.fixture
def troubles():
    """What went wrong in the script or against the policy; a refused or lost request is part of these tests."""
    found = []
    yield found
    assert found == []


@pytest.fixture
def desk(context, live_server, judge, troubles):
    """Open the sheet of a code, signed in as the judge."""

    def listen(page):
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: hear(line, troubles))

    context.on("page", listen)
    page = context.new_page()
    page.goto(f"{live_server.url}/judging/")
    sign_in(page)

    def open_sheet(code, tab=None):
        opened = tab or page
        opened.goto(f"{live_server.url}/judging/sheets/{sheet_with(judge, code).uuid}/")
        return opened

    return open_sheet


def hear(line, troubles):
    if line.type == "error" and "Failed to load resource" not in line.text:
        troubles.append(line.text)


def sign_in(page):
    page.get_by_label("登录名").fill("caipan")
    page.get_by_label("密码").fill("caipan")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/judging/")


def sheet_with(judge, code):
    return judge.assignments.get().sheets.get(candidate__code=code)


def saved(sheet):
    return {
        mark.criterion.name: mark.given
        for mark in Mark.objects.filter(sheet=sheet).select_related("criterion")
    }


def give(page, quality, safety="30"):
    page.get_by_label(re.compile("^质量得分")).fill(quality)
    page.get_by_label(re.compile("^安全得分")).fill(safety)
    page.get_by_role("radio", name=re.compile("^2 级")).check()
    page.get_by_role("radio", name=re.compile("^部分达标")).check()


def says(page, words):
    expect(page.locator("[data-conn] b")).to_contain_text(re.compile(words), timeout=15000)


def turn_to(page, code):
    page.get_by_role("navigation", name="切换评审对象").get_by_role("link", name=re.compile(code)).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(code)


def all_ahead(page):
    """Wait until the other candidates have been loaded beforehand."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    page.wait_for_load_state("networkidle")
