"""Signing in by phone: codes that are hashed, short-lived, used once, guessed in vain, and say nothing of who is known."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.accounts import phones
from tests.accounts.phones import OTHER_PHONE, PHONE, answer, ask, code_sent, prove, signed_in
from tests.factories import make_user
from tests.portal.threads import in_threads
from unionportal import roles
from unionportal.accounts import phone_codes, services
from unionportal.accounts.models import PhoneCode, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sms(settings):
    phones.Inbox.sent = []
    settings.SMS_BACKEND, settings.SHOW_CODES = phones.BACKEND, False
    cache.clear()


def with_phone(phone=PHONE, *granted, **fields):
    user = make_user(*(granted or [roles.WORKER]), **fields)
    user.phone = phone
    user.save()
    return user


@pytest.fixture
def worker():
    return with_phone(name="赵工")


def later(**delta):
    """Let time pass for the codes made so far."""
    for code in PhoneCode.objects.all():
        code.made_at -= timedelta(**delta)
        code.expires_at -= timedelta(**delta)
        code.save()


def page(response):
    """A page without what differs from one sending to the next."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.text).replace("nonce", "")


def test_a_worker_signs_in_and_stays_for_ninety_days(client, worker):
    response = prove(client)
    assert (response.status_code, response.url) == (302, "/start/")
    assert signed_in(client) == str(worker.pk)
    assert client.session.get_expiry_age() == pytest.approx(90 * 86400, abs=60)


def test_the_worker_role_is_the_one_of_the_table():
    assert services.WORKER_ROLE == roles.WORKER


def test_a_password_lets_a_worker_stay_too_and_a_judge_for_the_day(client):
    for role, age in ((roles.WORKER, 90 * 86400), (roles.JUDGE, 12 * 3600)):
        user = make_user(role)
        client.post("/account/login/", {"username": user.username, "password": user.username})
        assert signed_in(client) == str(user.pk)
        assert client.session.get_expiry_age() == pytest.approx(age, abs=60)
        client.logout()


def test_who_has_become_staff_since_signs_in_anew(client, worker):
    prove(client)
    assert client.get("/my/").status_code == 200
    User.objects.filter(pk=worker.pk).update(is_staff=True)
    assert client.get("/my/").url == "/account/login/"
    assert signed_in(client) is None


def test_a_judge_by_phone_keeps_the_shorter_session(client):
    with_phone(PHONE, roles.JUDGE)
    prove(client)
    assert client.session.get_expiry_age() == pytest.approx(12 * 3600, abs=60)


def test_the_code_is_kept_as_a_keyed_hash_only(client, worker):
    ask(client)
    (row,) = PhoneCode.objects.values()
    kept = " ".join(str(value) for value in row.values())
    assert code_sent() not in kept.replace(str(row["key"]), "")
    assert PHONE not in kept
    assert code_sent() not in str(dict(client.session))


def test_a_code_works_once(client, worker):
    ask(client)
    code, before = code_sent(), dict(client.session)
    answer(client, code)
    replayed = Client()
    session = replayed.session
    session.update({key: value for key, value in before.items() if key == "phone_asked"})
    session.save()
    replayed.cookies["sessionid"] = session.session_key
    assert phone_codes.WRONG in answer(replayed, code).text
    assert signed_in(replayed) is None


def test_a_code_is_good_for_five_minutes(client, worker):
    ask(client)
    later(minutes=5)
    assert phone_codes.WRONG in answer(client, code_sent()).text
    assert signed_in(client) is None


def test_after_five_wrong_tries_the_right_code_is_wrong_too(client, worker):
    ask(client)
    wrong = "000000" if code_sent() != "000000" else "111111"
    for _ in range(5):
        assert phone_codes.WRONG in answer(client, wrong).text
    assert phone_codes.WRONG in answer(client, code_sent()).text
    assert signed_in(client) is None


def test_a_code_answers_its_own_request_only(client, worker):
    other = Client()
    ask(client)
    later(minutes=2)
    ask(other)
    first, second = [re.search(r"\d{6}", text)[0] for _, text in phones.Inbox.sent]
    if first != second:
        assert phone_codes.WRONG in answer(other, first).text
    assert answer(client, first).status_code == 302
    assert answer(other, second).status_code == 302


def test_two_tabs_share_the_last_request(client, worker):
    ask(client)
    later(minutes=2)
    ask(client)
    assert answer(client, code_sent()).status_code == 302
    assert answer(client, code_sent()).url == "/account/phone/"


def test_a_number_gets_one_code_a_minute_and_five_an_hour(client, worker):
    ask(client)
    assert phone_codes.TOO_SOON in ask(client).text
    for _ in range(4):
        later(minutes=2)
        assert ask(client).status_code == 302
    later(minutes=2)
    assert phone_codes.TOO_OFTEN in ask(client).text
    assert len(phones.Inbox.sent) == 5
    assert ask(client, OTHER_PHONE).status_code == 302


def test_a_number_gets_ten_codes_a_day(client, worker):
    for _ in range(2):
        for _ in range(5):
            later(minutes=2)
            assert ask(client).status_code == 302
        later(hours=2)
    assert phone_codes.TOO_OFTEN in ask(client).text
    later(hours=24)
    assert ask(client).status_code == 302


def test_an_address_is_throttled(client, settings):
    settings.PHONE_CODES_PER_HOUR = 2
    answers = [ask(client, f"1380000100{number}") for number in range(3)]
    assert [response.status_code for response in answers] == [302, 302, 200]
    assert phone_codes.TOO_MANY_HERE in answers[2].text


def test_known_and_unknown_numbers_take_the_same_statements_and_words(worker):
    pages, statements = [], []
    for phone in (PHONE, OTHER_PHONE):
        client = Client()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask(client, phone)
            shown = page(client.get("/account/phone/code/"))
            wrong = page(answer(client, "12345678"))
            again = page(ask(client, phone))
        statements.append([re.sub(r"'[^']*'|\d+|\\\\x\w+", "?", query["sql"]) for query in queries])
        pages.append([text.replace("138", "1x8").replace("139", "1x8") for text in (shown, wrong, again)])
    assert pages[0] == pages[1]
    assert [len(item) for item in statements][0] == len(statements[1])
    assert statements[0] == statements[1]


@pytest.mark.parametrize("phone", ["", "1381234567", "01069041234", "23812345678", "138 1234 5678 9", "\0"])
def test_what_is_no_mobile_number_is_refused_and_kept_in_the_field(client, phone):
    response = ask(client, phone)
    assert (response.status_code, phones.Inbox.sent) == (200, [])
    assert "errorlist" in response.text or "invalid-feedback" in response.text


def test_a_number_is_found_however_it_is_typed(client, worker):
    ask(client, "+86 138-1234-5678")
    assert answer(client, f" {code_sent()[:3]} {code_sent()[3:]} ").status_code == 302


def test_a_service_that_fails_says_so_and_leaves_the_next_try_free(client, settings, worker):
    settings.SMS_BACKEND = phones.BROKEN
    assert phone_codes.NOT_SENT in ask(client).text
    assert not PhoneCode.objects.exists()
    settings.SMS_BACKEND = phones.BACKEND
    assert ask(client).status_code == 302


def test_an_unknown_number_goes_on_to_signing_up_and_is_not_signed_in(client):
    assert prove(client).url == "/account/sign-up/"
    assert signed_in(client) is None


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_staff_and_closed_accounts_do_not_get_in_by_phone(client, fields):
    with_phone(PHONE, **fields)
    assert prove(client).status_code == 403
    assert signed_in(client) is None


def test_the_way_back_is_kept_and_leads_nowhere_else(client, worker):
    assert prove(client, next="/my/messages/").url == "/my/messages/"
    client.logout()
    later(minutes=2)
    assert prove(client, next="https://evil.example/").url == "/start/"


def test_the_session_key_changes_on_signing_in(client, worker):
    ask(client)
    before = client.session.session_key
    answer(client, code_sent())
    assert client.session.session_key != before


def test_the_code_is_shown_on_the_demo_only(client, worker, settings):
    ask(client)
    assert code_sent() not in client.get("/account/phone/code/").text
    settings.SHOW_CODES = True
    later(minutes=2)
    ask(client)
    assert code_sent() in client.get("/account/phone/code/").text


def test_without_the_first_step_there_is_no_second(client):
    assert client.get("/account/phone/code/").url == "/account/phone/"
    assert answer(client, "123456").url == "/account/phone/"


def test_codes_are_forgotten_after_two_days(client):
    ask(client)
    later(days=3)
    ask(client)
    assert PhoneCode.objects.count() == 1


def test_without_a_service_only_a_code_handed_out_lets_in(client, settings, worker):
    settings.SMS_BACKEND = ""
    assert "当面领取" in client.get("/account/phone/").text
    ask(client)
    assert "这个字段是必填项" in answer(client, "").text
    assert phone_codes.WRONG in answer(client, "000000").text
    code = phone_codes.make_handed_out(phone=PHONE, actor=make_user())
    assert answer(client, code).status_code == 302
    assert signed_in(client) == str(worker.pk)
    other = Client()
    later(minutes=2)
    ask(other)
    assert phone_codes.WRONG in answer(other, code).text


def test_wrong_tries_count_against_a_code_handed_out_too(settings, worker):
    settings.SMS_BACKEND = ""
    code = phone_codes.make_handed_out(phone=PHONE, actor=make_user())
    wrong = "00000000" if code != "00000000" else "11111111"
    guesser, owner = Client(), Client()
    ask(guesser)
    for _ in range(5):
        answer(guesser, wrong)
    later(minutes=2)
    ask(owner)
    assert phone_codes.WRONG in answer(owner, code).text


def test_a_code_handed_out_for_another_number_does_not_fit(client, worker):
    code = phone_codes.make_handed_out(phone=OTHER_PHONE, actor=make_user())
    ask(client)
    assert phone_codes.WRONG in answer(client, code).text


@pytest.mark.django_db(transaction=True)
def test_a_code_sent_twice_at_once_lets_in_once():
    asked, code = phone_codes.ask_for_code(phone=PHONE, address="192.0.2.1")
    results = in_threads(*[lambda: phone_codes.use_code(key=asked.key, typed=code)] * 8)
    assert sorted(result or "" for result in results) == [""] * 7 + [PHONE]


@pytest.mark.django_db(transaction=True)
def test_one_number_asked_for_by_many_at_once_gets_one_code():
    jobs = [lambda: phone_codes.ask_for_code(phone=PHONE, address="192.0.2.1")] * 6
    results = in_threads(*jobs)
    assert len([result for result in results if isinstance(result, tuple)]) == 1
    assert len(phones.Inbox.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_two_accounts_of_one_number_at_once_are_one():
    results = in_threads(*[lambda: services.open_worker_account(phone=PHONE, name="赵工")] * 6)
    assert len([result for result in results if isinstance(result, User)]) == 1
    assert User.objects.with_phone(PHONE).count() == 1


def test_old_accounts_have_no_number_and_no_two_share_one(worker):
    make_user()
    make_user()
    assert User.objects.filter(phone_hash=None).count() == 2
    worker.refresh_from_db()
    assert (worker.phone, worker.masked_phone) == (PHONE, "138****5678")


def test_a_way_back_that_is_no_address_leads_home(client, worker):
    assert prove(client, next="no-such-page").url == "/start/"


def test_the_session_key_changes_once_an_unknown_number_is_proved(client):
    ask(client)
    before = client.session.session_key
    answer(client, code_sent())
    assert client.session.session_key != before
