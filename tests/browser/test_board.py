"""The chief judge's board in a real browser: an afternoon from the first alarm to the sealing, and how it looks."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from competitions.models import Stage
from tests.browser.conftest import DESK, PHONE
from tests.competitions.boards import make_board, mark, practical, sheet_of, url
from tests.factories import make_superuser, make_user
from unionportal import roles
from unionportal.panels.models import Sheet

pytestmark = pytest.mark.django_db(transaction=True)
TABLET = {"width": 1024, "height": 768}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}
MODES = ((None, None), ("theme", "dark"), ("contrast", "high"), ("text", "large"))
PEOPLE = ("赵一鸣", "钱二妹", "孙三友", "李四维", "周五味", "吴六顺")


@pytest.fixture
def staged():
    """(stage, chief judge) of six people and five judges: an alarm, an open tie, a sheet that is missing."""
    stage, chief, _ = make_board(
        make_superuser(),
        people=PEOPLE,
        judges=5,
        ranks_shared=False,
        ties=["实操"],
        panel={"spread_limit": 8},
    )
    given = ((70, 80, 82, 84, 86), (90,) * 5, (90,) * 5, (88, 87, 86, 85, 84), (60, 62, 64, 66, 67))
    for name, values in zip(PEOPLE, (*given, (75, 76, None, 77, 78)), strict=True):
        mark(stage, name, *values)
    return stage, chief


def sign_in(page, user):
    page.get_by_label("登录名").fill(user.username)
    page.get_by_label("密码").fill(user.username)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/judging/stages/**")


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def shoot(page, name):
    """Keep a picture where BOARD_SHOTS says."""
    if os.environ.get("BOARD_SHOTS"):
        page.screenshot(path=Path(os.environ["BOARD_SHOTS"]) / f"{name}.png", full_page=True)


def test_the_chief_judge_decides_what_is_open_and_staff_seal(open_page, live_server, staged):
    stage, chief = staged
    page = open_page(url(stage), TABLET)
    sign_in(page, chief)
    alarm = page.locator("article.matter", has_text="赵一鸣 · 实操分差 16 分")
    alarm.get_by_role("button", name="已复核评分表，各裁判依据充分，维持原评分").click()
    assert "已记录分差说明" in page.get_by_role("status").inner_text()
    assert alarm.count() == 0
    tie = page.locator("article.matter", has_text="同分待裁定")
    tie.get_by_label("钱二妹的先后").select_option("2")
    tie.get_by_label("孙三友的先后").select_option("1")
    tie.get_by_label("裁定的理由").fill("加试一题，孙三友用时短")
    tie.get_by_role("button", name="记录先后").click()
    assert "同分裁定：孙三友列第 1" in page.inner_text("main")
    page.get_by_role("link", name="周五味").click()
    page.locator("li", has_text="评委二").locator("summary").click()
    page.locator("li", has_text="评委二").get_by_label("退回的理由").fill("漏记安全扣分")
    page.locator("li", has_text="评委二").get_by_role("button", name="退回评分表").click()
    assert "评分表已退回裁判修改" in page.get_by_role("status").inner_text()
    assert Sheet.objects.get(pk=sheet_of(stage, "周五味", 2).pk).reopen_reason == "漏记安全扣分"
    page.get_by_role("link", name="回到评分总览").click()
    page.get_by_role("button", name="截止评分").click()
    assert Stage.objects.get().status == Stage.Status.CHECKING


def test_staff_seal_once_nothing_is_in_the_way(open_page, live_server, staged):
    stage, _ = staged
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    page = open_page(url(stage), DESK)
    sign_in(page, staff)
    page.get_by_role("link", name="吴六顺").click()
    page.locator("select[name=status]").select_option("withdrawn")
    page.get_by_label("情况说明").fill("身体不适，本人书面提出")
    page.get_by_role("button", name="登记").click()
    assert "弃权：身体不适" in page.inner_text("main")
    page.goto(live_server.url + url(stage))
    page.get_by_role("button", name="维持原评分").first.click()
    page.get_by_label("钱二妹的先后").select_option("1")
    page.get_by_label("孙三友的先后").select_option("2")
    page.get_by_label("裁定的理由").fill("加试一题")
    page.get_by_role("button", name="记录先后").click()
    assert "没有了，可以锁定成绩" in page.inner_text("main")
    page.get_by_label("已与裁判长").check()
    page.get_by_role("button", name="锁定成绩").click()
    assert "成绩已锁定" in page.get_by_role("status").inner_text()
    assert Stage.objects.get().status == Stage.Status.SEALED


def test_the_board_updates_itself_but_not_under_somebodys_hands(open_page, staged):
    stage, chief = staged
    page = open_page(url(stage), DESK)
    page.clock.install()
    sign_in(page, chief)
    row = page.locator("tr", has_text="吴六顺")
    assert "未开始" in row.inner_text()
    page.get_by_label("钱二妹的先后").select_option("1")
    mark_late(stage)
    page.clock.run_for(16000)
    page.wait_for_timeout(300)
    assert page.get_by_label("钱二妹的先后").input_value() == "1"
    assert "未开始" in row.inner_text()
    page.get_by_label("钱二妹的先后").select_option("")
    page.evaluate("document.activeElement.blur()")
    page.clock.run_for(16000)
    row.get_by_text("79").wait_for()


def mark_late(stage):
    Sheet.objects.filter(panel=practical(stage), status="not_started").update(
        status="submitted", total_thirds=237, submitted_at="2025-05-23T10:00:00+08:00"
    )
    sheet = sheet_of(stage, "吴六顺", 3)
    for criterion in practical(stage).criteria.all():
        sheet.marks.create(criterion=criterion, value=79)


def test_the_board_fits_every_screen_and_axe_finds_nothing_in_four_modes(open_page, live_server, staged):
    stage, _ = staged
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    candidate = practical(stage).candidates.get(label="赵一鸣")
    pages = {
        "board": url(stage),
        "row": url(stage, "people", str(candidate.uuid)),
        "list": "/judging/stages/",
    }
    found = {}
    for size in (DESK, TABLET, PHONE, {"width": 360, "height": 740}):
        page = open_page(url(stage), size)
        sign_in(page, staff)
        for name, path in pages.items():
            page.goto(live_server.url + path)
            page.evaluate("document.querySelectorAll('details.other').forEach(item => item.open = true)")
            for mode, value in MODES:
                if mode:
                    page.evaluate(f"document.documentElement.setAttribute('data-{mode}', '{value}')")
                problems = [item["id"] for item in Axe().run(page, options=RULES).response["violations"]]
                if problems or overflow(page) > 0:
                    found[name, size["width"], mode] = (problems, overflow(page))
                shoot(page, f"{name}-{size['width']}-{value or 'light'}")
                if mode:
                    page.evaluate(f"document.documentElement.removeAttribute('data-{mode}')")
    assert found == {}
