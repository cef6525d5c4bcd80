"""A published notice against the role that serves: every attack fails, and the services still do their work."""

from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction

from tests.files.test_storing import PDF
from tests.notices.notices import draft, object_to, register, running, set_clock, statuses
from unionportal.notices.services import lifecycle, objections

pytestmark = pytest.mark.django_db

ATTACKS = {
    "change the title": "UPDATE notices_publicnotice SET title = '别的' WHERE id = {notice}",
    "change the text": "UPDATE notices_publicnotice SET body = '别的' WHERE id = {notice}",
    "change the days": "UPDATE notices_publicnotice SET days = 1 WHERE id = {notice}",
    "begin earlier": "UPDATE notices_publicnotice SET starts_on = '2020-01-01' WHERE id = {notice}",
    "end earlier": "UPDATE notices_publicnotice SET last_on = starts_on WHERE id = {notice}",
    "back to a draft": "UPDATE notices_publicnotice SET status = 'draft', published_at = NULL WHERE id = {notice}",
    "back to a draft in name": "UPDATE notices_publicnotice SET status = 'draft' WHERE id = {notice}",
    "another source": "UPDATE notices_publicnotice SET source_key = 'x' WHERE id = {notice}",
    "delete the notice": "DELETE FROM notices_publicnotice WHERE id = {notice}",
    "empty the notices": "TRUNCATE notices_publicnotice CASCADE",
    "a notice born public": """INSERT INTO notices_publicnotice (line, title, basis, body, order_rule, days, starts_on,
        last_on, published_at, status, withdrawn_reason, contact_name, contact_phone, contact_address, contact_email,
        created_at) VALUES ('craftsmen', '伪', '', '', 'none', 5, '2025-11-03', '2025-11-07', now(), 'running', '', '',
        '', '', '', now())""",
    "change a name": "UPDATE notices_noticeline SET name = '别人' WHERE id = {line}",
    "change an award": "UPDATE notices_noticeline SET proposed = '别的' WHERE id = {line}",
    "change a place": "UPDATE notices_noticeline SET position = 99 WHERE id = {line}",
    "another key": "UPDATE notices_noticeline SET source_key = 'x' WHERE id = {line}",
    "to another notice": "UPDATE notices_noticeline SET notice_id = {draft} WHERE id = {line}",
    "from another notice": "UPDATE notices_noticeline SET notice_id = {notice} WHERE notice_id = {draft}",
    "delete a line": "DELETE FROM notices_noticeline WHERE id = {line}",
    "add a line": """INSERT INTO notices_noticeline (notice_id, position, name, unit_name, occupation, proposed, note,
        stroke_override, source_key, status, reason) VALUES ({notice}, 99, '黑马', '', '', '', '', '', '', 'clear', '')""",
    "empty the lines": "TRUNCATE notices_noticeline CASCADE",
    "rewrite an objection": "UPDATE notices_objection SET text = '没事' WHERE id = {objection}",
    "rewrite who": "UPDATE notices_objection SET name_sealed = '\\x01' WHERE id = {objection}",
    "rewrite when": "UPDATE notices_objection SET received_at = now() - interval '9 days' WHERE id = {objection}",
    "point it elsewhere": "UPDATE notices_objection SET line_id = NULL WHERE id = {objection}",
    "rewrite a finding": "UPDATE notices_objection SET finding = '相反' WHERE id = {decided}",
    "undo a finding": "UPDATE notices_objection SET status = 'received', decided_at = NULL WHERE id = {decided}",
    "delete an objection": "DELETE FROM notices_objection WHERE id = {objection}",
    "drop its evidence": "DELETE FROM notices_objection_attachments WHERE objection_id = {objection}",
    "empty the objections": "TRUNCATE notices_objection CASCADE",
    "rewrite a stop": "UPDATE notices_noticestop SET reason = '别的' WHERE notice_id = {notice}",
    "delete a stop": "DELETE FROM notices_noticestop WHERE notice_id = {notice}",
    "drop a trigger": "DROP TRIGGER notice_line_is_frozen ON notices_noticeline",
    "switch triggers off": "SET session_replication_role = replica",
}  # fmt: skip
TABLES = (
    "notices_publicnotice", "notices_noticeline", "notices_noticestop", "notices_objection",
    "notices_objection_attachments",
)  # fmt: skip


@contextmanager
def as_app():
    """Everything inside is done by the role that serves, in a transaction of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        yield cursor


def contents():
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608 - our own table names
            found[table] = cursor.fetchall()
        return found


@pytest.fixture
def keys(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    line = notice.lines.get(name="马飚")
    upload = SimpleUploadedFile("材料.pdf", PDF, "application/pdf")
    objection, decided = object_to(notice, line, uploads=[upload]), object_to(notice, line, text="二")
    objections.decide_objection(objection=decided, actor=staff, is_upheld=False, finding="不属实。")
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
    other = draft(staff, names=("丁一",))
    other.lines.update(position=77, source_key="z")
    return {
        "notice": notice.pk,
        "line": line.pk,
        "objection": objection.pk,
        "decided": decided.pk,
        "draft": other.pk,
    }


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_fails_and_changes_nothing(attack, keys):
    before = contents()
    with pytest.raises(DatabaseError), as_app() as cursor:
        cursor.execute(ATTACKS[attack].format(**keys))
    assert contents() == before


# These fail for the owner as well: a constraint or a foreign key stands in the way, or they are no change of rows.
FAIL_FOR_ALL = {
    "back to a draft",
    "end earlier",
    "delete the notice",
    "delete a line",
    "delete an objection",
    "undo a finding",
    "drop a trigger",
    "switch triggers off",
}


@pytest.mark.parametrize("attack", sorted(set(ATTACKS) - FAIL_FOR_ALL))
def test_the_attack_would_change_something_if_nobody_stood_guard(attack, keys):
    """The owner passes: what makes the attacks fail above is the guard, not a mistake in their wording."""
    before = contents()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(ATTACKS[attack].format(**keys))
        assert contents() != before
        transaction.set_rollback(True)


def test_a_draft_is_still_free(staff):
    notice = draft(staff)
    with as_app():
        notice.title = "改过的标题"
        notice.save()
        notice.lines.all().delete()
        notice.delete()


def test_every_service_still_works_for_the_role_that_serves(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    with as_app():
        notice = running(staff)
        line = notice.lines.get(name="马飚")
        upload = SimpleUploadedFile("材料.pdf", PDF, "application/pdf")
        first = object_to(notice, line, uploads=[upload])
        lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
        register(notice, staff, notice.lines.get(name="王小洪"), is_anonymous=True)
        notice = lifecycle.resume_notice(notice=notice, actor=staff)
        objections.investigate(objection=first, actor=staff)
        objections.decide_objection(objection=first, actor=staff, is_upheld=True, finding="属实。")
        notice.contact_phone = "010-1"
        notice.save()
        set_clock(monkeypatch, "2025-12-03 10:00")
        lifecycle.close_notice(notice=notice, actor=staff)
        lifecycle.withdraw_notice(notice=notice, actor=staff, reason="清理")
    assert statuses(notice)["马飚"] == "removed"
