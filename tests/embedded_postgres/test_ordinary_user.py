"""The same launcher for a person without rights: everything lies in the project, but for the socket."""

import os
import pwd
import shutil
from pathlib import Path

import pytest

from tests.embedded_postgres import IS_ROOT, as_ordinary_user, project_folder, readable_site
from unionportal.embedded_postgres import EmbeddedPostgresError, EmbeddedServer


@pytest.fixture(scope="module")
def site():
    site = readable_site()
    yield site
    shutil.rmtree(site)


@pytest.fixture
def project():
    with project_folder() as project:
        if IS_ROOT:
            account = pwd.getpwnam("nobody")
            os.chown(project, account.pw_uid, account.pw_gid)
        yield project


def start_look_stop(project):
    """Return what there is to see of a server between start and stop."""
    server = EmbeddedServer("try", project)
    server.ensure_running()
    try:
        status = server.status()
        server.ensure_running()
        return {
            "pids": (status.pid, server.status().pid),
            "server_uid": Path(f"/proc/{status.pid}").stat().st_uid,
            "uid": os.getuid(),
            "data_dir": status.data_dir,
            "socket_path": len(os.fsencode(status.socket_dir / ".s.PGSQL.5432")),
            "socket_mode": status.socket_dir.stat().st_mode & 0o777,
            "trigrams": server._fetch("SELECT array_length(show_trgm('创新工作室'), 1)"),
        }
    finally:
        server.stop()
        assert not server.socket_dir.exists()


def test_server_runs_as_the_person_with_its_data_in_the_project(project, site):
    before = project.stat().st_mode
    seen = as_ordinary_user(lambda: start_look_stop(project), site)
    assert seen["pids"][0] == seen["pids"][1]
    assert seen["server_uid"] == seen["uid"] != 0
    assert seen["data_dir"] == project / ".postgres/try/data"
    assert seen["socket_mode"] == 0o700
    assert seen["trigrams"] == 6
    assert project.stat().st_mode == before
    assert {path.name for path in project.iterdir()} == {".postgres"}


def test_project_paths_of_300_characters_work(project, site):
    def long():
        folder = project / "工会 门户's" / "/".join(["x" * 100] * 3)
        folder.mkdir(parents=True)
        return start_look_stop(folder)

    seen = as_ordinary_user(long, site)
    assert len(str(seen["data_dir"])) > 300
    assert seen["socket_path"] <= 107
    assert seen["trigrams"] == 6


def test_a_project_one_may_not_write_to_is_explained(project, site):
    if IS_ROOT:
        os.chown(project, 0, 0)
    project.chmod(0o555)
    with pytest.raises(EmbeddedPostgresError, match="请检查目录权限"):
        as_ordinary_user(lambda: EmbeddedServer("try", project).ensure_running(), site)
    assert list(project.iterdir()) == []


def test_a_socket_folder_that_others_may_enter_is_refused(project, site):
    def prepare():
        server = EmbeddedServer("try", project)
        server.socket_dir.mkdir()
        server.socket_dir.chmod(0o755)
        try:
            server.ensure_running()
        finally:
            server.socket_dir.rmdir()

    with pytest.raises(EmbeddedPostgresError, match="他人可以进入"):
        as_ordinary_user(prepare, site)


def test_a_socket_folder_that_somebody_else_made_is_refused(project, site):
    if not IS_ROOT:
        pytest.skip("only root can make a folder of somebody else's")
    folder = as_ordinary_user(lambda: EmbeddedServer("try", project).socket_dir, site)
    folder.mkdir(0o700)
    try:
        with pytest.raises(EmbeddedPostgresError, match="不属于当前用户"):
            as_ordinary_user(lambda: EmbeddedServer("try", project).ensure_running(), site)
    finally:
        folder.rmdir()
