"""axe finds nothing on any page, in four modes. The pages are all routes there are: a new one is read by itself.

The admin's pages are read elsewhere. A page is loaded once and changes its mode as its reader would change it.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from competitions.models import Competition, Stage
from tests.browser.conftest import DESK, PHONE
from tests.portal import broken_urls
from tests.test_access import PUBLIC, ROUTES, url_of
from unionportal.accounts.models import User
from unionportal.demo import loading
from unionportal.demo.notices import load_notice
from unionportal.files.models import StoredFile
from unionportal.news.models import Article
from unionportal.news.services import withdraw_article
from unionportal.panels.models import Sheet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
JUDGE = "caipan"
MODES = {
    "light": ("theme", "light"),
    "dark": ("theme", "dark"),
    "high": ("contrast", "high"),
    "large": ("text", "large"),
}
EVERYTHING = ["wcag2a", "wcag2aa"]
# Dark and high contrast change colours and nothing else.
COLOURS = ["color-contrast", "link-in-text-block"]
PASSES = [
    (PHONE, "large", EVERYTHING),
    (DESK, "light", EVERYTHING),
    (DESK, "dark", COLOURS),
    (DESK, "high", COLOURS),
]
SCRIPT = """
rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found => found.violations.map(one => one.id))
"""
FRAGMENTS = {"account_bar"}


def pages():
    """(addresses that everybody opens, addresses that the chief judge opens), none of the admin's."""
    sheet = Sheet.objects.filter(assignment__user__username=JUDGE).select_related("candidate__panel").first()
    panel = sheet.candidate.panel
    things = {
        "slug": Competition.objects.get(brand="工匠杯", edition=3).slug,
        "round": ("YL", 2),
        "news.article": Article.objects.exclude(cover=None).first(),
        "news.column": Article.objects.first().column,
        "public_file": StoredFile.objects.filter(is_public=True, extension=".png").first(),
        "panels.panel": panel,
        "panels.sheet": sheet,
        "panels.candidate": sheet.candidate,
        "competitions.stage": Stage.objects.get(modules__panel=panel),
        "notices.publicnotice": load_notice(actor=User.objects.get(username="admin")),
    }
    named = {name: url_of(name, things) for name in ROUTES if not name.startswith("admin:")}
    named["open for entry"] = Competition.objects.get(brand="工匠杯", edition=4).get_absolute_url()
    named["nothing found"] = reverse("news:article_list") + "?q=没有的词"
    gone = Article.objects.last()
    withdraw_article(article=gone, actor=User.objects.get(username="admin"), reason="测试")
    named["gone"] = gone.get_absolute_url()
    named |= {status: f"/broken/{status}/" for status in broken_urls.RAISED}
    open_to_all = {name: url for name, url in named.items() if name in PUBLIC or name not in ROUTES}
    return open_to_all, {name: url for name, url in named.items() if name not in open_to_all}


def is_page(answer):
    """A page to be read: not a file or feed, and not a route that takes POST only."""
    return answer.status != 405 and answer.headers["content-type"].startswith("text/html")


def read(page, name, url, found, is_signed_in):
    """Open a page and note what axe finds on it in each mode; False where there is no page."""
    if not is_page(page.request.get(url)):
        return False
    page.goto(url)
    if is_signed_in and page.locator(".account").count():
        page.locator(".account form").wait_for(state="attached")
    page.evaluate(Axe().axe_script)
    for size, mode, rules in PASSES:
        attribute, value = MODES[mode]
        page.set_viewport_size(size)
        page.evaluate(f"document.documentElement.setAttribute('data-{attribute}', '{value}')")
        if problems := page.evaluate(SCRIPT, rules):
            found[name, mode] = problems
        page.evaluate(f"document.documentElement.removeAttribute('data-{attribute}')")
    return True


def test_axe_finds_nothing_on_any_page_in_four_modes(browser, live_server, settings):
    settings.ROOT_URLCONF = "tests.portal.broken_urls"
    open_to_all, judges = pages()
    found, seen = {}, set()
    with browser.new_context(viewport=DESK, locale="zh-CN") as context:
        page = context.new_page()
        for addresses in (open_to_all, judges):
            for name, url in addresses.items():
                is_one = name not in FRAGMENTS and not name.endswith("logout")
                if is_one and read(page, name, live_server.url + url, found, addresses is judges):
                    seen.add(name)
            page.goto(live_server.url + "/account/login/")
            page.get_by_label("登录名").fill(JUDGE)
            page.get_by_label("密码").fill(loading.PASSWORD)
            page.get_by_role("main").get_by_role("button", name="登录").click()
    assert found == {}
    assert {"home", "gone", "404", "500", "accounts:login", "panels:sheet_edit", "boards:board_row"} <= seen
