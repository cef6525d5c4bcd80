"""Every act leaves its line in its own transaction, and no line gives a number or password away."""

import ast
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import Error, connection, transaction
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.factories import id_number, make_person, make_superuser, make_unit, make_user
from tests.files.test_storing import PDF, picture, upload
from tests.panels.desk import D, make_judge, make_panel, rubric, save, sheet_of, submit
from unionportal import roles
from unionportal.accounts.models import User
from unionportal.accounts.services import assign_roles
from unionportal.audit import wording
from unionportal.audit.middleware import client_address
from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.files import services as files
from unionportal.news import services as news
from unionportal.news.models import Article, Column
from unionportal.panels.services import decisions, marks, seats
from unionportal.people import services as people
from unionportal.people.models import Sector, Unit

pytestmark = pytest.mark.django_db

OWN_APPS = ("accounts", "audit", "files", "people", "news", "panels", "competitions")


# ── One line, or nothing at all ──────────────────────────────────────────────────────────────────────────


class Scene:
    """Records for every service of the kernel to act on."""

    def __init__(self):
        self.actor = make_superuser()
        self.account = make_user(roles.EXPERT)
        self.unit, self.other = make_unit("甲厂"), make_unit("乙厂")
        self.merged = make_unit("丙厂", merged_into=self.other)
        self.person = make_person(id_number=id_number(1), phone="13812345678")
        column = Column.objects.create(name="动态", slug="dongtai")
        self.draft = Article.objects.create(column=column, title="稿", body="<p>文</p>")
        self.live = Article.objects.create(
            column=column,
            title="文",
            body="<p>文</p>",
            status="published",
            published_at=timezone.now() - timedelta(hours=1),
        )
        self.judges = [make_judge("jia"), make_judge("yi")]
        self.panel = make_panel(self.actor, judges=self.judges, candidates=["01", "02"], seats=3)
        self.preparing = make_panel(self.actor, is_open=False)
        self.closed = seats.close_panel(panel=make_panel(self.actor), actor=self.actor)
        self.seat = self.panel.assignments.get(user=self.judges[0])
        self.candidate = self.panel.candidates.get(label="01")
        self.draft_sheet = save(self.judges[0], D(1), D(1), label="01")
        self.set_aside = decisions.set_judge_aside(
            assignment=self.panel.assignments.get(user=self.judges[1]), actor=self.actor, reason="误判"
        )
        self.handed_in = submit(self.judges[0], D(1), D(1), label="02")


SERVICES = {
    "accounts.roles_assigned": lambda s: assign_roles(
        user=s.account, roles=list(Group.objects.filter(name=roles.JUDGE)), actor=s.actor
    ),
    "people.units_created": lambda s: people.create_units(names=["新厂"], actor=s.actor, source="x"),
    "people.unit_renamed": lambda s: people.rename_unit(unit=s.unit, name="新名", actor=s.actor),
    "people.unit_merged": lambda s: people.merge_units(unit=s.unit, into=s.other, actor=s.actor),
    "people.unit_separated": lambda s: people.separate_unit(unit=s.merged, actor=s.actor),
    "people.identity_revealed": lambda s: people.reveal_identity(person=s.person, actor=s.actor),
    "files.file_stored": lambda s: files.store_document(
        upload=upload(PDF, "a.pdf"), actor=s.actor, purpose="测试"
    ),
    "files.file_stored ": lambda s: files.store_image(
        upload=upload(picture(), "a.jpg"), actor=s.actor, purpose="测试"
    ),
    "news.article_published": lambda s: news.publish_article(article=s.draft, actor=s.actor),
    "news.article_withdrawn": lambda s: news.withdraw_article(article=s.live, actor=s.actor, reason="误"),
    "panels.panel_opened": lambda s: seats.open_panel(panel=s.preparing, actor=s.actor),
    "panels.panel_closed": lambda s: seats.close_panel(panel=s.panel, actor=s.actor),
    "panels.panel_reopened": lambda s: seats.reopen_panel(panel=s.closed, actor=s.actor, reason="误"),
    "panels.judge_assigned": lambda s: seats.assign_judge(
        panel=s.preparing, seat=1, label="裁判1", actor=s.actor
    ),
    "panels.judge_left": lambda s: seats.end_assignment(assignment=s.seat, actor=s.actor, reason="病"),
    "panels.judge_recused": lambda s: seats.recuse(
        assignment=s.seat, candidate=s.candidate, actor=s.actor, note="邻居"
    ),
    "panels.sheet_saved": lambda s: marks.save_sheet(
        sheet=s.draft_sheet,
        actor=s.judges[0],
        marks=rubric(s.panel, D(2), None),
        version=s.draft_sheet.version,
        deductions=[(D(1), "着装")],
    ),
    "panels.sheet_submitted": lambda s: marks.submit_sheet(
        sheet=s.draft_sheet, actor=s.judges[0], version=s.draft_sheet.version
    ),
    "panels.sheet_reopened": lambda s: marks.reopen_sheet(sheet=s.handed_in, actor=s.actor, reason="误"),
    "panels.judge_set_aside": lambda s: decisions.set_judge_aside(
        assignment=s.seat, actor=s.actor, reason="失当"
    ),
    "panels.judge_counted_again": lambda s: decisions.count_judge_again(
        assignment=s.set_aside, actor=s.actor, reason="误判"
    ),
    "panels.mixed_numbers_accepted": lambda s: decisions.accept_mixed_numbers(
        panel=s.panel, actor=s.actor, reason="病"
    ),
    "panels.spread_answered": lambda s: decisions.answer_spread(
        candidate=s.candidate, actor=s.actor, answer="无误"
    ),
    "panels.points_deducted": lambda s: decisions.deduct(
        candidate=s.handed_in.candidate, points=D(1), reason="超时", actor=s.actor
    ),
}


def database():
    """Every row of our own tables but the audit's."""
    models = [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]
    rows = {model: list(model.objects.order_by("pk").values()) for model in models if model is not AuditEntry}
    rows["roles"] = sorted(User.groups.through.objects.values_list("user", "group"))
    return rows


def break_the_audit():
    """From here to the end of the test the database takes no audit line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION refuse();"
        )


@pytest.mark.parametrize("action", SERVICES)
def test_a_service_leaves_its_line(action):
    scene = Scene()
    before, count = database(), AuditEntry.objects.count()
    SERVICES[action](scene)
    (line,) = AuditEntry.objects.order_by("pk")[count:]
    assert line.action == action.strip()
    assert line.actor_key in {str(scene.actor.pk), str(scene.judges[0].pk)}
    assert (database() != before) is (action != "people.identity_revealed")


@pytest.mark.parametrize("action", SERVICES)
def test_a_service_whose_line_cannot_be_written_writes_nothing(action):
    scene = Scene()
    before = database()
    break_the_audit()
    with pytest.raises(Error, match="no audit"):
        SERVICES[action](scene)
    assert database() == before


def test_a_line_goes_with_the_transaction_it_was_written_in():
    unit, actor = make_unit("甲厂"), make_user()
    with transaction.atomic():
        people.rename_unit(unit=unit, name="乙厂", actor=actor)
        assert AuditEntry.objects.count() == 1
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    assert Unit.objects.get().name == "甲厂"


PASSWORD = "jin-tian-qing-2026"
ADMIN_ACTS = {
    "people.sector_added": lambda c, s: c.post(
        reverse("admin:people_sector_add"), {"name": "养蜂", "position": "1"}
    ),
    "people.sector_changed": lambda c, s: c.post(
        reverse("admin:people_sector_change", args=[s.sector.pk]), {"name": "电工师", "position": "0"}
    ),
    "people.sector_deleted": lambda c, s: c.post(
        reverse("admin:people_sector_delete", args=[s.sector.pk]), {"post": "yes"}
    ),
    "people.sector_deleted ": lambda c, s: c.post(
        reverse("admin:people_sector_changelist"),
        {"action": "delete_selected", "_selected_action": [s.sector.pk], "post": "yes"},
    ),
    "news.article_withdrawn": lambda c, s: c.post(
        reverse("admin:news_article_changelist"), {"action": "withdraw", "_selected_action": [s.live.pk]}
    ),
    "accounts.user_changed": lambda c, s: c.post(
        reverse("admin:auth_user_password_change", args=[s.account.pk]),
        {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"},
    ),
    "accounts.user_added": lambda c, s: c.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "xin",
            "name": "新",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "usable_password": "true",
        },
    ),
    "accounts.password_changed": lambda c, s: c.post(
        reverse("accounts:password_change"),
        {"old_password": s.actor.username, "new_password1": PASSWORD, "new_password2": PASSWORD},
    ),
}


@pytest.fixture
def scene(client):
    scene = Scene()
    scene.sector = Sector.objects.create(name="电工")
    client.force_login(scene.actor)
    AuditEntry.objects.all().delete()
    return scene


@pytest.mark.parametrize("action", ADMIN_ACTS)
def test_a_page_leaves_its_line(client, scene, action):
    assert ADMIN_ACTS[action](client, scene).status_code == 302
    (line,) = AuditEntry.objects.all()
    assert (line.action, line.actor_key) == (action.strip(), str(scene.actor.pk))


@pytest.mark.parametrize("action", ADMIN_ACTS)
def test_a_page_whose_line_cannot_be_written_writes_nothing(client, scene, action):
    before = database()
    break_the_audit()
    with pytest.raises(Error, match="no audit"), transaction.atomic():
        ADMIN_ACTS[action](client, scene)
    assert database() == before


def test_a_deletion_that_fails_leaves_no_line(client, scene):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$;"
            "CREATE TRIGGER keep BEFORE DELETE ON people_sector FOR EACH ROW EXECUTE FUNCTION keep();"
        )
    with pytest.raises(Error, match="kept"):
        ADMIN_ACTS["people.sector_deleted "](client, scene)
    assert not AuditEntry.objects.exists()
    assert Sector.objects.count() == 1


# ── Where from ───────────────────────────────────────────────────────────────────────────────────────────

PROXY_1, PROXY_2, CALLER = "10.0.0.1", "10.0.0.2", "203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, CALLER, None, CALLER),
        (0, CALLER, "1.2.3.4", CALLER),
        (1, PROXY_1, CALLER, CALLER),
        (1, PROXY_1, f"1.2.3.4, {CALLER}", CALLER),
        (1, PROXY_1, f"1.2.3.4,5.6.7.8 ,{CALLER}", CALLER),
        (1, CALLER, None, CALLER),
        (1, CALLER, " , ,", CALLER),
        (2, PROXY_2, f"{CALLER}, {PROXY_1}", CALLER),
        (2, PROXY_2, f"1.2.3.4, 5.6.7.8, {CALLER}, {PROXY_1}", CALLER),
        (2, PROXY_2, CALLER, PROXY_2),
    ],
)
def test_the_address_is_what_our_own_proxy_saw(settings, proxies, remote, forwarded, address):
    settings.PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) == address


def test_a_line_names_the_address_and_the_request(client, scene, settings):
    settings.PROXY_COUNT = 1
    response = client.post(
        reverse("admin:people_sector_add"),
        {"name": "养蜂", "position": "1"},
        REMOTE_ADDR=PROXY_1,
        HTTP_X_FORWARDED_FOR=f"1.2.3.4, {CALLER}",
    )
    (line,) = AuditEntry.objects.all()
    assert (line.address, line.request_id) == (CALLER, response["X-Request-ID"])
    assert len(line.request_id) == 8


def test_outside_a_request_a_line_has_no_address(client, scene):
    client.get("/staff/")
    line = record(None, "people.units_created")
    assert (line.actor_key, line.actor_name, line.address, line.request_id) == ("", "系统", "", "")


# ── What a line must not say ─────────────────────────────────────────────────────────────────────────────


def test_no_line_holds_an_id_number_a_phone_number_or_a_password(client, scene):
    number, phone, unit_phone = id_number(33), "13612349876", "01069041234"
    person = {"name": "李四", "id_number": number, "phone": phone, "life_status": "working"}
    person |= {"is_union_member": "unknown", "is_front_line": "unknown"}
    formset = {"former_names-TOTAL_FORMS": "0", "former_names-INITIAL_FORMS": "0"}
    for url, sent in (
        (reverse("admin:people_person_add"), person),
        (
            reverse("admin:people_person_change", args=[scene.person.pk]),
            person | {"id_number": id_number(34)},
        ),
        (reverse("admin:people_unit_add"), {"name": "丁厂", "contact_phone": unit_phone} | formset),
    ):
        assert client.post(url, sent).status_code == 302, url
    client.post(reverse("admin:people_person_identity", args=[scene.person.pk]))
    for act in ADMIN_ACTS.values():
        act(client, scene)
    for name in ("accounts.roles_assigned", "people.identity_revealed", "people.unit_renamed"):
        SERVICES[name](scene)
    written = json.dumps(list(AuditEntry.objects.values()), default=str, ensure_ascii=False)
    assert AuditEntry.objects.count() >= 10
    secrets = [number, id_number(34), scene.person.id_number, phone, unit_phone, PASSWORD]
    hashes = [scene.actor.password, scene.account.password, scene.person.id_number_hash]
    assert [secret for secret in secrets + hashes if secret in written] == []
    assert not re.search(r"\d{17}[\dX]|1[3-9]\d{9}", written)


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
