"""Every route × every role × GET and POST, from the URL resolver. A route that nobody listed here fails.

Private by default: PUBLIC is the whole list of open routes. What a staff role may do is checked against the
permissions of unionportal/roles.py, and against LINES_OF, which says in words which lines of work each role sees.
"""

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from tests import factories, one_of_each
from tests.access_tables import (
    ADMIN_PAGES,
    ATTENDANCE,
    BOARD,
    CERTIFICATE_FILES,
    FURTHER,
    FURTHER_ARGUMENTS,
    IMPORTING,
    LINES_OF,
    NOMINATIONS,
    OF_ONE_LINE,
    OTHER_LINES,
    OWN_ONLY,
    PAGES_OF_ONE_LINE,
    PUBLIC,
    SIGNED_IN,
    VERBS,
)
from unionportal import roles
from unionportal.audit.models import AuditEntry

ANONYMOUS = "（未登录）"
NOBODY = "（无角色账号）"
EVERYBODY = [ANONYMOUS, NOBODY, *roles.ROLES]


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
        if name not in PUBLIC | SIGNED_IN | OWN_ONLY | CERTIFICATE_FILES
        and name not in {*ADMIN_PAGES, *FURTHER, *ATTENDANCE, *BOARD, *NOMINATIONS}
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


def import_url(name, things):
    """Return the address of a page that takes a workbook in, or None."""
    for label, is_of_record in IMPORTING.items():
        if name.startswith(f"admin:{label}_import"):
            record = things[label.replace("_", ".", 1)]
            key = [things["upload"].key] if name.endswith("_preview") else []
            return reverse(name, args=[*([record.pk] if is_of_record else []), *key])
    return None


def url_of(name, things):
    if found := import_url(name, things):
        return found
    if name == "admin:competitions_competition_preview":
        return reverse(name, args=[things["competitions.competition"].pk, "roster", things["upload"].key])
    if name == "admin:panels_panel_lift":
        return reverse(name, args=[things["panels.panel"].pk, things["panels.recusal"].pk])
    if name == "admin:panels_panel_replace":
        return reverse(name, args=[things["panels.panel"].pk, things["panels.assignment"].pk])
    if name == "admin:notices_objection_attachment":
        return reverse(name, args=[things["notices.objection"].pk, things["evidence"].key])
    if name in FURTHER_ARGUMENTS:
        label, more = FURTHER_ARGUMENTS[name][:1], FURTHER_ARGUMENTS[name][1:]
        return reverse(name, args=[*(things[model].pk for model in label), *more])
    if name == "admin:studios_achievement_evidence":
        return reverse(name, args=[things["studios.achievement"].pk, things["proof"].file.key])
    if name == "admin:studios_grant_voucher":
        return reverse(name, args=[things["studios.grant"].pk, things["voucher"].key])
    if name == "admin:craftsmen_selection_paper":
        return reverse(name, args=[things["scan"].key])
    if name in ("admin:people_unionbody_export", "admin:craftsmen_nomination_export"):
        return reverse(name)
    if name in FURTHER:
        return reverse(name, args=[things["people.person" if "person" in name else "accounts.user"].pk])
    found = model_route(name)
    if found and found[1] not in ("changelist", "add"):
        return reverse(name, args=[things[found[0]._meta.label_lower].pk])
    arguments = {
        "admin:app_list": ["competitions"],
        "admin:view_on_site": [0, 0],
        "news:column_feed": [things["news.column"].slug],
        "news:article_detail": [things["news.article"].pk],
        "competitions:competition_detail": [things["slug"]],
        "competitions:result_list": [things["slug"]],
        "competitions:result_detail": [things["slug"], *things["round"]],
        "competitions:result_version": [things["slug"], *things["round"], 1],
        "competitions:result_book": [things["slug"], *things["round"], 1],
        "notices:notice_detail": [things["notices.publicnotice"].pk],
        "notices:objection_new": [things["notices.publicnotice"].pk],
        "notices:objection_received": [things["notices.publicnotice"].pk, "YY-0000-0000"],
        "inbox:message_read": [things["inbox.message"].pk],
        "craftsmen:profile_detail": [things["craftsmen.profile"].slug],
        "craftsmen:profile_photo": [things["craftsmen.profile"].slug],
        "craftsmen:profile_poster": [things["craftsmen.profile"].slug],
        "craftsmen:selection_detail": [things["selection"].slug],
        "studios:studio_detail": [things["studios.studio"].slug],
        "studios:achievement_detail": [things["shown_achievement"].pk],
        "files:file_detail": [things["public_file"].key, "png"],
        "panels:sheet_list": [things["panels.panel"].pk],
        "panels:sheet_edit": [things["panels.sheet"].uuid],
        "panels:sheet_save": [things["panels.sheet"].uuid],
        "panels:sheet_recuse": [things["panels.sheet"].uuid],
        "panels:candidate_file": [things["panels.candidatefile"].uuid],
        **dict.fromkeys(
            CERTIFICATE_FILES | {"certificates:check_detail"}, [things["certificates.certificate"].code]
        ),
        "nominations:branch_act": [things["craftsmen.offer"].pk, things["people.unionbody"].pk],
        "nominations:branch_summary": [things["craftsmen.offer"].pk, things["people.unionbody"].pk],
        "nominations:nomination_edit": [things["nomination"].uuid, "basic"],
        "nominations:nomination_save": [things["nomination"].uuid, "basic"],
        "nominations:nomination_act": [things["nomination"].uuid, "withdraw"],
        "nominations:nomination_file": [things["nomination"].uuid, things["nomination_file"].file.key],
        "nominations:nomination_file_remove": [things["nomination"].uuid, things["nomination_file"].pk],
        **{
            f"nominations:nomination_{page}": [things["nomination"].uuid]
            for page in ("detail", "document", "photo", "attach")
        },
        "academies:request_detail": [things["academies.classrequest"].pk],
        "academies:academy_detail": [things["learner"].run.academy.slug],
        "academies:course_detail": [things["learner"].run.course.slug],
        **{
            f"academies:run_{page}": [things["learner"].run.key]
            for page in ("detail", "calendar", "mine", "enrol", "enrol_people", "group")
        },
        "academies:enrolment_detail": [things["learner"].key],
        "academies:enrolment_act": [things["learner"].key, "cancel"],
        **{
            f"applications:application_{page}": [things["studios.studioapplication"].uuid, *more]
            for page, more in {
                "detail": [],
                "attach": [],
                "withdraw": [],
                "edit": ["basic"],
                "save": ["basic"],
                "file": [things["application_file"].file.key],
                "file_remove": [things["application_file"].pk],
            }.items()
        },
        "mystudios:studio_detail": [things["studios.studio"].pk],
        "mystudios:achievement_new": [things["studios.studio"].pk],
        **{
            f"mystudios:achievement_{page}": [things["studios.achievement"].pk] for page in ("detail", "edit")
        },
        "mystudios:evidence_attach": [things["studios.achievement"].pk],
        "mystudios:evidence_remove": [things["studios.achievement"].pk, things["proof"].pk],
        "mystudios:evidence_file": [things["studios.achievement"].pk, things["proof"].file.key],
        **{
            f"mystudios:review_{page}": [things["studios.annualreview"].pk]
            for page in ("detail", "edit", "refill")
        },
        "academies:scan": ["no-code"],
        **{
            f"academies:{page}": [things["learner"].key]
            for page in ("learning_run", "pass_detail", "pass_picture", "feedback_new", "exam_detail")
        },
        **{
            f"academies:{page}": [things["learner"].key, things["online_lesson"].key]
            for page in ("lesson_detail", "lesson_progress", "make_up_new")
        },
        "academies:attempt": [things["learner"].key, 1],
        "academies:attempt_answers": [things["learner"].key, 1],
        "academies:material_file": [things["learner"].key, things["material"].pk, "file"],
        "academies:signed": [things["taught_lesson"].key],
        **{f"academies:lesson_{page}": [things["taught_lesson"].key] for page in ("sheet", "save", "state")},
        "academies:lesson_act": [things["taught_lesson"].key, "close"],
        "academies:lesson_screen": [things["taught_lesson"].key, "in"],
        "academies:lesson_code": [things["taught_lesson"].key, "in"],
        "academies:make_up_decide": [things["closed_lesson"].key, things["make_up"].pk],
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
        of_one_line = name.startswith("admin:notices_") or name in PAGES_OF_ONE_LINE
        return FURTHER[name] in permissions and not (role in OTHER_LINES and of_one_line)
    if name in CERTIFICATE_FILES:
        return "certificates.issue_competitions" in permissions
    if name in ATTENDANCE or name in BOARD or name in NOMINATIONS:
        return (ATTENDANCE | BOARD | NOMINATIONS)[name] in permissions
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
    if name.endswith("_import_preview"):
        return response.status_code == 404  # the workbook kept here is of another page
    if name == "people:unit_choices":
        return response.status_code == 404  # only for whoever is signing up
    if name == "inbox:message_read_all":
        return method == "post" and response.status_code == 400  # the moment up to which is missing
    if name in ("nominations:nomination_start", "applications:application_start"):
        return method == "post" and response.status_code == 404  # nobody here has a road
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
