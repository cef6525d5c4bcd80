"""What a public page costs, and that anybody may keep a copy of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.services import results
from tests.competitions.played import play_published, same
from tests.competitions.reading import address, publish, text_of
from tests.factories import make_competition, make_user
from unionportal.accounts.models import SiteSettings
from unionportal.files.models import StoredFile
from unionportal.news.models import Article, Column

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
    }


PAGES = ("home", "list", "filtered", "competition", "results", "version", "news", "search", "article")


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_every_public_page_takes_at_most_four_statements(client, root, django_assert_max_num_queries, many):
    urls = public_urls(root, many)
    assert set(urls) == set(PAGES)
    too_many = {}
    for name, url in urls.items():
        try:
            with django_assert_max_num_queries(4):
                assert client.get(url).status_code == 200
        except pytest.fail.Exception as failure:
            too_many[name] = str(failure).splitlines()[0]
    assert too_many == {}


def test_a_rules_file_costs_a_competition_no_further_statement(client, root, django_assert_max_num_queries):
    SiteSettings.objects.get_or_create(pk=1)
    competition = make_competition(root)
    competition.rules_file = StoredFile.objects.create(
        name="实施方案.pdf", extension=".pdf", kind="document", content_type="application/pdf", size=1,
        sha256="0" * 64, is_public=True,
    )  # fmt: skip
    competition.save()
    with django_assert_max_num_queries(4):
        assert "实施方案.pdf" in text_of(client.get(competition.get_absolute_url()))


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
        text = text_of(client.get(url))
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), url
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), url
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), url


def test_a_signed_in_visitor_gets_the_very_same_public_page(client, root):
    urls = public_urls(root, many=False)
    anonymous = {name: client.get(url).content for name, url in urls.items()}
    client.force_login(make_user())
    assert {name: client.get(url).content for name, url in urls.items()} == anonymous
