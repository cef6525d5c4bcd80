"""A liaison nominates on a phone in a real browser: lost network, a second tab, an expired session, returned and again."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from craftsmen.models import Nomination
from craftsmen.services import branches
from tests.browser.conftest import PHONE
from tests.browser.looks import RULES, overflow
from tests.craftsmen.nominating import Town, complete, picture
from tests.factories import id_number

pytestmark = pytest.mark.django_db(transaction=True)
NARROW = {"width": 360, "height": 740}
CHOICES = ("political", "education", "unit_nature", "is_union_member", "is_front_line")
STEPS = {
    "basic": (*CHOICES, "unit_name", "occupation"),
    "career": ("worked_since", "trade_since", "district_since", "resume"),
    "deeds": ("short_deeds", "full_deeds"),
    "unit": ("unit_opinion", "unit_notice_from", "unit_notice_to", "unit_notice_result"),
}


@pytest.fixture
def town(transactional_db):
    return Town()


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    yield context
    # Whatever the server is still answering must end before the tables are emptied.
    context.set_offline(True)
    for page in context.pages[:1]:
        page.wait_for_timeout(700)
    context.close()


@pytest.fixture
def page(context, live_server, town):
    troubles = []
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{live_server.url}/craftsmen/nominations/")
    page.fill("[name=username]", town.liaison.username)
    page.fill("[name=password]", town.liaison.username)
    page.click("main button[type=submit]")
    yield page
    assert troubles == []


def edit(page, live_server, nomination, step):
    page.goto(f"{live_server.url}/craftsmen/nominations/{nomination.uuid}/edit/{step}/")
    return page


def fill(page, step, values):
    for name in STEPS[step]:
        value = values[name]
        if name in CHOICES:
            page.select_option(f"[name={name}]", str(value))
        else:
            page.fill(f"[name={name}]", str(value))


def go(page, step):
    page.click(f".stepbar button[value={step}]")
    page.wait_for_url(f"**/edit/{step}/")


def test_a_liaison_nominates_on_a_phone_from_start_to_hand_in(page, town):
    page.click("text=新建申报 >> nth=0")
    page.fill("[name=name]", "张三")
    page.fill("[name=id_number]", id_number(1))
    page.click("text=建立草稿，开始填写")
    page.wait_for_url("**/edit/basic/")
    values = complete()
    for step in STEPS:
        fill(page, step, values)
        assert overflow(page) == 0
        page.click("text=保存，下一步")
        page.wait_for_url(lambda url, here=step: f"/edit/{here}/" not in url)
    upload = picture(size=(800, 600))
    page.set_input_files(
        "[name=photo]", {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": upload.read()}
    )
    page.click("[data-photo-whole]", position={"x": 40, "y": 40})
    expect(page.locator("[data-photo-cut]")).to_be_visible()
    page.click("text=上传照片")
    expect(page.locator("img[data-photo-now]")).to_be_visible()
    go(page, "check")
    expect(page.locator(".lacks")).to_contain_text("请确认本人同意公示和宣传")
    page.check("[name=consents_to_publication]")
    page.click("text=提交申报")
    expect(page.locator(".alert-done")).to_contain_text("等待果园街道总工会审核")
    nomination = Nomination.objects.get()
    assert (nomination.status, nomination.short_deeds) == ("submitted", values["short_deeds"])
    assert nomination.photo is not None


def test_what_is_typed_without_a_network_is_kept_and_sent_when_it_is_back(page, town, context, live_server):
    nomination = town.start()
    edit(page, live_server, nomination, "deeds").fill("[name=short_deeds]", "联网时写的。")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    context.set_offline(True)
    page.fill("[name=short_deeds]", "联网时写的。断网后又写的。")
    expect(page.locator("[data-saved]")).to_contain_text("未联网，已存本机 1 项")
    page.click("text=保存，下一步")
    expect(page.locator("[data-notice]")).to_contain_text("还不能翻页")
    assert page.input_value("[name=short_deeds]") == "联网时写的。断网后又写的。"
    context.set_offline(False)
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    assert Nomination.objects.get().short_deeds == "联网时写的。断网后又写的。"


def test_what_was_kept_when_the_page_was_closed_is_offered_again(page, town, context, browser, live_server):
    nomination = town.start()
    edit(page, live_server, nomination, "deeds")
    context.set_offline(True)
    page.fill("[name=short_deeds]", "关掉页面前写的。")
    expect(page.locator("[data-saved]")).to_contain_text("未联网")
    # The first browser stays without a network: a page that is left lives on for a moment, and would send it itself.
    later = browser.new_context(viewport=PHONE, locale="zh-CN", storage_state=context.storage_state())
    page.close()
    again = edit(later.new_page(), live_server, nomination, "deeds")
    expect(again.locator("[data-restore-text]")).to_contain_text("事迹简介")
    with again.expect_response(lambda response: response.request.method == "POST"):
        again.click("text=恢复并保存")
    expect(again.locator("[data-saved]")).to_contain_text("已保存")
    later.close()
    assert Nomination.objects.get().short_deeds == "关掉页面前写的。"


def test_the_sign_in_page_leaves_nothing_of_a_saved_form_in_the_browser(page, town, context, live_server):
    edit(page, live_server, town.start(), "deeds").fill("[name=short_deeds]", "已经保存的事迹。")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    assert "已经保存的事迹" in page.evaluate("JSON.stringify(localStorage)")
    context.clear_cookies()
    page.goto(f"{live_server.url}/account/login/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"


def test_two_tabs_ask_only_about_what_both_have_changed(page, town, context, live_server):
    nomination = town.start()
    edit(page, live_server, nomination, "deeds")
    other = edit(context.new_page(), live_server, nomination, "deeds")
    other.fill("[name=unique_skill]", "别处写的绝活")
    expect(other.locator("[data-saved]")).to_contain_text("已保存")
    page.fill("[name=short_deeds]", "本页写的事迹")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    expect(page.locator("[name=unique_skill]")).to_have_value("别处写的绝活")
    other.fill("[name=short_deeds]", "别处写的事迹")
    expect(other.locator("[data-dialog=conflict]")).to_be_visible()
    expect(other.locator("[data-conflict-rows]")).to_contain_text("本页写的事迹")
    other.click("text=别处保存")
    other.click("text=按所选保存")
    expect(other.locator("[name=short_deeds]")).to_have_value("本页写的事迹")
    now = Nomination.objects.get()
    assert (now.short_deeds, now.unique_skill) == ("本页写的事迹", "别处写的绝活")


def test_an_expired_session_loses_nothing_of_what_was_typed(page, town, live_server):
    nomination = town.start()
    edit(page, live_server, nomination, "deeds")
    Session.objects.all().delete()
    page.fill("[name=full_deeds]", "过期前写了很久的详细事迹。")
    expect(page.locator("[data-dialog=sign-in]")).to_be_visible()
    page.fill("#password", town.liaison.username)
    page.click("text=登录并保存")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    assert Nomination.objects.get().full_deeds == "过期前写了很久的详细事迹。"


def test_what_cannot_be_saved_is_not_said_to_be_on_its_way(page, town, live_server):
    nomination = town.start()
    edit(page, live_server, nomination, "deeds")
    Nomination.objects.filter(pk=nomination.pk).update(status="withdrawn", withdrawn_reason="不报了")
    page.fill("[name=full_deeds]", "撤回以后又写的。")
    expect(page.locator("[data-notice]")).to_contain_text("现在不能修改")
    expect(page.locator("[data-saved]")).to_have_text("没有保存")


def test_returned_corrected_and_handed_in_again(page, town, live_server):
    nomination = town.submit()
    branches.send_back(nomination=nomination, actor=town.reviewer, reason="简历请写到月份")
    page.goto(f"{live_server.url}/craftsmen/nominations/")
    expect(page.locator(".noms")).to_contain_text("简历请写到月份")
    page.click(".noms a")
    page.click("text=修改并重新提交")
    go(page, "career")
    page.fill("[name=resume]", "2005 年 7 月至今 甲厂 焊工")
    go(page, "check")
    page.click("text=提交申报")
    expect(page.locator(".alert-done")).to_contain_text("已提交")
    expect(page.locator(".way")).to_contain_text("退回")
    now = Nomination.objects.get()
    assert (now.status, now.resume) == ("submitted", "2005 年 7 月至今 甲厂 焊工")


def test_the_counter_counts_as_the_server_does(page, town, live_server):
    edit(page, live_server, town.start(), "deeds").fill("[name=short_deeds]", "𠮷" * 3 + "\n工")
    expect(page.locator(".counter").first).to_have_text("已填 5 / 500 字")
    page.fill("[name=short_deeds]", "工" * 501)
    expect(page.locator(".counter").first).to_have_text("已填 501 字，超出 1 字")


def test_every_page_fits_a_narrow_phone_and_axe_finds_nothing(page, town, live_server):
    submitted, draft = town.submit(), town.start("李四", 2)
    page.set_viewport_size(NARROW)
    paths = [
        "",
        "new/",
        f"{submitted.uuid}/",
        *(f"{draft.uuid}/edit/{step}/" for step in (*STEPS, "papers", "check")),
    ]
    wrong = {}
    for path in paths:
        page.goto(f"{live_server.url}/craftsmen/nominations/{path}")
        found = Axe().run(page, options=RULES).response["violations"]
        if overflow(page) or found:
            wrong[path] = overflow(page), [item["id"] for item in found]
    assert wrong == {}
