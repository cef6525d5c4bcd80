"""Persons: numbers sealed at rest, masked on pages, shown in full by POST alone and never unseen."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from tests.factories import id_number, make_person, make_superuser, make_unit, make_user
from tests.portal.threads import in_threads, only_error
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.people.forms import PersonForm
from unionportal.people.models import Milestone, Person

NUMBER = id_number(7)
PHONE = "13812345678"
OTHER_PHONE = "13998765432"


@pytest.fixture
def person(db):
    return make_person("曾小花", unit=make_unit("密云一厂"), id_number=NUMBER, phone=PHONE)


@pytest.fixture
def clerk(db):
    """Business staff: may read identities."""
    return make_user(roles.COMPETITION_STAFF, username="jingsai", is_staff=True)


@pytest.fixture
def onlooker(db):
    """May see persons, but not their numbers."""
    user = make_user(username="kan", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_person", "change_person"]))
    return user


def columns(person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM people_person p WHERE id = %s", [person.pk])
        return cursor.fetchone()[0]


def identity_page(person):
    return reverse("admin:people_person_identity", args=[person.pk])


# ── At rest ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_database_holds_no_readable_number(person):
    text = columns(person)
    assert NUMBER not in text
    assert PHONE not in text
    sealed = [bytes(person.id_number_sealed), bytes(person.phone_sealed)]
    assert [number.encode() in token for number, token in zip((NUMBER, PHONE), sealed, strict=True)] == [
        False,
        False,
    ]
    fresh = Person.objects.get(pk=person.pk)
    assert (fresh.id_number, fresh.phone, fresh.phone_tail) == (NUMBER, PHONE, PHONE[-4:])


def test_the_same_number_is_sealed_differently_each_time_and_still_found(person):
    twin = Person(name="另一人")
    twin.id_number = NUMBER
    assert bytes(twin.id_number_sealed) != bytes(person.id_number_sealed)
    assert twin.id_number_hash == person.id_number_hash
    assert list(Person.objects.with_id_number(NUMBER)) == [person]
    assert list(Person.objects.with_id_number(id_number(8))) == []


def test_those_without_a_number_are_not_one_another(db):
    make_person("甲")
    make_person("乙", id_number="")
    assert list(Person.objects.with_id_number("")) == []


def test_the_number_gives_birth_date_and_gender(person):
    assert (person.birth_date.isoformat(), person.gender) == ("1990-01-01", "女")


@pytest.mark.django_db(transaction=True)
def test_two_hands_at_once_make_one_person():
    results = in_threads(*[lambda name=name: make_person(name, id_number=NUMBER) for name in ("甲", "乙")])
    assert isinstance(only_error(results), IntegrityError)
    assert Person.objects.with_id_number(NUMBER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_hands_at_once_with_two_numbers_make_two_persons():
    """The control."""
    in_threads(*[lambda n=n: make_person("甲", id_number=id_number(n)) for n in (1, 2)])
    assert Person.objects.count() == 2


# ── Admin pages ──────────────────────────────────────────────────────────────────────────────────────────


def person_pages(person):
    base = reverse("admin:people_person_changelist")
    return [
        base,
        f"{base}?q={person.name}",
        f"{base}?q={PHONE[-4:]}",
        reverse("admin:people_person_change", args=[person.pk]),
        reverse("admin:people_person_history", args=[person.pk]),
        reverse("admin:people_person_delete", args=[person.pk]),
        reverse("admin:people_person_add"),
        f"{reverse('admin:people_unit_change', args=[person.unit_id])}",
        reverse("admin:people_milestone_changelist"),
        reverse("admin:audit_auditentry_changelist"),
        f"{reverse('admin:autocomplete')}?app_label=panels&model_name=declaredtie&field_name=person&term=曾",
    ]


def test_no_admin_page_of_a_person_shows_a_full_number(client, person):
    boss = make_superuser()
    client.force_login(boss)
    client.post(reverse("admin:people_person_change", args=[person.pk]), form_of(person, phone=PHONE))
    client.post(identity_page(person))
    for url in person_pages(person):
        response = client.get(url)
        assert response.status_code == 200, url
        page = response.text
        assert NUMBER not in page, url
        assert PHONE not in page, url
        assert NUMBER[:14] not in page, url


def test_a_number_in_the_search_box_finds_nobody(client, person):
    client.force_login(make_superuser())
    for words in (NUMBER, PHONE, NUMBER[:8]):
        response = client.get(reverse("admin:people_person_changelist"), {"q": words})
        assert list(response.context["cl"].queryset) == []


def test_the_list_shows_the_tail_of_the_phone(client, person, clerk):
    client.force_login(clerk)
    page = client.get(reverse("admin:people_person_changelist")).text
    assert PHONE[-4:] in page
    assert person.name in page


def form_of(person, **changes):
    sent = {
        "name": person.name,
        "gender": person.gender,
        "birth_date": "1990-01-01",
        "unit": person.unit_id or "",
        "occupation": "",
        "skill_level": "",
        "is_union_member": "unknown",
        "is_front_line": "unknown",
        "life_status": "working",
        "id_number": "",
        "phone": "",
    }
    return sent | changes


def test_blank_numbers_in_the_form_leave_the_stored_ones(client, person, clerk):
    client.force_login(clerk)
    url = reverse("admin:people_person_change", args=[person.pk])
    assert client.post(url, form_of(person, occupation="养蜂")).status_code == 302
    person = Person.objects.get(pk=person.pk)
    assert (person.occupation, person.id_number, person.phone) == ("养蜂", NUMBER, PHONE)


def test_new_numbers_in_the_form_are_stored_and_audited_without_them(client, person, clerk):
    client.force_login(clerk)
    url = reverse("admin:people_person_change", args=[person.pk])
    number = id_number(9)
    assert client.post(url, form_of(person, id_number=f" {number} ", phone=OTHER_PHONE)).status_code == 302
    person = Person.objects.get(pk=person.pk)
    assert (person.id_number, person.phone, person.phone_tail) == (number, OTHER_PHONE, OTHER_PHONE[-4:])
    (line,) = AuditEntry.objects.all()
    assert line.details == {"changes": {"身份证号": "（已修改）", "手机号": "（已修改）"}}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"id_number": NUMBER}, "id_number", "已登记在另一名职工名下"),
        ({"id_number": NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")}, "id_number", "校验位"),
        ({"id_number": id_number(3, female=False)}, "gender", "性别与身份证号不符"),
        ({"phone": "12345"}, "phone", "不是11位手机号"),
        ({"name": "<b>"}, "name", "符号"),
    ],
)
def test_the_form_refuses_with_a_sentence_that_names_no_number(person, changes, field, message):
    other = make_person("李四", gender="女")
    form = PersonForm(form_of(other, **changes), instance=other)
    assert list(form.errors) == [field]
    (text,) = form.errors[field]
    assert message in text
    assert not re.search(r"\d{8}", text)


def test_the_button_is_for_those_who_may_read_identities(client, person, clerk, onlooker):
    url = reverse("admin:people_person_change", args=[person.pk])
    client.force_login(clerk)
    page = client.get(url).text
    assert "查看完整号码" in page
    assert re.search(rf'<form[^>]*method="post"[^>]*action="{identity_page(person)}"', page)
    client.force_login(onlooker)
    assert "查看完整号码" not in client.get(url).text


def test_showing_the_numbers_takes_a_post_and_leaves_a_line(client, person, clerk):
    client.force_login(clerk)
    assert client.get(identity_page(person)).status_code == 405
    assert client.head(identity_page(person)).status_code == 405
    assert not AuditEntry.objects.exists()
    response = client.post(identity_page(person), REMOTE_ADDR="192.0.2.9")
    assert response.status_code == 200
    assert (NUMBER in response.text, PHONE in response.text) == (True, True)
    assert "no-store" in response["Cache-Control"]
    (line,) = AuditEntry.objects.all()
    assert (line.action, line.actor_key, line.target_key, line.address) == (
        "people.identity_revealed",
        str(clerk.pk),
        str(person.pk),
        "192.0.2.9",
    )
    assert line.details == {}


def test_the_page_with_the_numbers_runs_under_the_strict_policy(client, person, clerk):
    client.force_login(clerk)
    for response in (
        client.post(identity_page(person)),
        client.get(reverse("admin:people_person_change", args=[person.pk])),
    ):
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", response.text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", response.text)


def test_without_the_right_nothing_is_shown_and_no_line_written(client, person, onlooker):
    for who, status in ((onlooker, 403), (make_user(roles.JUDGE), 403)):
        client.force_login(who)
        response = client.post(identity_page(person))
        assert response.status_code == status
        assert NUMBER not in response.text
    client.logout()
    assert client.post(identity_page(person)).url.startswith("/account/login/")
    assert not AuditEntry.objects.exists()


def test_the_identity_of_nobody_is_not_found(client, clerk):
    client.force_login(clerk)
    for key in ("999999", "abc", "1/2"):
        assert client.post(f"/staff/people/person/{key}/identity/").status_code == 404


def test_a_forged_page_elsewhere_cannot_ask_for_the_numbers(person, clerk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    assert strict.post(identity_page(person)).status_code == 403
    assert not AuditEntry.objects.exists()


# ── Order ────────────────────────────────────────────────────────────────────────────────────────────────


def test_surnames_are_sorted_as_they_are_read_as_surnames(db):
    for name in ("解小龙", "张三", "单雄信", "曾国藩", "阿依古丽·买买提", "谢安", "沈括", "程咬金"):
        make_person(name)
    Person.objects.bulk_create([Person(name="任我行")])
    assert [person.name for person in Person.objects.all()] == [
        "阿依古丽·买买提",
        "程咬金",
        "任我行",
        "单雄信",
        "沈括",
        "谢安",
        "解小龙",
        "曾国藩",
        "张三",
    ]


def test_a_new_name_gets_its_new_place(db):
    person = make_person("赵一")
    person.name = "曾一"
    person.save()
    person.refresh_from_db()
    assert person.pinyin == "zeng1 yi1"


def test_every_person_has_a_name(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(name="")


def test_milestones_are_not_written_by_hand(client, person):
    client.force_login(make_superuser())
    assert client.get(reverse("admin:people_milestone_add")).status_code == 403
    assert not Milestone.objects.exists()
