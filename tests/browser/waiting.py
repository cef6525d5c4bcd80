"""Waiting for what a page's own script can tell."""

import time

from playwright.sync_api import Error


def until(page, expression, seconds=30):
    """Ask the page again and again until a JavaScript expression, or what a function in it answers, is true.

    Playwright's own wait_for_function asks from within the page after its first try, where our content security policy
    rightly refuses it eval. Raises AssertionError where the time runs out.
    """
    end = time.monotonic() + seconds
    while not _answer(page, expression):
        assert time.monotonic() < end, f"{seconds} 秒内没有成真：{expression}"
        page.wait_for_timeout(50)


def _answer(page, expression):
    try:
        return page.evaluate(expression)
    except Error as error:
        if "context was destroyed" not in error.message:  # the page just gave way to the next one
            raise
        return False
