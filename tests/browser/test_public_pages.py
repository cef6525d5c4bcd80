"""The public pages as people see them: nothing overflows, nothing is blocked, everything works."""

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.looks import NARROW, overflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
COMPETITION = "/competitions/gongjiangbei-3-2025/"
PAGES = ["/", "/news/", "/competitions/", COMPETITION, f"{COMPETITION}results/YL/2/", "/account/login/"]


def test_no_page_scrolls_sideways_on_a_phone_a_desk_or_a_narrow_screen(open_page):
    wide = {}
    for path in PAGES:
        for size in (NARROW, PHONE, DESK):
            page = open_page(path, size)
            if overflow(page) > 0:
                wide[path, size["width"]] = overflow(page)
    assert wide == {}


def test_a_worker_goes_from_the_home_page_to_how_a_score_came_about(open_page):
    page = open_page("/", PHONE)
    page.get_by_role("link", name="查竞赛成绩").click()
    page.get_by_role("link", name="家政服务业技能大赛").click()
    page.get_by_role("link", name="看养老服务决赛成绩").click()
    assert (
        page.get_by_role("heading", level=1).inner_text().replace("\n", "").replace(" ", "")
        == "养老服务决赛成绩"
    )
    working = page.locator("details.working").first
    assert not working.locator("dl").is_visible()
    working.locator("summary").click()
    text = working.inner_text()
    assert "裁判1" in text
    assert "91.52" in text


def test_the_display_choices_persist_from_page_to_page(open_page):
    page = open_page("/", DESK)
    page.get_by_role("button", name="大字").click()
    page.goto(page.url + "news/")
    assert page.locator("html").get_attribute("data-text") == "large"


def test_pages_work_without_javascript(open_page):
    page = open_page("/competitions/", PHONE, java_script_enabled=False)
    page.get_by_label("年度").select_option("2025")
    page.get_by_role("button", name="筛选").click()
    assert "家政服务业技能大赛" in page.inner_text("main")
    assert "year=2025" in page.url


def test_staff_sign_in_and_reach_the_admin(open_page):
    page = open_page("/staff/", DESK)
    page.get_by_label("登录名").fill("jingsai")
    page.get_by_label("密码").fill("gongjiang-2025")
    page.get_by_role("button", name="登录").click()
    assert page.url.endswith("/staff/")
    assert "竞赛" in page.inner_text("body")
    assert "新闻" not in page.inner_text("#content")
