"""What the browser tests of learning and attendance share: a phone, and somebody signed in on it."""

import pytest

from tests.browser.conftest import PHONE
from tests.browser.desk import hear


@pytest.fixture
def phone(browser, live_server, troubles):
    """Open a path on a phone of its own, signed in as an account whose password is its name."""
    contexts = []

    def open_at(path, user=None, size=PHONE):
        context = browser.new_context(viewport=size, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: hear(line, troubles))
        page.goto(live_server.url + path)
        if user:
            sign_in(page, user)
        return page

    yield open_at
    for context in contexts:
        # Whatever the server is still answering must end before the tables are emptied.
        context.set_offline(True)
        for page in context.pages[:1]:
            page.wait_for_timeout(500)
        context.close()


def sign_in(page, user):
    """Fill in the sign-in page that is open."""
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", user.username)
    page.click("main button[type=submit]")
