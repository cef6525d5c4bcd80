"""Choosing from the ranked: quota, rules, reasons, reserves; settled once, taken back until a notice is public."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from craftsmen.models import ConsultationLine, Offer, SlateRule
from craftsmen.services import consultations, experts, review, slates
from craftsmen.services.nominations import withdraw_nomination
from tests.craftsmen import played
from tests.factories import make_user
from tests.portal.threads import in_threads, only_error
from unionportal.audit.models import AuditEntry
from unionportal.notices.models import PublicNotice

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return played.make_staff()


def settle(offer, staff, *chosen, **choice):
    return slates.settle_slate(offer=offer, choice=played.choose(offer, *chosen, **choice), actor=staff)


def test_a_settled_slate_says_of_everybody_what_becomes_of_them(staff):
    offer = played.scored(staff)
    settle(offer, staff, "赵一", "钱二", reserves=["孙三", "李四"])
    assert played.states(offer) == {
        "赵一": "proposed",
        "钱二": "proposed",
        "孙三": "reserve",
        "李四": "reserve",
        "周五": "not_chosen",
    }
    orders = offer.slate_lines.filter(reserve_order__isnull=False).values_list(
        "nomination__person__name", "reserve_order"
    )
    assert dict(orders) == {"孙三": 1, "李四": 2}
    offer.refresh_from_db()
    assert offer.slate_settled_at


def test_no_more_are_chosen_than_there_are_places(staff):
    offer = played.scored(staff)
    with pytest.raises(ValidationError, match="已选 3 人，超过名额 2 人"):
        settle(offer, staff, "赵一", "钱二", "孙三")
    assert set(played.states(offer).values()) == {"scored"}
    assert not offer.slate_lines.filter(is_chosen=True).exists()


def test_whoever_is_chosen_before_somebody_better_needs_a_reason(staff):
    offer = played.scored(staff)
    with pytest.raises(ValidationError) as refused:
        settle(offer, staff, "赵一", "孙三", reserves=["钱二", "李四"])
    assert refused.value.messages == ["孙三排在名次相同或更靠前的人之前，请写明理由。"]
    settle(
        offer, staff, "赵一", "孙三", reserves=["钱二", "李四"], reasons={"孙三": "钱二所在单位已有一名。"}
    )
    line = offer.slate_lines.get(nomination__person__name="孙三")
    assert (line.is_chosen, line.deviation_reason) == (True, "钱二所在单位已有一名。")


def test_of_two_who_share_the_rank_at_the_line_nobody_is_preselected(staff):
    offer = played.scored(staff, {"赵一": [90] * 3, "钱二": [80] * 3, "孙三": [80] * 3, "李四": [70] * 3})
    choice = slates.first_choice(slates.lines_of(offer), offer.quota)
    assert choice.chosen == played.choose(offer, "赵一").chosen
    with pytest.raises(ValidationError, match="钱二排在名次相同"):
        settle(offer, staff, "赵一", "钱二", reserves=["孙三", "李四"])


def test_a_slate_rule_that_is_not_kept_blocks(staff):
    offer = played.scored(staff)
    SlateRule.objects.create(offer=offer, kind="front_line_at_least", number=50)
    with pytest.raises(ValidationError, match="现为 0%"):
        settle(offer, staff, "赵一", "钱二")
    offer.nominations.filter(person__name="钱二").update(is_front_line=True)
    settle(offer, staff, "赵一", "钱二")


def test_nobody_who_withdrew_can_be_chosen(staff):
    offer = played.scored(staff)
    review.take_back(nomination=offer.nominations.get(person__name="赵一"), actor=staff, reason="本人申请")
    with pytest.raises(ValidationError, match="已撤回申报"):
        settle(offer, staff, "赵一", "钱二")
    settle(offer, staff, "钱二", "孙三")
    assert played.states(offer)["赵一"] == "withdrawn"


def test_a_line_of_another_offer_cannot_be_chosen(staff):
    offer, other = played.scored(staff), played.scored(staff, {"冯九": [99] * 3})
    with pytest.raises(ValidationError, match="不在这一称号的名单上"):
        slates.settle_slate(offer=offer, choice=played.choose(other, "冯九"), actor=staff)


def test_a_choice_may_be_kept_before_it_is_settled(staff):
    offer = played.scored(staff)
    slates.save_slate(offer=offer, choice=played.choose(offer, "孙三", reserves=["赵一"]), actor=staff)
    saved = slates.saved_choice(slates.lines_of(offer))
    assert saved == played.choose(offer, "孙三", reserves=["赵一"])
    assert set(played.states(offer).values()) == {"scored"}


def test_scores_taken_before_a_correction_cannot_be_settled_on(staff):
    offer = played.scored(staff)
    experts.reopen_scoring(offer=offer, actor=staff, reason="更正")
    with pytest.raises(ValidationError, match="已重新打开"):
        settle(offer, staff, "赵一", "钱二")
    experts.close_scoring(offer=offer, actor=staff)
    settle(offer, staff, "赵一", "钱二")


def test_a_changed_sheet_asks_for_the_scores_again(staff):
    offer = played.scored(staff)
    offer.panel.sheets.get(candidate__label="赵一", assignment__seat=1).marks.update(value=1)
    with pytest.raises(ValidationError, match="请重新取分"):
        settle(offer, staff, "赵一", "钱二")


def test_scores_cannot_be_taken_again_once_the_slate_is_settled(staff):
    offer = played.settled(staff)
    with pytest.raises(ValidationError, match="名单已经确定"):
        experts.take_scores(offer=offer, actor=staff)


def test_a_settled_slate_is_taken_back_with_a_reason_and_its_draft_notice_goes(staff):
    offer, notice = played.announced(staff)
    with pytest.raises(ValidationError, match="已经公示"):
        slates.reopen_slate(offer=offer, actor=staff, reason="漏看")
    PublicNotice.objects.filter(pk=notice.pk).update(
        status="draft", starts_on=None, last_on=None, published_at=None
    )
    with pytest.raises(ValidationError, match="请写明"):
        slates.reopen_slate(offer=offer, actor=staff, reason=" ")
    offer.nominations.filter(status="in_notice").update(status="proposed")
    slates.reopen_slate(offer=offer, actor=staff, reason="漏看一份材料")
    assert set(played.states(offer).values()) == {"scored"}
    assert not PublicNotice.objects.exists()
    offer.refresh_from_db()
    assert offer.slate_settled_at is None
    assert slates.saved_choice(slates.lines_of(offer)).chosen


def test_a_departments_objection_shows_on_the_line(staff):
    offer = played.scored(staff)
    (letter,) = consultations.send_letters(
        selection=offer.selection, departments=["区税务局"], sent_on=offer.selection.opens_on, actor=staff
    )
    lines = {line.nomination.person.name: line for line in slates.lines_of(offer)}
    assert lines["赵一"].is_waiting
    asked = letter.lines.get(nomination__person__name="赵一")
    consultations.record_reply(
        consultation=letter,
        replied_on=letter.sent_on,
        exceptions={asked.pk: (ConsultationLine.Opinion.OBJECTION, "欠税")},
        actor=staff,
    )
    lines = {line.nomination.person.name: line for line in slates.lines_of(offer)}
    assert [item.note for item in lines["赵一"].nomination.objections] == ["欠税"]
    assert not lines["赵一"].is_waiting
    assert lines["钱二"].nomination.objections == []


def test_only_who_may_settle_settles(staff):
    offer = played.scored(staff)
    with pytest.raises(PermissionDenied):
        settle(offer, make_user(), "赵一")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_settle_at_once_one_wins():
    staff = [played.make_staff(), played.make_staff()]
    offer = played.scored(staff[0])
    choices = [
        played.choose(offer, "赵一", "钱二"),
        played.choose(offer, "赵一", "孙三", reasons={"孙三": "统筹"}),
    ]
    results = in_threads(
        *(
            lambda choice=choice, actor=actor: slates.settle_slate(offer=offer, choice=choice, actor=actor)
            for choice, actor in zip(choices, staff, strict=True)
        )
    )
    assert "已于" in str(only_error(results))
    won = next(choice for choice, result in zip(choices, results, strict=True) if isinstance(result, Offer))
    assert slates.saved_choice(slates.lines_of(offer)).chosen == won.chosen
    assert AuditEntry.objects.filter(action="craftsmen.slate_settled").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_at_the_moment_of_settling_is_not_lost():
    staff = played.make_staff()
    offer = played.scored(staff)
    nomination = offer.nominations.get(person__name="赵一")
    choice = played.choose(offer, "赵一", "钱二")
    in_threads(
        lambda: slates.settle_slate(offer=offer, choice=choice, actor=staff),
        lambda: withdraw_nomination(nomination=nomination, actor=nomination.nominated_by, reason="本人申请"),
    )
    assert played.states(offer)["赵一"] == "withdrawn"
