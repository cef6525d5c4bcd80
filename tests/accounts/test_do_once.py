"""A write that is sent twice happens once."""

import time
import uuid

import pytest

from tests.factories import make_unit, make_user
from tests.portal.threads import in_threads, only_error
from unionportal.accounts.models import Receipt
from unionportal.accounts.services import KeyReused, do_once
from unionportal.people.models import Unit

KEY = uuid.UUID("00000000-0000-4000-8000-000000000001")


def send(actor, body, *, key=KEY, action="units.made", pause=0):
    """Send a write that makes a unit of this name."""

    def work():
        time.sleep(pause)
        return {"unit": make_unit(body["name"]).pk}

    return do_once(actor=actor, key=key, action=action, body=body, work=work)


@pytest.mark.django_db
def test_the_same_key_gets_the_same_answer_and_one_write():
    actor = make_user()
    first = send(actor, {"name": "一厂", "n": 1})
    assert send(actor, {"n": 1, "name": "一厂"}) == first
    assert Unit.objects.count() == Receipt.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("again", [{"body": {"name": "二厂"}}, {"action": "units.changed"}])
def test_the_same_key_with_something_else_is_refused(again):
    actor = make_user()
    send(actor, {"name": "一厂"})
    with pytest.raises(KeyReused):
        send(actor, **({"body": {"name": "一厂"}} | again))
    assert [unit.name for unit in Unit.objects.all()] == ["一厂"]


@pytest.mark.django_db
def test_keys_of_two_accounts_do_not_meet():
    send(make_user(), {"name": "一厂"})
    send(make_user(), {"name": "二厂"})
    assert {unit.name for unit in Unit.objects.all()} == {"一厂", "二厂"}


@pytest.mark.django_db
def test_a_failed_write_leaves_no_receipt_and_can_be_tried_again():
    actor = make_user()

    def broken():
        make_unit("一厂")
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        do_once(actor=actor, key=KEY, action="units.made", body={"name": "一厂"}, work=broken)
    assert not Receipt.objects.exists()
    assert not Unit.objects.exists()
    send(actor, {"name": "一厂"})
    assert Unit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_once_write_once():
    actor = make_user()
    answers = in_threads(*[lambda: send(actor, {"name": "一厂"}, pause=0.2)] * 2)
    unit = Unit.objects.get()
    assert answers == [{"unit": unit.pk}] * 2
    assert Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_bodies_at_once_under_one_key_write_one_of_them():
    actor = make_user()
    answers = in_threads(
        *[lambda name=name: send(actor, {"name": name}, pause=0.2) for name in ("一厂", "二厂")]
    )
    assert isinstance(only_error(answers), KeyReused)
    assert Unit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_key_the_same_two_sendings_would_write_twice():
    """The control: the race above is real."""
    actor = make_user()
    in_threads(*[lambda n=n: send(actor, {"name": f"{n}厂"}, key=uuid.uuid4(), pause=0.2) for n in "一二"])
    assert Unit.objects.count() == 2
