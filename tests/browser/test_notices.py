"""Public notices in a real browser: nothing overflows, and somebody objects on a phone."""

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.looks import NARROW, overflow
from tests.browser.test_admin_pages import sign_in
from unionportal.accounts.models import User
from unionportal.demo.notices import load_notice
from unionportal.notices.models import Objection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


@pytest.fixture
def notice(demo):
    return load_notice(actor=User.objects.get(username="admin"))


def test_its_pages_do_not_scroll_sideways(open_page, notice):
    wide = {}
    for path in ("/notices/", notice.get_absolute_url(), f"{notice.get_absolute_url()}objection/"):
        for size in (NARROW, PHONE, DESK):
            page = open_page(path, size)
            if overflow(page) > 0:
                wide[path, size["width"]] = overflow(page)
    assert wide == {}


def test_somebody_objects_on_a_phone_without_a_script(open_page, notice):
    page = open_page("/notices/", PHONE, java_script_enabled=False)
    page.get_by_role("link", name="拟命名人选公示").click()
    page.get_by_role("link", name="提出异议", exact=True).click()
    page.get_by_label("对谁提出").select_option(label="马飚，北京密云供电公司，密云工匠")
    page.get_by_label("姓名或单位名称").fill("张某某")
    page.get_by_label("联系电话").fill("1381234")
    page.get_by_label("异议内容").fill("所列成果并非本人完成。")
    page.get_by_label("我已阅读个人信息说明").check()
    page.get_by_role("button", name="提交异议").click()
    assert "没有提交" in page.inner_text("main")
    assert page.get_by_label("异议内容").input_value() == "所列成果并非本人完成。"
    page.get_by_label("联系电话").fill("13812345678")
    page.get_by_role("button", name="提交异议").click()
    assert page.get_by_role("heading", level=1).inner_text() == "异议已收到"
    objection = Objection.objects.get(line__notice=notice)
    assert objection.receipt in page.inner_text("main")
    assert (objection.line.name, objection.line.status, objection.name) == ("马飚", "held", "张某某")


def test_a_field_for_machines_is_out_of_sight_and_out_of_reach(open_page, notice):
    page = open_page(f"{notice.get_absolute_url()}objection/", PHONE)
    trap = page.locator("[name=website]")
    assert trap.bounding_box()["x"] < 0
    assert trap.get_attribute("tabindex") == "-1"


def test_staff_register_and_decide_an_objection(open_page, notice, live_server):
    page = open_page(f"/staff/notices/publicnotice/{notice.pk}/change/", DESK)
    sign_in(page, "xuanshu")
    page.get_by_role("link", name="登记异议").click()
    page.get_by_label("渠道").select_option("visit")
    page.get_by_label("对象").select_option(label="马飚，北京密云供电公司，密云工匠")
    page.get_by_label("姓名或单位名称").fill("来访人李")
    page.get_by_label("联系方式").fill("010-69040000")
    page.get_by_label("异议内容").fill("来访反映。")
    page.get_by_role("button", name="登记").click()
    page.get_by_label("核查结论").fill("经查，反映不属实。")
    page.get_by_role("button", name="异议不成立").click()
    assert "异议不成立" in page.inner_text(".messagelist")
    objection = Objection.objects.get(line__notice=notice)
    assert (objection.status, objection.finding, objection.line.status) == (
        "dismissed",
        "经查，反映不属实。",
        "clear",
    )
