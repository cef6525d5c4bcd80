"""Achievements: from the draft to the public, and what never gets there."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError

from studios.models import Achievement
from studios.services import achievements as services
from studios.services import recognitions
from studios.services.growth import rewrite_milestones
from tests.factories import make_union_body, make_user
from tests.studios.making import make_achievement, make_review, make_studio, staff
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


def test_an_achievement_is_handed_in_returned_corrected_verified_and_published():
    liaison = make_user(roles.LIAISON)
    studio = make_studio(body=make_union_body("", "basic", None, liaison))
    item = make_achievement(studio, people=2, solution="")
    with pytest.raises(ValidationError, match="解决办法"):
        services.submit_achievement(achievement=item, actor=liaison)
    item.solution = "改用快换接头"
    item.save()
    services.submit_achievement(achievement=item, actor=liaison)
    item = services.return_achievement(achievement=item, actor=staff(), reason="缺效益依据")
    assert list(Achievement.objects.editable_by(liaison)) == [item]
    services.submit_achievement(achievement=item, actor=liaison)
    services.verify_achievement(achievement=item, actor=staff())
    assert set(Milestone.objects.values_list("place", "visibility")) == {
        ("第 1 完成人", "union"),
        ("第 2 完成人", "union"),
    }
    assert not Achievement.objects.public().exists()
    services.publish_achievement(achievement=item, actor=staff())
    assert Achievement.objects.public().get() == item
    assert set(Milestone.objects.values_list("visibility", flat=True)) == {"public"}


@pytest.mark.parametrize("kept", ["internal", "secret"])
def test_what_is_confidential_leaves_no_growth_record_and_is_never_published(kept):
    item = make_achievement(status="verified", confidentiality=kept)
    assert not Milestone.objects.filter(kind="achievement").exists()
    with pytest.raises(ValidationError, match="不能公开"):
        services.publish_achievement(achievement=item, actor=staff())
    assert not Achievement.objects.public().exists()


@pytest.mark.parametrize("kept", ["internal", "secret"])
def test_the_database_publishes_nothing_confidential(kept):
    item = make_achievement(status="published")
    with pytest.raises(IntegrityError, match="confidential_to_nobody"):
        Achievement.objects.filter(pk=item.pk).update(confidentiality=kept)


def test_what_turns_out_to_be_secret_leaves_the_public_and_the_growth_records():
    item = make_achievement(status="published")
    services.withdraw_achievement(
        achievement=item, actor=staff(), reason="涉及工艺参数", confidentiality="secret"
    )
    assert not Achievement.objects.public().exists()
    assert not Milestone.objects.filter(kind="achievement").exists()


def test_what_becomes_secret_leaves_the_yearly_reports_too():
    item = make_achievement(status="verified", title="某型装置")
    review = make_review(item.studio)
    assert "某型装置" in review.results
    services.set_confidentiality(achievement=item, confidentiality="secret", actor=staff())
    review.refresh_from_db()
    assert "某型装置" not in review.results
    assert f"涉密成果 {item.pk}" in review.results


def test_what_a_hidden_studio_made_is_the_unions_own_in_growth_records():
    item = make_achievement(status="published")
    studio = item.studio
    for shown, visibility in ((False, "union"), (True, "public")):
        studio.is_public = shown
        studio.save()
        rewrite_milestones(studio)
        assert Milestone.objects.get(kind="achievement").visibility == visibility
        assert Achievement.objects.public().exists() is shown


def test_what_a_delisted_studio_made_is_no_longer_public():
    item = make_achievement(status="published")
    recognitions.delist(studio=item.studio, actor=staff(), reason="停办", document_number="1号")
    assert not Achievement.objects.public().exists()
    assert Milestone.objects.get(kind="achievement").visibility == "union"


def test_the_title_of_a_secret_stands_in_no_audit_line():
    item = make_achievement(status="verified", confidentiality="secret", title="某型装置")
    assert AuditEntry.objects.filter(action="studios.achievement_verified").exists()
    told = " ".join(f"{line.target_label} {line.details}" for line in AuditEntry.objects.all())
    assert item.title not in told


def test_who_sees_what_of_a_secret():
    body_user, other = make_user(roles.LIAISON), make_user(roles.LIAISON)
    body = make_union_body("", "basic", None, body_user)
    make_union_body("", "basic", body.parent, other)
    item = make_achievement(make_studio(body=body), confidentiality="secret")
    contributor = make_user(roles.WORKER)
    person = item.contributions.get().person
    person.user = contributor
    person.save()
    sees = {
        user.pk: Achievement.objects.visible_to(user).filter(pk=item.pk).exists()
        for user in (body_user, other, contributor, make_user(roles.COMPETITION_STAFF))
    }
    assert list(sees.values()) == [True, False, True, False]


def test_a_title_much_like_another_is_shown_to_who_verifies():
    known = make_achievement(title="立式加工中心快换夹具", status="verified")
    make_achievement(title="养老护理翻身床单")
    item = make_achievement(title="立式加工中心 快速更换夹具", status="submitted")
    ((percent, found),) = services.similar_to(item, staff())
    assert found == known
    assert percent >= 75
    services.refuse_achievement(achievement=item, actor=staff(), reason="同一成果", duplicate_of=known)
    item.refresh_from_db()
    assert (item.status, item.outcome, item.duplicate_of) == ("refused", "duplicate", known)


def test_shares_add_up_to_the_whole_or_nobody_has_one():
    item = make_achievement(people=2)
    first, second = item.contributions.all()
    first.share = 60
    first.save()
    assert services.obstacles_to_submit(item) == ["填写贡献占比的，每名完成人都要填写。"]
    second.share = 30
    second.save()
    assert services.obstacles_to_submit(item) == ["贡献占比合计应为 100%，现为 90.00%。"]
    second.share = 40
    second.save()
    assert services.obstacles_to_submit(item) == []


def test_a_patent_has_a_number_and_a_benefit_its_basis():
    item = Achievement(
        studio=make_studio(),
        title="甲",
        year=2025,
        kind="patent",
        benefit_yuan=100,
        problem="乙",
        solution="丙",
    )
    with pytest.raises(ValidationError) as refused:
        item.full_clean()
    assert set(refused.value.message_dict) == {"patent_number", "benefit_basis"}


@pytest.mark.parametrize(
    "act",
    [
        lambda item, actor: services.submit_achievement(achievement=item, actor=actor),
        lambda item, actor: services.verify_achievement(achievement=item, actor=actor),
        lambda item, actor: services.publish_achievement(achievement=item, actor=actor),
        lambda item, actor: services.return_achievement(achievement=item, actor=actor, reason="误"),
        lambda item, actor: services.set_confidentiality(
            achievement=item, confidentiality="public", actor=actor
        ),
    ],
)
def test_who_has_not_the_right_does_nothing(act):
    with pytest.raises(PermissionDenied):
        act(make_achievement(), make_user(roles.COMPETITION_STAFF))
