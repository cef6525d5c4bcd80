"""An account joins a person by name and full ID number, or by staff; and whoever fails learns nothing."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competitions.models import Entry, EntryMember
from tests.factories import (
    id_number,
    make_certificate,
    make_competition,
    make_entry,
    make_person,
    make_superuser,
    make_unit,
    make_user,
)
from tests.portal.threads import in_threads
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.inbox.models import Message
from unionportal.people import claims
from unionportal.people.models import Claim, Person
from unionportal.people.sign_up import sign_up

pytestmark = pytest.mark.django_db
PAGE = "/account/claim/"


@pytest.fixture
def unit():
    return make_unit("演示机械厂")


@pytest.fixture
def worker(unit):
    return sign_up(phone="13812345678", name="赵工", unit=unit)


@pytest.fixture
def staff():
    return make_user(roles.ACADEMY_STAFF, is_staff=True)


def person_of(user):
    return Person.objects.filter(user=user).first()


def ask(user, number=None):
    claims.ask_to_join(user=user, id_number=number or id_number(1))


def test_name_and_number_join_at_once_and_bring_both_records_together(worker):
    known = make_person("赵工", id_number=id_number(1))
    event = make_competition().events.get()
    entry = make_entry(event, person=person_of(worker))
    team = Entry.objects.create(
        event=event, team_name="一队", unit=entry.unit, unit_name="x", number="T", status="accepted"
    )
    member = EntryMember.objects.create(entry=team, person=person_of(worker))
    ask(worker)
    assert person_of(worker) == known
    assert not Claim.objects.exists()
    known.refresh_from_db()
    assert (known.unit.name, known.phone_tail) == ("演示机械厂", "5678")
    for row in (entry, member):
        row.refresh_from_db()
        assert row.person == known
    assert Person.objects.get(merged_into=known).user is None


FAILURES = {
    "nobody has it": lambda: None,
    "another name has it": lambda: make_person("钱工", id_number=id_number(1)),
    "another account has joined it": lambda: make_person("赵工", id_number=id_number(1), user=make_user()),
}


@pytest.mark.parametrize("make", FAILURES.values(), ids=FAILURES.keys())
def test_a_failed_claim_goes_to_staff_and_moves_nothing(worker, make):
    make()
    own = person_of(worker)
    ask(worker)
    assert person_of(worker) == own
    own.refresh_from_db()
    assert own.id_number == ""
    claim = Claim.objects.get()
    assert (claim.status, claim.id_number) == ("waiting", id_number(1))


def test_failed_claims_read_and_cost_the_same_whoever_there_is(unit):
    pages, statements = [], []
    for number, make in enumerate(FAILURES.values()):
        Person.objects.filter(id_number_hash__isnull=False).update(id_number_hash=None)
        make()
        user = sign_up(phone=f"1381234000{number}", name="赵工", unit=unit)
        Claim.objects.all().delete()
        client = Client()
        client.force_login(user)
        with CaptureQueriesContext(connection) as queries:
            response = client.post(PAGE, {"id_number": id_number(1)})
        statements.append(len(queries))
        assert response.url == "/my/"
        text = client.get("/my/").text.replace(user.masked_phone, "")
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text))
    assert pages[0] == pages[1] == pages[2]
    assert statements[0] == statements[1] == statements[2]


def test_a_waiting_claim_shuts_out_further_tries(client, worker):
    client.force_login(worker)
    client.post(PAGE, {"id_number": id_number(1)})
    known = make_person("赵工", id_number=id_number(2))
    assert claims.WAITING in client.post(PAGE, {"id_number": id_number(2)}).text
    assert person_of(worker) != known
    assert client.get(PAGE).url == "/my/"
    assert Claim.objects.count() == 1


def test_who_is_identified_is_not_asked_again(client, worker):
    make_person("赵工", id_number=id_number(1))
    ask(worker)
    client.force_login(worker)
    assert client.get(PAGE).url == "/my/"
    with pytest.raises(ValidationError, match="已经核实"):
        ask(worker, id_number(2))


def test_a_phone_number_joins_nobody(unit):
    make_person("赵工", unit=unit, phone="13812345678")
    worker = sign_up(phone="13812345678", name="赵工", unit=unit)
    assert Person.objects.current().filter(name="赵工").count() == 2
    assert person_of(worker).phone == "13812345678"
    assert Claim.objects.get().ground == "duplicate"


@pytest.mark.parametrize("number", ["", "123", "110118199001010011", "abc", "\0"])
def test_a_number_that_is_none_is_refused_before_anybody_is_looked_for(client, worker, number):
    client.force_login(worker)
    assert client.post(PAGE, {"id_number": number}).status_code == 200
    assert not Claim.objects.exists()


def test_records_that_stand_in_each_others_way_send_the_question_to_staff(worker, staff):
    known, own = make_person("赵工", id_number=id_number(1)), person_of(worker)
    event = make_competition().events.get()
    for person in (known, own):
        make_entry(event, person=person)
    make_certificate(make_superuser(), person=own)
    ask(worker)
    assert person_of(worker) == own
    assert own.certificates.count() == own.entries.count() == known.entries.count() == 1
    with pytest.raises(ValidationError, match="不能自动合并"):
        settle(Claim.objects.get(), known, staff)
    assert Claim.objects.get().status == "waiting"


def test_a_merged_record_leads_to_its_successor(worker):
    last = make_person("赵工")
    make_person("赵工", id_number=id_number(1), merged_into=last)
    ask(worker)
    assert person_of(worker) == last


# ── Staff ────────────────────────────────────────────────────────────────────────────────────────────────


def settle(claim, person, staff, **more):
    return claims.settle_claim(claim=claim, person=person, actor=staff, reason="本人到场", **more)


def test_staff_join_an_account_to_a_person_and_the_number_is_forgotten(worker, staff):
    known = make_person("钱工", id_number=id_number(1))
    ask(worker)
    claim = settle(Claim.objects.get(), known, staff)
    assert person_of(worker) == known
    assert (claim.status, claim.id_number, claim.decided_by) == ("joined", "", staff)
    assert Message.objects.get(user=worker).title == "身份已核实"
    with pytest.raises(ValidationError, match="已关联"):
        settle(claim, known, staff)


def test_staff_write_the_number_into_the_own_record_where_nobody_has_it(worker, staff):
    ask(worker)
    settle(Claim.objects.get(), person_of(worker), staff)
    assert person_of(worker).id_number == id_number(1)


def test_staff_make_a_record_for_an_account_without_one(client, staff):
    bare = make_user(roles.WORKER, name="孙工")
    ask(bare)
    client.force_login(staff)
    client.post(
        reverse("admin:people_claim_step", args=[Claim.objects.get().pk, "new"]), {"reason": "本人到场"}
    )
    assert (person_of(bare).name, person_of(bare).id_number) == ("孙工", id_number(1))
    assert Claim.objects.get().status == "joined"


def test_staff_cannot_write_a_number_into_a_second_record(worker, staff):
    make_person("钱工", id_number=id_number(1))
    ask(worker)
    with pytest.raises(ValidationError, match="另一份档案"):
        settle(Claim.objects.get(), person_of(worker), staff)
    assert Claim.objects.get().status == "waiting"


def test_taking_a_person_from_another_account_is_a_step_of_its_own_and_told(worker, staff):
    other = make_user()
    known = make_person("赵工", id_number=id_number(1), user=other)
    ask(worker)
    claim = Claim.objects.get()
    with pytest.raises(ValidationError, match="另一个账号"):
        settle(claim, known, staff)
    assert person_of(other) == known
    settle(claim, known, staff, takes_over=True)
    assert (person_of(other), person_of(worker)) == (None, known)
    assert set(Message.objects.values_list("user", flat=True)) == {other.pk, worker.pk}


def test_a_refusal_needs_a_reason_that_the_worker_does_not_read(worker, staff):
    ask(worker)
    claim = Claim.objects.get()
    with pytest.raises(ValidationError, match="理由"):
        claims.refuse_claim(claim=claim, actor=staff, reason=" ")
    claims.refuse_claim(claim=claim, actor=staff, reason="疑似冒用")
    assert "疑似冒用" not in Message.objects.get().body
    ask(worker)  # may be asked again
    assert set(Claim.objects.values_list("status", flat=True)) == {"waiting", "refused"}


def test_staff_walk_through_the_queue(client, worker, staff):
    known = make_person("钱工", id_number=id_number(1))
    ask(worker)
    claim = Claim.objects.get()
    client.force_login(staff)
    assert "待核实的账号关联" in client.get("/staff/").text
    page = client.get(reverse("admin:people_claim_change", args=[claim.pk]))
    assert id_number(1) not in page.text
    assert "身份证号一致" in page.text
    stranger = make_person("孙工")
    step = "admin:people_claim_step"
    assert (
        client.post(reverse(step, args=[claim.pk, f"join-{stranger.pk}"]), {"reason": "x"}).status_code == 404
    )
    client.post(reverse(step, args=[claim.pk, f"join-{known.pk}"]), {"reason": ""})
    assert person_of(worker) != known
    client.post(reverse(step, args=[claim.pk, f"join-{known.pk}"]), {"reason": "核对身份证"})
    assert person_of(worker) == known
    assert AuditEntry.objects.filter(action="people.claim_settled", actor_key=str(staff.pk)).count() == 1


# ── Races ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_of_many_accounts_that_claim_one_person_at_once_one_gets_it():
    unit = make_unit()
    known = make_person("赵工", id_number=id_number(1))
    users = [sign_up(phone=f"1381234567{number}", name="赵工", unit=unit) for number in range(6)]
    Claim.objects.all().delete()
    results = in_threads(*[lambda user=user: ask(user) for user in users])
    assert results == [None] * 6
    known.refresh_from_db()
    assert known.user in users
    assert Claim.objects.filter(ground="identity", status="waiting").count() == 5
    assert Person.objects.filter(user__in=users).count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_settle_a_claim_once(unit, worker):
    ask(worker)
    claim, first, second = Claim.objects.get(), make_person("赵工"), make_person("赵工")
    actor = make_superuser()
    jobs = [lambda person=person: settle(claim, person, actor) for person in (first, second)]
    results = in_threads(*jobs)
    assert len([result for result in results if isinstance(result, Claim)]) == 1
    assert Message.objects.filter(user=worker).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_account_asking_twice_at_once_asks_once(worker):
    in_threads(*[lambda: ask(worker)] * 4)
    assert Claim.objects.filter(ground="identity").count() == 1
