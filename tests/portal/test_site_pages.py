"""The pages about the site, what search engines read, and the conventions of Chinese public sites."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from academies.models import Academy, Course, CourseRun
from competitions.models import Competition
from craftsmen.models import Profile, Selection
from studios.models import Studio
from tests import one_of_each
from unionportal.accounts.models import ReportedFigure, SiteSettings
from unionportal.news.models import Article
from unionportal.notices.models import PublicNotice

pytestmark = pytest.mark.django_db


def settings_of(**fields):
    SiteSettings.objects.update_or_create(pk=1, defaults=fields)


def test_the_contact_page_says_what_the_settings_say(client):
    settings_of(
        address="某路 1 号", postcode="101500", email="a@example.org", office_hours="工作日", hotline="12351"
    )
    shown = client.get("/contact/").text
    for words in ("某路 1 号", "101500", "mailto:a@example.org", "工作日", "tel:12351", "北京市密云区总工会"):
        assert words in shown
    settings_of(address="", postcode="", email="", office_hours="", hotline="")
    shown = client.get("/contact/").text
    assert "地址" not in shown
    assert "tel:" not in shown


def test_the_privacy_statement_is_ours_until_the_settings_have_one(client):
    settings_of(privacy="")
    assert "会话 Cookie" in client.get("/privacy/").text
    settings_of(privacy="第一段\n\n<b>第二段</b>")
    shown = client.get("/privacy/").text
    assert "会话 Cookie" not in shown
    assert "<p>第一段</p>" in shown
    assert "<b>第二段" not in shown


def test_every_page_ends_with_the_owner_the_hotline_and_both_record_numbers(client):
    settings_of(icp_number="京ICP备1号", police_number="京公网安备2号")
    for path in ("/", "/news/", "/competitions/", "/contact/", "/nowhere/"):
        foot = client.get(path).text.partition("<footer")[2]
        for words in ("主办单位", "12351", "https://beian.miit.gov.cn/", "京ICP备1号", "京公网安备2号"):
            assert words in foot, path
        for link in ("/contact/", "/site-map/", "/privacy/", "/accessibility/", "/news/feed/"):
            assert f'href="{link}"' in foot, path


def test_every_public_page_says_in_meta_tags_what_it_is(client):
    things = one_of_each.make()
    article = things["news.article"]
    slug = things["slug"]
    wanted = {
        "/": {"SiteName", "ColumnName"},
        "/news/": {"SiteName", "ColumnName"},
        article.get_absolute_url(): {"SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource"},
        f"/competitions/{slug}/": {"SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource"},
        f"/competitions/{slug}/results/HJ/1/": {
            *("SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource"),
        },
        "/privacy/": {"SiteName", "ColumnName"},
    }
    for path, names in wanted.items():
        found = dict(re.findall(r'<meta name="([A-Z]\w+)" content="([^"]*)"', client.get(path).text))
        assert set(found) == names, path
        assert all(found.values()), path


def test_the_site_map_leads_to_every_column_and_competition(client):
    things = one_of_each.make()
    shown = client.get("/site-map/").text
    assert f'href="/competitions/{things["slug"]}/"' in shown
    assert f'href="{things["news.column"].get_absolute_url()}"' in shown


def addresses(client):
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    found = [
        item.text for item in ElementTree.fromstring(response.content).iter() if item.tag.endswith("loc")
    ]  # noqa: S314
    return {address.removeprefix("http://testserver") for address in found}


def test_the_list_for_search_engines_holds_what_is_public_and_nothing_else(client):
    things = one_of_each.make()
    article, slug = things["news.article"], things["slug"]
    public = {article.get_absolute_url(), f"/competitions/{slug}/", f"/competitions/{slug}/results/HJ/1/"}
    shown = (
        things["notices.publicnotice"],
        things["craftsmen.profile"],
        *Selection.objects.public(),
        *Academy.objects.public(),
        *Studio.objects.public(),
        things["shown_achievement"],
        *Course.objects.public(),
        *CourseRun.objects.filter(status="announced", ends_on__gte=timezone.localdate()),
    )
    public |= {record.get_absolute_url() for record in shown}
    pages = {
        "/",
        "/academies/",
        "/academies/courses/",
        "/studios/",
        "/studios/achievements/",
        "/studios/ask/",
        "/news/",
        "/competitions/",
        "/craftsmen/",
        "/craftsmen/selections/",
        "/notices/",
        "/contact/",
        "/site-map/",
        "/privacy/",
        "/accessibility/",
    }
    assert addresses(client) == public | pages
    for address in addresses(client):
        assert client.get(address).status_code == 200, address
    Article.objects.update(status=Article.Status.WITHDRAWN)
    Competition.objects.update(status=Competition.Status.DRAFT)
    PublicNotice.objects.update(withdrawn_at=timezone.now())
    Selection.objects.update(status=Selection.Status.DRAFT)
    CourseRun.objects.update(status=CourseRun.Status.DRAFT)
    Course.objects.update(status=Course.Status.DRAFT)
    Academy.objects.update(status=Academy.Status.PREPARING)
    Profile.objects.update(consent_withdrawn_at=timezone.now(), is_hidden=True)
    assert addresses(client) == pages


def test_robots_leave_what_is_private_alone_and_are_told_where_the_list_is(client):
    text = client.get("/robots.txt").text
    assert "Sitemap: http://testserver/sitemap.xml" in text
    for path in ("/staff/", "/account/", "/judging/"):
        assert f"Disallow: {path}" in text


def test_the_home_page_flags_what_was_reported_and_until_when(client):
    settings_of()
    ReportedFigure.objects.create(
        value=20, unit="万余人次", label="五年里参加竞赛", as_of="2025-03-31", source="区总工会"
    )
    one_of_each.play(one_of_each.factories.make_superuser(), one_of_each.factories.make_unit())
    figures = re.findall(r'<li class="figure">(.*?)</li>', client.get("/").text, re.DOTALL)
    words = [re.sub(r"<[^>]+>|\s", "", figure) for figure in figures]
    assert words == [
        "20万余人次五年里参加竞赛填报，截至2025年3月",
        "2人次本站通过审核的参赛报名",
        "1家本站登记的参赛单位",
    ]


def test_the_home_page_leads_with_what_is_open_for_entry_and_its_next_date(
    client, django_assert_max_num_queries
):
    settings_of()
    today = timezone.localdate()
    one_of_each.play(one_of_each.factories.make_superuser(), one_of_each.factories.make_unit())
    one_of_each.factories.make_competition(
        title="正在报名的竞赛",
        entry_opens_on=str(today - timedelta(1)),
        entry_closes_on=str(today + timedelta(9)),
        final_on=None,
    )
    with django_assert_max_num_queries(4):
        shown = client.get("/").text
    assert "正在报名的竞赛" in shown.partition("</h1>")[0]
    assert "还有 9 天" in shown
    assert "怎么报名" in shown
