"""The district's review: accepted, sent back to either level, refused, taken back; what is flagged; the workbook."""

import io
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError

from craftsmen import flags
from craftsmen.models import Honour, Nomination
from craftsmen.services import export, review
from tests.craftsmen import played
from tests.factories import (
    id_number,
    make_nomination,
    make_offer,
    make_person,
    make_title,
    make_union_body,
    make_unit,
    make_user,
)
from unionportal.audit.models import AuditEntry
from unionportal.common.spreadsheets import open_workbook

pytestmark = pytest.mark.django_db
Level = Nomination.Level


@pytest.fixture
def staff():
    return played.make_staff()


@pytest.fixture
def offer(staff):
    return make_offer(staff)


def reviewed(offer, **fields):
    return make_nomination(offer, status="reviewed", **fields)


def test_an_eligible_nomination_is_accepted_once(staff, offer):
    nomination = reviewed(offer)
    assert review.accept_nomination(nomination=nomination, actor=staff).status == "accepted"
    with pytest.raises(ValidationError, match="现为“资格审查通过”"):
        review.accept_nomination(nomination=nomination, actor=staff)
    assert AuditEntry.objects.filter(action="craftsmen.nomination_accepted").count() == 1


@pytest.mark.parametrize("level", [Level.UNIT, Level.BRANCH])
def test_a_nomination_goes_back_to_a_level_with_a_reason(staff, offer, level):
    body = make_union_body()
    nomination = reviewed(offer, body=body, branch=body.parent)
    with pytest.raises(ValidationError, match="请写明退回的理由"):
        review.send_back(nomination=nomination, actor=staff, level=level, reason="  ")
    review.send_back(nomination=nomination, actor=staff, level=level, reason="缺单位意见")
    nomination.refresh_from_db()
    assert (nomination.status, nomination.returned_to, nomination.return_reason) == (
        "returned",
        level,
        "缺单位意见",
    )


def test_what_passed_no_branch_cannot_go_back_to_one(staff, offer):
    with pytest.raises(ValidationError, match="不经镇街、系统工会"):
        review.send_back(nomination=reviewed(offer), actor=staff, level=Level.BRANCH, reason="缺材料")


def test_who_was_found_ineligible_may_be_accepted_after_all(staff, offer):
    nomination = review.refuse_nomination(nomination=reviewed(offer), actor=staff, reason="工龄不足")
    assert (nomination.status, nomination.ineligible_reason) == ("ineligible", "工龄不足")
    nomination = review.accept_nomination(nomination=nomination, actor=staff)
    assert (nomination.status, nomination.ineligible_reason) == ("accepted", "")


@pytest.mark.parametrize("status", ["draft", "conferred", "removed", "withdrawn"])
def test_what_is_finished_is_not_taken_back(staff, offer, status):
    with pytest.raises(ValidationError, match="不能撤回"):
        review.take_back(nomination=make_nomination(offer, status=status), actor=staff, reason="误报")


@pytest.mark.parametrize("status", ["shortlisted", "scored", "proposed", "in_notice"])
def test_what_is_before_the_experts_or_later_does_not_go_back(staff, offer, status):
    nomination = make_nomination(offer, status=status)
    for act in (review.accept_nomination, review.refuse_nomination, review.send_back):
        more = {} if act == review.accept_nomination else {"reason": "缺材料"}
        more |= {"level": Level.UNIT} if act == review.send_back else {}
        with pytest.raises(ValidationError, match="不能"):
            act(nomination=nomination, actor=staff, **more)
    assert review.take_back(nomination=nomination, actor=staff, reason="本人申请").status == "withdrawn"


def test_nobody_reviews_without_the_right(offer):
    with pytest.raises(PermissionDenied):
        review.accept_nomination(nomination=reviewed(offer), actor=make_user())


# ── Flags ────────────────────────────────────────────────────────────────────────────────────────────────


def flagged(name):
    found = flags.with_flags(Nomination.objects.all())
    return {nomination.pk for nomination in found if getattr(nomination, name)}


def test_the_same_person_in_two_offers_is_flagged_and_so_is_a_namesake_in_the_unit(staff, offer):
    unit = make_unit()
    other = make_offer(staff)
    other.selection = offer.selection
    other.save()
    person = make_person("赵一", unit=unit)
    one, two = make_nomination(offer, person, unit=unit), make_nomination(other, person, unit=unit)
    namesake = make_nomination(offer, make_person("赵一"), unit=unit)
    elsewhere = make_nomination(offer, make_person("赵一"))
    make_nomination(make_offer(staff), person, unit=unit)  # another selection
    withdrawn = make_nomination(offer, make_person("赵一"), unit=unit, status="withdrawn")
    assert flagged("is_double") == {one.pk, two.pk, namesake.pk, withdrawn.pk}
    assert set(flags.doubles_of(one)) == {two, namesake}
    assert not flags.doubles_of(elsewhere)


def test_a_title_of_the_same_or_a_higher_rank_is_flagged(staff):
    low, same, high = (make_title(rank=rank) for rank in (1, 2, 3))
    offer = make_offer(staff, title=same)

    def holder(name, title):
        nomination = make_nomination(offer, make_person(name))
        Honour.objects.create(
            title=title,
            person=nomination.person,
            year=2020,
            document_number="密工发〔2020〕1号",
            document_on=date(2020, 4, 30),
        )
        return nomination

    holder("赵一", low)
    found = {holder("钱二", same).pk, holder("孙三", high).pk}
    assert flagged("holds_title") == found


# ── Workbook ─────────────────────────────────────────────────────────────────────────────────────────────


def exported(actor, offer):
    target = io.BytesIO()
    export.export_nominations(nominations=Nomination.objects.filter(offer=offer), actor=actor, target=target)
    target.seek(0)
    sheet = open_workbook(target).visible_sheets[0]
    return [[str(cell or "") for cell in row] for row in sheet.rows]


def test_the_workbook_holds_id_numbers_only_for_who_may_read_them(staff, offer):
    person = make_person("赵一", id_number=id_number(1), phone="13812345678")
    make_nomination(offer, person, unit=make_unit("=SUM(A1)"), status="accepted")
    text = str(exported(staff, offer))
    assert id_number(1) in text
    assert "13812345678" in text
    staff.groups.clear()
    staff.user_permissions.set(Permission.objects.filter(codename="review_nominations"))
    staff = type(staff).objects.get(pk=staff.pk)
    text = str(exported(staff, offer))
    assert "赵一" in text
    assert "=SUM(A1)" in text
    assert id_number(1) not in text
    assert "13812345678" not in text
    notes = AuditEntry.objects.filter(action="craftsmen.nominations_exported").order_by("pk")
    assert [entry.details["note"] for entry in notes] == ["含完整身份证号和手机号", "不含身份证号和手机号"]
