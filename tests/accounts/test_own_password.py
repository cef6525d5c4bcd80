"""An account with a handed-out password can do nothing before choosing its own."""

import pytest
from django.urls import reverse

from tests.factories import make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

FORM = "/account/password/"
NEW = "yun-shui-yao-2026"


@pytest.fixture
def newcomer():
    return make_user(
        roles.COMPETITION_STAFF, username="xinren-1234", is_staff=True, must_change_password=True
    )


def choose(client, new=NEW, old="xinren-1234"):
    return client.post(FORM, {"old_password": old, "new_password1": new, "new_password2": new})


def test_every_private_page_leads_to_the_password_form(client, newcomer):
    client.force_login(newcomer)
    for path in ("/staff/", "/staff/people/person/", "/staff/password_change/", "/account/password/done/"):
        response = client.get(path)
        assert (response.status_code, response.url) == (302, FORM), path
    response = client.post(reverse("admin:people_person_add"), {"name": "不该写入"})
    assert response.url == FORM


def test_public_pages_and_signing_out_stay_open(client, newcomer):
    client.force_login(newcomer)
    assert client.get("/news/").status_code == 200
    assert client.get(FORM).status_code == 200
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


def test_choosing_a_password_opens_the_rest_and_is_audited(client, newcomer):
    client.force_login(newcomer)
    assert choose(client).url == "/account/password/done/"
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW)
    assert not newcomer.must_change_password
    assert client.get("/staff/").status_code == 200
    (line,) = AuditEntry.objects.all()
    assert (line.action, line.actor_key) == ("accounts.password_changed", str(newcomer.pk))
    assert line.details == {}


@pytest.mark.parametrize(
    ("new", "old"),
    [("xinren-1234", "xinren-1234"), (NEW, "wrong"), ("short", "xinren-1234"), ("1234567890", "xinren-1234")],
    ids=["the handed-out one again", "without the old one", "short", "digits only"],
)
def test_a_refused_password_changes_nothing(client, newcomer, new, old):
    client.force_login(newcomer)
    assert choose(client, new, old).status_code == 200
    newcomer.refresh_from_db()
    assert newcomer.must_change_password
    assert newcomer.check_password("xinren-1234")
    assert not AuditEntry.objects.exists()


def test_the_form_speaks_politely(client, newcomer):
    client.force_login(newcomer)
    wrong = {"old_password": "wrong", "new_password1": "xinren-1234", "new_password2": "other"}
    for response in (client.get(FORM), client.post(FORM, wrong)):
        assert "您" in response.text
        assert "你" not in response.text
    assert "原密码不对" in response.text
    assert "两次输入的新密码不一致" in response.text


def test_changing_the_password_ends_the_other_sessions(client, newcomer):
    elsewhere = type(client)()
    elsewhere.force_login(newcomer)
    client.force_login(newcomer)
    choose(client)
    assert elsewhere.get("/account/password/").url == "/account/login/?next=/account/password/"
    assert client.get("/account/password/").status_code == 200


def test_the_admins_own_password_page_is_the_audited_one(client):
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    for answer in (client.get("/staff/password_change/"), client.post("/staff/password_change/", {})):
        assert (answer.status_code, answer.url) == (302, FORM)
