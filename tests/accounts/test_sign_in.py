"""Signing in: the lock-out, the words, the session, the way back."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_user
from unionportal.accounts.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def sign_in(client, username, password, address=HERE, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more}, REMOTE_ADDR=address)


def signed_in(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def judge():
    return make_user(username="caipan")


def fail(client, times, username="caipan", address=HERE):
    return [sign_in(client, username, "wrong", address).status_code for _ in range(times)]


def test_five_failures_lock_this_account_at_this_address(client, judge):
    assert fail(client, 5) == [200, 200, 200, 200, 429]
    response = sign_in(client, "caipan", "caipan")
    assert response.status_code == 429
    assert "登录已暂停" in response.text
    assert not signed_in(client)


def test_four_failures_do_not_lock(client, judge):
    fail(client, 4)
    assert sign_in(client, "caipan", "caipan").status_code == 302
    assert signed_in(client)


def test_a_stranger_elsewhere_cannot_lock_a_judge_out(client, judge):
    fail(client, 6, address=THERE)
    assert sign_in(client, "caipan", "caipan", HERE).status_code == 302
    assert signed_in(client)


def test_another_account_at_the_locked_address_still_gets_in(client, judge):
    make_user(username="jilu")
    fail(client, 5)
    assert sign_in(client, "jilu", "jilu").status_code == 302
    assert signed_in(client)


def test_a_success_forgets_the_failures_before_it(client, judge):
    fail(client, 4)
    sign_in(client, "CaiPan", "caipan")
    assert fail(client, 4) == [200] * 4


def test_writing_the_name_in_another_case_gives_no_further_tries(client, judge):
    spellings = ["caipan", "Caipan", "CAIPAN", "cAiPaN", "caipaN"]
    assert [fail(client, 1, name) for name in spellings] == [[200], [200], [200], [200], [429]]
    assert sign_in(client, "CAIpan", "caipan").status_code == 429


def test_a_name_with_a_dotless_i_is_another_name(client, judge):
    other = make_user(username="ca\u0131pan")
    assert sign_in(client, "CAIPAN", "caipan").status_code == 302
    assert client.session["_auth_user_id"] == str(judge.pk)
    assert User.objects.get_by_natural_key("ca\u0131pan") == other


def test_a_forged_forwarding_header_does_not_escape_the_lock(client, judge):
    for number in range(5):
        client.post(
            LOGIN,
            {"username": "caipan", "password": "wrong"},
            REMOTE_ADDR=HERE,
            HTTP_X_FORWARDED_FOR=f"10.0.0.{number}",
        )
    response = client.post(
        LOGIN,
        {"username": "caipan", "password": "caipan"},
        REMOTE_ADDR=HERE,
        HTTP_X_FORWARDED_FOR="10.9.9.9",
    )
    assert response.status_code == 429


def without_secrets(response, username):
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.text)
    return text.replace(username, "…")


def test_unknown_inactive_and_wrong_read_the_same(client, judge):
    make_user(username="tingyong", is_active=False)
    pages = [
        without_secrets(sign_in(client, name, password), name)
        for name, password in (("caipan", "wrong"), ("nobody", "wrong"), ("tingyong", "tingyong"))
    ]
    assert pages[0] == pages[1] == pages[2]
    assert "请输入" in pages[0] or "正确" in pages[0]
    assert not signed_in(client)


def test_the_session_key_changes_on_signing_in(client, judge):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    assert client.cookies["sessionid"].value == before
    sign_in(client, "caipan", "caipan")
    assert signed_in(client)
    assert client.cookies["sessionid"].value != before
    assert not client.session.exists(before)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
    ],
)
def test_next_leads_to_no_other_site(client, judge, target):
    response = sign_in(client, "caipan", "caipan", next=target)
    assert (response.status_code, response.url) == (302, "/start/")


def test_next_leads_back_to_the_page_asked_for(client, judge):
    response = client.get(reverse("accounts:password_change"))
    assert response.url == "/account/login/?next=/account/password/"
    assert sign_in(client, "caipan", "caipan", next="/account/password/").url == "/account/password/"


def test_the_session_cookie_is_hidden_from_scripts(client, judge):
    cookie = sign_in(client, "caipan", "caipan").cookies["sessionid"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_signing_out_is_no_link(client, judge):
    client.force_login(judge)
    assert client.get(reverse("accounts:logout")).status_code == 405
    assert signed_in(client)
    client.post(reverse("accounts:logout"))
    assert not signed_in(client)
