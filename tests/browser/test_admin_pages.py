"""The admin in a real browser: its scripts and styles run under the strict policy, nothing is refused."""

import pytest
from playwright.sync_api import expect

from competitions.models import Competition
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
PAGES = [
    "/staff/",
    "/staff/competitions/competition/",
    "/staff/competitions/competition/add/",
    "/staff/competitions/stage/",
    "/staff/competitions/entry/?status__exact=accepted",
    "/staff/people/person/",
    "/staff/people/person/add/",
    "/staff/news/article/add/",
    "/staff/files/storedfile/add/",
    "/staff/audit/auditentry/",
    "/staff/accounts/user/add/",
]


def sign_in(page, username="admin"):
    page.get_by_label("登录名").fill(username)
    page.get_by_label("密码").fill("gongjiang-2025")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/staff/**")


def test_every_kind_of_admin_page_runs_under_the_strict_policy(open_page, live_server):
    page = open_page("/staff/", DESK)
    sign_in(page)
    for path in PAGES:
        response = page.goto(live_server.url + path)
        assert response.status == 200, path
        assert "unsafe" not in response.headers["content-security-policy"]


def test_staff_choose_a_date_and_a_unit_with_the_admins_own_widgets(open_page, live_server):
    page = open_page("/staff/", DESK)
    sign_in(page)
    page.goto(f"{live_server.url}/staff/people/person/add/")
    page.locator(".field-birth_date").get_by_role("link", name="今天").click()
    assert page.locator("#id_birth_date").input_value()
    page.locator(".field-unit .select2-selection").click()
    page.locator(".select2-search__field").fill("果园")
    page.locator(".select2-results__option", has_text="果园母婴护理中心").click()
    assert "果园母婴护理中心" in page.locator(".field-unit").inner_text()


def test_staff_upload_a_picture_and_see_it(open_page, live_server, tmp_path):
    picture = tmp_path / "赛场.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page = open_page("/staff/", PHONE)
    sign_in(page)
    page.goto(f"{live_server.url}/staff/files/storedfile/add/")
    page.locator("#id_upload").set_input_files(picture)
    page.locator("#id_purpose").fill("新闻题图")
    page.locator("input[name=_save]").click()
    assert "JPEG" in page.locator(".errorlist").first.inner_text()


def test_staff_announce_a_draft_from_the_list(open_page, live_server):
    page = open_page("/staff/", DESK)
    sign_in(page, "jingsai")
    page.goto(f"{live_server.url}/staff/competitions/competition/")
    page.locator("tr", has_text="第三届“工匠杯”").locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option(label="结束所选竞赛")
    page.get_by_role("button", name="执行").click()
    page.get_by_role("button", name="结束竞赛").click()
    assert "已转为“已结束”" in page.inner_text(".messagelist")
    assert Competition.objects.get(edition=3).status == Competition.Status.CLOSED


def test_one_box_ticks_every_row_of_the_yearly_review(open_page, live_server):
    page = open_page("/staff/", PHONE)
    sign_in(page)
    page.goto(f"{live_server.url}/staff/craftsmen/honour/review/")
    rows, ticked = page.locator("input[name=honour]"), page.locator("input[name=honour]:checked")
    expect(ticked).to_have_count(0)
    everybody = page.get_by_label("全选本页")
    everybody.check()
    expect(ticked).to_have_count(rows.count())
    rows.first.uncheck()
    expect(everybody).not_to_be_checked()
    expect(ticked).to_have_count(rows.count() - 1)
