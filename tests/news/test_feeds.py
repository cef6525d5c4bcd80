"""News as RSS."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from tests.news.test_articles import Status, make_article, make_column

pytestmark = pytest.mark.django_db


def titles(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/rss+xml")
    assert "Cookie" not in response.get("Vary", "")
    channel = ElementTree.fromstring(response.content).find("channel")  # noqa: S314 — our own answer
    return [item.findtext("title") for item in channel.iter("item")]


def test_a_feed_holds_what_the_public_may_read_newest_first(client):
    make_article("旧", hours_ago=30)
    make_article("新", hours_ago=1)
    make_article("别栏", hours_ago=2, column=make_column("gonggao", "公告"))
    make_article("稿", status=Status.DRAFT)
    make_article("撤", status=Status.WITHDRAWN)
    make_article("定时", published_at=timezone.now() + timedelta(hours=1))
    make_article("过期", hours_ago=9, expires_at=timezone.now() - timedelta(hours=1))
    assert titles(client, "/news/feed/") == ["新", "别栏", "旧"]
    assert titles(client, "/news/feed/dongtai/") == ["新", "旧"]
    assert titles(client, "/news/feed/gonggao/") == ["别栏"]
    assert client.get("/news/feed/nothing/").status_code == 404


def test_a_feed_is_announced_where_its_news_are_listed(client):
    make_article()
    assert 'type="application/rss+xml"' in client.get("/news/").text
    assert 'href="/news/feed/dongtai/"' in client.get("/news/?column=dongtai").text


def test_titles_with_markup_are_text(client):
    make_article("<b>甲</b> & 乙")
    assert titles(client, "/news/feed/") == ["<b>甲</b> & 乙"]


def test_the_list_can_be_narrowed_to_a_year(client):
    last = timezone.localdate().year - 1
    make_article("今年")
    make_article("去年", published_at=timezone.now() - timedelta(days=366))
    page = client.get("/news/", {"year": last})
    assert [article.title for article in page.context["page"]] == ["去年"]
    assert "找到 <b>1</b> 篇" in page.text
    assert page.context["years"] == [last + 1, last]
    for year in ("x", "1999", "\0", "9" * 30):
        assert len(client.get("/news/", {"year": year}).context["page"]) == 2
