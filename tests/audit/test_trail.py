"""The trail itself: nobody edits it, and history pages tell it in Chinese."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone

from tests.audit.scene import Scene
from tests.factories import make_superuser, make_unit, make_user
from tests.panels.desk import sheet_of
from unionportal import roles
from unionportal.audit import wording
from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.people import services as people

pytestmark = pytest.mark.django_db

# ── Nobody edits it ──────────────────────────────────────────────────────────────────────────────────────


INSERT = (
    "INSERT INTO audit_auditentry (at, actor_key, actor_name, address, request_id, action, target_model,"
    " target_key, target_label, details) VALUES (now(), '', 'x', '', '', 'x.y', '', '', '', '{}')"
)


def as_portal_app(statement):
    """Run a statement as the role that serves; returns how many lines there are afterwards, and takes it back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        cursor.execute(statement)
        count = AuditEntry.objects.count()
        transaction.set_rollback(True)
    return count


def test_the_serving_role_adds_lines():
    record(None, "people.units_created")
    assert as_portal_app(INSERT) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET actor_name = '别人'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "ALTER TABLE audit_auditentry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_row_is_kept ON audit_auditentry",
    ],
)
def test_the_serving_role_does_nothing_else_to_them(statement):
    line = record(None, "people.units_created")
    with pytest.raises(Error, match="append-only|permission denied|must be owner"):
        as_portal_app(statement)
    assert list(AuditEntry.objects.values_list("pk", "actor_name")) == [(line.pk, "系统")]


def test_the_serving_role_cannot_become_the_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role('portal_app', 'portal_owner', 'MEMBER')")
        assert cursor.fetchone() == (False,)


def test_in_the_admin_the_trail_is_only_read(client):
    line = record(None, "people.units_created")
    change = reverse("admin:audit_auditentry_change", args=[line.pk])
    for who in (make_superuser(), make_user(roles.AUDITOR, is_staff=True)):
        client.force_login(who)
        assert client.get(reverse("admin:audit_auditentry_changelist")).status_code == 200
        assert client.get(change).status_code == 200
        assert client.post(change, {"actor_name": "别人"}).status_code == 403
        assert client.get(reverse("admin:audit_auditentry_add")).status_code == 403
        assert client.post(reverse("admin:audit_auditentry_delete", args=[line.pk])).status_code == 403
        sent = {"action": "delete_selected", "_selected_action": [line.pk], "post": "yes"}
        client.post(reverse("admin:audit_auditentry_changelist"), sent)
    assert list(AuditEntry.objects.values_list("pk", "actor_name")) == [(line.pk, "系统")]


def test_the_list_and_the_line_say_in_chinese_what_was_done_and_when_here(client, scene):
    unit = make_unit("某厂")
    moved = record(scene.actor, "competitions.stage_moved", unit, before="scoring", after="checking")
    record(scene.actor, "people.unit_changed", unit, changes={"性质": "民营企业", "撤销": "True"})
    client.force_login(make_user(roles.AUDITOR, is_staff=True))
    listed = client.get(reverse("admin:audit_auditentry_changelist")).text
    assert "变更轮次状态" in listed
    assert "用人单位 某厂" in listed
    assert "stage_moved</td>" not in listed
    line = client.get(reverse("admin:audit_auditentry_change", args=[moved.pk])).text
    assert "改前：评分中" in line
    assert "改后：统分复核" in line
    assert "{&" not in line
    assert timezone.localtime(moved.at).strftime("%Y-%m-%d %H:%M") in line
    by_verb = client.get(reverse("admin:audit_auditentry_changelist") + "?act=changed").text
    assert "修改" in by_verb
    assert 'field-act">变更轮次状态' not in by_verb


def test_only_the_auditor_reads_it(client):
    for role in set(roles.STAFF_ROLES):
        client.force_login(make_user(role, is_staff=True))
        status = client.get(reverse("admin:audit_auditentry_changelist")).status_code
        assert (status == 200) is (role == roles.AUDITOR), role


# ── The history page ─────────────────────────────────────────────────────────────────────────────────────


def test_the_history_of_a_record_shows_its_lines_in_chinese(client, scene):
    other = make_unit("别厂")
    people.rename_unit(unit=scene.unit, name="甲一厂", actor=scene.actor)
    people.rename_unit(unit=other, name="别的名", actor=scene.actor)
    formset = {"former_names-TOTAL_FORMS": "0", "former_names-INITIAL_FORMS": "0"}
    sent = {"name": "甲一厂", "town": "果园<b>", "contact_phone": "01069041234"} | formset
    client.post(reverse("admin:people_unit_change", args=[scene.unit.pk]), sent, REMOTE_ADDR="192.0.2.5")
    page = client.get(reverse("admin:people_unit_history", args=[scene.unit.pk])).text
    shown = [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    ]
    assert shown == [
        [
            str(scene.actor),
            "修改",
            "所在镇街：果园&lt;b&gt; 联系电话：（已修改）",
            "192.0.2.5",
        ],
        [str(scene.actor), "更名", "改前：甲厂 改后：甲一厂", "—"],
    ]
    assert "别的名" not in page
    assert timezone.localtime().strftime("%Y-%m-%d") in page


def test_a_record_without_lines_says_so(client, scene):
    page = client.get(reverse("admin:people_sector_history", args=[scene.sector.pk])).text
    assert "还没有变更历史" in page
    assert "<table" not in page


def test_the_history_is_for_those_who_see_the_record(client, scene):
    url = reverse("admin:people_person_history", args=[scene.person.pk])
    assert client.get(url).status_code == 200
    assert client.get(reverse("admin:people_person_history", args=["999999"])).status_code == 404
    client.force_login(make_user(roles.NEWS_STAFF, is_staff=True))
    assert client.get(url).status_code == 403


def test_what_is_not_there_is_not_found_in_the_admin(client, scene):
    for name in ("change", "delete", "history"):
        assert client.get(reverse(f"admin:people_person_{name}", args=["999999"])).status_code == 404


def recorded_actions():
    """Every action that a call of record() in our code names."""
    found = set()
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        if {"tests", ".venv", "migrations"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record"
            if is_call and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                found.add(node.args[1].value)
    return found


def test_every_recorded_action_has_its_words():
    assert len(recorded_actions()) > 30
    assert recorded_actions() - set(wording.ACTIONS) == set()
    assert wording.action_name("people.person_changed") == "修改"
    assert wording.action_name("x.unheard_of") == "x.unheard_of"


def test_sheets_of_the_scene_are_whose_they_should_be():
    """The control of the fixtures above."""
    scene = Scene()
    assert sheet_of(scene.judges[0], "01").status == "draft"
    assert sheet_of(scene.judges[0], "02").status == "submitted"
