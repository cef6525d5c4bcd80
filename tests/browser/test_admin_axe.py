"""Every page of the admin and of the board, taken from the URL resolver, in four modes: axe finds nothing.

A page is loaded once; the modes are the attributes that the reading aids set. In the further modes only what a mode
can change is asked for: the contrast. A new admin page is walked without being named here.
"""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from django.db import transaction
from django.test import Client

from tests import one_of_each
from tests.access_tables import ADMIN_PAGES, BOARD, FURTHER
from tests.browser.conftest import DESK, PHONE
from tests.test_access import ROUTES, close_file, model_route, url_of
from unionportal.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
VERBS = ("changelist", "add", "change", "delete", "history")
# No pages: a script, JSON, and the way out.
NOT_PAGES = {"admin:jsi18n", "admin:autocomplete", "admin:logout", "admin:view_on_site"}
# In every mode at once; returns {mode: [rule: the first element in fault]}.
WALK = """async () => {
  const modes = { light: null, dark: ["theme", "dark"], large: ["text", "large"], contrast: ["contrast", "high"] };
  const root = document.documentElement, found = {};
  for (const [name, mode] of Object.entries(modes)) {
    if (mode) root.setAttribute("data-" + mode[0], mode[1]);
    document.getAnimations().forEach(one => one.finish());  // links change their colour slowly
    const only = mode ? { type: "rule", values: ["color-contrast"] } : { type: "tag", values: ["wcag2a", "wcag2aa"] };
    const { violations } = await axe.run(document, { runOnly: only, resultTypes: ["violations"], preload: false });
    if (violations.length) found[name] = violations.map(one => one.id + " " + one.nodes.length + "×: " + one.nodes[0].html.slice(0, 160));
    if (mode) root.removeAttribute("data-" + mode[0]);
  }
  return found;
}"""
WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def kind_of(name):
    """What kind of page a route of the staff is, None for one that is none of theirs."""
    if name in NOT_PAGES:
        return None
    if name in FURTHER or name in ADMIN_PAGES or name in BOARD:
        return "further"
    found = model_route(name)
    return found and found[1]


def test_every_route_of_the_staff_is_of_a_kind_that_is_walked():
    kinds = {kind_of(name) for name in ROUTES if name.startswith("admin:")} - {None}
    assert kinds == {*VERBS, "further"}


@pytest.fixture
def staff_page(open_page, browser, live_server):
    """A blank page, signed in as somebody who may do everything, with axe at hand; and a client of the same session."""
    with transaction.atomic():
        things = one_of_each.make()
    client = Client()
    client.force_login(User.objects.get(username="maker"))
    page = open_page("/account/login/", DESK)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.context.add_init_script(path=AXE_FILE_PATH)
    return page, client, things


@pytest.mark.parametrize("kind", [*VERBS, "further"])
def test_axe_finds_nothing_on_any_page_of_the_staff_in_any_mode(kind, staff_page, live_server):
    page, client, things = staff_page
    found, walked = [], 0
    for name in ROUTES:
        if kind_of(name) != kind:
            continue
        url = url_of(name, things)
        answer = client.get(url)
        close_file(answer)
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            continue
        page.goto(live_server.url + url, wait_until="load")
        problems = page.evaluate(WALK)
        page.set_viewport_size(PHONE)
        if page.evaluate(WIDTH) > 0:
            problems["phone"] = ["scrolls sideways"]
        page.set_viewport_size(DESK)
        walked += 1
        found += [f"{url} {mode}: {line}" for mode, lines in problems.items() for line in lines]
    assert "\n".join(found) == ""
    assert walked >= 8
