"""A round of recognition: applied, returned, corrected, marked, visited, proposed, announced, named."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from studios.conditions import checks_of
from studios.models import Recognition, Studio, StudioApplication
from studios.services import applications, campaigns, naming
from tests.craftsmen.played import make_expert, mark, uphold
from tests.factories import make_user
from tests.studios.campaigning import (
    ANSWERS,
    FACTS,
    TODAY,
    announce,
    apply,
    fill,
    let_pass,
    make_campaign,
    make_liaison,
    score,
    start,
    statuses,
    visit,
)
from tests.studios.making import make_studio, staff
from unionportal import roles
from unionportal.panels.services import seats

pytestmark = pytest.mark.django_db


def test_a_year_from_the_application_to_the_named_studio():
    campaign = make_campaign(quota=1, valid_years=3)
    first = apply(campaign, "甲工作室", to="returned")
    applications.submit_application(application=first, actor=first.applied_by)
    naming.decide_application(application=first, actor=staff(), to="accepted")
    second = apply(campaign, "乙工作室")
    score(campaign, {"甲工作室": 92, "乙工作室": 85})
    first.refresh_from_db()
    assert (first.rank, first.score) == (1, 92)
    with pytest.raises(ValidationError, match="实地考察"):
        naming.propose(campaign=campaign, chosen=[first], actor=staff())
    visit(first)
    naming.propose(campaign=campaign, chosen=[first], actor=staff())
    assert statuses(campaign) == {"甲工作室": "proposed", "乙工作室": "not_chosen"}
    let_pass(announce(campaign))
    (named,) = naming.name_studios(
        campaign=campaign,
        document_title="认定决定",
        document_number="密工发〔2026〕9号",
        document_on=TODAY,
        actor=staff(),
    )
    studio = named.studio
    assert (named.level, named.named_on, named.valid_to.year) == ("district", TODAY, TODAY.year + 3)
    assert (studio.leader.person, studio.members.current().count()) == (first.leader, 5)
    assert (studio.body, studio.branch) == (first.body, first.body.parent)
    assert Studio.objects.public().get() == studio
    assert second.campaign.applications.get(name="乙工作室").studio is None


def test_one_studio_that_stands_already_goes_a_level_up():
    user, body = make_liaison()
    studio = make_studio("老工作室", body=body, story="旧")
    campaign = make_campaign(level="city", needs_visit=False)
    draft = start(campaign, "老工作室", (user, body))
    draft.studio = studio
    draft.save()
    draft = fill(draft)
    applications.submit_application(application=draft, actor=user)
    naming.decide_application(application=draft, actor=staff(), to="accepted")
    score(campaign, {"老工作室": 90})
    naming.propose(campaign=campaign, chosen=[draft], actor=staff())
    let_pass(announce(campaign))
    naming.name_studios(
        campaign=campaign, document_title="决定", document_number="9号", document_on=TODAY, actor=staff()
    )
    studio.refresh_from_db()
    assert set(studio.recognitions.values_list("level", flat=True)) == {"district", "city"}
    assert studio.story == FACTS["story"]
    assert Studio.objects.count() == 1


class TestChecklist:
    def states(self, application):
        return {check.condition: check.state for check in checks_of(application)}

    def test_the_campaign_says_what_is_asked_for(self):
        campaign = make_campaign(least_results=2, needs_plan=False, least_team=5)
        application = start(campaign)
        assert self.states(application) == dict.fromkeys(("honour", "team", "results"), "blank")

    def test_too_few_and_no_paper_are_told_apart(self):
        application = start(make_campaign(least_area=50))
        answers = ANSWERS | {"team": {"number": 4, "text": "四人"}, "place": {"number": 50, "text": "两间"}}
        applications.save_application(
            application=application, actor=application.applied_by, version=0, fields={}, answers=answers
        )
        assert self.states(application) == {
            "honour": "paper",
            "team": "missing",
            "place": "pass",
            "plan": "paper",
        }

    def test_what_is_lacking_is_listed_and_nothing_handed_in(self):
        application = start(make_campaign())
        with pytest.raises(ValidationError) as refused:
            applications.submit_application(application=application, actor=application.applied_by)
        told = " ".join(refused.value.messages)
        assert all(word in told for word in ("创新领域", "团队成员", "负责人荣誉", "盖章的申报表"))
        application.refresh_from_db()
        assert application.status == "draft"


class TestDraft:
    def test_of_two_saves_of_one_version_one_is_stale(self):
        application = start(make_campaign())
        save = {"application": application, "actor": application.applied_by, "version": 0}
        applications.save_application(**save, fields={"field": "甲"})
        with pytest.raises(applications.StaleApplication):
            applications.save_application(**save, fields={"field": "乙"})
        assert StudioApplication.objects.get().field == "甲"

    def test_only_the_bodys_own_liaison_starts_and_only_while_it_is_open(self):
        campaign = make_campaign()
        _, body = make_liaison()
        stranger, _ = make_liaison()
        with pytest.raises(PermissionDenied):
            start(campaign, liaison=(stranger, body))
        campaign.closes_on = TODAY - timedelta(1)
        campaign.save()
        with pytest.raises(ValidationError, match="不接受申报"):
            start(campaign)

    def test_a_draft_is_seen_by_its_body_alone_and_what_is_handed_in_by_staff_too(self):
        campaign = make_campaign()
        draft, handed_in = start(campaign), apply(campaign, to="applied")
        keeper, reader = draft.applied_by, make_user(roles.STUDIO_STAFF)
        assert set(StudioApplication.objects.visible_to(keeper)) == {draft}
        assert set(StudioApplication.objects.visible_to(reader)) == {handed_in}
        assert not StudioApplication.objects.visible_to(make_user(roles.CRAFTSMAN_STAFF)).exists()

    def test_what_was_handed_in_is_not_written_any_more(self):
        application = apply(make_campaign(), to="applied")
        with pytest.raises(ValidationError, match="不能再修改"):
            fill(application)
        applications.withdraw_application(
            application=application, actor=application.applied_by, reason="合并申报"
        )
        with pytest.raises(ValidationError, match="不能撤回"):
            applications.withdraw_application(
                application=application, actor=application.applied_by, reason="再"
            )


class TestGates:
    def test_a_better_one_is_passed_over_with_a_reason_only(self):
        campaign = make_campaign(needs_visit=False)
        best, other = apply(campaign, "甲"), apply(campaign, "乙")
        score(campaign, {"甲": 92, "乙": 85})
        with pytest.raises(ValidationError, match="须写明理由：甲"):
            naming.propose(campaign=campaign, chosen=[other], actor=staff())
        naming.propose(campaign=campaign, chosen=[other], reasons={best.pk: "负责人将退休"}, actor=staff())
        assert statuses(campaign) == {"甲": "not_chosen", "乙": "proposed"}

    def test_quota_and_pass_score_hold(self):
        campaign = make_campaign(needs_visit=False, quota=1, pass_score=88)
        both = [apply(campaign, "甲"), apply(campaign, "乙")]
        score(campaign, {"甲": 92, "乙": 85})
        with pytest.raises(ValidationError) as refused:
            naming.propose(campaign=campaign, chosen=both, actor=staff())
        told = " ".join(refused.value.messages)
        assert "超过计划的 1 个" in told
        assert "低于入围分数线" in told

    def test_no_notice_without_a_meeting_and_no_name_before_the_notice_is_closed(self):
        campaign = make_campaign(needs_visit=False)
        apply(campaign, "甲")
        score(campaign, {"甲": 92})
        with pytest.raises(ValidationError, match="还没有拟认定"):
            announce(campaign)
        naming.propose(campaign=campaign, chosen=[campaign.applications.get()], actor=staff())
        with pytest.raises(ValidationError, match="审定会议"):
            naming.draft_list(campaign=campaign, actor=staff())
        notice = announce(campaign)
        given = {"document_title": "决定", "document_number": "9号", "document_on": TODAY, "actor": staff()}
        with pytest.raises(ValidationError, match="公示须已办结"):
            naming.name_studios(campaign=campaign, **given)
        let_pass(notice)
        with pytest.raises(ValidationError, match="文号"):
            naming.name_studios(campaign=campaign, **given | {"document_number": " "})
        with pytest.raises(ValidationError, match="成文"):
            naming.name_studios(campaign=campaign, **given | {"document_on": TODAY - timedelta(30)})

    def test_who_was_taken_off_the_notice_is_not_named(self):
        campaign = make_campaign(needs_visit=False)
        both = [apply(campaign, "甲"), apply(campaign, "乙")]
        score(campaign, {"甲": 92, "乙": 85})
        naming.propose(campaign=campaign, chosen=both, actor=staff())
        notice = announce(campaign)
        uphold(notice, "乙", staff())
        let_pass(notice)
        made = naming.name_studios(
            campaign=campaign, document_title="决定", document_number="9号", document_on=TODAY, actor=staff()
        )
        assert [item.studio.name for item in made] == ["甲"]
        assert statuses(campaign) == {"甲": "named", "乙": "removed"}
        assert Recognition.objects.count() == 1

    def test_an_expert_of_the_same_unit_does_not_mark(self):
        campaign = make_campaign()
        application = apply(campaign, "甲")
        campaigns.shortlist(campaign=campaign, actor=staff())
        assert application.host_unit == campaign.panel.candidates.get().unit
        assert list(campaign.panel.candidates.get().people.all()) == [application.leader]

    @pytest.mark.parametrize(
        "act",
        [
            lambda c, a: campaigns.shortlist(campaign=c, actor=a),
            lambda c, a: campaigns.take_scores(campaign=c, actor=a),
            lambda c, a: naming.propose(campaign=c, chosen=[], actor=a),
            lambda c, a: naming.draft_list(campaign=c, actor=a),
            lambda c, a: campaigns.move_campaign(campaign=c, to="closed", actor=a),
        ],
    )
    def test_who_has_not_the_right_does_nothing(self, act):
        with pytest.raises(PermissionDenied):
            act(make_campaign(), make_user(roles.CRAFTSMAN_STAFF))


def test_who_withdraws_during_the_review_is_marked_no_more_and_holds_nobody_up():
    campaign = make_campaign()
    gone = apply(campaign, "甲")
    apply(campaign, "乙")
    panel = campaign.panel
    panel.spread_limit = 5
    panel.save()
    experts = [make_expert() for _ in range(3)]
    for place, user in enumerate(experts, 1):
        seats.assign_judge(panel=panel, seat=place, user=user, actor=staff())
    campaigns.shortlist(campaign=campaign, actor=staff())
    campaigns.open_scoring(campaign=campaign, actor=staff())
    for user, parts in zip(
        experts, ((5, 5, 5, 5, 5), (20, 15, 15, 30, 15), (20, 15, 15, 30, 15)), strict=True
    ):
        mark(user, "甲", *parts)
        mark(user, "乙", 20, 15, 15, 30, 15)
    applications.withdraw_application(application=gone, actor=gone.applied_by, reason="不报了")
    gone.refresh_from_db()
    assert not gone.candidate.is_marked
    campaigns.close_scoring(campaign=campaign, actor=staff())
    assert campaigns.take_scores(campaign=campaign, actor=staff()) == 1


def test_a_person_of_another_name_is_not_taken_for_the_leader():
    campaign, liaison = make_campaign(), make_liaison()
    known = start(campaign, liaison=liaison).leader
    with pytest.raises(ValidationError, match="可能不一致"):
        applications.start_application(
            campaign=campaign,
            body=liaison[1],
            name="另一个",
            leader_name="别人",
            leader_id_number=known.id_number,
            actor=liaison[0],
        )
