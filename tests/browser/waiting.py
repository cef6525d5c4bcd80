"""Waiting for what a page's own script can tell."""

import time

from playwright.sync_api import Error, Locator, Page

# The account bar comes after the page, and htmx then writes the page's entry in the history.
SETTLED = """document.readyState === "complete"
    && (!window.htmx || !document.querySelector("[hx-trigger=load]") || Boolean(history.state && history.state.htmx))"""


def until(page, expression, seconds=30):
    """Ask the page again and again until a JavaScript expression, or what a function in it answers, is true.

    Playwright's own wait_for_function asks from within the page after its first try, where our content security policy
    rightly refuses it eval. Raises AssertionError where the time runs out.
    """
    end = time.monotonic() + seconds
    while not _answer(page, expression):
        assert time.monotonic() < end, f"{seconds} 秒内没有成真：{expression}"
        page.wait_for_timeout(50)


def click_settled_pages(monkeypatch):
    """Make every click wait until its page has settled.

    Playwright holds a click until the navigation it began is over, but takes htmx's entry in the history, when that
    comes in between, for that navigation: the test would look at the database before the form has reached the server.
    A page that does not settle (without a network the bar never comes) is clicked after three seconds.
    """
    monkeypatch.setattr(Page, "click", _settled(Page.click, lambda page: page))
    monkeypatch.setattr(Locator, "click", _settled(Locator.click, lambda locator: locator.page))


def _settled(click, page_of):
    def click_settled(self, *what, **how):
        page, end = page_of(self), time.monotonic() + 3
        while time.monotonic() < end and not _answer(page, SETTLED):
            page.wait_for_timeout(20)
        return click(self, *what, **how)

    return click_settled


def _answer(page, expression):
    try:
        return page.evaluate(expression)
    except Error as error:
        if "context was destroyed" not in error.message:  # the page just gave way to the next one
            raise
        return False
