"""The page of one's messages: one's own alone, and read only by those whose they are."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_superuser, make_user
from unionportal import roles
from unionportal.inbox import services
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db
LIST = "/my/messages/"


@pytest.fixture
def mine(client):
    user = make_user(roles.WORKER, name="赵工")
    client.force_login(user)
    return user


def titles(response):
    return [message.title for message in response.context["page"]]


def test_one_sees_ones_own_messages_the_newest_first(client, mine):
    services.send(to=make_user(), title="别人的事", body="")
    for title in ("一", "二"):
        services.send(to=mine, title=title, body="第一段\n\n<b>第二段</b>")
    response = client.get(LIST)
    assert titles(response) == ["二", "一"]
    assert "别人的事" not in response.text
    assert "&lt;b&gt;" in response.text
    assert "no-store" in response["Cache-Control"]


def test_the_list_costs_the_same_with_one_and_with_many(client, mine, django_assert_num_queries):
    for count in (1, 10):
        services.send_many(to=[mine], title="通知", body="")
        for _ in range(count):
            services.send(to=mine, title="通知", body="")
        with django_assert_num_queries(6):
            client.get(LIST)


def test_pages_and_the_filter(client, mine):
    for number in range(20):
        services.send(to=mine, title=f"第{number}条", body="")
    Message.objects.filter(title__in=["第0条", "第1条"]).update(read_at=timezone.now())
    assert len(titles(client.get(LIST))) == 15
    assert titles(client.get(f"{LIST}?page=2"))[-1] == "第0条"
    response = client.get(f"{LIST}?unread=1&page=2")
    assert titles(response) == ["第4条", "第3条", "第2条"]
    assert "unread=1" in response.text
    assert '有 <b class="num">18</b> 条未读' in response.text


def test_with_nothing_to_read_the_page_says_what_will_come(client, mine):
    assert "还没有消息" in client.get(LIST).text
    assert "没有未读消息" in client.get(f"{LIST}?unread=1").text


def test_reading_one_keeps_its_first_time(client, mine):
    message = services.send(to=mine, title="通知", body="", url="/notices/")
    url = reverse("inbox:message_read", args=[message.pk])
    assert client.get(url).status_code == 405
    assert client.post(url, {"back": "?unread=1&page=2"}).url == f"{LIST}?unread=1&page=2"
    first = Message.objects.get().read_at
    assert first is not None
    assert client.post(url, {"go": "1"}).url == "/notices/"
    assert Message.objects.get().read_at == first


@pytest.mark.parametrize("back", ["", "https://evil.example/", "//evil.example", "/staff/"])
def test_the_way_back_leads_nowhere_else(client, mine, back):
    message = services.send(to=mine, title="通知", body="")
    assert client.post(reverse("inbox:message_read", args=[message.pk]), {"back": back}).url == LIST


def test_another_accounts_message_is_not_there(client, mine):
    message = services.send(to=make_user(), title="别人的事", body="", url="/notices/")
    response = client.post(reverse("inbox:message_read", args=[message.pk]), {"go": "1"})
    assert response.status_code == 404
    assert "别人的事" not in response.text
    assert Message.objects.get().read_at is None


def test_reading_all_leaves_what_has_come_since_and_what_is_others(client, mine):
    services.send(to=mine, title="看到的", body="")
    services.send(to=make_user(), title="别人的", body="")
    until = timezone.now().isoformat()
    services.send(to=mine, title="刚来的", body="")
    assert client.post(reverse("inbox:message_read_all"), {"until": until}).url == LIST
    assert set(Message.objects.unread().values_list("title", flat=True)) == {"别人的", "刚来的"}


@pytest.mark.parametrize("until", ["", "gestern", "9999-99-99", "\0"])
def test_a_moment_that_is_none_is_refused(client, mine, until):
    services.send(to=mine, title="通知", body="")
    assert client.post(reverse("inbox:message_read_all"), {"until": until}).status_code == 400
    assert Message.objects.unread().count() == 1


def test_staff_read_the_messages_of_their_own_line(client):
    worker = make_user()
    for kind in ("academies.enrolled", "competitions.entry_accepted", ""):
        services.send(to=worker, title=f"事由{kind}", body="", kind=kind)
    seen = {}
    for role in (roles.ACADEMY_STAFF, roles.COMPETITION_STAFF):
        client.force_login(make_user(role, is_staff=True))
        response = client.get(reverse("admin:inbox_message_changelist"))
        seen[role] = [message.kind for message in response.context["cl"].result_list]
    assert seen == {
        roles.ACADEMY_STAFF: ["academies.enrolled"],
        roles.COMPETITION_STAFF: ["competitions.entry_accepted"],
    }
    client.force_login(make_superuser())
    assert len(client.get(reverse("admin:inbox_message_changelist")).context["cl"].result_list) == 3
