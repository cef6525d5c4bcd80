"""What is somebody's own: a fragment for the head of public pages, and the page of one's account."""

import pytest
from django.urls import reverse

from tests.factories import make_superuser, make_user
from tests.panels.desk import make_judge, make_panel
from unionportal import roles
from unionportal.news.models import Column
from unionportal.panels.models import Assignment

pytestmark = pytest.mark.django_db
BAR, HOME = "/account/bar/", "/my/"


def links(response):
    """The addresses that the fragment offers, each once."""
    return {
        name
        for name in ("account_home", "panels:panel_list", "admin:index", "accounts:logout")
        if f'"{reverse(name)}"' in response.text
    }


@pytest.fixture
def people():
    judge, retired = make_judge("caipan"), make_judge("lao")
    make_panel(make_superuser(), judges=[judge, retired])
    Assignment.objects.filter(user=retired).update(ended_at="2025-01-01T00:00Z", reason="病")
    return {
        "worker": make_user(roles.WORKER, name="赵工"),
        "judge": judge,
        "retired": retired,
        "staff": make_user(roles.COMPETITION_STAFF, name="孙员", is_staff=True),
    }


def test_the_fragment_offers_signing_in_to_strangers_and_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(BAR)
    assert links(response) == {"account_home"}
    assert "登录" in response.text
    assert not response.cookies


def test_the_fragment_offers_each_what_they_may_open(client, people):
    found = {}
    for name, user in people.items():
        client.force_login(user)
        response = client.get(BAR)
        assert user.name in response.text
        assert "登录" not in response.text
        found[name] = links(response) - {"account_home", "accounts:logout"}
    assert found == {
        "worker": set(),
        "judge": {"panels:panel_list"},
        "retired": set(),
        "staff": {"admin:index"},
    }


def test_the_fragment_is_kept_by_nobody_and_costs_three_statements(
    client, people, django_assert_max_num_queries
):
    for user in people.values():
        client.force_login(user)
        with django_assert_max_num_queries(3):
            response = client.get(BAR)
        assert set(response["Cache-Control"].split(", ")) == {"private", "no-store"}
        assert "Cookie" in response["Vary"]


def test_public_pages_are_the_same_bytes_for_two_people_and_the_fragment_is_not(client, people):
    Column.objects.create(name="要闻", slug="yaowen")
    pages = ["/", "/news/", "/competitions/", "/contact/", "/site-map/", "/privacy/", "/accessibility/"]
    seen, bars = [], []
    for user in (people["worker"], people["staff"]):
        client.force_login(user)
        responses = [client.get(page) for page in pages]
        assert {response.status_code for response in responses} == {200}
        assert not any("Cookie" in response.get("Vary", "") for response in responses)
        seen.append([response.content for response in responses])
        bars.append(client.get(BAR).text)
    assert seen[0] == seen[1]
    assert bars[0] != bars[1]


def test_without_script_the_plain_link_leads_through_signing_in_to_ones_own_page(client, people):
    assert f'<a href="{HOME}">登录</a>' in client.get("/").text
    response = client.get(HOME)
    assert (response.status_code, response.url) == (302, f"/account/login/?next={HOME}")
    client.force_login(people["judge"])
    page = client.get(HOME)
    assert "评分台" in page.text
    assert reverse("accounts:password_change") in page.text
    assert "后台管理" not in page.text
    assert "no-store" in page["Cache-Control"]


def test_ones_own_page_takes_at_most_nine_statements(client, people, django_assert_max_num_queries):
    for user in people.values():
        client.force_login(user)
        with django_assert_max_num_queries(9):
            assert client.get(HOME).status_code == 200
