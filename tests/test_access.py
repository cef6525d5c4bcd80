"""Every route × every role × GET and POST, from the URL resolver. A route that nobody listed here fails.

Private by default: PUBLIC is the whole list of open routes. What a staff role may do is checked against the
permissions of unionportal/roles.py, and against LINES_OF, which says in words which lines of work each role sees.
"""

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from tests import factories, one_of_each
from unionportal import roles
from unionportal.audit.models import AuditEntry

ANONYMOUS = "（未登录）"
NOBODY = "（无角色账号）"
EVERYBODY = [ANONYMOUS, NOBODY, *roles.ROLES]

PUBLIC = {
    "home",
    "health",
    "news:article_list",
    "news:article_detail",
    "competitions:competition_list",
    "competitions:competition_detail",
    "competitions:result_list",
    "competitions:result_detail",
    "competitions:result_version",
    "competitions:result_book",
    "files:file_detail",
    "accounts:login",
}
SIGNED_IN = {"accounts:logout", "accounts:password_change", "accounts:password_change_done"}
# The desk: open to whoever has signed in, where lists are empty for whoever has no seat …
SIGNED_IN |= {"panels:panel_list", "boards:board_list"}
# … and a panel or sheet is there for the judge whose seat it is, and for nobody else (tests/panels/test_desk.py).
OWN_ONLY = {"panels:sheet_list", "panels:sheet_edit", "panels:sheet_save"}
# Pages of the admin that belong to no model. `staff` opens them to every role that may enter the admin.
ADMIN_PAGES = {
    "admin:index": "staff",
    "admin:app_list": "app",
    "admin:login": "redirect",
    "admin:logout": "staff",
    "admin:password_change": "staff",
    "admin:password_change_done": "staff",
    "admin:jsi18n": "staff",
    "admin:autocomplete": "never",
    "admin:view_on_site": "staff",
    "admin:catch_all": "never",
}
VERBS = {"changelist": "view", "add": "add", "change": "view", "delete": "delete", "history": "view"}
FURTHER = {
    "admin:auth_user_password_change": "accounts.add_user",
    "admin:people_person_identity": "people.read_identity",
    "admin:competitions_competition_step": "competitions.change_competition",
    "admin:competitions_stage_step": "competitions.change_stage",
    "admin:panels_panel_replace": "panels.change_assignment",
    **dict.fromkeys(
        (
            f"admin:competitions_competition_{page}"
            for page in ("upload", "blank", "preview", "problems", "export")
        ),
        "competitions.change_competition",
    ),
}
# What stands in the address of such a route: the label of a record, and what follows its key.
FURTHER_ARGUMENTS = {
    "admin:competitions_competition_step": ("competitions.competition", "announced"),
    "admin:competitions_stage_step": ("competitions.stage", "check_in"),
    "admin:competitions_competition_upload": ("competitions.competition", "roster"),
    "admin:competitions_competition_blank": ("competitions.competition", "roster"),
    "admin:competitions_competition_problems": ("competitions.competition",),
    "admin:competitions_competition_export": ("competitions.competition",),
}
# The chief judge's board, by the permission of staff; the chief judge's own way in: tests/competitions/test_board.py.
BOARD = {
    "boards:board": "panels.view_sheet",
    "boards:board_row": "panels.view_sheet",
    "boards:board_act": "competitions.seal_stage",
}
# Notices belong to a line of work: the one made here to competitions, so that the staff of other lines finds none.
OF_ONE_LINE = {
    *(f"notices.{name}" for name in ("publicnotice", "noticeline", "noticestop", "objection")),
    *(f"certificates.{name}" for name in ("certificate", "certificatedesign", "certificateseries")),
}
OTHER_LINES = {roles.CRAFTSMAN_STAFF, roles.ACADEMY_STAFF, roles.STUDIO_STAFF}
BUSINESS = {"people", "files", "certificates"}
LINES_OF = {
    roles.COMPETITION_STAFF: {"competitions", "panels", "notices"} | BUSINESS,
    roles.CRAFTSMAN_STAFF: {"craftsmen", "panels", "notices"} | BUSINESS,
    roles.ACADEMY_STAFF: {"academies"} | BUSINESS,
    roles.STUDIO_STAFF: {"notices"} | BUSINESS,
    roles.NEWS_STAFF: {"news", "files"},
    roles.NEWS_REVIEWER: {"news", "files"},
    roles.SUPERVISOR: {"competitions", "craftsmen", "panels", "notices", "certificates", "people"},
    roles.SYSTEM_ADMINISTRATOR: {"accounts", "people"},
    roles.SECURITY_ADMINISTRATOR: {"accounts"},
    roles.AUDITOR: {"audit", "accounts"},
}


def all_routes(resolver=None, prefix=""):
    """Yield (full name, pattern) of every route."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLPattern):
            yield f"{prefix}{item.name}" if item.name else f"{prefix}catch_all", item
        else:
            yield from all_routes(item, f"{prefix}{item.namespace}:" if item.namespace else prefix)


ROUTES = sorted({name for name, _ in all_routes()})


def model_route(name):
    """Return (model, verb) of an admin route of a model, or None."""
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(label) and name[len(label) :] in VERBS:
            return model, name[len(label) :]
    return None


def test_every_route_is_listed():
    unknown = [
        name
        for name in ROUTES
        if name not in PUBLIC | SIGNED_IN | OWN_ONLY | set(ADMIN_PAGES) | set(FURTHER) | set(BOARD)
        and model_route(name) is None
    ]
    assert unknown == []


def test_each_role_sees_the_lines_of_work_it_should_and_no_other():
    seen = {
        role: {name.split(".")[0] for name in roles.permission_names(role)}
        for role, (is_staff, _, _) in roles.ROLES.items()
        if is_staff
    }
    assert seen == LINES_OF
    assert {role for role, (is_staff, _, _) in roles.ROLES.items() if not is_staff} == set(roles.ROLES) - set(
        LINES_OF
    )


@pytest.fixture
def things(db):
    return one_of_each.make()


def url_of(name, things):
    if name == "admin:competitions_competition_preview":
        return reverse(name, args=[things["competitions.competition"].pk, "roster", things["upload"].key])
    if name == "admin:panels_panel_replace":
        return reverse(name, args=[things["panels.panel"].pk, things["panels.assignment"].pk])
    if name in FURTHER_ARGUMENTS:
        label, *more = FURTHER_ARGUMENTS[name]
        return reverse(name, args=[things[label].pk, *more])
    if name in FURTHER:
        return reverse(name, args=[things["people.person" if "person" in name else "accounts.user"].pk])
    found = model_route(name)
    if found and found[1] not in ("changelist", "add"):
        return reverse(name, args=[things[found[0]._meta.label_lower].pk])
    arguments = {
        "admin:app_list": ["competitions"],
        "admin:view_on_site": [0, 0],
        "news:article_detail": [things["news.article"].pk],
        "competitions:competition_detail": [things["slug"]],
        "competitions:result_list": [things["slug"]],
        "competitions:result_detail": [things["slug"], "HJ", 1],
        "competitions:result_version": [things["slug"], "HJ", 1, 1],
        "competitions:result_book": [things["slug"], "HJ", 1, 1],
        "files:file_detail": [things["public_file"].key, "png"],
        "panels:sheet_list": [things["panels.panel"].pk],
        "panels:sheet_edit": [things["panels.sheet"].uuid],
        "panels:sheet_save": [things["panels.sheet"].uuid],
        "boards:board": [things["competitions.stage"].pk],
        "boards:board_row": [things["competitions.stage"].pk, things["panels.candidate"].uuid],
        "boards:board_act": [things["competitions.stage"].pk, "close"],
    }
    return (
        "/staff/no-such-page/" if name == "admin:catch_all" else reverse(name, args=arguments.get(name, []))
    )


def may(role, name):
    """What the tables above promise this role on this route."""
    if name in PUBLIC:
        return True
    if role == ANONYMOUS:
        return False
    if name in SIGNED_IN:
        return True
    if name in OWN_ONLY:
        return False
    is_staff = role in roles.STAFF_ROLES
    permissions = roles.permission_names(role) if is_staff else set()
    if name in FURTHER:
        return FURTHER[name] in permissions
    if name in BOARD:
        return BOARD[name] in permissions
    if name in ADMIN_PAGES:
        if ADMIN_PAGES[name] == "app":
            return any(item.startswith("competitions.") for item in permissions)
        return is_staff and ADMIN_PAGES[name] in ("staff", "redirect")
    model, verb = model_route(name)
    if (
        role in OTHER_LINES
        and model._meta.label_lower in OF_ONE_LINE
        and verb in ("change", "delete", "history")
    ):
        return False
    held = {f"{model._meta.app_label}.{VERBS[verb]}_{model._meta.model_name}"}
    if verb in ("changelist", "change", "history"):
        held.add(f"{model._meta.app_label}.change_{model._meta.model_name}")
    return bool(held & permissions) and (model._meta.label_lower, verb) not in one_of_each.CLOSED_TO_ALL


def is_refused(response):
    to_login = response.status_code == 302 and "/login/" in response["Location"]
    return to_login or response.status_code in (403, 404, 405)


def close_file(response):
    """Close what a file answer holds open; response.close() itself would end the test's database connection too."""
    for close in response._resource_closers:
        close()


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_role_reaches_what_it_should_and_nothing_else(role, things, client):
    if role != ANONYMOUS:
        granted = [role] if role != NOBODY else []
        user = factories.make_user(*granted, is_staff=role in roles.STAFF_ROLES)
        client.force_login(user)
    wrong = []
    for name in ROUTES:
        if name.endswith("logout"):
            continue
        url = url_of(name, things)
        for method in ("get", "post"):
            before = AuditEntry.objects.count()
            response = getattr(client, method)(url)
            close_file(response)
            refused = is_refused(response)
            if response.status_code >= 500:
                wrong.append(f"{method} {url}: {response.status_code}")
            elif not may(role, name) and (not refused or AuditEntry.objects.count() != before):
                wrong.append(f"{method} {url}: open to {role} ({response.status_code})")
            elif may(role, name) and refused and not is_expected_refusal(name, method, response):
                wrong.append(f"{method} {url}: closed to {role} ({response.status_code})")
    assert "\n".join(wrong) == ""


def is_expected_refusal(name, method, response):
    """Refusals that hold for everybody: reading pages take no POST, writing pages no GET, and so on."""
    if response.status_code == 405:
        return True
    if method == "post" and (found := model_route(name)) and found[1] in ("change", "history", "changelist"):
        return response.status_code == 403  # may look, may not change
    return name == "admin:view_on_site" or (name == "admin:login" and response.status_code == 302)


def test_a_missing_object_is_a_404_that_names_nothing(client, db):
    client.force_login(factories.make_superuser())
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        for verb in ("change", "delete", "history"):
            response = client.get(reverse(f"admin:{label}_{verb}", args=[987654321]))
            is_closed = (model._meta.label_lower, verb) in one_of_each.CLOSED_TO_ALL
            assert response.status_code == 404 or (is_closed and response.status_code == 403), (label, verb)
            assert "987654321" not in response.content.decode()


@pytest.mark.parametrize("verb", ["changelist", "add", "change", "delete", "history"])
def test_every_admin_page_opens_for_whoever_may_do_everything(verb, things, client):
    client.force_login(factories.make_superuser())
    wrong = {}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}"
        status = client.get(url_of(name, things)).status_code
        if status != 200 and (model._meta.label_lower, verb) not in one_of_each.CLOSED_TO_ALL:
            wrong[name] = status
    assert wrong == {}
