"""What tests ask of the look of any page: whether it scrolls sideways, and what axe finds on it."""

from axe_playwright_python.sync_playwright import Axe

NARROW = {"width": 360, "height": 740}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def violations(page):
    return [item["id"] for item in Axe().run(page, options=RULES).response["violations"]]
