"""Reading the public pages of competitions as a visitor does."""

import html
import io
import re

import openpyxl
from django.urls import reverse

from tests.competitions.played import play_published

# Two win, one only takes part, one stayed away, one is a guest. Every score differs from every other number.
PEOPLE = {
    "赵冠": (83.5, (96.5, 96, 96.5, 96, 96.5), 1201),
    "钱亚": (82.5, (91.5, 91, 91.5, 91, 91.5), 1302),
    "孙落": (81.5, (86.5, 86, 86.5, 86, 86.5), 1403),
    "李缺": ("缺考", (), None),
    "周宾": (80.5, (98.5, 98, 98.5, 98, 98.5), 1504),
}
SCORES = {
    "92.46", "83.50", "96.30", "96.5", "20:01", "88.66", "82.50", "91.30", "91.5", "21:42",
    "84.86", "81.50", "86.30", "23:23", "92.96", "80.50", "98.30", "25:04",
}  # fmt: skip


def publish(root, scope="full", people=PEOPLE, **changes):
    return play_published(root, people, guests=("周宾",), public_scope=scope, **changes)


def text_of(response):
    """The words of a page as a reader meets them, attributes included."""
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def page(client, name, *args, **query):
    return text_of(client.get(reverse(name, args=args), query))


def cells_of(response):
    """Every cell of an Excel answer as text."""
    assert response.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    return [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]


def address(sheet, name="result_detail", *more):
    event = sheet.stage.event
    return reverse(
        f"competitions:{name}", args=[event.competition.slug, event.code, sheet.stage.position, *more]
    )


def book_of(client, sheet):
    return client.get(address(sheet, "result_book", sheet.version))


def listed(client, **query):
    """The titles on the list of competitions, in order."""
    found = re.findall(
        r"<h3[^>]*>\s*<a[^>]*>(.*?)</a>", page(client, "competitions:competition_list", **query)
    )
    return [title.strip() for title in found]
