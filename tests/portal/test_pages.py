"""What every answer carries, and what people read when something goes wrong."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories import make_person, make_superuser, make_unit
from tests.portal.broken_urls import SECRET
from unionportal.people.models import Unit

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
}


@pytest.fixture
def broken(client, settings):
    settings.ROOT_URLCONF = "tests.portal.broken_urls"
    client.raise_request_exception = False
    return client


def check_headers(response):
    directives = dict(
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";") if part.strip()
    )
    assert directives == POLICY
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert re.fullmatch("[0-9a-f]{8}", response["X-Request-ID"])


def check_markup(text):
    """Nothing on the page needs more than the policy gives."""
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)
    assert not re.search(r"<style|<[^>]+\sstyle=|<[^>]+\son[a-z]+=|javascript:", text)
    assert not re.search(r'(?:src|<link[^>]+href)="(?:https?:)?//', text)


@pytest.mark.parametrize("url", ["/", "/news/", "/competitions/", "/account/login/", "/nowhere/", "/news/1/"])
def test_public_pages_are_strict_and_ask_for_no_session(client, url):
    response = client.get(url)
    check_headers(response)
    check_markup(response.text)
    if "account" not in url:
        assert "Cookie" not in response.get("Vary", "")
        assert not response.cookies


def admin_pages():
    person, unit = make_person(), make_unit()
    return [
        reverse("admin:index"),
        reverse("admin:people_person_changelist"),
        reverse("admin:people_person_add"),
        reverse("admin:people_person_change", args=[person.pk]),
        reverse("admin:people_person_history", args=[person.pk]),
        reverse("admin:people_person_delete", args=[person.pk]),
        reverse("admin:people_unit_change", args=[unit.pk]),
        reverse("admin:accounts_user_add"),
        reverse("admin:accounts_user_changelist"),
        reverse("admin:news_article_add"),
        reverse("admin:competitions_competition_add"),
        reverse("admin:audit_auditentry_changelist"),
        "/staff/people/",
        "/account/password/",
    ]


def test_admin_pages_are_strict_and_stay_out_of_caches(client):
    client.force_login(make_superuser())
    for url in admin_pages():
        response = client.get(url)
        assert response.status_code == 200, url
        check_headers(response)
        check_markup(response.text)
        if url.startswith("/staff/"):
            assert "no-store" in response["Cache-Control"], url


@pytest.mark.parametrize("status", ["400", "403", "404", "500"])
def test_error_pages_carry_the_number_and_no_trace(broken, status):
    response = broken.get(f"/broken/{status}/")
    assert response.status_code == int(status)
    check_headers(response)
    check_markup(response.text)
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert "broken_urls" not in response.text
    assert response["X-Request-ID"] in response.text
    assert f'<p class="trouble-code">{status}</p>' in response.text


def test_a_refusal_says_why(broken):
    assert "只有裁判长可以退回。" in broken.get("/broken/403/").text


def test_each_request_has_a_number_of_its_own(client):
    assert client.get("/health/")["X-Request-ID"] != client.get("/health/")["X-Request-ID"]


def test_a_caller_does_not_choose_the_number(client):
    response = client.get("/health/", HTTP_X_REQUEST_ID="<script>")
    assert re.fullmatch("[0-9a-f]{8}", response["X-Request-ID"])


@pytest.mark.parametrize("status", ["400", "500"])
def test_the_pages_for_a_broken_server_ask_no_database(broken, status, django_assert_num_queries):
    broken.force_login(make_superuser())
    with django_assert_num_queries(0):
        broken.get(f"/broken/{status}/")


def test_a_form_without_its_token_is_a_page_too(settings):
    settings.ROOT_URLCONF = "tests.portal.broken_urls"
    response = Client(enforce_csrf_checks=True).post("/post/")
    assert response.status_code == 403
    check_headers(response)
    check_markup(response.text)
    assert "页面放得太久" in response.text
    assert response["X-Request-ID"] in response.text


def test_a_wrong_host_is_refused(client):
    response = client.get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "evil.example" not in response.text


# ── Locks and time-outs ──────────────────────────────────────────────────────────────────────────────────


def check_busy(response):
    assert response.status_code == 503
    check_headers(response)
    assert "现在有点忙" in response.text
    assert "什么也没有保存" in response.text
    assert response["X-Request-ID"] in response.text
    assert SECRET not in response.text


@pytest.mark.parametrize("code", ["55P03", "57014", "40P01"])
def test_a_time_out_or_a_deadlock_is_a_friendly_503(broken, code):
    check_busy(broken.get(f"/database/{code}/"))


@pytest.mark.parametrize("code", ["22012", "53100", "P0001"])
def test_any_other_error_of_the_database_is_a_500(broken, code):
    response = broken.get(f"/database/{code}/")
    assert response.status_code == 500
    assert SECRET not in response.text


def test_a_statement_that_takes_too_long_is_a_friendly_503(broken):
    check_busy(broken.get("/slow/"))


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_else_holds_is_a_friendly_503_and_nothing_is_saved(client):
    client.raise_request_exception = False
    client.force_login(make_superuser())
    unit = make_unit("甲厂")
    sent = {
        "name": "乙厂",
        "town": "果园街道",
        "former_names-TOTAL_FORMS": "0",
        "former_names-INITIAL_FORMS": "0",
    }
    url = reverse("admin:people_unit_change", args=[unit.pk])
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT 1 FROM people_unit WHERE id = %s FOR UPDATE", [unit.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        check_busy(client.post(url, sent))
        assert Unit.objects.values_list("name", "town").get() == ("甲厂", "")
        holder.rollback()
        assert client.post(url, sent).status_code == 302
        assert Unit.objects.values_list("name", "town").get() == ("乙厂", "果园街道")
    finally:
        holder.rollback()
        holder.close()
        connection.close()


def test_the_serving_role_waits_three_seconds_for_a_lock_and_fifteen_for_a_statement():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolconfig FROM pg_roles WHERE rolname = 'portal_app'")
        options = set(cursor.fetchone()[0])
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        kept = cursor.fetchone()
    assert {"lock_timeout=3s", "statement_timeout=15s"} <= options
    assert kept == ("on", "on")


# ── Health ───────────────────────────────────────────────────────────────────────────────────────────────


def test_health_answers_without_signing_in(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert not response.cookies
    assert client.post("/health/").status_code == 405
