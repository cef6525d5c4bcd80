"""Every act leaves its line in its own transaction, and no line gives a number or password away."""

import json
import re

import pytest
from django.apps import apps
from django.db import Error, connection, transaction
from django.test import RequestFactory
from django.urls import reverse

from tests.audit.scene import SERVICES, Scene
from tests.factories import id_number, make_unit, make_user
from unionportal.accounts.models import User
from unionportal.audit.middleware import client_address
from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.people import services as people
from unionportal.people.models import Sector, Unit

pytestmark = pytest.mark.django_db

# Acts that change nothing but the audit.
LOOKS = {
    "people.identity_revealed",
    "certificates.certificates_exported",
    "notices.objector_revealed",
    "notices.attachment_read",
    "notices.archive_made",
    "craftsmen.honours_exported",
    "craftsmen.recommendations_exported",
}
OWN_APPS = (
    *("accounts", "audit", "inbox", "files", "people", "certificates", "notices", "news", "panels"),
    *("competitions", "craftsmen", "academies", "studios"),
)
# The public objects without an account; what is old the system itself deletes.
BY_NO_ACCOUNT = {"notices.objection_raised", "inbox.messages_forgotten"}
# The new account itself.
BY_ITSELF = {"people.signed_up"}


# ── One line, or nothing at all ──────────────────────────────────────────────────────────────────────────


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
    known = {str(scene.actor.pk), str(scene.judges[0].pk)}
    by_itself = {line.target_key} if action in BY_ITSELF else known
    assert line.actor_key in ({""} if action in BY_NO_ACCOUNT else by_itself)
    assert (database() != before) is (action not in LOOKS)


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
        reverse("admin:news_article_act", args=[s.live.pk, "withdraw"]), {"reason": "误发"}
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
