"""One Chromium for a test process, a fresh context for each test, and the demo data on a live server."""

import os
import threading
import time

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.desk import context, desk, judge, panel, troubles
from tests.browser.waiting import click_settled_pages
from unionportal.demo import loading

__all__ = ["context", "desk", "judge", "panel", "troubles"]  # fixtures of the desk's tests

# Playwright's sync API runs an event loop in this thread; Django would take it for an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    path = chromium.find()
    assert path, "没有 Chromium：请先运行 python -m tests.browser.chromium"
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as monkeypatch:
        click_settled_pages(monkeypatch)
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def live_server(live_server, transactional_db):
    """The server; what it still answers when the browser has gone must end before the tables are emptied."""
    yield live_server
    end = time.monotonic() + 15
    while time.monotonic() < end and any("process_request" in each.name for each in threading.enumerate()):
        time.sleep(0.02)


@pytest.fixture
def demo(transactional_db):
    """The demo data, loaded into the test's own database."""
    loading.load()


@pytest.fixture
def open_page(browser, live_server):
    """Open a path at a size; fails the test on any script error, refused resource or foreign request."""
    contexts, found = [], []

    def open_at(path, size=DESK, **options):
        opened = browser.new_context(viewport=size, locale="zh-CN", **options)
        contexts.append(opened)
        page = opened.new_page()
        page.on("pageerror", lambda error: found.append(f"script: {error}"))
        page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                found.append(f"foreign: {request.url}")
                if not request.url.startswith((live_server.url, "data:", "about:"))
                else None
            ),
        )
        page.goto(live_server.url + path)
        return page

    yield open_at
    for opened in contexts:
        opened.close()
    assert found == []
