"""The pages for accounts, as somebody tries them who wants more than was given."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.urls import NoReverseMatch, reverse

from tests.factories import make_superuser, make_user
from unionportal import roles
from unionportal.accounts import services
from unionportal.accounts.models import User
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "jin-tian-qing-2026"


@pytest.fixture
def sysadmin():
    return make_user(roles.SYSTEM_ADMINISTRATOR, username="xitong", is_staff=True)


@pytest.fixture
def security():
    return make_user(roles.SECURITY_ADMINISTRATOR, username="anquan", is_staff=True)


@pytest.fixture
def auditor():
    return make_user(roles.AUDITOR, username="shenji", is_staff=True)


@pytest.fixture
def clerk():
    """Somebody whom a careless hand gave accounts.change_user and nothing more."""
    group = Group.objects.create(name="粗心")
    group.permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    return make_user("粗心", username="clerk", is_staff=True)


@pytest.fixture
def judge():
    return make_user(roles.JUDGE, username="caipan")


def page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def password_page(user):
    return reverse("admin:auth_user_password_change", args=[user.pk])


def state(user):
    """Everything about an account that may matter to a thief."""
    user = User.objects.get(pk=user.pk)
    return {
        **{name: getattr(user, name) for name in ("username", "name", "email", "password", "is_staff")},
        **{name: getattr(user, name) for name in ("is_active", "is_superuser", "must_change_password")},
        "groups": sorted(group.name for group in user.groups.all()),
        "permissions": sorted(user.user_permissions.values_list("codename", flat=True)),
    }


def fields(user, *groups, **changes):
    """What a browser would send to leave the account as it is, with changes."""
    sent = {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "is_active": "on",
        "groups": [str(group.pk) for group in Group.objects.filter(name__in=groups)],
    }
    if user.is_staff:
        sent["is_staff"] = "on"
    return {name: value for name, value in (sent | changes).items() if value is not None}


def everything():
    """The greedy part of a forged form."""
    return {
        "is_superuser": "on",
        "is_staff": "on",
        "user_permissions": [str(pk) for pk in Permission.objects.values_list("pk", flat=True)],
        "groups": [str(pk) for pk in Group.objects.values_list("pk", flat=True)],
        "password": make_password(NEW_PASSWORD),
        "last_login": "2020-01-01",
    }


def error_texts(response):
    return sorted(text for texts in response.context["adminform"].form.errors.values() for text in texts)


def test_a_clerk_who_may_change_users_gains_nothing_by_a_forged_form(client, clerk, judge):
    client.force_login(clerk)
    for victim in (clerk, judge):
        before = state(victim)
        response = client.post(page(victim), fields(victim, name="改名", username="x") | everything())
        assert response.status_code == 302
        assert state(victim) == before


def test_a_system_administrator_changes_plain_fields_only(client, sysadmin, judge):
    before = state(judge)
    client.force_login(sysadmin)
    assert client.post(page(judge), fields(judge, name="新名") | everything()).status_code == 302
    assert state(judge) == before | {"name": "新名", "is_staff": True}


def test_a_new_account_has_no_rights_whatever_the_form_says(client, sysadmin):
    client.force_login(sysadmin)
    sent = {"username": "xin", "name": "新人", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = client.post(
        reverse("admin:accounts_user_add"), sent | {"usable_password": "true"} | everything()
    )
    assert response.status_code == 302
    made = User.objects.get(username="xin")
    assert made.check_password(NEW_PASSWORD)
    assert state(made) | {"password": ""} == {
        "username": "xin",
        "name": "新人",
        "email": "",
        "password": "",
        "is_staff": True,
        "is_active": True,
        "is_superuser": False,
        "must_change_password": True,
        "groups": [],
        "permissions": [],
    }


@pytest.mark.parametrize("who", ["security", "auditor", "clerk"])
def test_only_the_system_administrator_adds_accounts(client, request, who):
    client.force_login(request.getfixturevalue(who))
    sent = {"username": "xin", "name": "新人", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(reverse("admin:accounts_user_add"), sent).status_code == 403
    assert not User.objects.filter(username="xin").exists()


@pytest.mark.parametrize("who", ["sysadmin", "security", "auditor", "clerk"])
def test_no_page_shows_a_stored_password(client, request, who, judge):
    boss, viewer = make_superuser(), request.getfixturevalue(who)
    client.force_login(viewer)
    for victim in (judge, boss, viewer):
        response = client.get(page(victim))
        assert response.status_code == 200
        stored = User.objects.get(pk=victim.pk).password
        assert stored not in response.text
        assert stored.rpartition("$")[2] not in response.text


@pytest.mark.parametrize("who", ["sysadmin", "security"])
def test_a_password_hash_cannot_be_planted(client, request, who, judge):
    before = judge.password
    client.force_login(request.getfixturevalue(who))
    client.post(page(judge), fields(judge, password=make_password(NEW_PASSWORD)))
    assert state(judge)["password"] == before


@pytest.mark.parametrize("victim", ["security", "auditor", "root", "sysadmin"])
def test_the_system_administrator_cannot_take_over_a_guarded_account(client, request, sysadmin, victim):
    victim = make_superuser() if victim == "root" else request.getfixturevalue(victim)
    before = state(victim)
    client.force_login(sysadmin)
    sent = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(password_page(victim), sent).status_code == 403
    assert client.post(page(victim), fields(victim, name="改名", email="a@b.cn")).status_code == 403
    assert state(victim) == before


@pytest.mark.parametrize("who", ["security", "auditor", "clerk"])
def test_only_the_system_administrator_hands_out_passwords(client, request, who, judge):
    before = state(judge)
    client.force_login(request.getfixturevalue(who))
    sent = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(password_page(judge), sent).status_code == 403
    assert state(judge) == before


def test_a_handed_out_password_must_be_changed_and_is_audited_without_itself(client, sysadmin, judge):
    client.force_login(sysadmin)
    sent = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(password_page(judge), sent | {"set-password": "1"}).status_code == 302
    judge.refresh_from_db()
    assert judge.check_password(NEW_PASSWORD)
    assert judge.must_change_password
    (line,) = AuditEntry.objects.filter(target_key=str(judge.pk))
    assert (line.action, line.actor_name) == ("accounts.user_changed", str(sysadmin))
    assert line.details == {"changes": {"密码": "（已修改）"}}


def test_nobody_gives_roles_to_oneself(client, security):
    boss = make_superuser()
    for actor in (security, boss):
        client.force_login(actor)
        before = state(actor)
        client.post(page(actor), fields(actor, roles.SYSTEM_ADMINISTRATOR, roles.SECURITY_ADMINISTRATOR))
        assert state(actor)["groups"] == before["groups"]
        with pytest.raises(ValidationError, match="不能给自己分配角色"):
            services.assign_roles(
                user=actor, roles=list(Group.objects.filter(name=roles.AUDITOR)), actor=actor
            )
        assert state(actor)["groups"] == before["groups"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((roles.SYSTEM_ADMINISTRATOR, roles.SECURITY_ADMINISTRATOR), "三员分立"),
        ((roles.SYSTEM_ADMINISTRATOR, roles.AUDITOR), "三员分立"),
        ((roles.SECURITY_ADMINISTRATOR, roles.AUDITOR), "三员分立"),
        (services.SEPARATED_ROLES, "三员分立"),
        ((roles.AUDITOR, roles.COMPETITION_STAFF), "不能再担任业务角色"),
    ],
)
def test_the_three_administrators_are_three_accounts(client, security, judge, given, message):
    client.force_login(security)
    response = client.post(page(judge), fields(judge, *given))
    assert [message in text for text in error_texts(response)] == [True]
    with pytest.raises(ValidationError, match=message):
        services.assign_roles(
            user=judge, roles=list(Group.objects.filter(name__in=given)), actor=make_superuser()
        )
    assert state(judge)["groups"] == [roles.JUDGE]


def test_the_security_administrator_gives_roles_and_changes_nothing_else(client, security, judge):
    before = state(judge)
    client.force_login(security)
    forged = fields(judge, roles.EXPERT, roles.JUDGE, username="x", name="y", email="a@b.cn", is_active=None)
    sent = forged | {"is_staff": "on", "is_superuser": "on", "must_change_password": "on"}
    assert client.post(page(judge), sent).status_code == 302
    assert state(judge) == before | {"groups": sorted([roles.EXPERT, roles.JUDGE])}
    line = AuditEntry.objects.get(action="accounts.roles_assigned")
    assert (line.actor_key, line.target_key) == (str(security.pk), str(judge.pk))
    assert line.details == {"before": [roles.JUDGE], "after": sorted([roles.EXPERT, roles.JUDGE])}


def test_nobody_deactivates_oneself(client, sysadmin):
    boss = make_superuser()
    client.force_login(boss)
    response = client.post(page(boss), fields(boss, is_active=None))
    assert error_texts(response) == ["不能停用自己的账号。"]
    client.force_login(sysadmin)
    assert client.post(page(sysadmin), fields(sysadmin, is_active=None)).status_code == 403
    assert state(boss)["is_active"]
    assert state(sysadmin)["is_active"]


def test_a_deactivated_account_is_out_at_once(client, sysadmin, judge, settings):
    client.force_login(judge)
    assert client.get(reverse("accounts:password_change")).status_code == 200
    other = type(client)()
    other.force_login(sysadmin)
    assert other.post(page(judge), fields(judge, is_active=None)).status_code == 302
    response = client.get(reverse("accounts:password_change"))
    assert (response.status_code, response.url.partition("?")[0]) == (302, reverse("accounts:login"))


def test_accounts_are_never_deleted(client, judge):
    boss = make_superuser()
    client.force_login(boss)
    assert (
        client.post(reverse("admin:accounts_user_delete", args=[judge.pk]), {"post": "yes"}).status_code
        == 403
    )
    sent = {"action": "delete_selected", "_selected_action": [judge.pk], "post": "yes"}
    client.post(reverse("admin:accounts_user_changelist"), sent)
    assert User.objects.filter(pk=judge.pk).exists()


def test_the_list_of_accounts_cannot_be_filtered_by_password(client, sysadmin):
    client.force_login(sysadmin)
    response = client.get(reverse("admin:accounts_user_changelist"), {"password__startswith": "md5$"})
    assert response.status_code == 400


def test_groups_have_no_admin_page():
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_group_changelist")


def test_every_role_exists_and_only_staff_reach_the_admin(client, judge):
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)
    client.force_login(judge)
    for path in ("/staff/", "/staff/login/", "/staff/accounts/user/", "/staff/nowhere/"):
        assert client.get(path).status_code == 403, path
    client.logout()
    response = client.get("/staff/accounts/user/")
    assert response.url == "/account/login/?next=/staff/accounts/user/"


def test_staff_who_are_signed_in_go_from_the_admins_login_to_the_admin(client, sysadmin):
    client.force_login(sysadmin)
    response = client.get("/staff/login/?next=https://evil.example/")
    assert (response.status_code, response.url) == (302, "/staff/")


def test_a_name_that_differs_in_case_only_is_taken(client, sysadmin, judge):
    client.force_login(sysadmin)
    sent = {"username": "CaiPan", "name": "冒名", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = client.post(reverse("admin:accounts_user_add"), sent | {"usable_password": "true"})
    assert list(response.context["adminform"].form.errors) == ["username"]
    other = make_user(username="lisi")
    response = client.post(page(other), fields(other, username="CAIPAN"))
    assert error_texts(response) == ["这个登录名已有人使用，请换一个。"]


def test_the_summary_of_a_password_is_masked(client, sysadmin, judge):
    client.force_login(sysadmin)
    assert re.search(r"md5.*\*{6}", client.get(page(judge)).text, re.DOTALL)
