"""What a save costs in statements, savepoints counted; and how its guards hold at the same moment."""

import threading
import time
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.panels.desk import D, make_judge, make_panel, sheet_of
from tests.panels.test_desk import body, given, send
from tests.portal.threads import in_threads
from unionportal.accounts.models import Receipt
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Criterion, Panel, Recusal, Sheet
from unionportal.panels.services import decisions, marks, seats
from unionportal.panels.services.keeping import StaleSheet

pytestmark = pytest.mark.django_db(transaction=True)
OF_THE_REQUEST = ('FROM "django_session"', 'FROM "accounts_user"', "BEGIN", "COMMIT")


def statements(act):
    """The statements beyond session, account, BEGIN and COMMIT."""
    with CaptureQueriesContext(connection) as captured:
        assert act().status_code == 200
    return [query["sql"] for query in captured if not any(word in query["sql"] for word in OF_THE_REQUEST)]


def panel_of(judge, criteria):
    """An open panel with one candidate and this many criteria of 10 points."""
    panel = Panel.objects.create(title="评审组", seats=1, min_judges=1, trim="none")
    Criterion.objects.bulk_create(
        Criterion(panel=panel, position=n, name=f"第{n}项", maximum=10) for n in range(1, criteria + 1)
    )
    panel.candidates.create(label="01")
    seats.assign_judge(panel=panel, seat=1, user=judge, actor=None)
    return seats.open_panel(panel=panel, actor=None)


@pytest.mark.parametrize("criteria", [1, 20])
def test_a_draft_and_a_hand_in_cost_six_statements_however_long_the_rubric(client, criteria):
    judge = make_judge("jia")
    client.force_login(judge)
    panel_of(judge, criteria)

    def keep(value, *, sign=False, **more):
        sheet = sheet_of(judge)
        fields = body(sheet, *[value] * criteria, **({"signature": judge.name} if sign else {}), **more)
        return lambda: send(client, sheet, fields, sign=sign)

    taken = {"d-0-points": "1", "d-0-reason": "超时"}
    costs = {
        "first": len(statements(keep("5"))),
        "changed, with a deduction": len(statements(keep("6", **taken))),
        "blanked": len(statements(keep(""))),
        "handed in": len(statements(keep("7", sign=True, **taken))),
    }
    assert costs == dict.fromkeys(costs, 6)
    sheet = sheet_of(judge)
    assert (sheet.status, sheet.version) == ("submitted", 4)
    assert sheet.total_thirds == 3 * (7 * criteria - 1)
    assert sheet.marks.count() == criteria


def test_handing_in_leaves_one_line_one_version_and_one_receipt(client):
    judge = make_judge("jia")
    client.force_login(judge)
    make_panel(judges=[judge], candidates=["01"])
    AuditEntry.objects.all().delete()
    sheet = sheet_of(judge)
    key = str(uuid.uuid4())
    fields = body(sheet, "50", "30", signature=judge.name, key=key)
    assert send(client, sheet, fields, sign=True).json()["version"] == 1
    (line,) = AuditEntry.objects.all()
    assert (line.action, line.details) == (
        "panels.sheet_submitted",
        {"version": 1, "total_thirds": "240"},
    )
    assert [str(version.key) for version in sheet.versions.all()] == [key]
    assert str(Receipt.objects.get().key) == key


def test_a_key_used_on_one_sheet_is_refused_on_another(client):
    judge = make_judge("jia")
    client.force_login(judge)
    make_panel(judges=[judge], candidates=["01", "02"])
    first, second = sheet_of(judge, "01"), sheet_of(judge, "02")
    key = str(uuid.uuid4())
    assert send(client, first, body(first, "50", "30", key=key)).status_code == 200
    assert send(client, second, body(second, "50", "30", key=key)).status_code == 422
    assert (given(second), second.versions.count()) == ({}, 0)


# ── Something else holds the panel while a judge saves ───────────────────────────────────────────────────


def meanwhile(act, save):
    """Run `act` in a transaction that stays open while `save` waits for the panel; returns what came of `save`."""
    has_acted = threading.Event()

    def hold():
        with transaction.atomic():
            act()
            has_acted.set()
            time.sleep(0.4)

    def late():
        has_acted.wait(5)
        return save()

    held, came = in_threads(hold, late)
    assert held is None
    return came


def keep_now(judge, sheet, *, sign=False, quality=50):
    """Save or hand in a sheet read before the others acted."""
    given = dict(zip(sheet.panel.criteria.values_list("pk", flat=True), (D(quality), D(30)), strict=True))

    def act():
        if not sign:
            return marks.save_sheet(sheet=sheet, actor=judge, marks=given, version=sheet.version)
        return marks.submit_sheet(sheet=sheet, actor=judge, version=sheet.version)

    return act


@pytest.fixture
def sheet():
    judge = make_judge("jia")
    make_panel(judges=[judge, make_judge("yi")], candidates=["01"])
    return sheet_of(judge)


def saved(sheet):
    """The sheet with a draft on it."""
    keep_now(sheet.assignment.user, sheet)()
    return sheet_of(sheet.assignment.user)


def test_a_save_that_waited_for_another_is_stale(sheet):
    judge = sheet.assignment.user
    came = meanwhile(keep_now(judge, sheet, quality=11), keep_now(judge, sheet, quality=22))
    assert isinstance(came, StaleSheet)
    assert came.sheet.version == 1
    assert given(sheet)["质量"] == 11
    assert sheet.versions.count() == 1


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("happens", ["recused", "left", "absent"])
def test_a_save_that_waited_for_a_recusal_or_a_leaving_is_refused(sheet, happens, sign):
    judge = sheet.assignment.user
    sheet = saved(sheet)
    acts = {
        "recused": lambda: seats.recuse_oneself(sheet=sheet, actor=judge, note="邻居"),
        "left": lambda: seats.end_assignment(assignment=sheet.assignment, actor=None, reason="病"),
        "absent": lambda: (
            seats.lock_panel(sheet.panel),
            type(sheet.candidate).objects.filter(pk=sheet.candidate_id).update(is_marked=False),
        ),
    }
    came = meanwhile(acts[happens], keep_now(judge, sheet, sign=sign, quality=1))
    assert "不能给这一位打分" in str(came)
    assert given(sheet)["质量"] == 50
    assert Sheet.objects.get(pk=sheet.pk).status == "draft"


def test_what_is_handed_in_never_misses_points_taken_off_while_it_waited(sheet):
    judge = sheet.assignment.user
    sheet = saved(sheet)

    def deduct():
        decisions.deduct(candidate=sheet.candidate, points=D(5), reason="超时", actor=None)

    assert meanwhile(deduct, keep_now(judge, sheet, sign=True)).total_thirds == 3 * 75


# ── Declaring a recusal ──────────────────────────────────────────────────────────────────────────────────


def test_a_judge_declares_a_recusal_and_cannot_lift_it(client, sheet):
    judge, address = sheet.assignment.user, f"/judging/sheets/{sheet.uuid}/"
    client.force_login(judge)
    answer = client.post(f"{address}recuse/", {"note": "  "})
    assert answer.status_code == 400
    assert "请写明回避的理由" in answer.content.decode()
    assert not Recusal.objects.exists()
    text = client.post(f"{address}recuse/", {"note": "同一师父"}, follow=True).content.decode()
    assert "已登记回避：01" in text
    recusal = Recusal.objects.get()
    assert (recusal.assignment, recusal.ground, recusal.note) == (sheet.assignment, "added", "同一师父")
    assert send(client, sheet, body(sheet, "50", "30")).status_code == 400
    assert client.post(f"{address}recuse/", {"note": "又"}).status_code == 302
    assert Recusal.objects.get().note == "同一师父"


def test_nobody_declares_for_another_nor_after_the_closing(client, sheet):
    address = f"/judging/sheets/{sheet.uuid}/recuse/"
    client.force_login(make_judge("bing"))
    assert client.post(address, {"note": "x"}).status_code == 404
    client.force_login(sheet.assignment.user)
    seats.close_panel(panel=sheet.panel, actor=None)
    answer = client.post(address, {"note": "x"})
    assert answer.status_code == 400
    assert "评分已截止" in answer.content.decode()
    assert not Recusal.objects.exists()
