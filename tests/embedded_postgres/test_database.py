"""What the launcher makes inside the server: letters, roles, rights, time-outs, and databases for tests."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.embedded_postgres import cursor_of, fetch, project_folder, server_of


@pytest.fixture(scope="module")
def server():
    with project_folder() as project, server_of(project) as server:
        server.ensure_running()
        yield server


@pytest.fixture(scope="module")
def database_for_tests(server):
    """A database made as pytest-django makes one."""
    with cursor_of(server, role="portal_owner", database="postgres") as cursor:
        cursor.execute("CREATE DATABASE test_portal_gw0")
    return "test_portal_gw0"


@pytest.fixture(params=["portal", "test"])
def database(request, server):
    """Each database in turn, with one table of the owner's and one row in it."""
    name = "portal" if request.param == "portal" else request.getfixturevalue("database_for_tests")
    with cursor_of(server, role="portal_owner", database=name) as cursor:
        cursor.execute("CREATE TABLE entry (id serial PRIMARY KEY, name text)")
        cursor.execute("INSERT INTO entry (name) VALUES ('创新工作室')")
        yield name
        cursor.execute("DROP TABLE entry")


def test_trigrams_of_chinese_are_found(server, database):
    assert fetch(server, "SELECT array_length(show_trgm('创新工作室'), 1)", database=database) > 3
    assert fetch(server, "SELECT similarity('创新工作室', '劳模创新工作室') > 0.3", database=database)


def test_both_extensions_are_in_every_database(server, database):
    with cursor_of(server, database=database) as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")
        assert {name for (name,) in cursor} == {"pg_trgm", "btree_gin"}


def test_encoding_is_utf8_and_only_the_letters_are_not_plain_c(server, database):
    with cursor_of(server, database=database) as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s",
            [database],
        )
        assert cursor.fetchone() == ("UTF8", "C", "C.UTF-8")


def test_owner_owns_the_database_and_its_schema(server, database):
    query = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
    assert fetch(server, query, database=database) == "portal_owner"
    query = "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'public'"
    assert fetch(server, query, database=database) == "portal_owner"


def test_app_reads_and_writes_rows_of_the_owners_tables(server, database):
    with cursor_of(server, database=database) as cursor:
        cursor.execute("INSERT INTO entry (name) VALUES ('工匠学院') RETURNING id")
        cursor.execute("UPDATE entry SET name = '工匠' WHERE name = '工匠学院'")
        cursor.execute("DELETE FROM entry WHERE name = '创新工作室'")
        cursor.execute("SELECT name FROM entry")
        assert cursor.fetchall() == [("工匠",)]
        cursor.execute("SELECT setval('entry_id_seq', 10), last_value FROM entry_id_seq")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id int)",
        "CREATE SCHEMA other",
        "TRUNCATE entry",
        "DROP TABLE entry",
        "ALTER TABLE entry ADD COLUMN note text",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "CREATE INDEX ON entry (name)",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE DATABASE other",
        "CREATE ROLE other",
        "SET ROLE portal_owner",
        "SET ROLE portal_admin",
    ],
)
def test_app_changes_no_structure_and_truncates_nothing(server, database, statement):
    with cursor_of(server, database=database) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


def test_owner_can_become_the_app_but_is_no_superuser(server, database):
    with cursor_of(server, role="portal_owner", database=database) as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'portal_owner'"
        )
        assert cursor.fetchone() == (False, False, True)
        cursor.execute("SET ROLE portal_app")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("TRUNCATE entry")


@pytest.mark.parametrize(
    ("setting", "of_app", "of_owner"),
    [
        ("lock_timeout", "3s", "0"),
        ("statement_timeout", "15s", "0"),
        ("idle_in_transaction_session_timeout", "1min", "0"),
        ("fsync", "on", "on"),
        ("synchronous_commit", "on", "on"),
        ("full_page_writes", "on", "on"),
        ("max_connections", "100", "100"),
        ("listen_addresses", "", ""),
    ],
)
def test_settings_keep_data_safe_and_the_app_from_waiting_forever(server, setting, of_app, of_owner):
    assert fetch(server, f"SHOW {setting}") == of_app
    assert fetch(server, f"SHOW {setting}", role="portal_owner") == of_owner


def test_parallel_workers_make_and_drop_their_test_databases(server):
    def work(number):
        with cursor_of(server, role="portal_owner", database="postgres") as cursor:
            cursor.execute(f"CREATE DATABASE test_parallel_gw{number}")
            trigrams = fetch(server, "SELECT show_trgm('工匠')", database=f"test_parallel_gw{number}")
            cursor.execute(f"DROP DATABASE test_parallel_gw{number}")
        return len(trigrams)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [3, 3, 3]


def test_other_connections_are_counted_without_ones_own(server):
    # A connection closed by an earlier test may take the server a moment to end.
    deadline = time.monotonic() + 10
    while server.other_connections() and time.monotonic() < deadline:
        time.sleep(0.05)
    with cursor_of(server), cursor_of(server, role="portal_owner"):
        assert server.other_connections() == 2


def test_a_server_with_no_free_connection_still_counts_as_running(server):
    pid = server.status().pid
    opened = []
    with pytest.raises(psycopg2.OperationalError, match="connection slots"):  # noqa: PT012
        while True:
            cursor = cursor_of(server)
            cursor.__enter__()
            opened.append(cursor)
    try:
        server.ensure_running()
        assert server.status().pid == pid
        assert server.other_connections() >= 97
    finally:
        for cursor in opened:
            cursor.__exit__(None, None, None)


def test_settings_are_for_the_two_roles_only(server):
    assert server.settings(role="portal_app") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "portal",
        "USER": "portal_app",
        "PASSWORD": "",
        "HOST": str(server.socket_dir),
        "PORT": "5432",
    }
    assert server.settings(role="portal_owner")["USER"] == "portal_owner"
    with pytest.raises(ValueError, match="portal_admin"):
        server.settings(role="portal_admin")
