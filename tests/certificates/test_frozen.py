"""Issued certificates against the role that serves: every attack fails and leaves every byte as it was."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.competitions.played import table_texts
from tests.factories import certificate_line, make_certificate, make_person, make_superuser
from unionportal.certificates import services
from unionportal.certificates.models import Certificate

pytestmark = pytest.mark.django_db
FROZEN = ("certificates_certificate", "certificates_certificateseries")


def as_app(statement, *arguments):
    """What comes of a statement as the role that serves, taken back in the end: its SQLSTATE, or the rows it hit."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_app")
            cursor.execute(statement, arguments)
            hit = cursor.rowcount
            transaction.set_rollback(True)
    except DatabaseError as error:
        return error.__cause__.pgcode
    return hit


@pytest.fixture
def root():
    return make_superuser()


@pytest.fixture
def issued(root):
    return make_certificate(root, "李红霞")


REVOKING = "status = 'revoked', revoked_at = now(), revoked_ground = 'x'"
CHANGES = [
    "number = 'X-0001'",
    "serial = 99",
    "code = 'known'",
    "holder = '别人'",
    'facts = \'{"name": "别人"}\'',
    "words = '{}'",
    "source_key = 'other:1'",
    "kind = 'honour'",
    "issued_on = '2020-01-01'",
    "issued_at = now()",
    "issued_by = '别人'",
    "reissue_reason = 'x'",
    "replaces_id = id",
    "revoked_ground = 'x'",
    "status = 'reissued', reissued_at = now(), holder = '别人'",
    f"{REVOKING}, number = 'X-0001'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_fact_of_an_issued_certificate_can_be_changed(issued, change):
    before = table_texts(*FROZEN)
    outcome = as_app(f"UPDATE certificates_certificate SET {change} WHERE id = %s", issued.pk)  # noqa: S608
    assert outcome == "42501"
    assert table_texts(*FROZEN) == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM certificates_certificate",
        "TRUNCATE certificates_certificate CASCADE",
        "ALTER TABLE certificates_certificate DISABLE TRIGGER ALL",
        "DROP TRIGGER certificate_is_frozen ON certificates_certificate",
        "UPDATE certificates_certificateseries SET next_number = 1",
        "UPDATE certificates_certificateseries SET code = 'OTHER'",
        "UPDATE certificates_certificateseries SET line = 'studios'",
        "CREATE TEMP TABLE pg_class AS SELECT oid, 'portal_app'::regrole::oid AS relowner FROM pg_catalog.pg_class;"
        "UPDATE certificates_certificate SET holder = '别人'",
    ],
)
def test_certificates_and_their_counter_are_kept(issued, statement):
    before = table_texts(*FROZEN)
    assert as_app(statement) == "42501"
    assert table_texts(*FROZEN) == before


def test_the_attacks_would_go_through_were_it_not_for_the_role(issued):
    """The owner of the tables passes, for migrations and backups: it is the guard that refused above."""
    for change in ("holder = '别人'", "number = 'X-0001'", REVOKING):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE certificates_certificate SET {change}")  # noqa: S608
            assert cursor.rowcount == 1
            transaction.set_rollback(True)


def test_one_cannot_be_made_that_is_not_valid(issued):
    copied = ", ".join(
        field.column
        for field in Certificate._meta.concrete_fields
        if field.column
        not in ("id", "serial", "number", "code", "source_key", "status", "revoked_at", "revoked_ground")
    )
    insert = f"""INSERT INTO certificates_certificate
        ({copied}, serial, number, code, source_key, status, revoked_at, revoked_ground)
        SELECT {copied}, 2, 'N-2', 'c2', 's2', %s, %s, %s FROM certificates_certificate"""  # noqa: S608
    assert as_app(insert, "revoked", "2025-01-01", "x") == "42501"
    assert as_app(insert, "issued", None, "") == 1


def test_a_state_moves_once_and_for_good(root, issued):
    assert as_app(f"UPDATE certificates_certificate SET {REVOKING}") == 1  # noqa: S608
    services.revoke_certificate(certificate=issued, ground="误", actor=root)
    for change in (
        "status = 'issued', revoked_at = NULL, revoked_ground = ''",
        "revoked_ground = '别的'",
        "status = 'reissued', reissued_at = now(), revoked_at = NULL, revoked_ground = ''",
    ):
        assert as_app(f"UPDATE certificates_certificate SET {change}") == "42501"  # noqa: S608


def test_the_person_may_be_joined_later(issued):
    assert as_app("UPDATE certificates_certificate SET person_id = %s", make_person().pk) == 1


def test_the_role_that_serves_issues_reissues_and_revokes_like_any_other(root, issued):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        (second,) = services.issue_certificates(
            design=issued.design,
            series=issued.series,
            issued_on=issued.issued_on,
            lines=[certificate_line("乙")],
            actor=root,
        )
        new = services.reissue_certificate(certificate=second, reason="遗失", actor=root)
        services.revoke_certificate(certificate=new, ground="误", actor=root)
    assert list(Certificate.objects.values_list("serial", "status")) == [
        (1, "issued"),
        (2, "reissued"),
        (3, "revoked"),
    ]
