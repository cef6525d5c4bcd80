"""A worker's account on a phone: signing up with and without script, what is mine, messages; axe reads every page."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache

from tests.browser.conftest import PHONE
from tests.browser.looks import overflow
from tests.browser.test_axe import MODES, PASSES, SCRIPT
from unionportal.demo.accounts import PHONE as WORKERS_PHONE
from unionportal.people.models import Person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
NEW_PHONE, UNIT = "13700000042", "演示精密机械厂"


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.SMS_BACKEND, settings.SHOW_CODES = settings.CONSOLE_SMS, True
    cache.clear()


def read(page, found):
    """Note what axe finds on a page in four modes, and whether it scrolls sideways."""
    name = page.title()
    page.evaluate(Axe().axe_script)
    for size, mode, rules in PASSES:
        attribute, value = MODES[mode]
        page.set_viewport_size(size)
        page.evaluate(f"document.documentElement.setAttribute('data-{attribute}', '{value}')")
        if problems := page.evaluate(SCRIPT, rules):
            found[name, mode] = problems
        page.evaluate(f"document.documentElement.removeAttribute('data-{attribute}')")
    page.set_viewport_size({"width": 360, "height": 740})
    if overflow(page) > 0:
        found[name, "360"] = "scrolls sideways"


def prove(page, url, phone, seen=lambda page: None):
    """Go from the phone number to what follows the right code, which the demo shows."""
    page.goto(url)
    seen(page)
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    seen(page)
    code = re.search(r"验证码是\s*(\d{6})", page.get_by_role("main").inner_text())[1]
    page.get_by_label("验证码").fill(code)
    page.get_by_role("main").get_by_role("button", name="登录").click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_worker_signs_up_and_finds_the_own_page(browser, live_server, has_script):
    with browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=has_script) as context:
        page = context.new_page()
        prove(page, f"{live_server.url}/account/phone/?next=/my/", NEW_PHONE)
        page.get_by_label("姓名").fill("孙工")
        page.get_by_label("单位名称").fill("精密机械")
        if not has_script:
            page.get_by_role("button", name="查找").click()
        page.get_by_label(UNIT).check()
        page.get_by_label("我已阅读并同意隐私声明").check()
        page.get_by_role("button", name="同意并注册").click()
        page.wait_for_url("**/my/")
        assert page.get_by_role("heading", level=1).inner_text() == "孙工"
        page.get_by_role("link", name="核实身份").click()
        assert page.get_by_role("heading", level=1).inner_text() == "核实身份"
    assert Person.objects.get(name="孙工").unit.name == UNIT


def test_axe_finds_nothing_on_the_pages_of_an_account(browser, live_server):
    found = {}

    def seen(page):
        read(page, found)

    with browser.new_context(viewport=PHONE, locale="zh-CN") as context:
        page = context.new_page()
        prove(page, live_server.url + "/account/phone/", NEW_PHONE, seen)
        page.wait_for_url("**/sign-up/")
        page.get_by_label("单位名称").fill("机械")
        page.get_by_label(UNIT).wait_for()
        seen(page)
        page.get_by_label("灵活就业").check()
        page.get_by_label("姓名").fill("孙工")
        page.get_by_label("我已阅读并同意隐私声明").check()
        page.get_by_role("button", name="同意并注册").click()
        page.wait_for_load_state()
        for path in ("/my/", "/my/messages/", "/my/record/", "/account/claim/"):
            page.goto(live_server.url + path)
            seen(page)
    with browser.new_context(viewport=PHONE, locale="zh-CN") as context:
        page = context.new_page()
        prove(page, live_server.url + "/account/phone/?next=/my/", WORKERS_PHONE)
        for path in ("/my/", "/my/messages/", "/my/record/"):
            page.goto(live_server.url + path)
            seen(page)
        page.goto(live_server.url + "/my/messages/?unread=1")
        buttons = page.get_by_role("button", name=re.compile("^标为已读"))
        count = buttons.count()
        buttons.first.click()
        assert buttons.count() == count - 1
        assert "unread=1" in page.url
        page.get_by_role("button", name="全部标为已读").click()
        assert "都看过了" in page.get_by_role("main").inner_text()
    assert found == {}
