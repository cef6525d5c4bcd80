"""Published results against the role that serves: every attack fails and leaves every byte as it was.

The tests run as the owner of the tables, whom the triggers let pass; each attack goes on as portal_app.
"""

import threading
import time
from contextlib import contextmanager

import psycopg2
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from competitions.models import ResultRow, ResultSheet
from competitions.services import results
from tests.competitions.played import play, play_published, same, table_texts
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PEOPLE = {"甲": (90, same(90), 100), "乙": (80, same(80), 120), "丙": (70, same(70), 130)}
FROZEN = (
    "competitions_resultsheet",
    "competitions_resultrow",
    "competitions_stage",
    "competitions_event",
    "competitions_competition",
    "competitions_appearance",
    "audit_auditentry",
)


@contextmanager
def as_app():
    """Everything inside is done by the role that serves, in a transaction of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        yield cursor


@pytest.fixture
def published(root):
    return play_published(root, PEOPLE)


@pytest.fixture
def keys(published):
    """What the attacks name: a published sheet, a row of it, and where they hang."""
    row = published.rows.get(rank=1)
    stage = published.stage
    return {
        "sheet": published.pk,
        "row": row.pk,
        "appearance": row.appearance_id,
        "stage": stage.pk,
        "event": stage.event_id,
        "competition": stage.event.competition_id,
    }


NEW_ROW = """INSERT INTO competitions_resultrow (sheet_id, position, appearance_id, rank, name, unit_name, total,
    total_text, status, is_guest, award, tie_note, module_scores)
    SELECT {sheet}, 99, {appearance}, 1, '黑马', '某厂', 100, '100.00', 'present', false, '一等奖', '', '[]'::jsonb"""
NEW_SHEET = """INSERT INTO competitions_resultsheet (stage_id, version, reason, rule_text, contestants, modules,
    content, sha256, sealed_at, sealed_by, published_at, published_by)
    SELECT {stage}, 2, '伪造', '', 1, '[]'::jsonb, '', '', now(), '', %s, ''"""
ATTACKS = {
    "change a rank": "UPDATE competitions_resultrow SET rank = 2 WHERE id = {row}",
    "change a total": "UPDATE competitions_resultrow SET total = 1, total_text = '1.00' WHERE id = {row}",
    "change a name": "UPDATE competitions_resultrow SET name = '别人' WHERE id = {row}",
    "change an award": "UPDATE competitions_resultrow SET award = '' WHERE sheet_id = {sheet}",
    "change the working": "UPDATE competitions_resultrow SET working = '{{}}' WHERE id = {row}",
    "write a row as it is": "UPDATE competitions_resultrow SET rank = rank WHERE id = {row}",
    "delete a row": "DELETE FROM competitions_resultrow WHERE id = {row}",
    "insert a row": NEW_ROW,
    "insert or update a row": NEW_ROW.replace("99", "1")
    + " ON CONFLICT (sheet_id, position) DO UPDATE SET rank = 9",
    "merge a row": "MERGE INTO competitions_resultrow t USING (SELECT {row}::bigint AS id) s ON t.id = s.id"
    " WHEN MATCHED THEN UPDATE SET rank = 9",
    "merge a row away": "MERGE INTO competitions_resultrow t USING (SELECT {row}::bigint AS id) s ON t.id = s.id"
    " WHEN MATCHED THEN DELETE",
    "change within a query": "WITH changed AS (UPDATE competitions_resultrow SET rank = 9 WHERE id = {row}"
    " RETURNING 1) SELECT * FROM changed",
    "delete the sheet and its rows": "DELETE FROM competitions_resultrow WHERE sheet_id = {sheet};"
    " DELETE FROM competitions_resultsheet WHERE id = {sheet}",
    "delete the sheet": "DELETE FROM competitions_resultsheet WHERE id = {sheet}",
    "withdraw the publication": "UPDATE competitions_resultsheet SET published_at = NULL WHERE id = {sheet}",
    "change the time": "UPDATE competitions_resultsheet SET published_at = now() WHERE id = {sheet}",
    "change who published": "UPDATE competitions_resultsheet SET published_by = '别人' WHERE id = {sheet}",
    "change the reason": "UPDATE competitions_resultsheet SET reason = '改' WHERE id = {sheet}",
    "change the content": "UPDATE competitions_resultsheet SET content = '{{}}', sha256 = '' WHERE id = {sheet}",
    "change the rule": "UPDATE competitions_resultsheet SET rule_text = '改' WHERE id = {sheet}",
    "change the version": "UPDATE competitions_resultsheet SET version = 2, reason = '改' WHERE id = {sheet}",
    "change the number of the sheet": "UPDATE competitions_resultsheet SET id = id + 1000 WHERE id = {sheet}",
    "insert a published sheet": NEW_SHEET.replace("%s", "now()"),
    "truncate the rows": "TRUNCATE competitions_resultrow",
    "truncate both": "TRUNCATE competitions_resultsheet, competitions_resultrow",
    "truncate in cascade": "TRUNCATE competitions_competition CASCADE",
    "disable the trigger": "ALTER TABLE competitions_resultrow DISABLE TRIGGER result_row_is_frozen",
    "disable all triggers": "ALTER TABLE competitions_resultsheet DISABLE TRIGGER ALL",
    "drop the trigger": "DROP TRIGGER result_sheet_is_frozen ON competitions_resultsheet",
    "replace the guard": "CREATE OR REPLACE FUNCTION guard_result_row() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NEW; END $$",
    "drop the guard": "DROP FUNCTION guard_result_row() CASCADE",
    "replace who passes": "CREATE OR REPLACE FUNCTION results_owner_passes(relation oid) RETURNS boolean"
    " LANGUAGE sql AS 'SELECT true'",
    "take the table": "ALTER TABLE competitions_resultrow OWNER TO portal_app",
    "drop a column": "ALTER TABLE competitions_resultrow DROP COLUMN rank",
    "drop the table": "DROP TABLE competitions_resultrow",
    "rename the table": "ALTER TABLE competitions_resultrow RENAME TO gone",
    "make a rule": "CREATE RULE r AS ON DELETE TO competitions_resultrow DO INSTEAD NOTHING",
    "make a trigger": "CREATE TRIGGER a BEFORE UPDATE ON competitions_resultrow FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "switch triggers off": "SET LOCAL session_replication_role = replica",
    "make a schema": "CREATE SCHEMA mine",
    "delete the stage": "DELETE FROM competitions_stage WHERE id = {stage};"
    " SET CONSTRAINTS ALL IMMEDIATE",
    "delete the event": "DELETE FROM competitions_event WHERE id = {event};"
    " SET CONSTRAINTS ALL IMMEDIATE",
    "delete the competition": "DELETE FROM competitions_competition WHERE id = {competition};"
    " SET CONSTRAINTS ALL IMMEDIATE",
    "delete the appearance": "DELETE FROM competitions_appearance WHERE id = {appearance};"
    " SET CONSTRAINTS ALL IMMEDIATE",
    "change the audit": "UPDATE audit_auditentry SET actor_name = '别人'",
    "delete from the audit": "DELETE FROM audit_auditentry",
    "truncate the audit": "TRUNCATE audit_auditentry",
    "disable the guard of the audit": "ALTER TABLE audit_auditentry DISABLE TRIGGER ALL",
}  # fmt: skip
REFUSED = (ProgrammingError, IntegrityError, DatabaseError)


def outcome_of(statement):
    """What comes of a statement as the serving role, taken back if it goes through; a refusal has its SQLSTATE."""
    try:
        with as_app() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True)
    except REFUSED as error:
        return error.__cause__.pgcode
    return "went through"


def test_the_serving_role_can_do_none_of_this_and_every_byte_stays(keys):
    before = table_texts(*FROZEN)
    assert len(before["competitions_resultrow"]) == 3
    outcomes, changed = {}, []
    for attack, statement in ATTACKS.items():
        outcomes[attack] = outcome_of(statement.format(**keys))
        if table_texts(*FROZEN) != before:
            changed.append(attack)
    # Not allowed, or held by a foreign key. A slip in the statement itself would be refused too, and prove nothing.
    held = {f"delete the {what}" for what in ("stage", "event", "competition", "appearance")}
    assert outcomes == {attack: "23503" if attack in held else "42501" for attack in ATTACKS}
    assert changed == []


def test_the_owner_of_the_tables_could_so_that_the_attacks_above_are_real(keys):
    """Restoring a backup and migrations go on as the owner; were the role not what matters, this would fail."""
    with transaction.atomic(), connection.cursor() as cursor:
        for attack in (
            "change a rank",
            "insert a row",
            "change within a query",
            "merge a row",
            "delete a row",
        ):
            cursor.execute(ATTACKS[attack].format(**keys))
        cursor.execute(ATTACKS["change the audit"])
        transaction.set_rollback(True)


def test_the_serving_role_could_change_rows_were_they_not_published(root):
    stage = play(root, PEOPLE)
    sheet = results.seal_stage(stage=stage, actor=root)
    with as_app() as cursor:
        cursor.execute("UPDATE competitions_resultrow SET rank = 9 WHERE sheet_id = %s", [sheet.pk])
        cursor.execute("DELETE FROM competitions_resultrow WHERE sheet_id = %s AND name = '甲'", [sheet.pk])
        cursor.execute("UPDATE competitions_resultsheet SET rule_text = '改' WHERE id = %s", [sheet.pk])
    assert list(sheet.rows.values_list("rank", flat=True)) == [9, 9]
    assert ResultSheet.objects.get().rule_text == "改"


def test_the_serving_role_seals_publishes_and_corrects_like_any_other(root):
    stage = play(root, PEOPLE)
    with as_app():
        results.seal_stage(stage=stage, actor=root)
        results.reopen_stage(stage=stage, actor=root, reason="漏分")
        results.seal_stage(stage=stage, actor=root)
        results.publish_results(stage=stage, actor=root)
        results.reopen_stage(stage=stage, actor=root, reason="申诉成立")
        results.seal_stage(stage=stage, actor=root)
        results.publish_results(stage=stage, actor=root)
    sheets = ResultSheet.objects.exclude(published_at=None)
    assert sorted(sheets.values_list("version", "reason")) == [(1, ""), (2, "申诉成立")]


@pytest.mark.parametrize(
    "change",
    ["rule_text = '改'", "contestants = 0", "content = ''", "reason = '改'", "version = 3, reason = 'x'"],
)
def test_publishing_may_change_nothing_else_at_the_same_time(root, change):
    sheet = results.seal_stage(stage=play(root, PEOPLE), actor=root)
    before = table_texts(*FROZEN)
    with pytest.raises(REFUSED, match="nothing else"), as_app() as cursor:
        cursor.execute(
            f"UPDATE competitions_resultsheet SET published_at = now(), {change} WHERE id = %s",  # noqa: S608
            [sheet.pk],
        )
    assert table_texts(*FROZEN) == before


@pytest.mark.parametrize("way", ["out of", "into"])
def test_a_row_cannot_move_out_of_or_into_a_published_sheet(root, published, way):
    stage = published.stage
    results.reopen_stage(stage=stage, actor=root, reason="更正")
    draft = results.seal_stage(stage=stage, actor=root)
    source, target = (published, draft) if way == "out of" else (draft, published)
    before = table_texts(*FROZEN)
    with pytest.raises(REFUSED, match="cannot be changed"), as_app() as cursor:
        cursor.execute(
            "UPDATE competitions_resultrow SET sheet_id = %s, position = 77 WHERE sheet_id = %s AND rank = 1",
            [target.pk, source.pk],
        )
    assert table_texts(*FROZEN) == before


@pytest.mark.parametrize("way", ["save", "delete", "bulk"])
def test_the_models_are_no_way_round_it_either(published, way):
    before = table_texts(*FROZEN)
    row = published.rows.get(rank=1)
    row.rank = 3
    calls = {
        "save": row.save,
        "delete": published.delete,
        "bulk": lambda: ResultRow.objects.bulk_update([row], ["rank"]),
    }
    with pytest.raises(REFUSED, match="published results cannot be changed"), as_app():
        calls[way]()
    assert table_texts(*FROZEN) == before


SHADOW_SHEETS = """CREATE TEMP TABLE competitions_resultsheet AS
    SELECT id, NULL::timestamptz AS published_at FROM public.competitions_resultsheet;
    UPDATE public.competitions_resultrow SET rank = 9 WHERE id = {row}"""
SHADOW_CATALOG = """CREATE TEMP TABLE pg_class AS
    SELECT oid, 'portal_app'::regrole::oid AS relowner FROM pg_catalog.pg_class;
    {change}"""


@pytest.mark.parametrize(
    "attack",
    [
        SHADOW_SHEETS,
        SHADOW_CATALOG.replace("{change}", "UPDATE competitions_resultrow SET rank = 9 WHERE id = {row}"),
        SHADOW_CATALOG.replace("{change}", "DELETE FROM competitions_resultrow WHERE id = {row}"),
        SHADOW_CATALOG.replace("{change}", "UPDATE audit_auditentry SET actor_name = '别人'"),
    ],
    ids=[
        "shadow the sheets",
        "shadow the catalog",
        "shadow the catalog to delete",
        "shadow it for the audit",
    ],
)
def test_a_temporary_table_of_the_same_name_does_not_fool_the_guards(keys, attack):
    before = table_texts(*FROZEN)
    with pytest.raises(REFUSED) as error, as_app() as cursor:
        cursor.execute(attack.format(**keys))
    assert error.value.__cause__.pgcode == "42501"
    assert table_texts(*FROZEN) == before


@pytest.mark.skipif(settings.EMBEDDED_SERVER is None, reason="only our own server lets us sign in as the app")
@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE portal_owner",
        "SET SESSION AUTHORIZATION portal_owner",
        "SET session_replication_role = replica",
        "ALTER ROLE portal_app SUPERUSER",
        "GRANT portal_owner TO portal_app",
        "CREATE TABLE public.mine (id int)",
    ],
)
def test_a_session_signed_in_as_the_serving_role_cannot_become_more(db, statement):
    found = connection.get_connection_params() | {"user": "portal_app"}
    wanted = {key: found[key] for key in ("host", "port", "dbname", "user", "password") if found.get(key)}
    session = psycopg2.connect(**wanted)
    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            session.cursor().execute(statement)
    finally:
        session.close()


def test_the_audit_takes_new_lines_from_the_serving_role(root):
    with as_app():
        AuditEntry.objects.create(actor_name="某人", action="test.written")
    assert AuditEntry.objects.filter(action="test.written").count() == 1


# A row that comes while publication is under way


def slip_in(sheet_pk, appearance_pk, outcome):
    """As the serving role on a connection of its own: insert a row and say what came of it."""
    try:
        with as_app() as cursor:
            statement = NEW_ROW.format(sheet=sheet_pk, appearance=appearance_pk)
            cursor.execute(statement)
        outcome.append("inserted")
    except REFUSED as error:
        outcome.append(error.__cause__.pgcode)
    finally:
        connection.close()


def is_held_up(thread):
    """Wait until somebody in this database waits for a lock; False if the thread ends, or nobody ever does."""
    deadline = time.monotonic() + 10
    while thread.is_alive() and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone():
                return True
        time.sleep(0.02)
    return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("commits", "expected"), [(True, "42501"), (False, "inserted")])
def test_a_row_that_comes_during_publication_waits_and_does_not_slip_in(root, commits, expected):
    """Where the publication is taken back in the end, the row may come: so it is the publication that keeps it out."""
    stage = play(root, PEOPLE)
    sheet = results.seal_stage(stage=stage, actor=root)
    appearance = sheet.rows.first().appearance_id
    outcome = []
    thread = threading.Thread(target=slip_in, args=(sheet.pk, appearance, outcome))
    with transaction.atomic():
        results.publish_results(stage=stage, actor=root)
        thread.start()
        assert is_held_up(thread), outcome
        if not commits:
            transaction.set_rollback(True)
    thread.join(20)
    assert outcome == [expected]
    assert sheet.rows.count() == (3 if commits else 4)


@pytest.mark.django_db(transaction=True)
def test_publication_waits_for_a_row_under_way(root):
    """The other way round: the row is in before the publication, never after it."""
    stage = play(root, PEOPLE)
    sheet = results.seal_stage(stage=stage, actor=root)
    appearance, done = sheet.rows.first().appearance_id, []

    def publish():
        ResultSheet.objects.filter(pk=sheet.pk).update(published_at="2025-05-23T12:00+08:00")
        done.append(time.monotonic())
        connection.close()

    thread = threading.Thread(target=publish)
    with as_app() as cursor:
        cursor.execute(NEW_ROW.format(sheet=sheet.pk, appearance=appearance))
        # The serving role may not see what the sessions of others wait for.
        cursor.execute("RESET ROLE")
        thread.start()
        assert is_held_up(thread), done
    thread.join(20)
    assert len(done) == 1
    assert sheet.rows.count() == 4
