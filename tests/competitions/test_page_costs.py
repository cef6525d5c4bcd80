"""What a public page costs, and that anybody may keep a copy of it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from competitions.services import results
from tests.competitions.played import play_published, same
from tests.competitions.reading import address, publish, text_of
from tests.factories import make_competition, make_user
from unionportal.accounts.models import SiteSettings
from unionportal.files.models import StoredFile
from unionportal.news.models import Article, Column
from unionportal.sitemaps import SITEMAPS

pytestmark = pytest.mark.django_db


def make_news(count):
    column, _ = Column.objects.get_or_create(name="动态", slug="dt")
    now = timezone.now()
    for number in range(count):
        Article.objects.create(
            column=column, title=f"新闻{number}", body="正文", status="published",
            published_at=now - timedelta(days=number + 1),
        )  # fmt: skip
    return Article.objects.order_by("published_at")[count // 2]


def public_urls(root, many):
    """{page: address} of every public page, with one record of everything or with many."""
    SiteSettings.objects.get_or_create(pk=1)
    names = [f"选手{number}" for number in range(12 if many else 1)]
    for _ in range(2 if many else 1):
        people = {name: (90 - number, same(80), 100) for number, name in enumerate(names)}
        sheet = play_published(root, people, sector=["家政服务", "电工"] if many else "电工")
    if many:
        results.reopen_stage(stage=sheet.stage, actor=root, reason="更正")
        results.seal_stage(stage=sheet.stage, actor=root)
        sheet = results.publish_results(stage=sheet.stage, actor=root)
        for number in range(10):
            make_competition(root, title=f"另一届{number}")
    article = make_news(9 if many else 1)
    return {
        "home": "/",
        "list": "/competitions/",
        "filtered": "/competitions/?year=2025&state=ended",
        "competition": sheet.stage.event.competition.get_absolute_url(),
        "results": address(sheet),
        "version": address(sheet, "result_version", 1),
        "news": "/news/",
        "search": "/news/?q=新闻&column=dt",
        "article": article.get_absolute_url(),
        "feed": "/news/feed/",
        "column feed": "/news/feed/dt/",
        "sitemap": "/sitemap.xml",
        "site map": "/site-map/",
        "contact": "/contact/",
        "privacy": "/privacy/",
        "accessibility": "/accessibility/",
    }


PAGES = (
    "home", "list", "filtered", "competition", "results", "version", "news", "search", "article", "feed",
    "column feed", "sitemap", "site map", "contact", "privacy", "accessibility",
)  # fmt: skip


# What each page may cost; with one record of everything and with many it costs the same.
# The list for search engines asks once for each kind of page it names.
MOST = {"list": 3, "filtered": 3, "competition": 3, "news": 3, "search": 3, "sitemap": len(SITEMAPS)}


def test_every_public_page_costs_few_statements_and_with_many_records_no_more(client, root):
    costs = []
    for many in (False, True):
        urls = public_urls(root, many)
        assert set(urls) == set(PAGES)
        costs.append({name: statements(client, url) for name, url in urls.items()})
    assert costs[0] == costs[1]
    assert {name: cost for name, cost in costs[1].items() if cost > MOST.get(name, 4)} == {}


def statements(client, url):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_papers_and_committees_cost_a_competition_no_further_statement(client, root):
    SiteSettings.objects.get_or_create(pk=1)
    competition = make_competition(root)
    bare = statements(client, competition.get_absolute_url())
    for number in range(3):
        stored = StoredFile.objects.create(
            name=f"{number}.pdf", extension=".pdf", kind="document", content_type="application/pdf",
            size=2048, sha256="0" * 64, is_public=True,
        )  # fmt: skip
        competition.documents.create(
            kind="plan", title=f"实施方案{number}", file=stored, dated_on="2025-03-01"
        )
        competition.committee.create(duty="成员", name=f"某{number}")
    assert statements(client, competition.get_absolute_url()) == bare
    assert "实施方案2" in text_of(client.get(competition.get_absolute_url()))


def test_public_pages_set_no_cookie_vary_by_none_and_allow_no_foreign_script(client, root):
    sheet = publish(root)
    urls = [*public_urls(root, many=False).values(), address(sheet, "result_book", 1), "/no-such-page/"]
    for url in urls:
        response = client.get(url)
        assert not response.cookies, url
        assert "cookie" not in response.get("Vary", "").lower(), url
        directives = dict(
            part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";")
        )
        assert directives["script-src"] == directives["style-src"] == "'self'", url
        assert (
            directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
        )
        assert "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"


def test_public_pages_carry_no_inline_script_or_style(client, root):
    for url in public_urls(root, many=True).values():
        response = client.get(url)
        if not response["Content-Type"].startswith("text/html"):
            continue  # feeds and lists for search engines name themselves by their full address
        text = text_of(response)
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), url
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), url
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), url


def test_a_signed_in_visitor_gets_the_very_same_public_page(client, root):
    urls = public_urls(root, many=False)
    anonymous = {name: client.get(url).content for name, url in urls.items()}
    client.force_login(make_user())
    assert {name: client.get(url).content for name, url in urls.items()} == anonymous
