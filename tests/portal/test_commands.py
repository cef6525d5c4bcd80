"""The commands that prepare a portal: roles after migrate, the demo, and a first `make run`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as portal
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from academies import timetable
from academies.models import ReportedTraining
from craftsmen.models import Nomination
from tests.embedded_postgres import server_of
from tests.factories import make_superuser, make_user
from unionportal import roles, work_queue
from unionportal.accounts.commands import ActorCommand
from unionportal.accounts.models import User
from unionportal.demo import loading

# ── Roles ────────────────────────────────────────────────────────────────────────────────────────────────


def permissions_of(group):
    group = Group.objects.get(name=group)
    return {f"{item.content_type.app_label}.{item.codename}" for item in group.permissions.all()}


@pytest.mark.django_db
def test_after_migrate_every_role_carries_exactly_its_permissions():
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)
    for role in roles.ROLES:
        assert permissions_of(role) == roles.permission_names(role), role


@pytest.mark.django_db
def test_every_permission_of_the_table_exists():
    named = set().union(*(roles.permission_names(role) for role in roles.ROLES))
    assert named - set(roles.known_permissions()) == set()


@pytest.mark.django_db
def test_a_permission_taken_out_of_the_table_is_taken_from_the_group(monkeypatch):
    is_staff, models, further = roles.ROLES[roles.NEWS_STAFF]
    less = {name: verbs for name, verbs in models.items() if name != "news.article"}
    before = permissions_of(roles.NEWS_STAFF)
    assert "news.change_article" in before
    monkeypatch.setitem(roles.ROLES, roles.NEWS_STAFF, (is_staff, less, further))
    call_command("migrate", verbosity=0)
    gone = {f"news.{verb}_article" for verb in ("view", "add", "change", "delete")}
    assert permissions_of(roles.NEWS_STAFF) == before - gone


@pytest.mark.django_db
def test_a_permission_slipped_into_a_group_is_gone_after_migrate():
    group = Group.objects.get(name=roles.WORKER)
    group.permissions.set(Permission.objects.filter(codename="change_user"))
    call_command("migrate", verbosity=0)
    assert permissions_of(roles.WORKER) == set()


@pytest.mark.django_db
def test_a_group_that_was_deleted_comes_back():
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)


def test_administration_security_and_audit_are_apart():
    carried = {role: roles.permission_names(role) for role in roles.ROLES}
    holders = {
        name: {role for role, names in carried.items() if name in names}
        for name in ("accounts.add_user", "accounts.assign_roles", "audit.view_auditentry")
    }
    assert holders == {
        "accounts.add_user": {roles.SYSTEM_ADMINISTRATOR},
        "accounts.assign_roles": {roles.SECURITY_ADMINISTRATOR},
        "audit.view_auditentry": {roles.AUDITOR},
    }
    nobody = {"audit.add_auditentry", "audit.change_auditentry", "audit.delete_auditentry"}
    nobody |= {"accounts.delete_user", "people.delete_person", "auth.change_group", "panels.change_mark"}
    assert nobody & set().union(*carried.values()) == set()


# ── The demo ─────────────────────────────────────────────────────────────────────────────────────────────


def everything():
    labels = (
        "accounts",
        "inbox",
        "people",
        "news",
        "panels",
        "competitions",
        "audit",
        "files",
        "certificates",
        "auth",
        "craftsmen",
        "academies",
    )
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.django_db
def test_the_demo_loaded_twice_is_loaded_once(settings, capsys):
    settings.DEBUG = True
    call_command("demo")
    assert capsys.readouterr().out == "演示数据已载入。\n"
    before = everything()
    call_command("demo")
    assert capsys.readouterr().out == "演示数据已在库中，未作改动。\n"
    assert everything() == before
    # Those who have signed up by phone have names that nobody knows beforehand.
    named = User.objects.exclude(username__regex=r"^zg\d+$")
    accounts = {user.username: {group.name for group in user.groups.all()} for user in named}
    assert accounts == {username: {role} for username, _, role in loading.ACCOUNTS} | {"admin": set()}
    assert {user.username for user in User.objects.filter(is_superuser=True)} == {"admin"}
    call_command("check_invariants")
    agree_with_themselves()


def agree_with_themselves():
    """What the demo says in one place is not denied in another."""
    (reported,) = ReportedTraining.objects.all()
    assert (reported.academy, reported.completions) == (None, 340)
    clashing = [slot for slot in timetable.slots(*timetable.window(timezone.localdate())) if slot.clashes]
    assert len({slot.lesson.run_id for slot in clashing}) == len(clashing) == 2
    assert work_queue.draft_competitions().count == 0
    assert not Nomination.objects.exclude(unit_opinion="").filter(unit_notice_to=None).exists()


@pytest.mark.django_db
def test_the_demo_is_refused_in_production():
    with pytest.raises(CommandError, match="不能载入生产环境"):
        call_command("demo")
    assert not User.objects.exists()


# ── Acting for somebody ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_command_acts_for_the_one_superuser_or_for_whom_it_is_told():
    clerk, gone = make_user(username="jingsai"), make_user(username="gone", is_active=False)
    with pytest.raises(CommandError, match="请用 --as"):
        ActorCommand.find_actor("")
    root = make_superuser()
    assert ActorCommand.find_actor(None) == root
    assert ActorCommand.find_actor("JingSai") == clerk
    for name in (gone.username, "nobody"):
        with pytest.raises(CommandError, match="没有可用的账号"):
            ActorCommand.find_actor(name)
    make_superuser("root2")
    with pytest.raises(CommandError, match="请用 --as"):
        ActorCommand.find_actor(None)


# ── make run ─────────────────────────────────────────────────────────────────────────────────────────────


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_command(port, name):
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_AS_OWNER", "DEBUG")
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "run", "--port", str(port)],
        cwd=portal.BASE_DIR,
        env=environment | {"EMBEDDED_SERVER_NAME": name, "DJANGO_SETTINGS_MODULE": "unionportal.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def fetch(url, seconds=180):
    """Return (status, text) of a page, waiting for the server to come up."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status, response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_first_run_on_nothing_serves_the_demo_and_stops_cleanly():
    port, name = free_port(), f"run{os.getpid()}"
    with server_of(Path(portal.BASE_DIR), name) as server:
        process = run_command(port, name)
        try:
            status, text = fetch(f"http://127.0.0.1:{port}/health/")
            assert (status, json.loads(text)) == (200, {"status": "ok"})
            assert "工匠杯" in fetch(f"http://127.0.0.1:{port}/")[1]
            assert server.status().running
            time.sleep(1)  # connections of these requests, and that of status(), are just ending
        finally:
            process.send_signal(signal.SIGTERM)
            printed = process.communicate(timeout=30)[0]
        assert process.returncode == 0, printed
        assert not server.status().running
    for username, _, role in loading.ACCOUNTS:
        assert re.search(rf"^  {username} +{role}$", printed, re.MULTILINE), username
    assert printed.rstrip().endswith("已停止。")
    assert "Traceback" not in printed


def test_a_taken_port_is_named_before_anything_starts(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="已被占用.*make run PORT=8001"):
            call_command("run", port=taken.getsockname()[1])
