"""What two people do at the same moment: one place, one new person, one draft."""

import pytest

from craftsmen.models import Nomination
from craftsmen.services import branches, nominations
from tests.craftsmen.nominating import Town, picture
from tests.factories import id_number, make_nomination, make_user
from tests.portal.threads import in_threads, only_error
from unionportal.people.models import Person
from unionportal.people.services import person_by_identity

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_pass_up_at_once_share_one_place():
    town = Town(1)
    keys = [
        make_nomination(
            town.offer, status="submitted", body=town.body, branch=town.branch, branch_rank=rank
        ).pk
        for rank in (1, 2)
    ]

    def send(key):
        return lambda: branches.pass_up(
            offer=town.offer,
            branch=town.branch,
            chosen=[key],
            opinion="同意",
            upload=picture(),
            actor=town.reviewer,
        )

    error = only_error(in_threads(*map(send, keys)))
    assert "还可报送 0 名" in str(error)
    assert Nomination.objects.filter(status="reviewed").count() == 1


def test_two_forms_about_one_new_person_make_one_person():
    actor = make_user()

    def ask():
        return person_by_identity(name="新人", id_number=id_number(7), actor=actor)

    first, second = in_threads(ask, ask)
    assert first == second
    assert Person.objects.count() == 1


def test_of_two_saves_of_one_version_one_is_stale():
    town = Town()
    nomination = town.start()

    def save(text):
        return lambda: nominations.save_nomination(
            nomination=nomination, actor=town.liaison, version=0, fields={"occupation": text}
        )

    error = only_error(in_threads(save("焊工"), save("电工")))
    assert isinstance(error, nominations.StaleNomination)
    assert Nomination.objects.get().version == 1
