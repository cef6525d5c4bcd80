"""The liaison's pages of an application: kept while one types, handed in, returned, corrected; nobody else's business."""

import json
import uuid

import pytest
from django.urls import reverse

from studios.models import StudioApplication
from studios.services import naming
from tests.craftsmen.nominating import picture
from tests.factories import id_number, make_user
from tests.studios.campaigning import ANSWERS, FACTS, apply, make_campaign, make_liaison, start
from tests.studios.making import make_studio, staff
from unionportal import roles

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
    assert client.get(papers).status_code == 404


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
