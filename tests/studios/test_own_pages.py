"""A studio's own pages: written by its liaison or leader, handed in once, returned and corrected; nobody else's business."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from studios.models import Achievement, AnnualReview, Evidence
from studios.services import achievements, evidence, recognitions, reviews
from tests.craftsmen.nominating import picture
from tests.factories import make_user
from tests.studios.campaigning import make_liaison
from tests.studios.making import make_achievement, make_review, make_studio, staff
from unionportal.accounts.models import User
from unionportal.audit.models import AuditEntry
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db
LIST = "/studios/mine/"


def url(name, *args):
    return reverse(f"mystudios:{name}", args=args)


def text(response):
    return response.content.decode()


@pytest.fixture
def kept(client):
    """A studio whose liaison is signed in."""
    user, body = make_liaison()
    client.force_login(user)
    return make_studio(body=body)


def sent(studio, **changes):
    """The form of an achievement as a browser sends it: the leader, and one unit."""
    return {
        "key": str(uuid.uuid4()), "title": "快换接头", "kind": "renovation", "year": timezone.localdate().year,
        "problem": "换料费时\r\n每天两小时", "solution": "改用快换接头", "confidentiality": "internal",
        "people-TOTAL_FORMS": 2, "people-INITIAL_FORMS": 0, "people-0-person": studio.leader.person_id,
        "people-0-share": "60", "people-1-name": "李四", "people-1-share": "40",
        "units-TOTAL_FORMS": 1, "units-INITIAL_FORMS": 0, "units-0-unit_name": "某厂", **changes,
    }  # fmt: skip


def begin(client, studio, **changes):
    client.post(url("achievement_new", studio.pk), sent(studio, **changes))
    return Achievement.objects.latest("pk")


def again(item, studio, **changes):
    """The form as it is sent from the page of a draft."""
    given = {
        "version": item.updated_at.isoformat(),
        "people-INITIAL_FORMS": 2,
        "units-INITIAL_FORMS": 1,
        **changes,
    }
    return sent(studio, **given)


def test_an_achievement_is_begun_proved_handed_in_returned_corrected_and_verified(client, kept):
    assert client.get(url("achievement_new", kept.pk)).status_code == 200
    item = begin(client, kept)
    assert [(one.name, one.share) for one in item.contributions.all()] == [
        (kept.leader.name, 60),
        ("李四", 40),
    ]
    assert item.contributions.first().person == kept.leader.person
    assert (item.adoptions.get().unit_name, item.status) == ("某厂", "draft")
    client.post(url("evidence_attach", item.pk), {"inspected": picture(), "caption": "照片"})
    file = item.evidence.get().file
    assert b"".join(client.get(url("evidence_file", item.pk, file.key)).streaming_content)
    page = client.post(url("achievement_edit", item.pk), again(item, kept, action="submit"), follow=True)
    assert "等待区总工会核实" in text(page)
    item = achievements.return_achievement(
        achievement=Achievement.objects.get(pk=item.pk), actor=staff(), reason="请附证明"
    )
    message = Message.objects.get(kind="studios.achievement_decided")
    assert "请附证明" in message.body
    assert "退回理由" in text(client.get(message.url))
    client.post(url("achievement_edit", item.pk), again(item, kept, title="快换接头二型", action="submit"))
    item.refresh_from_db()
    assert (item.status, item.title, item.return_reason) == ("submitted", "快换接头二型", "")
    achievements.verify_achievement(achievement=item, actor=staff())
    assert Message.objects.filter(title="创新成果已核实").count() == 1


def test_the_leader_whose_account_is_joined_keeps_the_studio_until_another_leads(client):
    studio, user = make_studio(), make_user()
    person = studio.leader.person
    person.user = user
    person.save()
    client.force_login(user)
    assert client.get(url("studio_detail", studio.pk)).status_code == 200
    item = begin(client, studio)
    assert item.studio == studio
    studio.members.update(role="member")
    assert client.get(url("achievement_edit", item.pk)).status_code == 404
    assert "没有由您管理的工作室" in text(client.get(LIST))


def test_nobody_opens_the_studio_of_another_unit(client, kept):
    other = make_achievement()
    review = make_review(other.studio)
    client.force_login(make_liaison()[0])
    for target in (
        url("studio_detail", kept.pk), url("achievement_new", kept.pk), url("achievement_detail", other.pk),
        url("achievement_edit", other.pk), url("review_detail", review.pk), url("review_edit", review.pk),
    ):  # fmt: skip
        assert client.get(target).status_code == 404, target
    for target in (
        url("achievement_new", kept.pk), url("achievement_edit", other.pk), url("evidence_attach", other.pk),
        url("review_edit", review.pk), url("review_refill", review.pk),
    ):  # fmt: skip
        assert client.post(target, sent(kept)).status_code == 404, target
    assert not kept.achievements.exists()


def test_a_form_sent_twice_makes_one_draft_and_with_other_words_asks_first(client, kept):
    given = sent(kept)
    new = url("achievement_new", kept.pk)
    first, second = client.post(new, given), client.post(new, given)
    assert first["Location"] == second["Location"]
    third = client.post(new, given | {"title": "别的成果"})
    assert third.status_code == 400
    assert "别的成果" in text(third)
    assert kept.achievements.count() == 1


def test_handing_in_twice_is_handed_in_once(client, kept):
    item = begin(client, kept)
    given = again(item, kept, action="submit")
    client.post(url("achievement_edit", item.pk), given)
    second = client.post(url("achievement_edit", item.pk), given, follow=True)
    assert "不用再提交" in text(second)
    assert AuditEntry.objects.filter(action="studios.achievement_submitted").count() == 1
    late = client.post(url("achievement_edit", item.pk), given | {"problem": "另一页里写的"})
    assert late.status_code == 400
    assert "另一页里写的" in text(late)
    assert "本次没有保存" in text(late)


def test_the_slower_of_two_clicks_is_told_what_stands_and_not_that_it_may_not(client, kept):
    item, review = begin(client, kept), make_review(kept)
    keeper = User.objects.get(pk=client.session["_auth_user_id"])
    fields = {"results": "成果一项", "plan": "继续"}
    achievements.submit_achievement(achievement=item, actor=keeper)
    reviews.submit_report(review=review, actor=keeper, fields=fields)
    with pytest.raises(ValidationError, match="现为“待核实”"):
        achievements.submit_achievement(achievement=item, actor=keeper)
    with pytest.raises(ValidationError, match="待考核"):
        reviews.submit_report(review=review, actor=keeper, fields=fields)


def test_a_paper_is_not_added_or_removed_when_the_achievement_was_handed_in_a_moment_before(client, kept):
    item = begin(client, kept)
    client.post(url("evidence_attach", item.pk), {"inspected": picture(), "caption": "照片"})
    paper = item.evidence.get()
    achievements.submit_achievement(achievement=item, actor=staff())
    said = text(client.post(url("evidence_remove", item.pk, paper.pk), follow=True))
    assert "材料不能再增减" in said
    keeper = User.objects.get(pk=client.session["_auth_user_id"])
    with pytest.raises(ValidationError, match="材料不能再增减"):
        evidence.remove_evidence(item=paper, actor=keeper)
    Achievement.objects.update(status="draft")
    evidence.remove_evidence(item=paper, actor=keeper)
    with pytest.raises(ValidationError, match="刚才已移除"):
        evidence.remove_evidence(item=Evidence(pk=paper.pk or 1, achievement=item), actor=keeper)


def test_of_two_tabs_the_older_is_told_and_keeps_its_words(client, kept):
    item = begin(client, kept)
    edit = url("achievement_edit", item.pk)
    client.post(edit, again(item, kept, problem="第一页"))
    stale = client.post(edit, again(item, kept, problem="第二页"))
    assert stale.status_code == 400
    assert "刚在别处保存过" in text(stale)
    assert "第二页" in text(stale)
    assert Achievement.objects.get().problem == "第一页"
    version = stale.context["draft"].form["version"].value()
    client.post(edit, again(item, kept, problem="第二页", version=version))
    assert Achievement.objects.get().problem == "第二页"


def test_a_title_like_another_is_shown_before_it_is_handed_in(client, kept):
    make_achievement(title="快换接头", status="published")
    secret = make_achievement(title="快换接头", confidentiality="secret", status="verified")
    item = begin(client, kept)
    edit = url("achievement_edit", item.pk)
    page = client.post(edit, again(item, kept, action="submit"), follow=True)
    assert "名称与已有成果相近" in text(page)
    assert secret.studio.name not in text(page)
    assert Achievement.objects.get(pk=item.pk).status == "draft"
    client.post(edit, again(item, kept, action="submit", is_new="1"))
    assert Achievement.objects.get(pk=item.pk).status == "submitted"


def test_what_was_typed_stays_when_the_studio_is_delisted_meanwhile(client, kept):
    new = url("achievement_new", kept.pk)
    recognitions.delist(studio=kept, actor=staff(), reason="不再开展工作", document_number="密工发 9 号")
    page = client.post(new, sent(kept))
    assert page.status_code == 400
    assert "工作室已摘牌，不能再填报新成果" in text(page)
    assert "改用快换接头" in text(page)
    assert client.get(new).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "patent"}, "专利须填写专利类型和专利号"),
        ({"benefit_yuan": "5000"}, "请写明测算依据"),
        ({"people-0-person": "", "people-0-unit_name": "某厂"}, "请选择成员或填写姓名"),
        ({"people-0-person": "987654"}, "选择一个有效的选项"),
        ({"people-TOTAL_FORMS": ""}, "ManagementForm"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, kept, changes, said):
    page = client.post(url("achievement_new", kept.pk), sent(kept, **changes))
    assert (page.status_code, kept.achievements.count()) == (400, 0)
    assert said in text(page)
    assert "改用快换接头" in text(page)


def test_a_wrong_file_is_refused_and_the_same_paper_twice(client, kept):
    item = begin(client, kept)
    attach = url("evidence_attach", item.pk)
    wrong = SimpleUploadedFile("材料.pdf", b"MZ no document")
    assert client.post(attach, {"inspected": wrong, "caption": "证明"}).status_code == 400
    client.post(attach, {"inspected": picture(), "caption": "照片"})
    twice = client.post(attach, {"inspected": picture(), "caption": "照片"})
    assert "已经附上" in text(twice)
    client.post(url("evidence_remove", item.pk, item.evidence.get().pk))
    assert not item.evidence.exists()
    achievements.submit_achievement(achievement=item, actor=staff())
    late = client.post(attach, {"inspected": picture(), "caption": "照片"}, follow=True)
    assert "不能再附材料" in text(late)


class TestReport:
    def fill(self, review, **changes):
        """The form of a report as a browser sends it."""
        return {
            "version": review.updated_at.isoformat(), "achievement_count": 1, "project_count": 0,
            "activity_count": 0, "apprentice_count": 0, "benefit_yuan": "0", "results": "成果一项",
            "plan": "继续", **changes,
        }  # fmt: skip

    def test_it_is_filled_in_kept_handed_in_late_and_its_result_is_told(self, client, kept):
        make_achievement(kept, status="verified", title="快换接头")
        review = make_review(kept, due_in=-3)
        edit = url("review_edit", review.pk)
        page = text(client.get(edit))
        assert "快换接头" in page
        assert "已逾期 3 天" in page
        lacking = client.post(
            edit, self.fill(review, plan="", funds="单位投入两万", action="submit"), follow=True
        )
        assert "已保存，没有提交" in text(lacking)
        review.refresh_from_db()
        assert (review.funds, review.status) == ("单位投入两万", "open")
        done = client.post(edit, self.fill(review, action="submit"), follow=True)
        assert "逾期 3 天" in text(done)
        twice = client.post(edit, self.fill(review, action="submit"), follow=True)
        assert "不用再提交" in text(twice)
        review = AnnualReview.objects.get()
        day = timezone.localdate() + timedelta(30)
        reviews.decide_review(
            review=review, actor=staff(), score=50, result="rectify", comment="成果偏少", rectify_by=day
        )
        message = Message.objects.get(kind="studios.review_decided")
        assert "成果偏少" in message.body
        assert f"{day:%Y-%m-%d}" in text(client.get(message.url))

    def test_of_two_tabs_the_older_is_told_and_keeps_its_words(self, client, kept):
        review = make_review(kept)
        edit = url("review_edit", review.pk)
        client.post(edit, self.fill(review))
        stale = client.post(edit, self.fill(review, plan="另一页的计划"))
        assert stale.status_code == 400
        assert "刚在别处保存过" in text(stale)
        assert "另一页的计划" in text(stale)
        assert AnnualReview.objects.get().plan == "继续"

    def test_a_benefit_below_nought_is_refused(self, client, kept):
        review = make_review(kept)
        page = client.post(url("review_edit", review.pk), self.fill(review, benefit_yuan="-5"))
        assert page.status_code == 400
        assert "经济效益不能为负数" in text(page)

    def test_a_studio_that_was_delisted_owes_no_report_and_hands_none_in(self, client, kept):
        review = make_review(kept, due_in=-1)
        recognitions.delist(studio=kept, actor=staff(), reason="不再开展工作", document_number="密工发 9 号")
        assert "年度报告待报" not in text(client.get(LIST))
        assert "已逾期" not in text(client.get(url("studio_detail", kept.pk)))
        edit = url("review_edit", review.pk)
        assert client.get(edit)["Location"] == url("review_detail", review.pk)
        page = client.post(edit, self.fill(review, plan="照样写的", action="submit"))
        assert "年度考核不再办理" in text(page)
        assert "照样写的" in text(page)
        assert "工作室已摘牌，不能再重新取数" in text(
            client.post(url("review_refill", review.pk), follow=True)
        )
        assert AnnualReview.objects.get().status == "open"

    def test_a_year_decided_without_a_report_does_not_say_that_one_came_late(self, client, kept):
        review = make_review(kept, due_in=-5)
        day = timezone.localdate() + timedelta(30)
        reviews.decide_review(
            review=review, actor=staff(), score=0, result="rectify", comment="没有报送", rectify_by=day
        )
        page = text(client.get(url("review_detail", review.pk)))
        assert "没有报送年度报告" in page
        assert "天报送" not in page

    def test_figures_are_taken_anew_and_not_once_it_is_handed_in(self, client, kept):
        review = make_review(kept)
        make_achievement(kept, status="verified")
        client.post(url("review_refill", review.pk))
        review.refresh_from_db()
        assert review.achievement_count == 1
        client.post(url("review_edit", review.pk), self.fill(review, action="submit"))
        assert "不能再重新取数" in text(client.post(url("review_refill", review.pk), follow=True))


def test_what_is_due_is_on_the_list_and_the_way_there_on_my_page(client, kept):
    make_review(kept)
    make_achievement(kept)
    page = text(client.get(LIST))
    assert "1 份年度报告待报送" in page
    assert "草稿 1" in page
    assert LIST in text(client.get("/my/"))
    client.force_login(make_user())
    assert LIST not in text(client.get("/my/"))


def test_the_pages_cost_the_same_for_one_row_and_three(client, kept):
    item = make_achievement(kept, title="成果甲")
    make_achievement(kept, title="成果甲甲")
    review = make_review(kept)
    pages = [
        LIST, url("studio_detail", kept.pk), url("achievement_edit", item.pk),
        url("achievement_detail", item.pk), url("review_edit", review.pk),
    ]  # fmt: skip

    def costs():
        found = []
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(page)
            found.append(len(queries))
        return found

    costs()
    before = costs()
    for number in range(2):
        make_studio(body=kept.body)
        make_achievement(kept, title=f"成果甲{number}")
        item.contributions.create(position=number + 5, name=f"某{number}")
        item.adoptions.create(unit_name=f"厂{number}")
        make_review(kept, year=review.year - 1 - number)
    assert costs() == before
    assert max(before) <= 14
