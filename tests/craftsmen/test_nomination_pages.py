"""The pages of nominations: whose they are, what they keep of what was typed, how few statements they take."""

import json
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import Nomination
from craftsmen.services import branches, nominations
from tests.craftsmen.nominating import Town, paper, picture
from tests.factories import id_number, make_nomination, make_person, make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Liaison

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return Town()


def at(name, *args):
    return reverse(f"nominations:{name}", args=args)


def routes(nomination, paper_key, paper_pk):
    """(method, address) of every route of one nomination."""
    key = nomination.uuid
    return [
        ("get", at("nomination_detail", key)),
        ("get", at("nomination_edit", key, "basic")),
        ("post", at("nomination_edit", key, "basic")),
        ("post", at("nomination_save", key, "basic")),
        ("post", at("nomination_photo", key)),
        ("post", at("nomination_attach", key)),
        ("post", at("nomination_file_remove", key, paper_pk)),
        ("get", at("nomination_file", key, paper_key)),
        ("post", at("nomination_act", key, "withdraw")),
        ("post", at("nomination_act", key, "send_back")),
        ("post", at("nomination_document", key)),
    ]


def draft_with_paper(town):
    nomination = town.fill(town.start())
    file = branches.store_file(
        inspected=branches.inspect_upload(picture()), actor=town.liaison, purpose="x", is_guarded=True
    )
    item = nomination.files.create(kind="evidence", file=file)
    return nomination, file.key, item.pk


@pytest.mark.parametrize(
    "who", ["another union", "former liaison", "worker", "judge", "draft for the town", "staff"]
)
def test_a_draft_is_nobody_elses_on_any_route(town, client, who):
    nomination, key, pk = draft_with_paper(town)
    users = {
        "another union": town.other,
        "former liaison": town.liaison,
        "worker": make_user(roles.WORKER),
        "judge": make_user(roles.JUDGE),
        "draft for the town": town.reviewer,
        "staff": make_user(roles.CRAFTSMAN_STAFF, is_staff=True),
    }
    if who == "former liaison":
        Liaison.objects.filter(user=town.liaison).update(ended_on=timezone.localdate())
    client.force_login(users[who])
    before = AuditEntry.objects.count()
    answers = {url: getattr(client, method)(url).status_code for method, url in routes(nomination, key, pk)}
    assert set(answers.values()) == {404}, answers
    assert AuditEntry.objects.count() == before


def test_a_draft_that_was_withdrawn_is_nobodys_to_read_but_its_makers(town, client):
    nomination = nominations.withdraw_nomination(
        nomination=town.start(), actor=town.liaison, reason="改报他人"
    )
    staff = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    for user, expected in ((town.liaison, 200), (town.reviewer, 404), (staff, 404)):
        client.force_login(user)
        assert client.get(nomination.get_absolute_url()).status_code == expected
    assert client.get(reverse("admin:craftsmen_nomination_change", args=[nomination.pk])).status_code == 404


def test_what_was_handed_in_is_read_by_the_town_and_staff_and_written_by_neither(town, client):
    nomination = town.submit()
    photo = at("nomination_file", nomination.uuid, nomination.photo.key)
    for user in (town.reviewer, make_user(roles.CRAFTSMAN_STAFF, is_staff=True)):
        client.force_login(user)
        assert client.get(nomination.get_absolute_url()).status_code == 200
        answer = client.get(photo)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        close_file(answer)
        assert client.get(at("nomination_edit", nomination.uuid, "basic")).status_code == 404
    client.force_login(town.other)
    assert client.get(nomination.get_absolute_url()).status_code == 404
    assert client.get(photo).status_code == 404
    assert client.get(nomination.photo.get_absolute_url()).status_code == 404


def test_a_paper_of_one_nomination_is_not_sent_through_another(town, client):
    mine, foreign = town.start("李四", 2), town.submit()
    client.force_login(town.liaison)
    assert client.get(at("nomination_file", mine.uuid, foreign.photo.key)).status_code == 404


def test_a_worker_sees_the_one_he_made_and_no_other(client):
    town = Town(by_self=True)
    worker = make_user(roles.WORKER, name="李四")
    client.force_login(worker)
    road = {"offer": town.offer.pk, "road": "self-0", "name": "李四", "id_number": id_number(2)}
    answer = client.post(at("nomination_start"), road)
    own = Nomination.objects.get()
    assert answer["Location"] == at("nomination_edit", own.uuid, "basic")
    town.submit()
    assert list(Nomination.objects.visible_to(worker)) == [own]
    assert client.get(at("nomination_edit", own.uuid, "unit")).status_code == 404


def test_an_account_may_not_try_one_id_number_after_another(client):
    town = Town(by_self=True)
    make_person("王五", id_number=id_number(9))
    client.force_login(make_user(roles.WORKER, name="李四"))
    road = {"offer": town.offer.pk, "road": "self-0", "name": "李四", "id_number": id_number(9)}
    for _ in range(5):
        assert "次数已用完" not in client.post(at("nomination_start"), road).text
    assert (
        "今天核对身份的次数已用完"
        in client.post(at("nomination_start"), road | {"id_number": id_number(2)}).text
    )
    assert not Nomination.objects.exists()
    client.force_login(make_user(roles.WORKER, name="李四"))
    answer = client.post(at("nomination_start"), road | {"id_number": id_number(2)})
    assert answer.status_code == 302


def close_file(response):
    """Close what a file answer holds open; response.close() itself would end the test's database connection too."""
    for close in response._resource_closers:
        close()


def start(client, town, **fields):
    data = {"offer": town.offer.pk, "road": f"unit-{town.body.pk}", "name": "张三", "id_number": id_number(1)}
    return client.post(at("nomination_start"), data | fields)


def test_starting_keeps_what_was_typed_and_says_what_is_wrong(town, client):
    make_person("李四", id_number=id_number(2))
    client.force_login(town.liaison)
    answer = start(client, town, id_number="11011819900101002")
    assert answer.status_code == 400
    assert "现有17个字符" in answer.text and 'value="张三"' in answer.text  # noqa: PT018
    wrong = start(client, town, id_number=id_number(2)).text
    assert "姓名与身份证号可能不一致" in wrong
    assert "李四" not in wrong
    assert start(client, town).status_code == 302


def save(client, nomination, step="basic", **fields):
    body = {"fields": {"key": str(uuid.uuid4()), "version": "0", **fields}}
    return client.post(
        at("nomination_save", nomination.uuid, step), json.dumps(body), content_type="application/json"
    )


def test_the_script_saves_and_hears_of_what_was_saved_elsewhere(town, client):
    nomination = town.start()
    client.force_login(town.liaison)
    assert save(client, nomination, occupation="焊工").json()["version"] == 1
    stale = save(client, nomination, occupation="电工")
    assert stale.status_code == 409
    assert (stale.json()["version"], stale.json()["fields"]["occupation"]) == (1, "焊工")
    assert save(client, nomination, version="1", occupation="x" * 51).status_code == 400
    assert save(client, nomination, version="1", occupation="甲\x00").status_code == 400
    assert Nomination.objects.get().occupation == "焊工"
    assert save(client, nomination, version="1", occupation="断\ud83d").status_code == 200
    assert Nomination.objects.get().occupation == "断\ufffd"


def test_the_same_save_sent_twice_counts_once(town, client):
    nomination, key = town.start(), str(uuid.uuid4())
    client.force_login(town.liaison)
    first, second = (save(client, nomination, key=key, occupation="焊工") for _ in range(2))
    assert first.json() == second.json()
    assert AuditEntry.objects.filter(action="craftsmen.nomination_saved").count() == 1
    assert save(client, nomination, key=key, occupation="电工").status_code == 422


@pytest.mark.parametrize("body", ["", "[]", '{"fields": 1}', '{"fields": {"version": "0", "key": "x"}}'])
def test_a_save_that_is_no_save_is_a_bad_request(town, client, body):
    client.force_login(town.liaison)
    url = at("nomination_save", town.start().uuid, "basic")
    assert client.post(url, body, content_type="application/json").status_code == 400


def test_without_a_script_a_stale_page_shows_both_and_loses_nothing(town, client):
    nomination = town.start()
    client.force_login(town.liaison)
    url = at("nomination_edit", nomination.uuid, "basic")
    save(client, nomination, occupation="焊工")
    answer = client.post(url, {"version": "0", "occupation": "电工", "to": "career"})
    assert answer.status_code == 400
    assert "别处保存为：焊工" in answer.text
    assert re.search(r'name="occupation"[^>]*value="电工"|value="电工"[^>]*name="occupation"', answer.text)
    again = client.post(url, {"version": "1", "occupation": "电工", "to": "career"})
    assert again["Location"] == at("nomination_edit", nomination.uuid, "career")
    assert Nomination.objects.get().occupation == "电工"


def test_handing_in_from_the_last_step(town, client):
    nomination = town.fill(town.start())
    client.force_login(town.liaison)
    url = at("nomination_edit", nomination.uuid, "check")
    sent = {"version": nomination.version, "action": "submit"}
    refused = client.post(url, sent)
    assert refused.status_code == 400
    assert "请确认本人同意公示和宣传。" in refused.text
    nomination.refresh_from_db()
    done = client.post(url, sent | {"version": nomination.version, "consents_to_publication": "on"})
    assert done["Location"] == nomination.get_absolute_url()
    assert "等待果园街道总工会审核" in client.get(done["Location"]).text


def test_photo_and_papers_by_plain_post(town, client):
    nomination = town.start()
    client.force_login(town.liaison)
    papers = at("nomination_edit", nomination.uuid, "papers")
    photo = {"photo": picture(), "across": 37, "down": 20, "share": 80}
    assert client.post(at("nomination_photo", nomination.uuid), photo)["Location"] == papers
    wrong = client.post(at("nomination_photo", nomination.uuid), photo | {"photo": paper("a.jpg")})
    assert wrong.status_code == 400
    attach = {"upload": paper(), "about": "evidence", "caption": "获奖证书"}
    assert client.post(at("nomination_attach", nomination.uuid), attach)["Location"] == papers
    assert "获奖证书" in client.get(papers).text
    item = nomination.files.get()
    client.post(at("nomination_file_remove", nomination.uuid, item.pk))
    assert not nomination.files.exists()


def test_the_town_ranks_and_passes_up_on_one_page(town, client):
    keys = [make_waiting(town).pk for _ in range(2)]
    client.force_login(town.reviewer)
    url = at("branch_act", town.offer.pk, town.branch.pk)
    ranks = {f"rank-{key}": number for number, key in enumerate(keys, 1)}
    late = client.post(url, ranks | {"action": "pass", "chosen": keys[0], "opinion": "同意"})
    assert late.status_code == 400
    assert "请上传盖章的推荐汇总表" in late.text
    assert not Nomination.objects.exclude(branch_rank=None).exists()
    sent = ranks | {"action": "pass", "chosen": keys[0], "opinion": "同意", "scan": picture()}
    assert client.post(url, sent).status_code == 302
    assert dict(Nomination.objects.values_list("pk", "status")) == {keys[0]: "reviewed", keys[1]: "submitted"}
    assert client.post(url, {f"rank-{keys[1]}": "甲"}).status_code == 400


def test_the_desk_of_a_town_is_there_for_towns_only(town, client):
    for user, status in ((town.liaison, 404), (town.reviewer, 200)):
        client.force_login(user)
        assert client.get(at("branch_desk")).status_code == status
        post = client.post(at("branch_act", town.offer.pk, town.branch.pk), {})
        assert post.status_code == (404 if status == 404 else 302)
        summary = client.post(at("branch_summary", town.offer.pk, town.branch.pk))
        assert summary.status_code == status


def test_sending_back_asks_for_a_reason_and_tells_the_unit(town, client):
    nomination = town.submit()
    client.force_login(town.reviewer)
    act = at("nomination_act", nomination.uuid, "send_back")
    assert client.post(act, {"reason": " "}).status_code == 400
    assert client.post(act, {"reason": "简历不全"})["Location"] == at("branch_desk")
    client.force_login(town.liaison)
    page = client.get(nomination.get_absolute_url()).text
    assert "简历不全" in page
    assert "修改并重新提交" in page
    assert "简历不全" in client.get(at("nomination_list")).text


def make_waiting(town, **fields):
    return make_nomination(town.offer, status="submitted", body=town.body, branch=town.branch, **fields)


def statements(client, url):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_lists_take_the_same_statements_for_one_row_and_three(town, client):
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            make_waiting(town, return_reason="改")
        client.force_login(town.reviewer)
        counts.append((statements(client, at("nomination_list")), statements(client, at("branch_desk"))))
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 16


def test_a_detail_and_a_step_take_no_more_statements_with_more_papers(town, client):
    nomination, *_ = draft_with_paper(town)
    client.force_login(town.liaison)
    urls = [nomination.get_absolute_url(), at("nomination_edit", nomination.uuid, "papers")]
    before = [statements(client, url) for url in urls]
    for _ in range(2):
        file = nomination.files.first().file
        nomination.files.create(kind="evidence", file=file)
    assert [statements(client, url) for url in urls] == before


def test_lists_are_filtered_and_say_when_nothing_is_left(town, client):
    make_waiting(town, person=make_person("李四"))
    make_waiting(town, person=make_person("王五"))
    client.force_login(town.reviewer)
    page = client.get(at("nomination_list"), {"q": "李四"}).text
    assert "李四" in page
    assert "王五" not in page
    assert client.get(at("nomination_list"), {"q": "甲\x00", "selection": "\x00"}).status_code == 200
    assert "没有符合条件的申报" in client.get(at("nomination_list"), {"status": "conferred"}).text
    client.force_login(make_user(roles.WORKER))
    assert "还没有申报" in client.get(at("nomination_list")).text
    assert "没有向您开放的申报" in client.get(at("nomination_start")).text
