"""The yearly review, grants, and the questions of workers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from studios.models import AnnualReview, Grant, HelpRequest
from studios.services import grants, help_requests, reviews
from tests.factories import make_user
from tests.portal.threads import in_threads, only_error
from tests.studios.making import make_achievement, make_question, make_review, make_studio, staff
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


class TestReview:
    def test_the_report_is_filled_in_from_the_records_of_the_year(self):
        studio = make_studio()
        make_achievement(studio, status="verified", title="快换接头", benefit_yuan=1000, benefit_basis="测算")
        make_achievement(studio, status="verified", title="旧成果", year=TODAY.year - 1)
        make_achievement(studio, status="draft")
        studio.projects.create(title="降噪", started_on=date(TODAY.year, 1, 5))
        studio.activities.create(title="讲座", held_on=date(TODAY.year, 2, 1))
        studio.apprenticeships.create(
            master_name="甲", apprentice_name="乙", started_on=date(TODAY.year, 1, 1), ends_on=TODAY
        )
        review = make_review(studio)
        counts = ("achievement_count", "project_count", "activity_count", "apprentice_count", "benefit_yuan")
        assert [getattr(review, name) for name in counts] == [1, 1, 1, 1, Decimal(1000)]
        assert "快换接头" in review.results
        assert "旧成果" not in review.results

    def test_the_title_of_a_secret_stays_out_of_the_report(self):
        studio = make_studio()
        make_achievement(studio, status="verified", title="某型装置", confidentiality="secret")
        review = make_review(studio)
        assert review.achievement_count == 1
        assert "某型装置" not in review.results

    def test_only_recognised_studios_are_asked_and_once(self):
        make_studio(recognised=False)
        make_review()
        assert reviews.open_reviews(year=TODAY.year, due_on=TODAY, actor=staff()) == 0
        assert AnnualReview.objects.count() == 1

    @pytest.mark.parametrize("result", ["excellent", "pass"])
    def test_a_report_is_decided(self, result):
        review = make_review(status="submitted")
        reviews.decide_review(review=review, actor=staff(), score=91, result=result)
        review.refresh_from_db()
        assert (review.status, review.result, review.score) == ("decided", result, 91)

    def test_what_was_not_handed_in_is_not_decided_unless_overdue(self):
        with pytest.raises(ValidationError, match="还没有报送"):
            reviews.decide_review(review=make_review(), actor=staff(), score=90, result="pass")
        late = make_review(due_in=-1, year=TODAY.year - 1)
        assert late in AnnualReview.objects.overdue()
        assert reviews.remind(reviews=[late], actor=staff()) == 1
        reviews.decide_review(
            review=late,
            actor=staff(),
            score=None,
            result="rectify",
            comment="逾期未报",
            rectify_by=TODAY + timedelta(30),
        )
        assert late not in AnnualReview.objects.overdue()

    def test_a_rectification_ends_well_or_with_delisting(self):
        good, bad = make_studio(), make_studio()
        for studio in (good, bad):
            reviews.decide_review(
                review=make_review(studio, status="submitted"),
                actor=staff(),
                score=55,
                result="rectify",
                comment="活动少",
                rectify_by=TODAY + timedelta(60),
            )
        review = reviews.accept_rectification(
            review=good.reviews.get(), actor=staff(), rectification="已补三次活动"
        )
        assert (review.result, review.rectified_on) == ("pass", TODAY)
        review = reviews.delist_after_review(
            review=bad.reviews.get(), actor=staff(), reason="整改不合格", document_number="密工发〔2026〕3号"
        )
        bad.refresh_from_db()
        assert (review.result, bad.status) == ("delisted", "delisted")
        with pytest.raises(ValidationError, match="不在整改中"):
            reviews.accept_rectification(review=good.reviews.get(), actor=staff(), rectification="再")

    def test_a_rectification_has_a_ground_and_a_day_to_come(self):
        review = make_review(status="submitted")
        for fields in (
            {"comment": "", "rectify_by": TODAY + timedelta(1)},
            {"comment": "少", "rectify_by": TODAY},
        ):
            with pytest.raises(ValidationError):
                reviews.decide_review(review=review, actor=staff(), score=50, result="rectify", **fields)


class TestGrants:
    def grant(self):
        return Grant.objects.create(studio=make_studio(), year=2025, amount_yuan=30000)

    def test_instalments_never_come_to_more_than_the_grant(self):
        grant = self.grant()
        first = grants.plan_instalment(grant=grant, amount_yuan=Decimal(20000), actor=staff())
        with pytest.raises(ValidationError, match="还可安排 10000.00 元"):
            grants.plan_instalment(grant=grant, amount_yuan=Decimal(10001), actor=staff())
        grants.plan_instalment(grant=grant, amount_yuan=Decimal(10000), actor=staff())
        grants.pay_instalment(instalment=first, paid_on=TODAY, voucher_number="PZ-1", actor=staff())
        with pytest.raises(ValidationError, match="已于"):
            grants.pay_instalment(instalment=first, paid_on=TODAY, voucher_number="PZ-2", actor=staff())
        assert grants.totals_by_year() == [{"year": 2025, "granted": 30000, "paid": 20000}]

    def test_a_voucher_pays_once(self):
        grant = self.grant()
        one, two = (
            grants.plan_instalment(grant=grant, amount_yuan=Decimal(100), actor=staff()) for _ in range(2)
        )
        grants.pay_instalment(instalment=one, paid_on=TODAY, voucher_number="PZ-1", actor=staff())
        with pytest.raises(ValidationError, match="凭证号已经用过"):
            grants.pay_instalment(instalment=two, paid_on=TODAY, voucher_number="PZ-1", actor=staff())


@pytest.mark.django_db(transaction=True)
def test_two_instalments_planned_at_once_share_what_the_grant_has_left():
    grant, actor = Grant.objects.create(studio=make_studio(), year=2025, amount_yuan=100), staff()
    results = in_threads(
        *[lambda: grants.plan_instalment(grant=grant, amount_yuan=Decimal(60), actor=actor)] * 2
    )
    assert "还可安排 40.00 元" in str(only_error(results))


class TestQuestions:
    def test_a_question_is_routed_answered_and_shown_with_consent(self):
        item = make_question(consents_to_publication=True)
        studio = make_studio()
        help_requests.route(item=item, studio=studio, due_on=TODAY, actor=staff())
        help_requests.answer(item=item, text="换氟橡胶圈", answered_by="某师傅", actor=staff())
        help_requests.publish(item=item, actor=staff())
        shown = HelpRequest.objects.public().get()
        assert (shown.answer, shown.studio) == ("换氟橡胶圈", studio)
        help_requests.hide(item=item, actor=staff(), reason="求助人要求")
        assert not HelpRequest.objects.public().exists()

    def test_without_consent_nothing_is_shown(self):
        item = make_question()
        help_requests.route(item=item, studio=make_studio(), due_on=TODAY, actor=staff())
        help_requests.answer(item=item, text="答", answered_by="某", actor=staff())
        with pytest.raises(ValidationError, match="没有同意公开"):
            help_requests.publish(item=item, actor=staff())

    def test_who_asks_is_sealed_and_showing_it_leaves_a_line(self):
        item = make_question()
        assert b"13800000000" not in bytes(item.contact_sealed)
        assert help_requests.reveal_asker(item=item, actor=staff()) == ("某甲", "13800000000")
        assert AuditEntry.objects.filter(action="studios.asker_revealed").count() == 1
        with pytest.raises(PermissionDenied):
            help_requests.reveal_asker(item=item, actor=make_user("竞赛业务员"))
        assert "13800000000" not in " ".join(str(line.details) for line in AuditEntry.objects.all())

    def test_a_question_turned_down_says_why(self):
        item = make_question()
        with pytest.raises(ValidationError, match="理由"):
            help_requests.close(item=item, actor=staff(), reason="")
        item = help_requests.close(item=item, actor=staff(), reason="不属于技术问题")
        with pytest.raises(ValidationError, match="不予受理"):
            help_requests.route(item=item, studio=make_studio(), due_on=TODAY, actor=staff())
