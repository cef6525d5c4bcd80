"""The judging desk in a real browser: lost wifi, a second tab, an expired session, keys alone, and no script at all."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.desk import CODES, TABLET, all_ahead, give, saved, says, sheet_with, sign_in, turn_to
from tests.browser.looks import RULES, overflow
from tests.browser.waiting import until
from tests.panels.desk import D, sheet_of, submit
from unionportal.panels.services import seats

pytestmark = pytest.mark.django_db(transaction=True)
WIDE = {"width": 1024, "height": 768}
NARROW = {"width": 360, "height": 740}


def test_a_judge_marks_seven_candidates_with_the_network_cut_in_the_middle(desk, context, panel, judge):
    page = desk("C01")
    all_ahead(page)
    give(page, "41")
    says(page, "已保存")
    turn_to(page, "C02")
    give(page, "42")
    says(page, "已保存")
    context.set_offline(True)
    says(page, "未联网，已存本机 0 项")
    for number in (3, 4, 5):
        turn_to(page, f"C0{number}")
        give(page, f"4{number}")
    says(page, "未联网，已存本机 12 项")
    expect(page.get_by_role("button", name="签名并提交")).to_be_disabled()
    assert saved(sheet_with(judge, "C05")) == {}
    context.set_offline(False)
    for number in (6, 7):
        turn_to(page, f"C0{number}")
        give(page, f"4{number}")
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")
    for number, code in enumerate(CODES, 1):
        expected = {"质量": D(f"4{number}"), "安全": D(30), "表达": 2, "限时": D(5)}
        assert saved(sheet_with(judge, code)) == expected, code
        assert sheet_with(judge, code).versions.count() <= 4
    expect(page.locator("[data-total]").first).to_have_text("88.6666…")
    page.get_by_label("裁判签名").fill(judge.name)
    page.get_by_role("button", name="签名并提交").click()
    expect(page.get_by_text("由竞赛工作人员退回").first).to_be_visible()
    assert sheet_with(judge, "C07").status == "submitted"


def test_two_tabs_show_both_values_and_the_judge_chooses(desk, context, panel, judge):
    first, second = desk("C01"), context.new_page()
    desk("C01", second)
    give(first, "41")
    says(first, "已保存")
    second.get_by_label(re.compile("^质量得分")).fill("55")
    box = second.get_by_role("dialog", name="这份评分表在别处改过")
    expect(box).to_be_visible()
    expect(box.get_by_role("row", name=re.compile("质量"))).to_contain_text("41")
    box.get_by_label("质量用本页的：55").check()
    for name in ("安全用别处的：30", "表达用别处的：2", "限时用别处的：5"):
        box.get_by_label(name).check()
    box.get_by_role("button", name="按所选保存").click()
    says(second, "已保存")
    until(second, "window.deskOutbox.waiting() === 0")
    assert saved(sheet_with(judge, "C01")) == {"质量": D(55), "安全": D(30), "表达": 2, "限时": D(5)}


def test_an_expired_session_parks_what_was_typed_and_sends_it_after_signing_in(desk, panel, judge):
    page = desk("C01")
    Session.objects.all().delete()
    give(page, "41")
    box = page.get_by_role("dialog", name="登录已过期")
    expect(box).to_be_visible()
    box.get_by_label("密码").fill("falsch")
    box.get_by_role("button", name="登录并送出").click()
    expect(box.get_by_role("alert")).to_contain_text("密码不正确")
    box.get_by_label("密码").fill("caipan")
    box.get_by_role("button", name="登录并送出").click()
    expect(box).to_be_hidden()
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")
    assert saved(sheet_with(judge, "C01"))["质量"] == D(41)


def test_what_is_newer_in_the_browser_is_offered_when_the_page_opens_again(desk, context, panel, judge):
    page = desk("C01")
    context.set_offline(True)
    give(page, "41")
    says(page, "未联网，已存本机 4 项")
    page.close()
    context.set_offline(False)
    page = desk("C01", context.new_page())
    box = page.get_by_role("dialog", name="本机有未送达的修改")
    expect(box).to_contain_text("质量 41")
    assert saved(sheet_with(judge, "C01")) == {}
    box.get_by_role("button", name="恢复并保存").click()
    says(page, "已保存")
    assert saved(sheet_with(judge, "C01"))["质量"] == D(41)


def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_key(desk, panel, judge):
    page, keys = desk("C01"), []

    def lose_first_answer(route):
        keys.append(route.request.post_data_json["fields"]["key"])
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    page.route("**/save/", lose_first_answer)
    give(page, "41")
    says(page, "未联网")
    says(page, "已保存")
    assert keys[0] == keys[1]
    assert sheet_with(judge, "C01").versions.filter(key=keys[0]).count() == 1
    assert saved(sheet_with(judge, "C01"))["质量"] == D(41)


def test_a_panel_closed_meanwhile_is_said_and_what_was_typed_stays_to_be_read(desk, panel, judge):
    page = desk("C01")
    seats.close_panel(panel=panel, actor=None)
    give(page, "41")
    expect(page.locator("[data-notice]")).to_contain_text("评分已截止")
    desk("C01")
    expect(page.locator("[data-notice]")).to_contain_text("质量 41")
    assert saved(sheet_with(judge, "C01")) == {}


def test_a_sheet_is_marked_and_signed_with_the_keyboard_alone(desk, panel, judge):
    page = desk("C01")
    page.get_by_label(re.compile("^质量得分")).focus()
    page.keyboard.type("41")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    says(page, "已保存")
    page.get_by_label("裁判签名").focus()
    page.keyboard.type(judge.name)
    page.keyboard.press("Enter")
    expect(page.get_by_text("由竞赛工作人员退回").first).to_be_visible()
    assert saved(sheet_with(judge, "C01")) == {"质量": D("41.5"), "安全": D(30), "表达": 0, "限时": D(0)}


def test_steppers_quick_values_and_deductions_make_the_total(desk, panel, judge):
    page = desk("C01")
    page.get_by_role("group", name="质量常用分").get_by_role("button", name="54").click()
    page.get_by_role("button", name="质量加 0.5").click()
    page.get_by_role("button", name="安全减 0.5").click()
    page.get_by_role("textbox", name="扣分").fill("1.5")
    expect(page.locator("[data-line] [data-error]")).to_have_text("请写明事由。")
    page.get_by_role("textbox", name="事由").fill("超时")
    expect(page.locator("[data-total]").first).to_have_text("93")
    says(page, "已保存")
    sheet = sheet_with(judge, "C01")
    assert saved(sheet) == {"质量": D("54.5"), "安全": D(40)}
    assert [(item.points, item.reason) for item in sheet.deductions.all()] == [(D("1.5"), "超时")]


def test_without_script_the_form_saves_and_hands_in(browser, live_server, panel, judge):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/judging/")
    sign_in(page)
    page.goto(f"{live_server.url}/judging/sheets/{sheet_with(judge, 'C01').uuid}/")
    give(page, "41")
    page.get_by_role("button", name="保存草稿").click()
    assert "已保存" in page.inner_text("main")
    page.get_by_label("裁判签名").fill(judge.name)
    page.get_by_role("button", name="签名并提交").click()
    assert "由竞赛工作人员退回" in page.inner_text("main")
    assert sheet_with(judge, "C01").status == "submitted"
    context.close()


def problems(page, place, troubles_by_place):
    for name, value in ((None, None), ("theme", "dark"), ("contrast", "high"), ("text", "large")):
        if name:
            page.evaluate(f"document.documentElement.setAttribute('data-{name}', '{value}')")
        found = [
            (item["id"], item["nodes"][0]["html"][:120])
            for item in Axe().run(page, options=RULES).response["violations"]
        ]
        if found:
            troubles_by_place[place, name] = found
        if name:
            page.evaluate(f"document.documentElement.removeAttribute('data-{name}')")


def test_axe_finds_nothing_in_four_modes_and_nothing_scrolls_sideways(desk, live_server, panel, judge):
    submit_first(judge)
    page, found, wide = desk("C02"), {}, {}
    paths = {"panels": "/judging/", "sheets": f"/judging/panels/{panel.pk}/"}
    paths |= {code: f"/judging/sheets/{sheet_with(judge, code).uuid}/" for code in ("C01", "C02")}
    for place, path in paths.items():
        page.goto(live_server.url + path)
        for size in (TABLET, WIDE, PHONE, NARROW):
            page.set_viewport_size(size)
            if overflow(page) > 0:
                wide[place, size["width"]] = overflow(page)
            if size in (TABLET, PHONE):
                problems(page, (place, size["width"]), found)
    page.evaluate("document.querySelector('[data-dialog=sign-in]').showModal()")
    problems(page, "sign-in", found)
    assert (found, wide) == ({}, {})


def submit_first(judge):
    submit(judge, D(50), D(30), 2, D(10), label="选手1")
    assert sheet_of(judge, "选手1").status == "submitted"
