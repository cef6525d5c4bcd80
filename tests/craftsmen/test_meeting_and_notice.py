"""The meeting before the notice, the notice before the title; who is taken off the list and who moves up."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from craftsmen.models import Meeting
from craftsmen.services import notices, review, slates
from tests.craftsmen import played
from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle

pytestmark = pytest.mark.django_db
WORDS = {"title": "公示", "body": "现予公示。", "days": 5, "order_rule": "strokes", **played.CONTACT}


@pytest.fixture
def staff():
    return played.make_staff()


def draft(offer, staff, **fields):
    return notices.draft_list(selection=offer.selection, actor=staff, **WORDS | fields)


def start(offer, staff):
    return notices.start_list(selection=offer.selection, actor=staff)


def follow(offer, staff):
    return notices.follow_notices(selection=offer.selection, actor=staff)


def refill(offer, staff):
    return notices.refill(selection=offer.selection, actor=staff)


# ── Gates ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_meeting_is_recorded_only_on_a_settled_slate(staff):
    offer = played.scored(staff)
    with pytest.raises(ValidationError, match="还没有确定任何称号"):
        played.meet(offer.selection, staff)
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"held_on": timezone.localdate() + timedelta(1)}, "不能晚于今天"),
        ({"attended": 7, "votes_for": 7, "abstained": 1}, "到会 7 人，各种票合计 8 张"),
        ({"minutes_number": ""}, "minutes_number"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused(staff, fields, problem):
    offer = played.settled(staff)
    with pytest.raises(ValidationError, match=problem):
        played.meet(offer.selection, staff, **fields)


def test_no_notice_without_a_meeting(staff):
    offer = played.settled(staff)
    with pytest.raises(ValidationError, match="还没有登记审定会议"):
        draft(offer, staff)
    assert not PublicNotice.objects.exists()


def test_a_slate_settled_anew_needs_a_meeting_of_its_own(staff):
    offer = played.settled(staff)
    played.meet(offer.selection, staff)
    slates.reopen_slate(offer=offer, actor=staff, reason="漏看")
    with pytest.raises(ValidationError, match="还没有确定"):
        draft(offer, staff)
    slates.settle_slate(offer=offer, choice=played.choose(offer, "赵一", "钱二"), actor=staff)
    with pytest.raises(ValidationError, match="还没有登记审定会议"):
        draft(offer, staff)
    played.meet(offer.selection, staff)
    assert draft(offer, staff).lines.count() == 2


# ── The notice ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_notice_lists_the_proposed_and_its_nominees_are_in_notice(staff):
    offer = played.settled(staff)
    played.meet(offer.selection, staff)
    made = draft(offer, staff)
    assert played.states(offer)["赵一"] == "proposed"
    notice = start(offer, staff)
    assert notice.pk == made.pk
    assert (notice.line, notice.source_key) == ("craftsmen", f"craftsmen.selection:{offer.selection_id}:1")
    keys = set(notice.lines.values_list("name", "source_key", "proposed"))
    expected = {
        (item.person.name, f"craftsmen.nomination:{item.pk}", str(offer.title))
        for item in offer.nominations.filter(status="in_notice")
    }
    assert keys == expected
    assert {name for name, _, _ in keys} == {"赵一", "钱二"}
    assert played.states(offer)["孙三"] == "reserve"


def test_the_list_may_stand_by_rank(staff):
    offer = played.scored(staff)
    choice = played.choose(offer, "周五", "李四", reasons={"周五": "统筹", "李四": "统筹"})
    slates.settle_slate(offer=offer, choice=choice, actor=staff)
    played.meet(offer.selection, staff)
    draft(offer, staff, order_rule="score")
    assert list(start(offer, staff).lines.values_list("name", flat=True)) == ["李四", "周五"]


def test_a_draft_may_be_saved_again_and_is_one(staff):
    offer = played.settled(staff)
    played.meet(offer.selection, staff)
    first, second = draft(offer, staff), draft(offer, staff, title="改过的标题")
    assert first.pk == second.pk
    assert PublicNotice.objects.get().title == "改过的标题"


def test_a_draft_that_the_list_has_left_behind_is_not_published(staff):
    offer = played.settled(staff)
    played.meet(offer.selection, staff)
    draft(offer, staff)
    review.take_back(nomination=offer.nominations.get(person__name="钱二"), actor=staff, reason="本人申请")
    with pytest.raises(ValidationError, match="有变动"):
        start(offer, staff)
    draft(offer, staff)
    assert list(start(offer, staff).lines.values_list("name", flat=True)) == ["赵一"]


def test_a_notice_published_from_its_own_page_is_followed(staff):
    offer = played.settled(staff)
    played.meet(offer.selection, staff)
    lifecycle.start_notice(notice=draft(offer, staff), actor=staff)
    assert follow(offer, staff) == 2
    assert played.states(offer)["赵一"] == "in_notice"
    assert follow(offer, staff) == 0


def test_a_notice_taken_down_leaves_its_nominees_to_be_announced_again(staff):
    offer, notice = played.announced(staff)
    lifecycle.withdraw_notice(notice=notice, actor=staff, reason="名单有误")
    follow(offer, staff)
    assert played.states(offer)["赵一"] == "proposed"
    again = draft(offer, staff)
    assert again.source_key.endswith(":2")
    assert start(offer, staff).lines.count() == 2


# ── Taken off, moved up ──────────────────────────────────────────────────────────────────────────────────


def test_an_upheld_objection_takes_that_one_off_and_holds_nobody_else(staff):
    offer, notice = played.announced(staff)
    played.object_to(notice, "赵一", staff)
    assert follow(offer, staff) == 0
    played.uphold(notice, "钱二", staff)
    assert follow(offer, staff) == 1
    assert {name: played.states(offer)[name] for name in ("赵一", "钱二")} == {
        "赵一": "in_notice",
        "钱二": "removed",
    }


def test_the_next_reserve_moves_up_with_a_notice_of_his_own(staff):
    offer, notice = played.announced(staff)
    played.uphold(notice, "钱二", staff)
    (line,) = refill(offer, staff)
    nomination = line.nomination
    nomination.refresh_from_db()
    assert (nomination.person.name, nomination.status) == ("孙三", "in_notice")
    assert nomination.notice_id != notice.pk
    own = nomination.notice
    assert (own.status, own.days, own.contact_phone) == ("running", notice.days, notice.contact_phone)
    assert list(own.lines.values_list("name", "source_key")) == [
        ("孙三", f"craftsmen.nomination:{nomination.pk}")
    ]
    line.refresh_from_db()
    assert (line.is_chosen, line.reserve_order, line.replaces.nomination.person.name) == (True, None, "钱二")
    with pytest.raises(ValidationError, match="没有空出的名额"):
        refill(offer, staff)


def test_whoever_moved_up_and_falls_is_followed_by_the_next(staff):
    offer, notice = played.announced(staff)
    played.uphold(notice, "钱二", staff)
    (first,) = refill(offer, staff)
    first.nomination.refresh_from_db()
    played.uphold(first.nomination.notice, "孙三", staff)
    (second,) = refill(offer, staff)
    assert second.nomination.person.name == "李四"
    played.uphold(second.nomination.notice, "李四", staff)
    with pytest.raises(ValidationError, match="已没有递补人选"):
        refill(offer, staff)


def test_a_selection_may_forbid_it(staff):
    offer, notice = played.announced(staff, refills=False)
    played.uphold(notice, "钱二", staff)
    with pytest.raises(ValidationError, match="不再递补"):
        refill(offer, staff)
    assert played.states(offer)["孙三"] == "reserve"


def test_who_withdraws_during_the_notice_leaves_a_place_too(staff):
    offer, _ = played.announced(staff)
    review.take_back(nomination=offer.nominations.get(person__name="赵一"), actor=staff, reason="本人申请")
    (line,) = refill(offer, staff)
    assert (line.nomination.person.name, line.nomination.status) == ("孙三", "in_notice")


def test_before_any_notice_a_reserve_moves_up_into_the_list_itself(staff):
    offer = played.settled(staff)
    review.take_back(nomination=offer.nominations.get(person__name="赵一"), actor=staff, reason="本人申请")
    (line,) = refill(offer, staff)
    assert (line.nomination.status, line.nomination.notice) == ("proposed", None)
    played.meet(offer.selection, staff)
    assert set(draft(offer, staff).lines.values_list("name", flat=True)) == {"钱二", "孙三"}


def test_a_reserve_who_withdrew_is_passed_over(staff):
    offer, notice = played.announced(staff)
    review.take_back(nomination=offer.nominations.get(person__name="孙三"), actor=staff, reason="调离")
    played.uphold(notice, "钱二", staff)
    (line,) = refill(offer, staff)
    assert line.nomination.person.name == "李四"
