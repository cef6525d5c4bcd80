"""Appearances typed in by staff: they reach the panels, follow the draw, and leave nothing behind when deleted."""

import threading
import time

import pytest
from django.db import transaction
from django.urls import reverse

from competitions.models import Appearance, Attempt, Stage
from competitions.services import entries, stages
from tests.competitions.boards import make_board, mark, practical
from tests.competitions.played import competition_of, two_part_final
from tests.factories import make_entry, make_superuser, make_user
from tests.portal.threads import in_threads, only_error
from unionportal import roles
from unionportal.panels.models import Candidate, Sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))


def address(verb, *args):
    return reverse(f"admin:competitions_appearance_{verb}", args=args)


def test_an_appearance_typed_in_gets_its_attempt_and_its_candidate_and_follows_the_draw(client, clerk, root):
    _, entries = competition_of(root, ["甲"], final=two_part_final())
    stage = Stage.objects.get()
    data = {"entry": entries["甲"].pk, "stage": stage.pk, "order": 1, "station": "", "code": ""}
    assert client.post(address("add"), data).status_code == 302
    appearance = Appearance.objects.get()
    assert Attempt.objects.get().appearance == appearance
    assert Candidate.objects.get().label == "甲"
    drawn = data | {"order": 7, "code": "K3", "station": "2 号"}
    assert client.post(address("change", appearance.pk), drawn).status_code == 302
    candidate = Candidate.objects.get()
    assert (candidate.order, candidate.code, candidate.station) == (7, "K3", "2 号")


def test_whoever_is_added_during_the_scoring_is_on_every_judges_desk(client, clerk, root):
    stage, _, _ = make_board(root)
    late = make_entry(stage.event, "丙")
    data = {"entry": late.pk, "stage": stage.pk, "order": "", "station": "", "code": ""}
    assert client.post(address("add"), data).status_code == 302
    assert Sheet.objects.filter(candidate__label="丙").count() == 3


def test_a_deleted_appearance_takes_its_candidate_and_blank_sheets_along(client, clerk, root):
    stage, _, _ = make_board(root)
    first = stage.appearances.get(entry__person__name="甲")
    assert client.post(address("delete", first.pk), {"post": "yes"}).status_code == 302
    assert set(Candidate.objects.values_list("label", flat=True)) == {"乙"}
    assert Sheet.objects.count() == 3
    chosen = {"action": "delete_selected", "_selected_action": [stage.appearances.get().pk], "post": "yes"}
    assert client.post(address("changelist"), chosen).status_code == 302
    assert not Candidate.objects.exists()


def test_an_appearance_that_has_been_marked_is_not_deleted(client, clerk, root):
    stage, _, _ = make_board(root)
    mark(stage, "甲", 80, None, None)
    first = stage.appearances.get(entry__person__name="甲")
    assert client.post(address("delete", first.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    client.post(address("changelist"), chosen)
    assert stage.appearances.count() == 2
    with pytest.raises(stages.ValidationError, match="已有评分"):
        stages.remove_appearances(appearances=[first])
    assert practical(stage).candidates.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_put_in_first", [True, False])
def test_an_entry_is_sent_back_or_put_into_a_stage_never_both(is_put_in_first):
    actor = make_superuser()
    _, found = competition_of(actor, ["甲"], final=two_part_final())
    stage, entry, is_done = Stage.objects.get(), found["甲"], threading.Event()
    jobs = [
        lambda: stages.enter_stage(stage=stage, entries=[entry], actor=actor),
        lambda: entries.return_entry(entry=entry, actor=actor, reason="材料不全"),
    ]
    first, second = jobs if is_put_in_first else reversed(jobs)

    def begin():
        with transaction.atomic():
            first()
            is_done.set()
            time.sleep(0.5)  # until the other has asked for what is locked here

    def follow():
        is_done.wait(10)
        second()

    words = "已进入轮次，不能退回" if is_put_in_first else "不是本赛项已通过的参赛"
    assert words in str(only_error(in_threads(begin, follow)))
    entry.refresh_from_db()
    assert (entry.status == "accepted", Appearance.objects.exists()) == (is_put_in_first,) * 2
