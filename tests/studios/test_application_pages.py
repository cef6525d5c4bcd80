"""The liaison's pages of an application: kept while one types, handed in, returned, corrected; nobody else's business."""

import json
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from studios.models import Campaign, StudioApplication
from studios.services import applications, campaigns, naming
from tests.craftsmen.nominating import picture
from tests.factories import id_number, make_user
from tests.portal.threads import in_threads, only_error
from tests.studios.campaigning import ANSWERS, FACTS, apply, fill, make_campaign, make_liaison, start
from tests.studios.making import make_studio, staff
from unionportal import roles
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def url(name, application=None, *more):
    return reverse(
        f"applications:application_{name}", args=[*([application.uuid] if application else []), *more]
    )


def basic(application, **changes):
    """The first step as a browser sends it."""
    return {"version": application.version, "name": application.name, "kind": "staff", **FACTS, **changes}


def conditions(application):
    given = {"version": application.version}
    for name, answer in ANSWERS.items():
        given[f"{name}_text"] = answer["text"]
        if answer["number"] is not None:
            given[f"{name}_number"] = answer["number"]
    return given


def fresh(application):
    return StudioApplication.objects.get(pk=application.pk)


def test_a_liaison_starts_fills_in_attaches_and_hands_in_without_a_script(client):
    campaign = make_campaign()
    user, body = make_liaison()
    client.force_login(user)
    assert "新建申报" in client.get(url("list")).content.decode()
    assert client.get(url("start")).status_code == 200
    given = {"campaign": campaign.pk, "body": body.pk, "name": "甲工作室", "leader_name": "张三"}
    wrong = client.post(url("start"), {**given, "leader_id_number": "123"})
    assert wrong.status_code == 400
    assert "张三" in wrong.content.decode()
    response = client.post(url("start"), {**given, "leader_id_number": id_number(9)})
    application = StudioApplication.objects.get()
    assert response["Location"] == url("edit", application, "basic")
    assert application.host_unit == body.units.get()
    client.post(response["Location"], basic(application, host_unit=application.host_unit.pk, to="conditions"))
    application = fresh(application)
    client.post(url("edit", application, "conditions"), {**conditions(application), "to": "papers"})
    page = client.get(url("edit", application, "papers")).content.decode()
    assert "请附上盖章的申报表扫描件" in page
    for about in ("honour", "plan", "form"):
        client.post(url("attach", application), {"upload": picture(), "about": about})
    papers = url("edit", application, "papers")
    version = fresh(application).version
    done = client.post(papers, {"version": version, "action": "submit"}, follow=True)
    assert "等待区总工会初审" in done.content.decode()
    assert fresh(application).status == "applied"
    again = client.post(papers, {"version": version, "action": "submit"}, follow=True)
    assert "这份申报现为“待初审”" in again.content.decode()
    assert AuditEntry.objects.filter(action="studios.application_submitted").count() == 1
    assert client.get(papers)["Location"] == application.get_absolute_url()


def test_what_was_returned_is_corrected_and_handed_in_again(client):
    application = apply(make_campaign(), to="returned")
    client.force_login(application.applied_by)
    page = client.get(url("detail", application)).content.decode()
    assert "退回理由" in page
    assert "修改并重新提交" in page
    version = fresh(application).version
    client.post(url("edit", application, "papers"), {"version": version, "action": "submit"})
    assert fresh(application).status == "applied"
    naming.decide_application(application=application, actor=staff(), to="rejected", reason="不符合")
    assert "初审未通过" in client.get(url("detail", application)).content.decode()


class TestAutosave:
    def save(self, client, application, step="basic", **fields):
        body = {"fields": {"key": str(uuid.uuid4()), **fields}}
        return client.post(url("save", application, step), json.dumps(body), "application/json")

    def test_a_step_is_kept_and_a_stale_one_is_answered_with_what_stands(self, client):
        application = start(make_campaign())
        client.force_login(application.applied_by)
        given = {key: str(value) for key, value in basic(application).items()}
        receipt = self.save(client, application, **given)
        assert (receipt.status_code, receipt.json()["version"]) == (200, 1)
        stale = self.save(client, application, **given | {"field": "另一领域"})
        assert stale.status_code == 409
        assert stale.json()["fields"]["field"] == FACTS["field"]
        given = {key: str(value) for key, value in conditions(fresh(application)).items()}
        assert self.save(client, application, "conditions", **given).json()["version"] == 2
        assert application.answers.count() == 3

    def test_what_cannot_be_read_is_refused(self, client):
        application = start(make_campaign())
        client.force_login(application.applied_by)
        response = client.post(url("save", application, "basic"), "[]", "application/json")
        assert response.status_code == 400
        wrong = self.save(client, application, "conditions", version="0", team_number="许多")
        assert "team_number" in wrong.json()["errors"]

    def test_half_a_character_is_kept_as_a_mark_and_a_null_is_refused(self, client):
        application = start(make_campaign())
        client.force_login(application.applied_by)
        given = {key: str(value) for key, value in basic(application).items()}
        assert self.save(client, application, **given | {"story": "断\ud83d"}).status_code == 200
        assert fresh(application).story == "断\ufffd"
        refused = self.save(client, application, **given | {"version": "1", "story": "甲\x00"})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["story"])

    def test_what_was_typed_after_handing_in_is_said_to_be_unsaved(self, client):
        application = apply(make_campaign(), to="applied")
        client.force_login(application.applied_by)
        given = basic(fresh(application), story="交了以后又写的")
        page = client.post(url("edit", application, "basic"), given)
        assert page.status_code == 400
        assert "交了以后又写的" in page.content.decode()
        assert "申报现为“待初审”，不能再修改" in page.content.decode()
        saved = self.save(client, application, **{key: str(value) for key, value in given.items()})
        assert "待初审" in saved.json()["closed"]

    def test_a_conflict_by_plain_post_keeps_what_was_typed(self, client):
        application = start(make_campaign())
        client.force_login(application.applied_by)
        edit = url("edit", application, "basic")
        client.post(edit, basic(application))
        answer = client.post(edit, basic(application, field="另一领域"))
        assert answer.status_code == 400
        assert "另一领域" in answer.content.decode()
        assert "刚在别处保存过" in answer.content.decode()


def test_nobody_else_opens_an_application_or_its_papers(client):
    application = apply(make_campaign(), to="applied")
    draft = start(application.campaign)
    paper = application.files.first().file
    stranger, _ = make_liaison()
    client.force_login(stranger)
    for target in (
        url("detail", application),
        url("edit", draft, "basic"),
        url("file", application, paper.key),
        url("detail", draft),
    ):
        assert client.get(target).status_code == 404
    for target in (url("withdraw", application), url("attach", draft)):
        assert client.post(target, {"reason": "甲"}).status_code == 404
    assert "还没有申报" in client.get(url("list")).content.decode()
    client.force_login(make_user(roles.STUDIO_STAFF))
    assert client.get(url("detail", application)).status_code == 200
    assert client.get(url("detail", draft)).status_code == 404
    assert b"".join(client.get(url("file", application, paper.key)).streaming_content)
    assert client.post(url("withdraw", application), {"reason": "甲"}).status_code == 404


def test_an_application_is_withdrawn_with_a_reason_and_a_paper_taken_off(client):
    application = start(make_campaign())
    client.force_login(application.applied_by)
    client.post(url("attach", application), {"upload": picture(), "about": "photo", "caption": "门头"})
    paper = application.files.get()
    client.post(url("file_remove", application, paper.pk))
    assert not application.files.exists()
    assert client.post(url("withdraw", application), {"reason": " "}).status_code == 400
    client.post(url("withdraw", application), {"reason": "合并"})
    assert fresh(application).status == "withdrawn"


def test_a_form_sent_twice_starts_one_draft_and_both_clicks_lead_to_it(client):
    user, body = make_liaison()
    client.force_login(user)
    given = {"key": str(uuid.uuid4()), "campaign": make_campaign().pk, "body": body.pk, "name": "甲工作室"}
    given |= {"leader_name": "张三", "leader_id_number": id_number(12)}
    first, second = client.post(url("start"), given), client.post(url("start"), given)
    assert first["Location"] == second["Location"] == url("edit", StudioApplication.objects.get(), "basic")
    other = client.post(url("start"), given | {"name": "乙工作室"})
    assert (other.status_code, StudioApplication.objects.count()) == (400, 1)
    assert "内容与本页不同" in other.content.decode()
    again = client.post(
        url("start"), given | {"name": "乙工作室", "key": other.context["form"]["key"].value()}
    )
    assert again.status_code == 302


def test_one_without_a_body_or_a_round_is_told_so(client):
    make_campaign()
    client.force_login(make_user())
    assert "暂不接受申报" in client.get(url("start")).content.decode()


def test_for_a_studio_of_the_body_the_form_is_filled_in(client):
    user, body = make_liaison()
    studio = make_studio("老工作室", body=body, field="药学", address="某街 1 号")
    client.force_login(user)
    given = {"campaign": make_campaign(level="city").pk, "body": body.pk, "studio": studio.pk}
    given |= {"name": "老工作室", "leader_name": "张三", "leader_id_number": id_number(11)}
    client.post(url("start"), given)
    application = StudioApplication.objects.get()
    assert (application.studio, application.field, application.address) == (studio, "药学", "某街 1 号")


def test_what_no_database_holds_and_what_is_too_long_is_refused_with_the_rest_kept(client):
    application = start(make_campaign())
    client.force_login(application.applied_by)
    edit = url("edit", application, "basic")
    for wrong, said in (("甲\x00", "空字符"), ("长" * 10_001, "超过 10000 字")):
        page = client.post(edit, basic(application, story=wrong, field="留下的领域"))
        assert page.status_code == 400
        assert said in page.content.decode()
        assert "留下的领域" in page.content.decode()
    assert client.get(url("list") + "?q=%00&status=%00").status_code == 200
    client.post(url("withdraw", application), {"reason": "合\x00并"})
    assert fresh(application).withdrawn_reason == "合并"


def test_texts_beyond_what_the_form_says_are_not_handed_in(client):
    application = fill(start(make_campaign()))
    application = applications.save_application(
        application=application, actor=application.applied_by, version=application.version,
        fields={"goals": "长" * 2001},
    )  # fmt: skip
    with pytest.raises(ValidationError, match="目标与任务限 2,000 字，现为 2,001 字"):
        applications.submit_application(application=application, actor=application.applied_by)


def test_nothing_is_handed_in_to_a_round_that_is_over(client):
    application = apply(make_campaign(), to="returned")
    yesterday = timezone.localdate() - timedelta(1)
    Campaign.objects.update(closes_on=yesterday)
    campaigns.move_campaign(campaign=application.campaign, to="closed", actor=staff())
    client.force_login(application.applied_by)
    papers = url("edit", application, "papers")
    page = client.post(papers, {"version": fresh(application).version, "action": "submit"})
    assert "本批次已结束" in page.content.decode()
    assert fresh(application).status == "returned"


def test_a_draft_that_was_never_handed_in_stays_with_its_union_when_it_is_withdrawn(client):
    draft = start(make_campaign(), "没交过的")
    shown = apply(draft.campaign, "交过的", to="applied")
    for item in (draft, shown):
        applications.withdraw_application(application=item, actor=item.applied_by, reason="不报了")
    client.force_login(make_user(roles.STUDIO_STAFF))
    page = client.get(url("list")).content.decode()
    assert ("交过的" in page, "没交过的" in page) == (True, False)
    assert client.get(url("detail", draft)).status_code == 404
    client.force_login(draft.applied_by)
    assert client.get(url("detail", draft)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_starts_at_one_moment_one_is_made_and_the_other_told():
    campaign, (user, body) = make_campaign(), make_liaison()
    given = {"campaign": campaign, "body": body, "name": "同一工作室", "actor": user, "leader_name": "负责人"}

    def begin(serial):
        return applications.start_application(**given, leader_id_number=id_number(serial))

    results = in_threads(lambda: begin(21), lambda: begin(22))
    assert only_error(results).messages == ["本批次已有同名的申报。"]
    assert StudioApplication.objects.count() == 1
