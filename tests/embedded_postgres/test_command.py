"""manage.py embedded_postgres status | stop."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.embedded_postgres import cursor_of, project_folder, server_of


@pytest.fixture
def server(settings):
    with project_folder() as project, server_of(project) as server:
        settings.EMBEDDED_SERVER = server
        yield server


def say(action):
    """Return what the command writes."""
    out = StringIO()
    call_command("embedded_postgres", action, stdout=out)
    return out.getvalue()


def test_status_tells_that_nothing_runs_and_starts_nothing(server):
    assert "没有运行" in say("status")
    assert str(server.data_dir) in say("status")
    assert not server.data_dir.exists()


def test_status_names_version_process_connections_and_places(server):
    server.ensure_running()
    with cursor_of(server):
        text = say("status")
    assert f"PostgreSQL 18.6 正在运行，进程 {server.status().pid}" in text
    assert "连接数：1" in text
    assert str(server.log_file) in text


def test_stop_stops_once_and_says_so(server):
    server.ensure_running()
    assert "已停止" in say("stop")
    assert not server.status().running
    assert "无需停止" in say("stop")


@pytest.mark.parametrize("action", ["status", "stop"])
def test_with_a_database_url_the_command_says_that_there_is_no_embedded_server(settings, action):
    settings.EMBEDDED_SERVER = None
    assert "DATABASE_URL" in say(action)


def test_other_words_are_refused():
    with pytest.raises(CommandError, match="start"):
        call_command("embedded_postgres", "start")
