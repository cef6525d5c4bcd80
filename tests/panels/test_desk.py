"""The judging desk over HTTP: what a judge sees and saves, what others do not, and what each request costs."""

import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_user
from tests.panels.desk import D, make_candidate, make_judge, make_panel, save, sheet_of, submit
from tests.portal.threads import in_threads
from unionportal.audit.models import AuditEntry
from unionportal.panels.forms import binding_of
from unionportal.panels.models import CriterionLevel, Deduction, Panel, Sheet
from unionportal.panels.services import marks, seats

pytestmark = pytest.mark.django_db
SESSION_AND_ACCOUNT = 2
TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO", "BEGIN", "COMMIT")


@pytest.fixture
def judge():
    return make_judge("jia")


@pytest.fixture
def desk(judge, client):
    client.force_login(judge)
    return client


def page(sheet):
    return reverse("panels:sheet_edit", args=[sheet.uuid])


def body(sheet, *given, **more):
    """The fields that the script sends for this sheet."""
    names = [f"m-{pk}" for pk in sheet.panel.criteria.values_list("pk", flat=True)]
    fields = dict(zip(names, given, strict=True))
    fixed = {"version": sheet.version, "key": str(uuid.uuid4())}
    return fields | fixed | {"binding": binding_of(sheet.assignment.user, sheet)} | more


def send(client, sheet, fields, *, sign=False):
    address = reverse("panels:sheet_save", args=[sheet.uuid])
    return client.post(address, json.dumps({"fields": fields, "submit": sign}), "application/json")


def given(sheet):
    return {mark.criterion.name: mark.given for mark in sheet.marks.select_related("criterion")}


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────


def test_another_judges_sheet_and_another_panel_are_not_found(desk, judge):
    other = make_judge("yi")
    panel = make_panel(judges=[other], candidates=["01"])
    sheet = sheet_of(other)
    assert desk.get(page(sheet)).status_code == 404
    assert desk.post(page(sheet), body(sheet, "1", "1")).status_code == 404
    assert send(desk, sheet, body(sheet, "1", "1")).status_code == 404
    assert desk.get(reverse("panels:sheet_list", args=[panel.pk])).status_code == 404
    assert panel.title not in desk.get("/judging/").content.decode()
    assert given(sheet) == {}


def test_while_blind_every_page_and_audit_line_knows_the_code_only(desk, judge):
    panel = make_panel(judges=[judge], is_open=False, is_blind=True)
    secret = {"label": "张三丰", "brief": "张三丰的材料", "blind_brief": "作品说明"}
    candidate = make_candidate(panel, code="C07", **secret)
    seats.open_panel(panel=panel, actor=None)
    sheet = sheet_of(judge)
    assert send(desk, sheet, body(sheet, "50", "30")).status_code == 200
    answers = [desk.get(path) for path in ("/judging/", f"/judging/panels/{panel.pk}/", page(sheet))]
    text = "".join(answer.content.decode() for answer in answers)
    assert "张三丰" not in text
    assert candidate.unit.name not in text
    assert "C07" in text
    assert "作品说明" in text
    line = AuditEntry.objects.get(action="panels.sheet_saved")
    assert line.target_label == f"{sheet.assignment.label}：C07"


def test_a_named_panel_shows_name_unit_and_material(desk, judge):
    panel = make_panel(judges=[judge], is_open=False)
    candidate = make_candidate(panel, "张三丰", brief="推荐材料")
    seats.open_panel(panel=panel, actor=None)
    text = desk.get(page(sheet_of(judge))).content.decode()
    assert all(word in text for word in ("张三丰", candidate.unit.name, "推荐材料"))


def test_the_panels_and_candidates_are_listed_with_their_progress(desk, judge):
    panel = make_panel(judges=[judge], candidates=["01", "02", "03"])
    make_panel(judges=[judge], candidates=["04"], is_open=False)
    submit(judge, D(50), D(30), label="01")
    save(judge, D(50), None, label="02")
    seat = next(iter(desk.get("/judging/").context["seats"]))
    assert (seat.panel, seat.submitted, seat.total) == (panel, 1, 3)
    rows = desk.get(f"/judging/panels/{panel.pk}/").context["sheets"]
    assert {(row["title"], row["state"]) for row in rows} == {
        ("01", "已提交"),
        ("02", "草稿"),
        ("03", "未开始"),
    }


# ── Saving from the script ───────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_saved_and_answered_with_version_and_time(desk, judge):
    make_panel(judges=[judge], candidates=["01"], levels=True)
    sheet = sheet_of(judge)
    fields = body(sheet, "50.5", "", "2") | {"d-0-points": "1", "d-0-reason": "超时"}
    answer = send(desk, sheet, fields)
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["status"]) == (1, "draft")
    assert given(sheet) == {"质量": D("50.5"), "表达": 2}
    assert list(Deduction.objects.values_list("points", "reason")) == [(D(1), "超时")]


def test_a_retry_gets_the_same_receipt_and_writes_nothing_more(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields = body(sheet, "50", "30")
    first, second = send(desk, sheet, fields), send(desk, sheet, fields)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert sheet.versions.count() == 1


def test_a_key_with_another_body_is_refused(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields = body(sheet, "50", "30")
    send(desk, sheet, fields)
    answer = send(
        desk, sheet, fields | {"version": 1, "signature": ""} | body(sheet, "51", "30", key=fields["key"])
    )
    assert answer.status_code == 422
    assert given(sheet) == {"质量": D(50), "安全": D(30)}


def test_a_stale_save_answers_with_what_stands(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    send(desk, sheet, body(sheet, "50", "30"))
    answer = send(desk, sheet, body(sheet, "40", "30"))
    assert answer.status_code == 409
    fields = [f"m-{pk}" for pk in sheet.panel.criteria.values_list("pk", flat=True)]
    assert answer.json()["version"] == 1
    assert answer.json()["fields"] == dict(zip(fields, ["50", "30"], strict=True))
    assert given(sheet) == {"质量": D(50), "安全": D(30)}


@pytest.mark.parametrize("bad", ["61", "-1", "0.3", "NaN", "九"])
def test_a_mark_the_criterion_does_not_allow_is_refused_by_name(desk, judge, bad):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields = body(sheet, bad, "30")
    answer = send(desk, sheet, fields)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [next(iter(fields))]
    assert given(sheet) == {}


@pytest.mark.parametrize("deduction", [("1", ""), ("", "超时"), ("-1", "超时"), ("0", "超时")])
def test_a_deduction_needs_points_and_a_reason(desk, judge, deduction):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    points, reason = deduction
    answer = send(desk, sheet, body(sheet, "50", "30") | {"d-0-points": points, "d-0-reason": reason})
    assert answer.status_code == 400
    assert not Deduction.objects.exists()


def test_a_form_made_for_another_sheet_or_judge_is_refused(desk, judge):
    make_panel(judges=[judge, other := make_judge("yi")], candidates=["01", "02"])
    sheet, second = sheet_of(judge, "01"), sheet_of(judge, "02")
    for binding in (binding_of(judge, second), binding_of(other, sheet), "x"):
        answer = send(desk, sheet, body(sheet, "50", "30", binding=binding))
        assert answer.status_code == 400
        assert "不是为当前登录的裁判打开的" in answer.json()["message"]
    assert given(sheet) == {}


@pytest.mark.parametrize("sent", ["", "[]", '{"fields": 1}', "{", "[" * 100_000])
def test_what_is_no_sheet_at_all_is_a_bad_request(desk, judge, sent):
    make_panel(judges=[judge], candidates=["01"])
    address = reverse("panels:sheet_save", args=[sheet_of(judge).uuid])
    assert desk.post(address, sent, "application/json").status_code == 400


def closed(panel, sheet):
    seats.close_panel(panel=panel, actor=None)


def recused(panel, sheet):
    seats.recuse(assignment=sheet.assignment, candidate=sheet.candidate, actor=None, note="亲属")


def left(panel, sheet):
    seats.end_assignment(assignment=sheet.assignment, actor=None, reason="生病")


@pytest.mark.parametrize(("happens", "word"), [(closed, "已截止"), (recused, "已回避"), (left, "已退出")])
def test_whoever_may_no_longer_mark_is_told_so_and_nothing_is_written(desk, judge, happens, word):
    panel = make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    happens(panel, sheet)
    answer = send(desk, sheet, body(sheet, "50", "30"))
    assert answer.status_code == 400
    assert word in answer.json()["closed"]
    assert word in desk.get(page(sheet)).content.decode()
    assert given(sheet) == {}


def test_signed_out_the_script_is_sent_to_the_sign_in(client, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    answer = send(client, sheet, body(sheet, "50", "30"))
    assert (answer.status_code, given(sheet)) == (302, {})


# ── Signing ──────────────────────────────────────────────────────────────────────────────────────────────


def test_signing_saves_and_hands_in_at_once_and_once_only(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields = body(sheet, "50", "30", signature=judge.name)
    assert [send(desk, sheet, fields, sign=True).json()["status"] for _ in range(2)] == ["submitted"] * 2
    sheet.refresh_from_db()
    assert (sheet.status, sheet.total_thirds, given(sheet)) == (
        "submitted",
        240,
        {"质量": D(50), "安全": D(30)},
    )
    text = desk.get(page(sheet)).content.decode()
    assert "由竞赛工作人员退回" in text
    assert "data-closed" in text
    answer = send(desk, sheet, body(sheet, "1", "1"))
    assert "已提交" in answer.json()["closed"]


@pytest.mark.parametrize(
    ("marks_", "name", "word"), [(("50", ""), None, "安全"), (("50", "30"), "别人", "签名")]
)
def test_a_blank_or_a_strange_signature_hands_nothing_in(desk, judge, marks_, name, word):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    answer = send(desk, sheet, body(sheet, *marks_, signature=name or judge.name), sign=True)
    assert answer.status_code == 400
    assert word in answer.json()["message"]
    assert given(sheet) == {}
    assert Sheet.objects.get(pk=sheet.pk).status == "not_started"


def test_without_script_a_form_saves_then_shows_then_hands_in(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields = body(sheet, "50", "30", signature=judge.name, action="submit")
    # What was typed has not been on the page as a summary yet: it is saved and shown first.
    text = desk.post(page(sheet), fields, follow=True).content.decode()
    assert "请核对下表" in text
    sheet.refresh_from_db()
    assert (sheet.status, sheet.version) == ("draft", 1)
    fields = body(sheet, "50", "30", signature=judge.name, action="submit")
    assert "已提交" in desk.post(page(sheet), fields, follow=True).content.decode()
    sheet.refresh_from_db()
    assert sheet.status == "submitted"


def test_without_script_a_wrong_mark_comes_back_as_typed(desk, judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    answer = desk.post(page(sheet), body(sheet, "61", "30", action="save"))
    assert answer.status_code == 400
    assert "应在 0 到 60 分之间" in answer.content.decode()
    assert 'value="61"' in answer.content.decode()


# ── What it costs ────────────────────────────────────────────────────────────────────────────────────────


def statements(act):
    """How many statements, transaction control left out, beyond session and account."""
    with CaptureQueriesContext(connection) as captured:
        assert act().status_code == 200
    sent = [query["sql"] for query in captured if not query["sql"].startswith(TRANSACTION)]
    return len(sent) - SESSION_AND_ACCOUNT


def test_a_page_costs_at_most_six_statements_with_one_candidate_and_with_thirty(desk, judge):
    costs = {}
    for count in (1, 30):
        panel = make_panel(judges=[judge], candidates=[f"{n:02d}" for n in range(count)], levels=True)
        for level in range(4):
            CriterionLevel.objects.create(criterion=panel.criteria.last(), level=level, text=f"第{level}级")
        sheet = Sheet.objects.filter(panel=panel, assignment__user=judge).first()
        save(judge, D(50), D(30), 2, label=sheet.candidate.label) if count == 1 else None
        costs[count] = {
            "panels": statements(lambda: desk.get("/judging/")),
            "sheets": statements(lambda panel=panel: desk.get(f"/judging/panels/{panel.pk}/")),
            "sheet": statements(lambda sheet=sheet: desk.get(page(sheet))),
        }
    assert costs[1] == costs[30]
    assert max(costs[1].values()) <= 6, costs


def test_a_save_costs_the_same_with_one_candidate_and_with_thirty(desk, judge):
    costs = set()
    for count in (1, 30):
        panel = make_panel(judges=[judge], candidates=[f"{n:02d}" for n in range(count)])
        sheet = Sheet.objects.filter(panel=panel).first()
        fields = body(sheet, "50", "30")
        costs.add(statements(lambda sheet=sheet, fields=fields: send(desk, sheet, fields)))
    print(costs)
    assert len(costs) == 1


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_ten_judges_hand_in_at_the_same_moment():
    judges = [make_judge(f"caipan{n}") for n in range(10)]
    panel = make_panel(judges=judges, candidates=["01"])

    def hand_in(judge):
        client = Client()
        client.force_login(judge)
        sheet = sheet_of(judge)
        fields = body(sheet, "50", "30", signature=judge.name)
        return lambda: send(client, sheet, fields, sign=True).status_code

    assert in_threads(*[hand_in(judge) for judge in judges]) == [200] * 10
    assert panel.sheets.filter(status="submitted").count() == 10
    assert len(marks.counting_sheets(panels=[panel])[panel.candidates.get().pk]) == 10


@pytest.mark.django_db(transaction=True)
def test_one_save_sent_twice_at_the_same_moment_is_written_once(judge):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    fields, clients = body(sheet, "50", "30"), [Client(), Client()]
    for client in clients:
        client.force_login(judge)
    answers = in_threads(*[lambda client=client: send(client, sheet, fields) for client in clients])
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert sheet.versions.count() == 1


def test_a_user_without_a_seat_sees_an_empty_desk(client):
    client.force_login(make_user())
    assert "现在没有需要您评分的评审组" in client.get("/judging/").content.decode()
    assert Panel.objects.count() == 0


@pytest.mark.parametrize("nought", ["0E+99999999999", "-0", "０"])
def test_a_nought_is_a_nought_however_it_is_written(desk, judge, nought):
    make_panel(judges=[judge], candidates=["01"])
    sheet = sheet_of(judge)
    assert send(desk, sheet, body(sheet, nought, "30")).status_code == 200
    assert given(sheet) == {"质量": 0, "安全": 30}
    assert sheet.versions.get().body["marks"]["质量"] == "0"
