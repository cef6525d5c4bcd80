"""The desk without a network: reloading, two tabs, a lost hand-in, and a tablet that changes hands."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import all_ahead, give, saved, says, sheet_with, turn_to
from tests.browser.waiting import until
from tests.panels.desk import D, make_judge, make_panel
from unionportal.accounts.models import Receipt
from unionportal.panels.services import seats

pytestmark = pytest.mark.django_db(transaction=True)


def kept_pages(page):
    """The addresses of the desk's pages that this browser keeps."""
    return page.evaluate(
        """async () => {
            const found = [];
            for (const name of await caches.keys()) {
                if (!name.startsWith("desk-pages-")) continue;
                for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
            }
            return found;
        }"""
    )


def ready(page):
    """Wait until the worker keeps all seven sheets and their files."""
    until(page, "navigator.serviceWorker.controller !== null")
    all_ahead(page)
    until(
        page,
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
            (await (await caches.open(name)).keys()).map((one) => one.url)))).flat()
            .filter((url) => url.includes("/sheets/")).length === 7""",
    )


def quality(page):
    return page.get_by_label(re.compile("^质量得分"))


def test_a_reload_without_a_network_shows_the_same_sheet_and_goes_on(desk, context, panel, judge):
    page = desk("C01")
    ready(page)
    give(page, "41")
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")
    context.set_offline(True)
    quality(page).fill("42")
    turn_to(page, "C02")
    give(page, "50")
    says(page, "未联网，已存本机 5 项")
    turn_to(page, "C01")
    page.reload()
    # What was saved after the page was kept, and what was typed since, are both there.
    expect(quality(page)).to_have_value("42")
    expect(page.get_by_label(re.compile("^安全得分"))).to_have_value("30")
    says(page, "未联网，已存本机 5 项")
    quality(page).fill("43")
    turn_to(page, "C02")
    expect(quality(page)).to_have_value("50")
    turn_to(page, "C03")
    quality(page).fill("33")
    page.reload()
    expect(quality(page)).to_have_value("33")
    assert saved(sheet_with(judge, "C02")) == {}
    context.set_offline(False)
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")
    assert saved(sheet_with(judge, "C01"))["质量"] == D(43)
    assert saved(sheet_with(judge, "C02"))["质量"] == D(50)
    assert saved(sheet_with(judge, "C03")) == {"质量": D(33)}
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.split('.').length > 3)") == []


def test_with_a_network_the_page_is_always_the_newest(desk, context, panel, judge):
    page = desk("C01")
    ready(page)
    seats.close_panel(panel=panel, actor=None)
    page.reload()
    expect(page.get_by_text("评分已截止").first).to_be_visible()
    page.goto(page.url.partition("/sheets/")[0] + "/")
    expect(page.get_by_text("已截止").first).to_be_visible()


def test_a_tablet_that_changes_hands_shows_nothing_of_the_judge_before(
    desk, context, panel, judge, live_server
):
    page = desk("C01")
    ready(page)
    address = page.url
    context.set_offline(True)
    give(page, "41")
    says(page, "未联网，已存本机 4 项")
    context.set_offline(False)
    says(page, "已保存")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="已退出登录")).to_be_visible()
    until(page, "caches.keys().then((names) => !names.some((name) => name.startsWith('desk-pages-')))")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('desk.'))") == []
    context.set_offline(True)
    page.goto(address)
    expect(page.get_by_text("这一页没有留存在本机")).to_be_visible()
    context.set_offline(False)
    other = make_judge("erhao")
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_label("登录名").fill("erhao")
    page.get_by_label("密码").fill("erhao")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/judging/")
    expect(page.get_by_text(other.name)).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("C01")).to_have_count(0)
    context.set_offline(True)
    page.goto(address)
    expect(page.get_by_text("这一页没有留存在本机")).to_be_visible()


def test_another_accounts_page_throws_the_kept_ones_away(desk, context, panel, judge):
    page = desk("C01")
    ready(page)
    assert len(kept_pages(page)) >= 7
    # Signed in elsewhere in this browser, without the sign-in page ever being opened.
    other = make_judge("erhao")
    make_panel(judges=[other], candidates=["别组选手"])
    token = page.evaluate(
        "fetch('/account/login/').then((r) => r.text()).then((t) => /csrfmiddlewaretoken\" value=\"(\\w+)/.exec(t)[1])"
    )
    page.evaluate(
        """(token) => fetch("/account/login/", { method: "POST",
            body: new URLSearchParams({ username: "erhao", password: "erhao", csrfmiddlewaretoken: token }) })
            .then((r) => r.status)""",
        token,
    )
    page.goto(page.url.partition("/sheets/")[0] + "/")
    expect(page.get_by_text(other.name).first).to_be_visible()
    theirs = {f"/judging/sheets/{sheet.uuid}/" for sheet in judge.assignments.get().sheets.all()}
    for _ in range(50):  # the worker throws them away while the page is already shown
        if theirs.isdisjoint(kept_pages(page)):
            break
        page.wait_for_timeout(100)
    assert theirs.isdisjoint(kept_pages(page))


def test_two_tabs_without_a_network_keep_both_and_the_judge_chooses(desk, context, panel, judge):
    first, second = desk("C01"), context.new_page()
    desk("C01", second)
    context.set_offline(True)
    quality(first).fill("41")
    expect(second.locator("[data-notice]")).to_contain_text("另一个标签页也在填写")
    quality(second).fill("55")
    second.get_by_label(re.compile("^安全得分")).fill("20")
    says(first, "未联网，已存本机 1 项")
    says(second, "未联网，已存本机 2 项")
    expect(quality(first)).to_have_value("41")
    context.set_offline(False)
    both = re.compile("这份评分表在别处改过")
    first.wait_for_timeout(3000)
    asked, done = (first, second) if first.get_by_role("dialog", name=both).is_visible() else (second, first)
    says(done, "已保存")
    box = asked.get_by_role("dialog", name=both)
    expect(box.get_by_role("row", name="质量")).to_contain_text("41")
    expect(box.get_by_role("row", name="质量")).to_contain_text("55")
    box.get_by_label("质量用本页的：" + ("41" if asked is first else "55")).check()
    box.get_by_label(re.compile("^安全用.*：20")).check()
    box.get_by_role("button", name="按所选保存").click()
    says(asked, "已保存")
    until(asked, "window.deskOutbox.waiting() === 0")
    assert saved(sheet_with(judge, "C01")) == {"质量": D(41 if asked is first else 55), "安全": D(20)}


def test_what_two_closed_tabs_left_behind_is_offered_one_after_the_other(
    desk, context, browser, panel, judge, live_server
):
    first, second = desk("C01"), context.new_page()
    desk("C01", second)
    context.set_offline(True)
    quality(first).fill("41")
    says(first, "已存本机 1 项")
    second.get_by_label(re.compile("^安全得分")).fill("20")
    says(second, "已存本机 1 项")
    # For the next browser both are closed. Here they stay open, without a network: a page that is being closed gets it
    # back for a moment, and would send what it holds itself.
    later = browser.new_context(locale="zh-CN", storage_state=context.storage_state())
    last = desk("C01", later.new_page())
    box = last.get_by_role("dialog", name="本机有未送达的修改")
    told, restore = box.locator("[data-restore-text]"), box.get_by_role("button", name="恢复并保存")
    before = told.inner_text()
    restore.click()
    expect(told).not_to_have_text(before)
    restore.click()
    expect(box).to_be_hidden()
    says(last, "已保存")
    until(last, "window.deskOutbox.waiting() === 0")
    later.close()
    assert saved(sheet_with(judge, "C01")) == {"质量": D(41), "安全": D(20)}


def test_after_a_pause_a_sheet_sends_again_by_itself_and_at_a_tap(desk, context, panel, judge):
    page = desk("C01")
    seats.close_panel(panel=panel, actor=None)
    give(page, "41")
    expect(page.locator("[data-notice]")).to_contain_text("评分已截止")
    says(page, "暂不能保存，已存本机 4 项")
    expect(quality(page)).to_have_value("41")
    expect(quality(page)).not_to_be_editable()
    with page.expect_response("**/save/") as refused:
        page.get_by_role("button", name="重试").click()
    assert refused.value.status == 400
    seats.reopen_panel(panel=panel, actor=None, reason="继续")
    page.get_by_role("button", name="重试").click()
    says(page, "已保存")
    expect(quality(page)).to_be_editable()
    assert saved(sheet_with(judge, "C01"))["质量"] == D(41)
    seats.close_panel(panel=panel, actor=None)
    quality(page).fill("42")
    expect(page.locator("[data-notice]")).to_contain_text("评分已截止")
    seats.reopen_panel(panel=panel, actor=None, reason="继续")
    says(page, "已保存")
    assert saved(sheet_with(judge, "C01"))["质量"] == D(42)


def test_a_hand_in_whose_answer_got_lost_happens_once_also_over_a_reload(desk, context, panel, judge):
    page, sent, lost = desk("C01"), [], []
    ready(page)
    give(page, "41")
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")

    def lose(route):
        sent.append(route.request.post_data_json)
        route.fetch()
        context.set_offline(True)
        route.abort()
        lost.append(route)

    page.route("**/save/", lose)
    page.get_by_label("裁判签名").fill(judge.name)
    page.get_by_role("button", name="签名并提交").dblclick()
    says(page, "提交尚未送达")
    while not lost:  # the page says so before the answer has come to be lost
        page.wait_for_timeout(50)
    page.unroute("**/save/")
    page.reload()
    says(page, "提交尚未送达")
    context.set_offline(False)
    expect(page.get_by_text("由竞赛工作人员退回").first).to_be_visible(timeout=30000)
    sheet = sheet_with(judge, "C01")
    assert sheet.status == "submitted"
    assert [each["submit"] for each in sent] == [True]
    assert sheet.versions.filter(key=sent[0]["fields"]["key"]).count() == 1
    assert Receipt.objects.filter(action__startswith="panels.submit:").count() == 1


def test_a_double_click_hands_in_once(desk, panel, judge):
    page = desk("C01")
    give(page, "41")
    says(page, "已保存")
    page.get_by_label("裁判签名").fill(judge.name)
    page.get_by_role("button", name="签名并提交").dblclick()
    expect(page.get_by_text("由竞赛工作人员退回").first).to_be_visible()
    page.wait_for_timeout(1500)
    assert Receipt.objects.filter(action__startswith="panels.submit:").count() == 1
    expect(page.locator("[data-notice]")).to_be_hidden()
