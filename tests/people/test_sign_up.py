"""Signing up: the unit under any of its names, the two answers without one, consent, and one account a number."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.accounts import phones
from tests.accounts.phones import PHONE, prove, signed_in
from tests.factories import make_person, make_unit
from unionportal import roles
from unionportal.accounts.models import PhoneCode, User
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Claim, Person
from unionportal.people.sign_up import search_units, unit_named

pytestmark = pytest.mark.django_db
PAGE = "/account/sign-up/"


@pytest.fixture(autouse=True)
def _sms(settings):
    phones.Inbox.sent = []
    settings.SMS_BACKEND = phones.BACKEND
    cache.clear()


@pytest.fixture
def unit():
    unit = make_unit("北京密云水泥制造有限公司", short_name="密水", town="果园街道")
    unit.former_names.create(name="密云县水泥厂")
    return unit


@pytest.fixture
def proved(client):
    """A client that has proved a number without an account."""
    prove(client, next="/notices/")
    return client


def fill(client, **changes):
    return client.post(PAGE, {"name": "赵工", "unit_words": "", "unit": "", "consents": "on", **changes})


def found(words):
    return [(item.unit.name, item.by) for item in search_units(words)]


@pytest.mark.parametrize(
    ("words", "by"),
    [
        ("水泥制造", ""),
        ("密水", "简称“密水”"),
        ("密云县水泥", "曾用名“密云县水泥厂”"),
        ("（北京）密云 水泥", ""),
        ("木材", None),
    ],
)
def test_a_unit_is_found_under_all_its_names(unit, words, by):
    make_unit("别家")
    assert found(words) == ([] if by is None else [(unit.name, by)])


def test_a_merged_unit_leads_to_its_successor_and_a_dissolved_one_nowhere(unit):
    make_unit("旧水泥一厂", merged_into=unit)
    make_unit("旧水泥二厂", dissolved_on="2020-01-01")
    assert found("旧水泥") == [(unit.name, "原“旧水泥一厂”")]
    assert found("旧") == []


def test_the_closest_name_comes_first_and_the_list_ends(unit):
    for number in range(12):
        make_unit(f"第{number}水泥店")
    make_unit("水泥")
    assert found("水泥")[0] == ("水泥", "")
    assert len(found("水泥")) == 8


def test_a_whole_name_needs_no_choice(unit):
    assert unit_named("密水") == unit_named("密云县水泥厂") == unit_named(unit.name) == unit
    assert unit_named("水泥") is None


def test_signing_up_makes_account_person_and_consent(proved, unit):
    response = fill(proved, unit_words="密水", unit=str(unit.pk))
    assert (response.status_code, response.url) == (302, "/notices/")
    user = User.objects.get(name="赵工")
    assert signed_in(proved) == str(user.pk)
    assert (user.phone, user.consented_at is not None, user.has_usable_password()) == (PHONE, True, False)
    assert [group.name for group in user.groups.all()] == [roles.WORKER]
    assert PHONE not in user.username
    person = Person.objects.get(user=user)
    assert (person.name, person.unit, person.phone, person.id_number) == ("赵工", unit, PHONE, "")
    line = AuditEntry.objects.get(action="people.signed_up")
    assert len(line.details["statement"]) == 64
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"unit": "flexible"}, (None, "", True)),
        ({"unit": "flexible", "unit_words": "密水"}, (None, "", True)),
        ({"unit": "unlisted", "unit_words": "新开的小店"}, (None, "新开的小店", False)),
    ],
)
def test_there_are_answers_without_a_unit(proved, unit, answer, kept):
    assert fill(proved, **answer).status_code == 302
    person = Person.objects.get()
    assert (person.unit, person.unit_claimed, person.is_flexible) == kept


def test_a_name_said_not_to_be_found_that_is_one_is_taken(proved, unit):
    fill(proved, unit="unlisted", unit_words="密云县水泥厂")
    assert Person.objects.get().unit == unit


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "请填写单位名称"),
        ({"unit_words": "水泥"}, "请在下面选定您的单位"),
        ({"unit": "unlisted"}, "请写下单位全称"),
        ({"unit": "99999"}, "请填写单位名称"),
        ({"unit": "9" * 20}, "请填写单位名称"),
        ({"unit": "flexible", "name": "赵3"}, "姓名中有数字"),
        ({"unit": "flexible", "consents": ""}, "请先阅读隐私声明"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(proved, unit, changes, words):
    response = fill(proved, **changes)
    assert response.status_code == 200
    assert words in response.text
    assert f'value="{changes.get("name", "赵工")}"' in response.text
    assert not User.objects.exists()


def test_searching_without_script_signs_nobody_up(proved, unit):
    response = proved.post(PAGE, {"name": "赵", "unit_words": "密水", "find": "1"})
    assert unit.name in response.text
    assert "请先阅读" not in response.text
    assert not User.objects.exists()


def test_a_rare_name_with_a_middle_dot_is_kept(proved):
    fill(proved, name="买买提•艾力", unit="flexible")
    assert User.objects.get().name == "买买提·艾力"


def test_only_a_proved_number_signs_up(client, unit):
    assert client.get(PAGE).url == "/account/phone/"
    assert fill(client, unit="flexible").url == "/account/phone/"
    assert client.get(f"{PAGE}units/?unit_words=密水").status_code == 404
    assert not User.objects.exists()


def test_the_units_come_as_a_part_of_the_page(proved, unit):
    assert unit.name in proved.get(f"{PAGE}units/?unit_words=密水").text
    assert "没有找到" in proved.get(f"{PAGE}units/?unit_words=<b>没有</b>").text
    assert "<b>没有" not in proved.get(f"{PAGE}units/?unit_words=<b>没有</b>").text


def test_two_tabs_make_one_account(proved, unit):
    second = Client()
    second.cookies["sessionid"] = proved.cookies["sessionid"].value
    session = dict(proved.session)
    fill(proved, unit="flexible")
    copy = Client()
    stored = copy.session
    stored.update({key: value for key, value in session.items() if not key.startswith("_")})
    stored.save()
    copy.cookies["sessionid"] = stored.session_key
    assert "已注册" in fill(copy, unit="flexible").text
    assert User.objects.count() == 1


def test_a_proof_is_good_for_half_an_hour(proved):
    PhoneCode.objects.update(used_at="2020-01-01T00:00Z")
    assert proved.get(PAGE).url == "/account/phone/"


def test_a_namesake_of_the_unit_is_shown_to_staff_and_to_nobody_else(proved, unit):
    make_person("赵工", unit=unit)
    with_namesake = fill(proved, unit=str(unit.pk))
    assert with_namesake.url == "/notices/"
    assert Claim.objects.get().ground == "duplicate"
    assert "核实中" not in proved.get("/my/").text
