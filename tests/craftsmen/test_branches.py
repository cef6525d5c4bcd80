"""A town or system union's own acts: order, places, the stamped list, sending back, and the way up again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from craftsmen.models import Extension, Nomination
from craftsmen.services import branches, nominations
from tests.craftsmen.nominating import Town, picture
from tests.factories import make_nomination, make_user
from unionportal import roles

pytestmark = pytest.mark.django_db


def waiting(town, count, **fields):
    """Nominations that wait at the town, as (key, …)."""
    rows = [
        make_nomination(town.offer, status="submitted", body=town.body, branch=town.branch, **fields)
        for _ in range(count)
    ]
    return [row.pk for row in rows]


def rank(town, **ranks):
    keys = {int(key.removeprefix("n")): number for key, number in ranks.items()}
    return branches.rank_nominations(offer=town.offer, branch=town.branch, ranks=keys, actor=town.reviewer)


def order(town, *keys):
    branches.rank_nominations(
        offer=town.offer,
        branch=town.branch,
        ranks={key: number for number, key in enumerate(keys, 1)},
        actor=town.reviewer,
    )


def send_up(town, *keys, opinion="同意", scan=True):
    return branches.pass_up(
        offer=town.offer,
        branch=town.branch,
        chosen=list(keys),
        opinion=opinion,
        upload=picture("汇总表.jpg") if scan else None,
        actor=town.reviewer,
    )


def ranks_now(town):
    rows = Nomination.objects.filter(branch_rank__isnull=False).order_by("branch_rank")
    return list(rows.values_list("pk", "branch_rank"))


def test_ranks_close_their_gaps_and_two_may_change_places():
    town = Town()
    a, b, c = waiting(town, 3)
    rank(town, **{f"n{a}": 7, f"n{b}": 3, f"n{c}": None})
    assert ranks_now(town) == [(b, 1), (a, 2)]
    rank(town, **{f"n{a}": 1, f"n{b}": 2})
    assert ranks_now(town) == [(a, 1), (b, 2)]


def test_the_same_number_twice_is_refused():
    town = Town()
    a, b = waiting(town, 2)
    with pytest.raises(ValidationError, match="排序重复：2"):
        rank(town, **{f"n{a}": 2, f"n{b}": 2})


@pytest.mark.parametrize(("places", "surplus", "limit"), [(2, 0, 2), (2, 50, 3), (3, 20, 4), (1, 100, 2)])
def test_no_more_go_up_than_the_places_and_the_surplus(places, surplus, limit):
    town = Town(places, surplus)
    keys = waiting(town, limit + 1)
    order(town, *keys)
    with pytest.raises(ValidationError, match=f"共 {limit} 名，已报送 0 名"):
        send_up(town, *keys)
    assert not Nomination.objects.filter(status="reviewed").exists()
    assert len(send_up(town, *keys[:limit])) == limit
    with pytest.raises(ValidationError, match="还可报送 0 名"):
        send_up(town, keys[-1])


def test_a_place_is_free_again_once_the_district_sends_somebody_back():
    town = Town(1)
    first, second = waiting(town, 2)
    order(town, first, second)
    send_up(town, first)
    Nomination.objects.filter(pk=first).update(status="returned", returned_to="unit", return_reason="补材料")
    assert len(send_up(town, second)) == 1


def test_a_branch_without_places_sends_nobody_where_others_have_some():
    town = Town(0)
    keys = waiting(town, 1)
    order(town, *keys)
    assert other_has_places(town) == 0
    with pytest.raises(ValidationError, match="共 0 名"):
        send_up(town, *keys)


def other_has_places(town):
    """Give another town a place; returns the limit of this one."""
    from_elsewhere = type(town.branch).objects.create(
        name="鼓楼街道总工会", kind="town", parent=town.branch.parent
    )
    town.offer.allocations.create(body=from_elsewhere, places=1)
    return branches.rooms([town.offer], town.branch)[town.offer.pk].limit


@pytest.mark.parametrize(
    ("change", "words"),
    [({"opinion": " "}, "意见"), ({"scan": False}, "盖章"), ({"opinion": "同意"}, "排序")],
)
def test_opinion_stamp_and_order_are_asked_for(change, words):
    town = Town()
    keys = waiting(town, 1)
    if words != "排序":
        order(town, *keys)
    with pytest.raises(ValidationError, match=words):
        send_up(town, *keys, **change)


def test_what_goes_up_carries_opinion_and_stamped_list():
    town = Town()
    keys = waiting(town, 2)
    order(town, *keys)
    rows = send_up(town, *keys, opinion="材料属实，同意推荐。")
    papers = [row.files.get() for row in rows]
    assert {row.status for row in rows} == {"reviewed"}
    assert {row.branch_opinion for row in rows} == {"材料属实，同意推荐。"}
    assert {paper.kind for paper in papers} == {"branch_form"}
    assert len({paper.file_id for paper in papers}) == 1


def test_late_branches_need_an_extension():
    town = Town()
    keys = waiting(town, 1)
    order(town, *keys)
    selection, today = town.offer.selection, timezone.localdate()
    selection.unit_deadline = selection.branch_deadline = today - timedelta(days=1)
    selection.save()
    with pytest.raises(ValidationError, match="截止"):
        send_up(town, *keys)
    Extension.objects.create(selection=selection, body=town.branch, until=today, reason="汇总延误")
    assert len(send_up(town, *keys)) == 1


def test_returned_corrected_and_handed_in_again_even_after_the_deadline():
    town = Town()
    nomination = town.submit()
    returned = branches.send_back(nomination=nomination, actor=town.reviewer, reason="简历不全")
    assert (returned.status, returned.returned_to, returned.return_reason) == ("returned", "unit", "简历不全")
    selection = town.offer.selection
    selection.unit_deadline = timezone.localdate() - timedelta(days=1)
    selection.save()
    nominations.save_nomination(
        nomination=returned, actor=town.liaison, version=returned.version, fields={"resume": "补全的简历"}
    )
    again = nominations.submit_nomination(nomination=returned, actor=town.liaison)
    assert (again.status, again.resume) == ("submitted", "补全的简历")
    selection.review_ends_on = timezone.localdate() - timedelta(days=1)
    selection.save()
    returned = branches.send_back(nomination=again, actor=town.reviewer, reason="仍不全")
    with pytest.raises(ValidationError, match="截止"):
        nominations.submit_nomination(nomination=returned, actor=town.liaison)


def test_sending_back_takes_a_reason_and_a_nomination_that_is_there():
    town = Town()
    nomination = town.submit()
    with pytest.raises(ValidationError, match="理由"):
        branches.send_back(nomination=nomination, actor=town.reviewer, reason="")
    Nomination.objects.update(status="accepted")
    with pytest.raises(ValidationError, match="不能退回"):
        branches.send_back(nomination=nomination, actor=town.reviewer, reason="x")


def test_a_towns_own_nomination_waits_in_its_own_queue():
    town = Town(1)
    nomination = town.fill(town.start(actor=town.reviewer, body=town.branch), actor=town.reviewer)
    submitted = nominations.submit_nomination(nomination=nomination, actor=town.reviewer)
    assert submitted.branch == town.branch
    assert list(Nomination.objects.waiting_for_branch(town.reviewer)) == [submitted]


def test_another_town_sees_and_ranks_nothing():
    town = Town()
    waiting(town, 1)
    stranger = make_user(roles.BRANCH_LIAISON)
    elsewhere = type(town.branch).objects.create(name="他镇总工会", kind="town", parent=town.branch.parent)
    elsewhere.liaisons.create(user=stranger, started_on=timezone.localdate())
    assert not Nomination.objects.visible_to(stranger).exists()
    assert not Nomination.objects.waiting_for_branch(stranger).exists()
    assert branches.rank_nominations(offer=town.offer, branch=elsewhere, ranks={}, actor=stranger) == []
