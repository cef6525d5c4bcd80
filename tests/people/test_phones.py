"""Codes over the counter and changed numbers: who may, for whom, and what is left of it."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.accounts import phones as sms
from tests.accounts.phones import OTHER_PHONE, PHONE, answer, ask, prove, signed_in
from tests.factories import make_union_body, make_unit, make_user
from unionportal import roles
from unionportal.accounts.models import PhoneCode
from unionportal.audit.models import AuditEntry
from unionportal.inbox.models import Message
from unionportal.people.models import Person
from unionportal.people.phones import NOT_A_WORKER, NOT_YOURS
from unionportal.people.sign_up import sign_up

pytestmark = pytest.mark.django_db
PAGE = "/account/codes/"


@pytest.fixture(autouse=True)
def _sms(settings):
    sms.Inbox.sent = []
    settings.SMS_BACKEND = ""
    cache.clear()


@pytest.fixture
def unit():
    return make_unit("本厂")


@pytest.fixture
def liaison(unit):
    user = make_user(roles.LIAISON)
    make_union_body("本厂工会", "basic", None, user).units.add(unit)
    return user


@pytest.fixture
def staff():
    return make_user(roles.ACADEMY_STAFF, is_staff=True)


def hand_out(client, user, phone=PHONE, **changes):
    client.force_login(user)
    sent = {"name": "赵工", "phone": phone, "reason": "本人到场，核对身份证", "has_seen": "on", **changes}
    return client.post(PAGE, sent)


def code_of(response):
    return response.context["code"]


def test_a_liaison_hands_out_a_code_that_opens_a_new_account(client, liaison):
    code = code_of(hand_out(client, liaison))
    assert len(code) == 8
    worker = Client()
    ask(worker)
    assert answer(worker, code).url == "/account/sign-up/"
    (line,) = AuditEntry.objects.filter(action="people.code_handed_out")
    assert (line.actor_key, line.details["reason"]) == (str(liaison.pk), "本人到场，核对身份证")
    assert line.details["to"] == "赵工（138****5678）"
    assert code not in str(line.details)


def test_a_liaison_helps_the_own_people_and_no_others(client, liaison, unit):
    own = sign_up(phone=PHONE, name="赵工", unit=unit)
    sign_up(phone=OTHER_PHONE, name="钱工", unit=make_unit())
    code = code_of(hand_out(client, liaison))
    worker = Client()
    ask(worker)
    answer(worker, code)
    assert signed_in(worker) == str(own.pk)
    assert NOT_YOURS in hand_out(client, liaison, OTHER_PHONE).text
    assert PhoneCode.objects.handed_out().count() == 1


def test_staff_help_any_worker(client, staff):
    sign_up(phone=PHONE, name="赵工", unit=make_unit())
    assert code_of(hand_out(client, staff))


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {}])
def test_nobody_gets_into_an_account_that_may_more_than_a_worker(client, staff, fields):
    account = make_user(roles.JUDGE, **fields)
    account.phone = PHONE
    account.save()
    assert NOT_A_WORKER in hand_out(client, staff).text
    assert not PhoneCode.objects.exists()


def test_who_is_neither_staff_nor_liaison_hands_out_nothing(client, liaison):
    assert hand_out(client, make_user(roles.WORKER)).status_code == 403
    assert hand_out(client, make_user(roles.LIAISON)).status_code == 403
    liaison.liaisons.update(ended_on="2025-02-01")
    assert hand_out(client, liaison).status_code == 403
    assert client.get(PAGE).status_code == 403
    assert not PhoneCode.objects.exists()


@pytest.mark.parametrize("changes", [{"reason": ""}, {"has_seen": ""}, {"name": ""}, {"phone": "1"}])
def test_without_having_seen_the_person_there_is_no_code(client, liaison, changes):
    response = hand_out(client, liaison, **changes)
    assert (response.status_code, code_of(response)) == (200, "")
    assert not PhoneCode.objects.exists()


# ── The number changes ───────────────────────────────────────────────────────────────────────────────────


def change(client, user, person, phone=OTHER_PHONE, reason="本人到场"):
    client.force_login(user)
    url = reverse("admin:people_person_phone", args=[person.pk])
    return client.post(url, {"phone": phone, "reason": reason})


@pytest.fixture
def person(unit):
    return Person.objects.get(user=sign_up(phone=PHONE, name="赵工", unit=unit))


def test_the_number_changes_the_old_one_is_told_and_old_sessions_end(
    client, staff, person, settings, django_capture_on_commit_callbacks
):
    settings.SMS_BACKEND = sms.BACKEND
    worker = Client()
    prove(worker)
    assert worker.get("/my/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert change(client, staff, person).status_code == 302
    assert worker.get("/my/").status_code == 302
    told = dict(sms.Inbox.sent)
    assert "已更换" in told[PHONE]
    person.refresh_from_db()
    assert (person.user.phone, person.phone) == (OTHER_PHONE, OTHER_PHONE)
    assert Message.objects.get(user=person.user).title == "登录手机号已更换"
    (line,) = AuditEntry.objects.filter(action="people.login_phone_changed")
    assert line.details == {"before": "138****5678", "after": "139****5678", "reason": "本人到场"}


def test_sessions_of_an_account_with_a_password_end_with_the_number_too(client, staff, person):
    person.user.set_password("worker-2026")
    person.user.save()
    worker = Client()
    worker.force_login(person.user)
    assert worker.get("/my/").status_code == 200
    assert change(client, staff, person).status_code == 302
    assert worker.get("/my/").status_code == 302


def test_a_service_that_fails_does_not_stop_the_change(
    client, staff, person, settings, django_capture_on_commit_callbacks
):
    settings.SMS_BACKEND = sms.BROKEN
    with django_capture_on_commit_callbacks(execute=True):
        assert change(client, staff, person).status_code == 302
    person.user.refresh_from_db()
    assert person.user.phone == OTHER_PHONE


@pytest.mark.parametrize(
    ("phone", "words"), [(PHONE, "相同"), ("01069041234", "固定电话"), ("13700000000", "另一个账号")]
)
def test_a_number_that_will_not_do_is_refused(client, staff, person, phone, words):
    sign_up(phone="13700000000", name="钱工", is_flexible=True)
    assert words in change(client, staff, person, phone).text
    person.user.refresh_from_db()
    assert person.user.phone == PHONE


def test_the_number_of_a_judge_is_not_changed_here(client, staff, person):
    person.user.groups.clear()
    person.user.is_staff = True
    person.user.save()
    assert "系统管理员" in change(client, staff, person).text


def test_a_person_without_an_account_has_no_number_to_change(client, staff):
    bare = Person.objects.create(name="孙工")
    assert "还没有账号" in change(client, staff, bare).text
