"""The staff's pages: every act by its button, what each list costs, and a secret that leaves no trace."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from studios import diary
from studios.models import AnnualReview, Grant, HelpRequest, PlaqueCeremony, Studio, StudioApplication
from tests.craftsmen.nominating import picture
from tests.factories import id_number, make_person, make_user
from tests.studios import campaigning
from tests.studios.making import (
    make_achievement,
    make_ceremony,
    make_question,
    make_review,
    make_studio,
    recognise,
)
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.news.models import Column

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def keeper(client):
    user = make_user(roles.STUDIO_STAFF, is_staff=True)
    client.force_login(user)
    return user


def act(client, record, button, **fields):
    """Press the button of an act and send its form; returns the page that follows."""
    meta = record._meta
    page = client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk]))
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_act", args=[record.pk, button])
    assert url in page.content.decode(), f"no button for {button}"
    form = client.get(url).context["form"]
    keys = {field.html_name: field.value() for field in form.hidden_fields()}
    response = client.post(url, {**keys, **fields}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


class TestStudio:
    def test_the_leader_changes_and_the_old_one_stays_listed(self, client, keeper):
        studio = make_studio()
        former = studio.leader.name
        page = act(client, studio, "leader", name="", on=TODAY, reason="退休")
        assert "请选择新负责人" in page
        page = act(
            client, studio, "leader", name="新人", id_number=id_number(31), on=str(TODAY), reason="退休"
        )
        assert studio.leader.person.name == "新人"
        assert f"{former}　" in page

    def test_a_recognition_is_entered_and_a_plaque_taken_away(self, client, keeper):
        studio = make_studio(recognised=False)
        act(client, studio, "recognise", level="city", document_number="1号", named_on="2025-05-01")
        assert Studio.objects.public().get() == studio
        act(client, studio, "delist", reason="不合格", document_number="2号", on=str(TODAY))
        studio.refresh_from_db()
        assert studio.status == "delisted"

    def test_a_studio_is_added_with_its_address_and_no_leader_slips_in_among_members(self, client, keeper):
        page = client.get(reverse("admin:studios_studio_add")).content.decode()
        assert 'value="leader"' not in page
        forms = {
            f"{name}-{key}": 0
            for name in ("members", "recognitions", "files")
            for key in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
        given = {"name": "齐红艳药学服务工作室", "kind": "staff", "is_public": "on", **forms}
        client.post(reverse("admin:studios_studio_add"), given)
        assert Studio.objects.get().slug == "qihongyanyaoxuefuwugongzuoshi"

    @pytest.mark.parametrize("filtered", diary.FILTERS)
    def test_the_diary_filters_open(self, client, keeper, filtered):
        make_studio()
        response = client.get(reverse("admin:studios_studio_changelist"), {"diary": filtered})
        assert response.status_code == 200

    def test_the_ledger_imports_after_a_preview(self, client, keeper):
        page = client.get(reverse("admin:studios_studio_import"))
        assert page.status_code == 200
        assert client.get(reverse("admin:studios_studio_import_blank")).status_code == 200


class TestCeremony:
    def test_from_the_list_to_the_news(self, client, keeper):
        studio = make_studio("“中医+”工作室")
        Column.objects.create(name="要闻", slug="yaowen")
        ceremony = PlaqueCeremony.objects.create(title="授牌", on=TODAY, place="礼堂")
        act(client, ceremony, "list", recognitions=[studio.recognitions.get().pk])
        proof = client.get(reverse("admin:studios_plaqueceremony_proof", args=[ceremony.pk]))
        assert "“中医+”工作室" in proof.content.decode()
        act(client, ceremony, "proofread", proofreader="某某")
        act(client, ceremony, "photo", upload=picture(), caption="合影")
        act(client, ceremony, "hold")
        act(client, ceremony, "article", column=Column.objects.get().pk)
        ceremony.refresh_from_db()
        assert (ceremony.status, ceremony.article.title) == ("held", "授牌")
        assert studio.recognitions.get().plaque_on == TODAY

    def test_changed_words_have_to_be_read_again(self, client, keeper):
        ceremony = make_ceremony(make_studio().recognitions.get())
        line = ceremony.lines.get()
        forms = {
            "lines-TOTAL_FORMS": 1,
            "lines-INITIAL_FORMS": 1,
            "lines-0-id": line.pk,
            "lines-0-ceremony": ceremony.pk,
            "lines-0-text": f"{line.text}。",
            "lines-0-position": 1,
            "photos-TOTAL_FORMS": 0,
            "photos-INITIAL_FORMS": 0,
        }
        given = {"title": ceremony.title, "on": str(ceremony.on), "place": "", "note": "", **forms}
        client.post(reverse("admin:studios_plaqueceremony_change", args=[ceremony.pk]), given)
        ceremony.refresh_from_db()
        assert ceremony.status == "draft"


class TestAchievements:
    def test_from_the_draft_to_the_public_and_back(self, client, keeper):
        item = make_achievement()
        act(client, item, "attach", inspected=picture(), caption="证书")
        act(client, item, "submit")
        act(client, item, "verify")
        act(client, item, "publish")
        act(client, item, "withdraw", reason="更正", confidentiality="internal")
        item.refresh_from_db()
        assert (item.status, item.confidentiality) == ("verified", "internal")
        paper = item.evidence.get().file
        assert client.get(paper.get_absolute_url()).status_code == 404
        url = reverse("admin:studios_achievement_evidence", args=[item.pk, paper.key])
        assert b"".join(client.get(url).streaming_content)

    def test_a_double_is_turned_down_as_one(self, client, keeper):
        known = make_achievement(title="快换接头装置", status="verified")
        item = make_achievement(title="快换接头装置", status="submitted")
        act(client, item, "refuse", reason="重复", duplicate_of=known.pk)
        item.refresh_from_db()
        assert (item.outcome, item.duplicate_of) == ("duplicate", known)

    SECRET = "某型声学装置"

    @pytest.mark.parametrize(
        "role", [roles.SUPERVISOR, roles.COMPETITION_STAFF, roles.AUDITOR, roles.NEWS_STAFF]
    )
    def test_a_secret_leaves_no_trace_for_who_may_not_read_it(self, client, role):
        keeper = make_user(roles.STUDIO_STAFF, is_staff=True)
        client.force_login(keeper)
        item = make_achievement(title="先写的名称")
        forms = {
            f"{name}-{key}": 0
            for name in ("contributions", "adoptions", "evidence")
            for key in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
        given = {
            "studio": item.studio.pk,
            "title": self.SECRET,
            "kind": "renovation",
            "year": TODAY.year,
            "confidentiality": "secret",
            "problem": self.SECRET,
            "read_at": item.updated_at.isoformat(),
            "solution": "乙",
            **forms,
        }
        url = reverse("admin:studios_achievement_change", args=[item.pk])
        assert client.post(url, given).status_code == 302
        upload = picture()
        upload.name = f"{self.SECRET}.png"
        act(client, item, "attach", inspected=upload, caption="证书")
        act(client, item, "submit")
        act(client, item, "verify")
        assert self.SECRET in client.get(url).content.decode()
        client.force_login(make_user(role, is_staff=True))
        names = [
            "index",
            "studios_achievement_changelist",
            "studios_studio_changelist",
            "files_storedfile_changelist",
            "audit_auditentry_changelist",
            "studios_annualreview_changelist",
        ]
        for name in names:
            for query in ({}, {"q": "声学"}, {"q": self.SECRET}):
                page = client.get(reverse(f"admin:{name}"), query).content.decode()
                assert self.SECRET not in page.replace(f'value="{self.SECRET}"', ""), name
        assert client.get(url).status_code in (403, 404)
        told = " ".join(f"{line.target_label} {line.details}" for line in AuditEntry.objects.all())
        assert self.SECRET not in told


class TestCampaign:
    def test_the_whole_road_by_its_buttons(self, client, keeper):
        campaign = campaigning.make_campaign()
        application = campaigning.apply(campaign, "甲工作室", to="applied")
        act(client, application, "return", reason="补照片")
        application.refresh_from_db()
        campaigning.applications.submit_application(application=application, actor=application.applied_by)
        act(client, application, "accept")
        act(
            client,
            application,
            "visit",
            visited_on=str(TODAY),
            visitors="某",
            report="属实",
            finding="confirmed",
            pictures=picture(),
        )
        page = client.get(reverse("admin:studios_campaign_change", args=[campaign.pk])).content.decode()
        assert "还没有评审对象" in page
        campaigning.score(campaign, {"甲工作室": 90})
        application.refresh_from_db()
        act(client, campaign, "propose", **{f"pick_{application.pk}": "on"})
        act(client, campaign, "meeting", body="党组会", held_on=str(TODAY), minutes_number="1号")
        act(client, campaign, "notice", contact_name="经济部", contact_phone="010")
        campaign.refresh_from_db()
        notice = campaigning.lifecycle.start_notice(notice=campaign.notice, actor=keeper)
        act(client, campaign, "follow")
        campaigning.let_pass(notice)
        act(client, campaign, "name", document_title="决定", document_number="9号", document_on=str(TODAY))
        application.refresh_from_db()
        assert application.status == "named"
        campaign.refresh_from_db()
        campaign.closes_on = TODAY - timedelta(1)
        campaign.save()
        act(client, campaign, "finish")
        photo = application.visits.get().photos.get()
        url = reverse("applications:application_file", args=[application.uuid, photo.file.key])
        assert b"".join(client.get(url).streaming_content)
        client.force_login(application.applied_by)
        assert client.get(url).status_code == 404

    def test_a_round_is_added_with_its_panel(self, client, keeper):
        given = {
            "title": "认定",
            "year": 2026,
            "level": "district",
            "opens_on": "2026-01-01",
            "closes_on": "2026-02-01",
            "notice_days": 5,
            "applications-TOTAL_FORMS": 0,
            "applications-INITIAL_FORMS": 0,
        }
        client.post(reverse("admin:studios_campaign_add"), given)
        (campaign,) = campaigning.campaigns.Campaign.objects.all()
        assert campaign.panel.criteria.count() == 5
        act(client, campaign, "announce")

    def test_a_draft_is_not_the_staffs_to_see(self, client, keeper):
        draft = campaigning.start(campaigning.make_campaign())
        url = reverse("admin:studios_studioapplication_change", args=[draft.pk])
        assert client.get(url).status_code == 404
        assert not StudioApplication.objects.visible_to(keeper).exists()


class TestReviewsAndMoney:
    def test_a_year_is_opened_reported_and_decided(self, client, keeper):
        studio = make_studio()
        url = reverse("admin:studios_annualreview_open")
        assert client.get(url).status_code == 200
        client.post(url, {"year": TODAY.year, "due_on": str(TODAY)})
        review = AnnualReview.objects.get()
        assert review.studio == studio
        act(client, review, "refill")
        page = act(client, review, "submit")
        assert "请填写成果与课题" in page
        AnnualReview.objects.update(results="一项", plan="继续")
        act(client, review, "submit")
        act(
            client,
            review,
            "decide",
            score=55,
            result="rectify",
            comment="少",
            rectify_by=str(TODAY + timedelta(9)),
        )
        act(client, review, "delist", reason="整改不合格", document_number="1号")
        studio.refresh_from_db()
        assert studio.status == "delisted"

    def test_no_result_is_chosen_beforehand(self, client, keeper):
        review = make_review(due_in=-3)
        page = reverse("admin:studios_annualreview_act", args=[review.pk, "decide"])
        field = client.get(page).context["form"]["result"]
        assert (field.value(), field.field.choices[0]) == (None, ("", "请选择"))
        sent = client.post(page, {"score": "100.5", "result": ""}).context["form"]
        assert set(sent.errors) == {"score", "result"}
        review.refresh_from_db()
        assert review.result == ""

    def test_a_reminder_is_noted_for_those_who_owe(self, client, keeper):
        review = make_review(due_in=-3)
        client.post(
            reverse("admin:studios_annualreview_changelist"),
            {"action": "remind", "_selected_action": [review.pk]},
        )
        review.refresh_from_db()
        assert review.reminded_on == TODAY

    def test_an_instalment_is_planned_and_paid(self, client, keeper):
        grant = Grant.objects.create(studio=make_studio(), year=2025, amount_yuan=100)
        act(client, grant, "plan", amount_yuan="60")
        act(
            client,
            grant,
            "pay",
            instalment=grant.instalments.get().pk,
            paid_on=str(TODAY),
            voucher_number="1",
            inspected=picture("凭证.jpg"),
        )
        voucher = grant.instalments.get().voucher
        assert voucher.is_guarded
        assert client.get(voucher.get_absolute_url()).status_code == 404
        shown = client.get(reverse("admin:studios_grant_change", args=[grant.pk])).content.decode()
        url = reverse("admin:studios_grant_voucher", args=[grant.pk, voucher.key])
        assert f'<a href="{url}">凭证.jpg</a>' in shown
        assert b"".join(client.get(url).streaming_content)
        other = Grant.objects.create(studio=make_studio(), year=2025, amount_yuan=100)
        assert (
            client.get(reverse("admin:studios_grant_voucher", args=[other.pk, voucher.key])).status_code
            == 404
        )
        page = client.get(reverse("admin:studios_grant_changelist")).content.decode()
        assert "补助 200 元，已拨 60 元" in page


class TestQuestions:
    def test_a_question_goes_its_way(self, client, keeper):
        item, studio = make_question(consents_to_publication=True), make_studio()
        act(client, item, "route", studio=studio.pk, due_on=str(TODAY))
        act(client, item, "answer", text="换圈", answered_by="某")
        act(client, item, "publish")
        act(client, item, "hide", reason="更正")
        assert HelpRequest.objects.get().status == "answered"

    def test_the_studio_an_asker_wished_for_is_proposed_not_taken_as_routed(self, client, keeper):
        studio = make_studio("养蜂工作室")
        item = make_question(studio=studio)
        routing = reverse("admin:studios_helprequest_act", args=[item.pk, "route"])
        assert client.get(routing).context["form"]["studio"].value() == studio.pk
        change = reverse("admin:studios_helprequest_change", args=[item.pk])
        for wished in (True, False):
            page = client.get(change).content.decode()
            assert (("希望答复的工作室" in page), ("分派至" in page)) == (wished, not wished)
            listed = client.get(reverse("admin:studios_helprequest_changelist")).content.decode()
            assert (studio.name in listed) is not wished
            if wished:
                act(client, item, "route", studio=studio.pk, due_on=str(TODAY))

    def test_who_asks_is_shown_by_post_alone(self, client, keeper):
        item = make_question()
        url = reverse("admin:studios_helprequest_asker", args=[item.pk])
        assert client.get(url).status_code == 405
        assert (
            "13800000000"
            not in client.get(reverse("admin:studios_helprequest_change", args=[item.pk])).content.decode()
        )
        assert "13800000000" in client.post(url).content.decode()


LISTS = {
    "studio": make_studio,
    "recognition": make_studio,
    "achievement": make_achievement,
    "annualreview": lambda: make_review(year=TODAY.year),
    "helprequest": make_question,
    "studioapplication": lambda: campaigning.apply(campaigning.make_campaign(), to="applied"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_often_for_three_rows_as_for_one(client, keeper, name):
    url = reverse(f"admin:studios_{name}_changelist")
    LISTS[name]()
    client.get(url)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as context:
            assert client.get(url).status_code == 200
        counts.append(len(context))
        LISTS[name](), LISTS[name]()
    assert counts[0] == counts[1]


def test_the_diary_finds_who_retires_and_what_is_missing():
    this_year, later = make_studio(), make_studio()
    for studio, month in ((this_year, TODAY), (later, TODAY.replace(year=TODAY.year + 4))):
        person = studio.leader.person
        person.retires_on = month
        person.save()
    assert [line[0] for line in diary.retiring()] == [this_year.pk]
    make_achievement(this_year, status="verified")
    assert set(diary.idle()) == {later}
    recognise(later, "city", plaque_on=TODAY, named_on=TODAY, valid_to=TODAY + timedelta(30))
    assert diary.without_plaque_photo().get().studio == later
    assert diary.running_out().get().studio == later
    bare = make_studio(leader=False)
    moved = make_studio()
    make_person()
    person = moved.leader.person
    person.life_status = "moved"
    person.save()
    assert set(diary.gone()) == {bare, moved}


class TestOddAddresses:
    @pytest.mark.parametrize(
        "query", ["?status__exact=%00", "?key__startswith=a%00", "?q=%00", "?year=99999999999"]
    )
    def test_a_list_with_a_broken_filter_is_no_error_of_ours(self, client, keeper, query):
        for model in ("studio", "annualreview"):
            answer = client.get(reverse(f"admin:studios_{model}_changelist") + query)
            assert answer.status_code in (200, 302, 400)

    def test_a_picker_asked_for_what_no_text_holds(self, client, keeper):
        query = {"app_label": "studios", "model_name": "recognition", "field_name": "studio", "term": "\0"}
        assert client.get(reverse("admin:autocomplete"), query).status_code == 400

    @pytest.mark.parametrize("key", ["abc", "1e400", "1;2"])
    def test_an_action_on_what_is_no_record(self, client, keeper, key):
        url = reverse("admin:studios_studio_changelist")
        answer = client.post(url, {"action": "export", "_selected_action": [key], "index": "0"})
        assert answer.status_code == 400
