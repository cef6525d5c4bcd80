"""A visitor on a phone: from the gallery through the filter to a craftsman's page and the poster; and on paper."""

import pytest

from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def small_targets(page):
    """The links and controls of the main part that are lower than 44 px and stand alone."""
    return page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main select, main input')]
          .filter(e => e.offsetParent && !e.closest('.crumbs, p, .mile'))
          .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 90))"""
    )


def test_a_visitor_finds_a_craftsman_on_a_phone_and_gets_the_poster(open_page, live_server):
    page = open_page("/craftsmen/", PHONE)
    assert overflow(page) <= 0
    assert small_targets(page) == []
    assert "已公开 2 名，其余 8 名，名单以公示为准。" in page.inner_text("main")
    page.get_by_label("称号").select_option("密云工匠")
    page.get_by_label("姓名或单位").fill("陆")
    page.get_by_role("button", name="筛选").click()
    assert page.locator(".who").count() == 1
    page.get_by_role("link", name="陆刚").click()
    assert page.get_by_role("heading", level=1).inner_text() == "陆刚"
    assert overflow(page) <= 0
    assert small_targets(page) == []
    assert "无轨采矿设备" in page.inner_text("main")
    poster = page.locator(".share-poster img")
    poster.scroll_into_view_if_needed()
    assert poster.evaluate("image => image.decode().then(() => image.naturalWidth)") >= 1080
    response = page.request.get(f"{live_server.url}/craftsmen/people/lugang/poster.png")
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "private, no-store"


def test_the_gallery_filters_without_javascript(open_page):
    page = open_page("/craftsmen/", PHONE, java_script_enabled=False)
    page.get_by_label("称号").select_option("密云能手")
    page.get_by_role("button", name="筛选").click()
    assert "共 20 名，名单以公示为准。" in page.inner_text("main")
    assert page.locator(".who").count() == 0


def test_pages_hold_in_large_text_and_high_contrast(open_page):
    for path in ("/craftsmen/", "/craftsmen/people/weipeicheng/", "/craftsmen/selections/2025/"):
        page = open_page(path, {"width": 360, "height": 740})
        page.evaluate("document.documentElement.dataset.text = 'large'")
        page.evaluate("document.documentElement.dataset.contrast = 'high'")
        assert overflow(page) <= 0, path


def test_a_craftsmans_page_prints_without_what_paper_cannot_do(open_page):
    page = open_page("/craftsmen/people/lugang/", DESK)
    page.emulate_media(media="print")
    assert not page.locator(".share").is_visible()
    assert not page.locator(".nav-main").is_visible()
    assert page.get_by_role("heading", name="陆刚").is_visible()
    ground = page.locator(".profile-top").evaluate("element => getComputedStyle(element).backgroundColor")
    assert ground == "rgba(0, 0, 0, 0)"


def test_an_expert_finds_nominees_to_mark(open_page):
    page = open_page("/judging/", DESK)
    page.get_by_label("登录名").fill("pingwei")
    page.get_by_label("密码").fill("gongjiang-2025")
    page.get_by_role("button", name="登录").click()
    assert "密云工匠" in page.inner_text("main")
