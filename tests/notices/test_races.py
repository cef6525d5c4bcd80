"""Two at once: each act takes the lock of the notice, so that one of them sees what the other did."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from tests.factories import make_superuser
from tests.notices.notices import draft, object_to, running, set_clock, statuses
from tests.portal.threads import in_threads, only_error
from unionportal.notices.models import NoticeLine, Objection, PublicNotice
from unionportal.notices.services import lifecycle, objections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def actor(db):
    return make_superuser()


@pytest.fixture
def notice(actor, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    return running(actor, date(2025, 11, 3))


def test_of_two_decisions_at_once_one_is_refused(notice, actor):
    objection = object_to(notice, notice.lines.get(name="马飚"))

    def decide(is_upheld):
        return lambda: objections.decide_objection(
            objection=objection, actor=actor, is_upheld=is_upheld, finding="查。"
        )

    error = only_error(in_threads(decide(True), decide(False)))
    assert isinstance(error, ValidationError)
    objection.refresh_from_db()
    held = {"upheld": "removed", "dismissed": "clear"}
    assert statuses(notice)["马飚"] == held[objection.status]


def test_two_findings_on_one_line_leave_it_as_both_say(notice, actor):
    line = notice.lines.get(name="马飚")
    first, second = object_to(notice, line), object_to(notice, line, text="另一件。")

    def decide(objection, is_upheld):
        return lambda: objections.decide_objection(
            objection=objection, actor=actor, is_upheld=is_upheld, finding="查。"
        )

    results = in_threads(decide(first, True), decide(second, False))
    assert not [result for result in results if isinstance(result, Exception)]
    assert statuses(notice)["马飚"] == "removed"


def test_a_double_click_makes_one_objection(notice):
    key, line = uuid.uuid4(), notice.lines.get(name="马飚")
    results = in_threads(*[lambda: object_to(notice, line, key=key)] * 4)
    assert {result.receipt for result in results} == {Objection.objects.get().receipt}


def test_a_flood_from_one_address_is_counted_one_by_one(notice, settings):
    settings.OBJECTIONS_PER_HOUR = 2
    results = in_threads(
        *[lambda number=number: object_to(notice, text=str(number), origin="10.0.0.1") for number in range(5)]
    )
    assert sum(isinstance(result, Objection) for result in results) == 2
    assert Objection.objects.count() == 2


def test_an_objection_at_the_moment_of_closing_is_in_or_refused_never_lost(notice, actor, monkeypatch):
    """The closing sees the objection and leaves its line held, or the objection finds the notice over."""
    line = notice.lines.get(name="马飚")
    PublicNotice.objects.update(starts_on=date(2025, 10, 27), last_on=date(2025, 10, 31))

    def close():
        return lifecycle.close_notice(notice=notice, actor=actor)

    def letter():
        return objections.register_objection(
            notice=notice, actor=actor, line=line, channel="letter", kind="person", name="张", contact="1",
            text="文", received_at=notice.published_at, postmarked_on=date(2025, 11, 3),
        )  # fmt: skip

    closed, late = in_threads(close, letter)
    assert closed.status == "closed"
    assert (late.status, statuses(notice)["马飚"]) == ("out_of_time", "clear")


def test_the_page_and_a_stop_at_once_leave_no_objection_unseen(notice, actor):
    line = notice.lines.get(name="马飚")
    stopped, raised = in_threads(
        lambda: lifecycle.stop_notice(notice=notice, actor=actor, reason="核查"),
        lambda: object_to(notice, line),
    )
    assert stopped.status == "stopped"
    assert statuses(notice)["马飚"] == ("held" if isinstance(raised, Objection) else "clear")


def test_two_who_publish_at_once_publish_once(actor, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = draft(actor)
    error = only_error(in_threads(*[lambda: lifecycle.start_notice(notice=notice, actor=actor)] * 2))
    assert "已经发布" in str(error)


def test_no_line_slips_in_behind_a_publication(actor, monkeypatch):
    """As the role that serves, which the trigger holds: a line is on the list before it is frozen, or not at all."""
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = draft(actor)

    def add():
        with transaction.atomic():
            transaction.get_connection().cursor().execute("SET LOCAL ROLE portal_app")
            return NoticeLine.objects.create(notice=notice, name="后来者")

    def start():
        with transaction.atomic():
            transaction.get_connection().cursor().execute("SET LOCAL ROLE portal_app")
            return lifecycle.start_notice(notice=notice, actor=actor)

    added, started = in_threads(add, start)
    assert started.status == "running"
    positions = dict(notice.lines.values_list("name", "position"))
    assert ("后来者" in positions) is isinstance(added, NoticeLine)
    assert None not in positions.values()
