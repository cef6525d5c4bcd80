"""Every act from the state it must not be done in: ended campaigns, delisted studios, reports of other years."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from studios.models import AnnualReview, StudioApplication
from studios.services import achievements, applications, campaigns, naming, recognitions, reviews, visits
from studios.services import studios as services
from tests.factories import make_person, make_user
from tests.studios import campaigning
from tests.studios.making import make_achievement, make_review, make_studio, recognise, staff
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.inbox.models import Message
from unionportal.notices.services import lifecycle

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
YEAR = TODAY.year


def delist(studio, **fields):
    given = {"reason": "考核不合格", "document_number": "9号", **fields}
    return recognitions.delist(studio=studio, actor=staff(), **given)


class TestLeaders:
    def test_a_member_cannot_lead_from_a_day_before_joining(self):
        studio, person = make_studio(), make_person()
        services.add_member(studio, person=person, started_on=TODAY)
        with pytest.raises(ValidationError, match="早于") as refused:
            services.change_leader(
                studio=studio, person=person, actor=staff(), reason="退休", on=TODAY - timedelta(3)
            )
        assert "on" in refused.value.error_dict

    def test_a_member_known_by_name_alone_who_takes_over_is_a_member_no_more(self, client):
        studio = make_studio()
        member = services.add_member(studio, name="无档案成员")
        client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
        url = reverse("admin:studios_studio_act", args=[studio.pk, "leader"])
        client.post(url, {"member": member.pk, "on": str(TODAY), "reason": "退休"})
        assert studio.leader.name == "无档案成员"
        member.refresh_from_db()
        assert (member.ended_on, member.ended_reason) == (TODAY, "任负责人")

    def test_a_studio_does_not_end_tomorrow(self):
        studio = make_studio()
        with pytest.raises(ValidationError, match="不能晚于今天"):
            services.end_studio(studio=studio, actor=staff(), reason="撤销", on=TODAY + timedelta(1))


class TestReviewsOfStudiosThatAreNoMore:
    def rectifying(self):
        review = make_review(status="submitted")
        return reviews.decide_review(
            review=review,
            actor=staff(),
            score=50,
            result="rectify",
            comment="成果少",
            rectify_by=TODAY + timedelta(5),
        )

    def test_delisting_settles_what_was_to_be_rectified(self):
        review = self.rectifying()
        delist(review.studio)
        review.refresh_from_db()
        assert (review.result, review.rectification) == ("delisted", "考核不合格")

    def test_nothing_is_decided_about_a_studio_that_has_ended(self):
        owed, sent, rectifying = make_review(), make_review(status="submitted"), self.rectifying()
        for review in (owed, sent, rectifying):
            services.end_studio(studio=review.studio, actor=staff(), reason="撤销")
        acts = [
            lambda: reviews.refill_report(review=owed, actor=staff()),
            lambda: reviews.submit_report(review=owed, actor=staff(), fields={"results": "一", "plan": "二"}),
            lambda: reviews.decide_review(review=sent, actor=staff(), score=90, result="excellent"),
            lambda: reviews.accept_rectification(review=rectifying, actor=staff(), rectification="已改"),
        ]
        for act in acts:
            with pytest.raises(ValidationError, match="已停办"):
                act()

    def test_nobody_waits_for_its_report(self):
        late = make_review(due_in=-3)
        AnnualReview.objects.filter(pk=self.rectifying().pk).update(rectify_by=TODAY - timedelta(1))
        assert (
            AnnualReview.objects.overdue().count(),
            AnnualReview.objects.rectification_overdue().count(),
        ) == (
            1,
            1,
        )
        for review in AnnualReview.objects.all():
            delist(review.studio)
        assert not AnnualReview.objects.overdue()
        assert not AnnualReview.objects.rectification_overdue()
        assert reviews.remind(reviews=[late], actor=staff()) == 0

    def test_an_ended_studios_achievement_is_not_called_public(self):
        achievement = make_achievement(status="verified")
        delist(achievement.studio)
        with pytest.raises(ValidationError, match="已摘牌"):
            achievements.publish_achievement(achievement=achievement, actor=staff())

    def test_its_keeper_is_told_instead_of_an_error(self, client):
        review = make_review()
        leader = review.studio.leader.person
        leader.user = make_user()
        leader.save()
        delist(review.studio)
        client.force_login(leader.user)
        page = client.post(reverse("mystudios:review_refill", args=[review.pk]), follow=True)
        assert page.status_code == 200
        assert "已摘牌" in page.content.decode()


class TestOpeningTheYear:
    def test_no_year_that_has_not_begun(self):
        with pytest.raises(ValidationError, match="还没有开始"):
            reviews.open_reviews(year=YEAR + 1, due_on=date(YEAR + 2, 1, 31), actor=staff())

    def test_nobody_reports_on_a_year_before_it_was_named(self):
        young = make_studio(recognised=False)
        recognise(young, named_on=date(2025, 3, 1))
        old = make_studio(recognised=False)
        recognise(old, named_on=date(2020, 3, 1))
        assert reviews.open_reviews(year=2024, due_on=TODAY, actor=staff()) == 1
        assert AnnualReview.objects.get().studio == old
        assert reviews.open_reviews(year=2025, due_on=TODAY, actor=staff()) == 2

    def test_reminding_twice_in_a_day_sends_one_message(self):
        review = make_review()
        leader = review.studio.leader.person
        leader.user = make_user()
        leader.save()
        assert [reviews.remind(reviews=[review], actor=staff()) for _ in range(2)] == [1, 0]
        assert Message.objects.filter(user=leader.user).count() == 1
        assert AuditEntry.objects.filter(action="studios.reviews_reminded").count() == 1

    def test_sums_too_large_for_a_report_are_refused_by_name(self):
        studio = make_studio()
        for _ in range(2):
            make_achievement(studio, status="verified", benefit_yuan="900000000000.00", benefit_basis="测算")
        with pytest.raises(ValidationError, match=studio.name):
            reviews.open_reviews(year=YEAR, due_on=TODAY, actor=staff())


class TestCampaigns:
    def test_a_campaign_does_not_end_over_applications_that_nobody_has_answered(self):
        campaign = campaigning.make_campaign()
        campaigning.apply(campaign, to="applied")
        self.run_out(campaign)
        with pytest.raises(ValidationError, match="初审"):
            campaigns.move_campaign(campaign=campaign, to="closed", actor=staff())

    @staticmethod
    def run_out(campaign):
        campaign.opens_on, campaign.closes_on = TODAY - timedelta(30), TODAY - timedelta(1)
        campaign.save()

    def test_nothing_goes_on_in_a_campaign_that_is_over(self):
        campaign = campaigning.make_campaign(needs_visit=False)
        names = ["甲工作室", "乙工作室"]
        for name in names:
            campaigning.apply(campaign, name)
        late = campaigning.apply(campaign, "丙工作室", to="returned")
        campaigning.score(campaign, {"甲工作室": 90, "乙工作室": 80})
        self.run_out(campaign)
        StudioApplication.objects.filter(status="scored").update(status="not_chosen")
        campaigns.move_campaign(campaign=campaign, to="closed", actor=staff())
        first = campaign.applications.get(name="甲工作室")
        acts = [
            lambda: naming.propose(campaign=campaign, chosen=[first], actor=staff()),
            lambda: campaigns.shortlist(campaign=campaign, actor=staff()),
            lambda: campaigns.take_scores(campaign=campaign, actor=staff()),
            lambda: applications.submit_application(application=late, actor=late.applied_by),
        ]
        for act in acts:
            with pytest.raises(ValidationError, match="已结束"):
                act()
        StudioApplication.objects.filter(pk=first.pk).update(status="applied")
        with pytest.raises(ValidationError, match="已结束"):
            naming.decide_application(application=first, actor=staff(), to="accepted")
        StudioApplication.objects.filter(pk=first.pk).update(status="accepted")
        with pytest.raises(ValidationError, match="已结束"):
            visits.note_visit(
                application=first,
                visited_on=TODAY,
                visitors="某",
                report="实",
                finding="confirmed",
                actor=staff(),
            )

    def proposed(self, **fields):
        campaign = campaigning.make_campaign(needs_visit=False, **fields)
        campaigning.apply(campaign, "甲工作室")
        campaigning.score(campaign, {"甲工作室": 90})
        naming.propose(campaign=campaign, chosen=campaign.applications.all(), actor=staff())
        return campaign

    def test_the_meeting_is_recorded_once(self):
        campaign = self.proposed()
        given = {"campaign": campaign, "body": "党组会", "held_on": TODAY, "actor": staff()}
        naming.record_meeting(minutes_number="1号", **given)
        with pytest.raises(ValidationError, match="已登记"):
            naming.record_meeting(minutes_number="2号", **given)
        campaign.refresh_from_db()
        assert campaign.minutes_number == "1号"

    def test_a_notice_taken_down_is_drafted_once_more(self):
        campaign = self.proposed()
        first = campaigning.announce(campaign)
        lifecycle.withdraw_notice(notice=first, actor=staff(), reason="名称有误")
        assert naming.follow_notice(campaign=campaign, actor=staff()) == 1
        assert campaigning.statuses(campaign) == {"甲工作室": "proposed"}
        second = naming.draft_list(campaign=campaign, actor=staff(), **campaigning.CONTACT)
        assert second != first
        second = lifecycle.start_notice(notice=second, actor=staff())
        naming.follow_notice(campaign=campaign, actor=staff())
        campaigning.let_pass(second)
        campaign.refresh_from_db()
        (made,) = naming.name_studios(
            campaign=campaign, document_title="决定", document_number="1号", document_on=TODAY, actor=staff()
        )
        assert made.studio.name == "甲工作室"

    def test_what_keeps_one_from_being_named_says_which(self):
        campaign = self.proposed()
        campaigning.let_pass(campaigning.announce(campaign))
        make_studio("甲工作室", host_unit=campaign.applications.get().host_unit)
        campaign.refresh_from_db()
        with pytest.raises(ValidationError, match="甲工作室.*该单位已有同名的工作室"):
            naming.name_studios(
                campaign=campaign,
                document_title="决定",
                document_number="1号",
                document_on=TODAY,
                actor=staff(),
            )

    def test_a_lost_name_in_the_team_does_not_stop_the_naming(self):
        campaign = self.proposed()
        campaign.applications.update(team="，主管药师\n李四，药师\n李四，护士")
        campaigning.let_pass(campaigning.announce(campaign))
        campaign.refresh_from_db()
        (made,) = naming.name_studios(
            campaign=campaign, document_title="决定", document_number="1号", document_on=TODAY, actor=staff()
        )
        assert [item.name for item in made.studio.members.exclude(role="leader")] == ["李四", "李四"]

    @pytest.mark.parametrize("years", [0, 9000])
    def test_years_that_no_recognition_can_hold_are_refused(self, client, years):
        client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
        campaign = campaigning.make_campaign()
        page = client.post(
            reverse("admin:studios_campaign_change", args=[campaign.pk]),
            {
                "title": "认定",
                "year": YEAR,
                "level": "district",
                "opens_on": TODAY,
                "closes_on": TODAY,
                "notice_days": 5,
                "quota": 0,
                "valid_years": years,
                "applications-TOTAL_FORMS": 0,
                "applications-INITIAL_FORMS": 0,
            },
        )
        assert page.status_code == 200
        assert {"quota", "valid_years"} <= set(page.context["adminform"].form.errors)

    def test_a_late_application_is_reviewed_before_a_list_is_made(self):
        campaign = campaigning.make_campaign(needs_visit=False)
        campaigning.apply(campaign, "甲工作室")
        campaigning.score(campaign, {"甲工作室": 90})
        campaigning.apply(campaign, "乙工作室", to="applied")
        with pytest.raises(ValidationError, match="初审"):
            naming.propose(campaign=campaign, chosen=campaign.applications.filter(rank=1), actor=staff())


def test_a_second_studio_of_a_name_at_a_unit_is_refused_on_the_form(client):
    studio = make_studio("“中医+”工作室")
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    forms = {
        f"{name}-{key}": 0
        for name in ("members", "recognitions", "files")
        for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    given = {"name": "“中医+” 工作室", "kind": "staff", "host_unit": studio.host_unit_id, **forms}
    page = client.post(reverse("admin:studios_studio_add"), given)
    assert "该单位已有同名的工作室。" in page.content.decode()


def test_a_campaign_whose_only_studio_fell_out_can_be_followed_and_ended(client):
    campaign = TestCampaigns().proposed()
    notice = campaigning.announce(campaign)
    notice.lines.update(status="removed", reason="异议成立")
    campaign.refresh_from_db()
    TestCampaigns.run_out(campaign)
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    for act, state in (("follow", "announced"), ("finish", "closed")):
        url = reverse("admin:studios_campaign_act", args=[campaign.pk, act])
        page = client.get(reverse("admin:studios_campaign_change", args=[campaign.pk])).content.decode()
        assert url in page
        client.post(url)
        campaign.refresh_from_db()
        assert campaign.status == state
    assert campaigning.statuses(campaign) == {"甲工作室": "removed"}
