"""Honours: kinds, milestones, revocation, the yearly review."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import Honour, HonourReview
from craftsmen.services import honours
from tests.craftsmen.honoured import DAY, make_honour, make_profile
from tests.factories import (
    make_design,
    make_person,
    make_series,
    make_superuser,
    make_title,
    make_unit,
    make_user,
)
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.certificates.models import Certificate, Line
from unionportal.certificates.services import CertificateLine, issue_certificates
from unionportal.people.models import Milestone, Person

pytestmark = pytest.mark.django_db
THIS_YEAR = timezone.localdate().year


@pytest.fixture
def staff(client):
    user = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    client.force_login(user)
    return user


def certify(honour, actor):
    (certificate,) = issue_certificates(
        design=make_design(Line.CRAFTSMEN),
        series=make_series(Line.CRAFTSMEN),
        issued_on=DAY,
        lines=[
            CertificateLine(
                honour.source_key, honour.holder, {"title": "评选", "award": str(honour.title)}, honour.person
            )
        ],
        actor=actor,
    )
    Honour.objects.filter(pk=honour.pk).update(certificate=certificate)
    return certificate


# ── Who may hold what ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kinds", "holder", "fits"),
    [
        ({"to_person": True}, "person", True),
        ({"to_person": True}, "unit", False),
        ({"to_person": True}, "team", False),
        ({"to_person": False, "to_unit": True}, "unit", True),
        ({"to_person": False, "to_unit": True}, "team", False),
        ({"to_person": False, "to_team": True}, "team", True),
        ({"to_person": False, "to_team": True}, "person", False),
    ],
)
def test_a_title_goes_only_to_the_kinds_it_is_given_to(kinds, holder, fits):
    unit = make_unit("甲厂")
    fields = {
        "person": {"person": make_person("张三", unit=unit)},
        "unit": {"unit": unit},
        "team": {"unit": unit, "team_name": "一班"},
    }[holder]
    if fits:
        honour = make_honour(title=make_title(**kinds), **fields)
        assert honour.holder == {"person": "张三", "unit": "甲厂", "team": "一班"}[holder]
    else:
        with pytest.raises(ValidationError, match="不授予"):
            make_honour(title=make_title(**kinds), **fields)
        assert not Honour.objects.exists()


def test_what_follows_from_holder_and_title_is_filled_in():
    person = make_person("张三", unit=make_unit("甲厂"), occupation="钳工")
    honour = make_honour(title=make_title(valid_years=3), person=person, document_on=date(2024, 2, 29))
    assert (honour.unit_name, honour.occupation) == ("甲厂", "钳工")
    assert honour.valid_to == date(2027, 3, 1)
    person.unit = make_unit("乙厂")
    person.save()
    assert Honour.objects.get().unit_name == "甲厂"


def test_the_same_title_is_not_given_twice_in_a_year():
    title, person = make_title(), make_person(unit=make_unit())
    make_honour(title=title, person=person)
    with pytest.raises(ValidationError, match="本年度已登记"):
        make_honour(title=title, person=person)
    make_honour(title=title, person=person, year=2026)


# ── The growth record ──────────────────────────────────────────────────────────────────────────────────────


def test_an_honour_writes_its_milestone_with_the_tier_of_the_title():
    honour = make_honour(title=make_title("密云工匠", tier=Milestone.Tier.CITY), document_title="决定")
    (line,) = Milestone.objects.all()
    assert (line.person, line.on, line.kind, line.tier) == (honour.person, DAY, "honour", "city")
    assert line.title == "获评 2025 年密云工匠"
    assert line.detail == f"决定（{honour.document_number}）"
    assert line.visibility == "public"
    assert line.source_key.startswith(f"craftsmen.honour:{honour.pk}:")


def test_an_honour_that_is_not_for_the_public_stays_the_holders_own():
    make_honour(is_public=False)
    assert Milestone.objects.get().visibility == "self"


def test_units_and_teams_have_no_growth_record():
    make_honour(title=make_title(to_unit=True), unit=make_unit())
    assert not Milestone.objects.exists()


def test_editing_an_honour_rewrites_its_milestone(client, staff):
    honour = make_honour()
    url = reverse("admin:craftsmen_honour_change", args=[honour.pk])
    sent = {
        "title": honour.title_id, "person": honour.person_id, "unit": honour.unit_id, "year": 2024,
        "unit_name": "甲厂", "occupation": "电工", "document_number": "新号", "document_on": "2024-04-28",
        "team_name": "", "document_title": "", "citation": "",
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302
    line = Milestone.objects.get()
    assert (line.on, line.detail, line.visibility) == (date(2024, 4, 28), "（新号）", "self")


# ── Revocation ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_revoked_honour_leaves_everything_public_and_its_certificate_says_so(client, staff):
    honour = make_honour(staff, name="张三丰")
    page = make_profile(honour)
    certificate = certify(honour, staff)
    url = reverse("admin:craftsmen_honour_act", args=[honour.pk, "revoke"])
    assert "证书" in client.get(reverse("admin:craftsmen_honour_change", args=[honour.pk])).content.decode()
    sent = {"ground": "弄虚作假", "document_number": "密工发〔2026〕9号", "on": str(timezone.localdate())}
    assert client.post(url, sent).status_code == 302
    honour.refresh_from_db()
    assert (honour.status, honour.revoked_document) == ("revoked", "密工发〔2026〕9号")
    certificate.refresh_from_db()
    assert (certificate.status, certificate.revoked_ground) == (Certificate.Status.REVOKED, "弄虚作假")
    assert not Milestone.objects.exists()
    for public in ("/", "/craftsmen/", "/craftsmen/?q=张三丰", f"/craftsmen/?year={honour.year}"):
        assert "张三丰" not in client.get(public).content.decode().replace('value="张三丰"', ""), public
    for gone in (page.get_absolute_url(), f"{page.get_absolute_url()}poster.png"):
        assert client.get(gone).status_code in (404, 410), gone


@pytest.mark.parametrize(
    ("ground", "document", "on", "field"),
    [
        (" ", "1号", None, "ground"),
        ("事由", " ", None, "document_number"),
        ("事由", "1号", date(2025, 4, 27), "on"),
        ("事由", "1号", date(2099, 1, 1), "on"),
    ],
)
def test_a_revocation_needs_ground_document_and_a_possible_date(ground, document, on, field):
    honour, root = make_honour(), make_superuser()
    with pytest.raises(ValidationError) as refused:
        honours.revoke_honour(honour=honour, ground=ground, document_number=document, on=on, actor=root)
    assert list(refused.value.error_dict) == [field]
    assert Honour.objects.get().status == "active"


def test_only_who_may_revokes_and_only_once():
    honour, root = make_honour(), make_superuser()
    with pytest.raises(PermissionDenied):
        honours.revoke_honour(
            honour=honour, ground="事由", document_number="1号", actor=make_user(roles.SUPERVISOR)
        )
    honours.revoke_honour(honour=honour, ground="事由", document_number="1号", actor=root)
    with pytest.raises(ValidationError, match="撤销"):
        honours.revoke_honour(honour=honour, ground="又一次", document_number="2号", actor=root)


def test_a_revoked_honour_is_closed_to_editing_and_its_acts(client, staff):
    honour = make_honour()
    honours.revoke_honour(honour=honour, ground="事由", document_number="1号", actor=make_superuser())
    page = client.get(reverse("admin:craftsmen_honour_change", args=[honour.pk])).content.decode()
    assert "确认" not in page
    assert "act/revoke/" not in page
    response = client.post(reverse("admin:craftsmen_honour_change", args=[honour.pk]), {"year": 2020})
    assert response.status_code == 403


# ── The yearly review ──────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_holds_what_the_title_asks_for_and_this_year_has_not_seen():
    asked, other = make_title(needs_yearly_review=True), make_title()
    due = make_honour(title=asked)
    make_honour(title=other)
    make_honour(title=asked, year=THIS_YEAR, document_on=timezone.localdate())
    revoked, expired, done = (make_honour(title=asked) for _ in range(3))
    honours.revoke_honour(honour=revoked, ground="事由", document_number="1号", actor=make_superuser())
    Honour.objects.filter(pk=expired.pk).update(valid_to=date(2025, 12, 31))
    HonourReview.objects.create(honour=done, year=THIS_YEAR)
    HonourReview.objects.create(honour=due, year=THIS_YEAR - 1)
    assert set(Honour.objects.awaiting_review(THIS_YEAR)) == {due}


def test_many_holders_are_confirmed_in_one_go(client, staff):
    title = make_title(needs_yearly_review=True)
    made = [make_honour(title=title, name=name) for name in ("张三", "李四", "王五")]
    page = client.get(reverse("admin:craftsmen_honour_review"))
    assert [item.holder for item in page.context["page"]] == ["李四", "王五", "张三"]
    assert not any(item.given["is_chosen"] for item in page.context["page"])
    sent = {"honour": [item.pk for item in made[:2]]}
    for item, status in zip(made, ("retired", "working", "deceased"), strict=True):
        sent |= {f"life-{item.pk}": status, f"result-{item.pk}": "stands", f"note-{item.pk}": ""}
    assert client.post(reverse("admin:craftsmen_honour_review"), sent).status_code == 302
    found = dict(HonourReview.objects.values_list("honour__person__name", "life_status"))
    assert found == {"张三": "retired", "李四": "working"}
    assert dict(Person.objects.filter(honours__in=made).values_list("name", "life_status")) == {
        "张三": "retired",
        "李四": "working",
        "王五": "working",
    }
    actions = list(AuditEntry.objects.filter(actor_key=str(staff.pk)).values_list("action", flat=True))
    assert actions.count("craftsmen.honours_reviewed") == 1
    assert actions.count("people.life_status_set") == 1
    assert [item.holder for item in Honour.objects.awaiting_review(THIS_YEAR)] == ["王五"]


def test_a_review_that_is_wrong_in_one_row_writes_nothing_and_loses_nothing(client, staff):
    title = make_title(needs_yearly_review=True)
    first, second = (make_honour(title=title) for _ in range(2))
    sent = {
        "honour": [first.pk, second.pk],
        f"life-{first.pk}": "retired",
        f"result-{first.pk}": "stands",
        f"life-{second.pk}": "working",
        f"result-{second.pk}": "concern",
        f"note-{first.pk}": "去年退休",
    }
    response = client.post(reverse("admin:craftsmen_honour_review"), sent)
    text = response.content.decode()
    assert "须进一步核实" in text
    assert "去年退休" in text
    assert text.count(" checked") == 2
    assert not HonourReview.objects.exists()
    assert not Person.objects.filter(life_status="retired").exists()


def test_two_honours_of_one_person_cannot_tell_two_life_statuses():
    title = make_title(needs_yearly_review=True)
    first = make_honour(title=title)
    second = make_honour(title=title, person=first.person, year=2024)
    lines = [honours.ReviewLine(first.pk, "working"), honours.ReviewLine(second.pk, "retired")]
    with pytest.raises(ValidationError, match="前后不一"), transaction.atomic():
        honours.review_honours(year=THIS_YEAR, lines=lines, actor=None)
    assert not HonourReview.objects.exists()


def test_reviewing_again_keeps_the_first_review(client, staff):
    honour = make_honour(title=make_title(needs_yearly_review=True))
    line = [honours.ReviewLine(honour.pk, "working")]
    assert len(honours.review_honours(year=THIS_YEAR, lines=line, actor=staff)) == 1
    again = [honours.ReviewLine(honour.pk, "deceased")]
    assert honours.review_honours(year=THIS_YEAR, lines=again, actor=staff) == []
    assert HonourReview.objects.get().life_status == "working"
    assert Person.objects.get(pk=honour.person_id).life_status == "working"


def test_the_review_page_costs_the_same_with_one_and_with_many(client, staff):
    title = make_title(needs_yearly_review=True)
    costs = []
    for more in (1, 20):
        for _ in range(more):
            make_honour(title=title)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("admin:craftsmen_honour_review"))
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 8
