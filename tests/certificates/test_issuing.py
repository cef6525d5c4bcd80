"""Issuing: all or nothing, once for each source, numbers without a gap even when many issue at the same moment."""

import time
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import QuerySet

from tests.factories import certificate_line, make_design, make_person, make_series, make_superuser, make_user
from tests.portal.threads import in_threads
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.certificates import services
from unionportal.certificates.models import Certificate, CertificateSeries, Line

pytestmark = pytest.mark.django_db
DAY = date(2025, 5, 30)


@pytest.fixture
def root():
    return make_superuser()


@pytest.fixture
def asked(root):
    """What issue_certificates is asked for, but the lines."""
    return {
        "design": make_design(),
        "series": make_series(code="MYGJ-2025-JS"),
        "issued_on": DAY,
        "actor": root,
    }


def issue(asked, *lines):
    return services.issue_certificates(**asked, lines=lines)


def numbers(series):
    return list(Certificate.objects.filter(series=series).values_list("serial", flat=True))


def test_a_certificate_says_what_its_design_and_facts_make_of_it(asked):
    person = make_person("李红霞")
    (made,) = issue(asked, certificate_line("李红霞", "awards:1", person=person, unit="家政公司"))
    assert (made.number, made.serial, made.status) == ("MYGJ-2025-JS-0001", 1, "issued")
    assert (made.person, made.holder, made.kind, made.issued_by) == (person, "李红霞", "award", "超级用户")
    assert made.facts == {"name": "李红霞", "title": "第三届工匠杯", "award": "一等奖", "unit": "家政公司"}
    assert made.words == {
        "heading": "获奖证书",
        "salutation": "李红霞 同志：",
        "body": ["在第三届工匠杯中荣获"],
        "highlight": "一等奖",
        "closing": "特发此证，以资鼓励。",
        "issuers": ["密云区总工会"],
        "date": "二〇二五年五月三十日",
    }
    assert len(made.code) == 22
    line = AuditEntry.objects.get(action="certificates.certificates_issued")
    assert (line.details["count"], line.details["first"], line.details["last"]) == (
        1,
        made.number,
        made.number,
    )


def test_what_was_issued_stays_when_the_design_changes(asked):
    (made,) = issue(asked, certificate_line("甲"))
    asked["design"].body = "换了"
    asked["design"].save()
    made.refresh_from_db()
    assert made.words["body"] == ["在第三届工匠杯中荣获"]


def test_numbers_follow_the_lines_and_go_on(asked):
    first = issue(asked, certificate_line("甲"), certificate_line("乙"))
    second = issue(asked, certificate_line("丙"))
    assert [item.number for item in first + second] == [f"MYGJ-2025-JS-000{n}" for n in (1, 2, 3)]
    assert [item.holder for item in first] == ["甲", "乙"]
    assert len({item.code for item in first + second}) == 3


def test_series_count_for_themselves_and_past_four_digits(asked):
    issue(asked, certificate_line())
    other = asked | {"series": make_series(code="MYGJ-2026-JS", next_number=9999)}
    assert [item.number for item in issue(other, certificate_line(), certificate_line())] == [
        "MYGJ-2026-JS-9999",
        "MYGJ-2026-JS-10000",
    ]


def test_issuing_again_issues_nothing_twice(asked):
    lines = [certificate_line("甲", "k:1"), certificate_line("乙", "k:2")]
    first = issue(asked, *lines)
    again = issue(asked, certificate_line("丙", "k:3"), *lines)
    assert [item.pk for item in again[1:]] == [item.pk for item in first]
    assert numbers(asked["series"]) == [1, 2, 3]
    issue(asked, *lines)
    assert AuditEntry.objects.filter(action="certificates.certificates_issued").count() == 2


def test_the_same_source_twice_in_one_go_is_refused(asked):
    with pytest.raises(ValidationError, match="列了两次"):
        issue(asked, certificate_line("甲", "k:1"), certificate_line("甲", "k:1"))
    assert numbers(asked["series"]) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (certificate_line("𠮷田"), ["𠮷田：", "𠮷（U+20BB7）", "空白"]),
        (certificate_line("王\u200b芳"), ["U+200B"]),
        (certificate_line("丁", award="一等🏆"), ["丁：", "🏆"]),
        (certificate_line("丁", award=""), ["丁：", "等次", "没有填"]),
        (certificate_line(""), ["（无姓名）："]),
        (certificate_line("丁", phone="13800000000"), ["phone"]),
        (certificate_line("丁", unit="110118199001010018"), ["身份证号或手机号"]),
        (certificate_line("丁", award="电话13812345678"), ["身份证号或手机号"]),
        (certificate_line("丁", title="长" * 500), ["一页印不下"]),
        (certificate_line("丁", award="长" * 61), ["超过 60 字"]),
    ],
    ids=["rare", "invisible", "emoji", "blank", "nameless", "unknown", "identity", "mobile", "long", "wide"],
)
def test_one_that_cannot_be_printed_is_named_and_nothing_is_issued(asked, line, words):
    with pytest.raises(ValidationError) as error:
        issue(asked, certificate_line("甲"), line, certificate_line("乙"))
    text = " ".join(error.value.messages)
    assert all(word in text for word in words), text
    assert len(error.value.messages) == 1
    assert not Certificate.objects.exists()
    assert CertificateSeries.objects.get().next_number == 1
    assert not AuditEntry.objects.filter(action__startswith="certificates.").exists()


def test_every_person_in_trouble_is_named_at_once(asked):
    with pytest.raises(ValidationError) as error:
        issue(asked, certificate_line("𠮷田"), certificate_line("甲"), certificate_line("𠮷川"))
    assert [message.partition("：")[0] for message in error.value.messages] == ["𠮷田", "𠮷川"]


def test_a_rolled_back_issue_leaves_no_gap(asked):
    issue(asked, certificate_line("甲"))
    with transaction.atomic():
        issue(asked, certificate_line("乙"), certificate_line("丙"))
        transaction.set_rollback(True)
    (made,) = issue(asked, certificate_line("丁"))
    assert (made.number, numbers(asked["series"])) == ("MYGJ-2025-JS-0002", [1, 2])


def test_only_the_staff_of_a_line_issue_in_it(asked):
    staff = make_user(roles.CRAFTSMAN_STAFF)
    with pytest.raises(PermissionDenied):
        issue(asked | {"actor": staff}, certificate_line())
    craftsmen = {"design": make_design(Line.CRAFTSMEN), "series": make_series(Line.CRAFTSMEN)}
    assert len(issue(asked | craftsmen | {"actor": staff}, certificate_line())) == 1
    with pytest.raises(ValidationError, match="不属于同一业务条线"):
        issue(asked | {"design": craftsmen["design"]}, certificate_line())


def test_300_are_issued_in_few_statements(asked, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        made = issue(asked, *(certificate_line(f"选手{'甲乙丙'[n % 3]}") for n in range(300)))
    assert [item.serial for item in made] == list(range(1, 301))


# ── Replacing and revoking ───────────────────────────────────────────────────────────────────────────────


def test_a_reissued_one_gives_way_to_a_new_number_and_code(asked, root):
    (old,) = issue(asked, certificate_line("甲", "k:1"))
    new = services.reissue_certificate(certificate=old, reason=" 遗失 ", actor=root)
    old.refresh_from_db()
    assert (old.status, old.reissued_at is not None) == ("reissued", True)
    assert (new.number, new.replaces, new.reissue_reason) == ("MYGJ-2025-JS-0002", old, "遗失")
    assert (new.facts, new.words, new.source_key, new.issued_on) == (old.facts, old.words, "k:1", DAY)
    assert new.code != old.code
    # The source has one valid certificate, the new one.
    assert issue(asked, certificate_line("甲", "k:1")) == [new]


def test_a_reissue_may_put_the_facts_right(asked, root):
    (old,) = issue(asked, certificate_line("李红侠", "k:1"))
    line = certificate_line("李红霞", "k:1", award="二等奖")
    new = services.reissue_certificate(certificate=old, reason="姓名更正", actor=root, line=line)
    assert (new.holder, new.words["salutation"], new.words["highlight"]) == (
        "李红霞",
        "李红霞 同志：",
        "二等奖",
    )
    old.refresh_from_db()
    assert (old.holder, old.words["salutation"]) == ("李红侠", "李红侠 同志：")


def test_a_reissue_that_cannot_be_printed_leaves_the_old_one_valid(asked, root):
    (old,) = issue(asked, certificate_line("李红侠", "k:1"))
    with pytest.raises(ValidationError, match="𠮷"):
        services.reissue_certificate(
            certificate=old, reason="更正", actor=root, line=certificate_line("𠮷", "k:1")
        )
    with pytest.raises(ValidationError, match="换发原因"):
        services.reissue_certificate(certificate=old, reason=" ", actor=root)
    with pytest.raises(ValidationError, match="同一事项"):
        services.reissue_certificate(certificate=old, reason="更正", actor=root, line=certificate_line("甲"))
    old.refresh_from_db()
    assert (old.status, Certificate.objects.count()) == ("issued", 1)


def test_a_revoked_one_stays_revoked(asked, root):
    (made,) = issue(asked, certificate_line("甲", "k:1"))
    with pytest.raises(ValidationError, match="撤销原因"):
        services.revoke_certificate(certificate=made, ground=" ", actor=root)
    done = services.revoke_certificate(certificate=made, ground="名次更正", document_number="9号", actor=root)
    assert (done.status, done.revoked_ground, done.revoked_document) == ("revoked", "名次更正", "9号")
    for act in (
        lambda: services.revoke_certificate(certificate=made, ground="再来", actor=root),
        lambda: services.reissue_certificate(certificate=made, reason="再来", actor=root),
    ):
        with pytest.raises(ValidationError, match="已撤销"):
            act()


def test_staff_of_another_line_neither_reissue_nor_revoke(asked):
    (made,) = issue(asked, certificate_line("甲"))
    staff = make_user(roles.ACADEMY_STAFF)
    with pytest.raises(PermissionDenied):
        services.reissue_certificate(certificate=made, reason="x", actor=staff)
    with pytest.raises(PermissionDenied):
        services.revoke_certificate(certificate=made, ground="x", actor=staff)


# ── Many at the same moment ──────────────────────────────────────────────────────────────────────────────


def race(asked, count=8):
    """Each of many staff issues three certificates in one series, one of them taking it back in the end."""

    def job(number):
        def issue_three():
            with transaction.atomic():
                made = issue(asked, *(certificate_line("甲", f"k:{number}:{n}") for n in range(3)))
                transaction.set_rollback(number == 0)
            return made

        return issue_three

    return in_threads(*(job(number) for number in range(count)))


@pytest.fixture
def slowly(monkeypatch):
    """Between reading the counter and writing certificates everybody takes their time."""
    look = services.line_problems

    def look_slowly(*args):
        time.sleep(0.05)
        return look(*args)

    monkeypatch.setattr(services, "line_problems", look_slowly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slowly")
def test_issuing_at_the_same_moment_leaves_no_gap_and_no_double(asked):
    results = race(asked)
    assert [item for item in results if isinstance(item, Exception)] == []
    assert numbers(asked["series"]) == list(range(1, 22))
    assert CertificateSeries.objects.get().next_number == 22


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slowly")
def test_without_the_lock_the_same_race_goes_wrong(asked, monkeypatch):
    """The control: the lock of the series is what keeps the numbers apart, not luck with the timing."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset.all())
    results = race(asked)
    assert [item for item in results if isinstance(item, Exception)] != []


@pytest.mark.django_db(transaction=True)
def test_the_same_source_issued_at_the_same_moment_gets_one_certificate(asked):
    results = in_threads(*[lambda: issue(asked, certificate_line("甲", "k:1"))] * 6)
    assert len({item.pk for made in results for item in made}) == 1
    assert numbers(asked["series"]) == [1]


@pytest.mark.django_db(transaction=True)
def test_two_reissues_at_the_same_moment_make_one_new_certificate(asked, root):
    (old,) = issue(asked, certificate_line("甲"))
    results = in_threads(
        *[lambda: services.reissue_certificate(certificate=old, reason="遗失", actor=root)] * 4
    )
    refused = [item for item in results if isinstance(item, ValidationError)]
    assert (len(refused), Certificate.objects.count()) == (3, 2)
    assert numbers(asked["series"]) == [1, 2]


# ── Looking for gaps ─────────────────────────────────────────────────────────────────────────────────────


def test_the_check_of_invariants_finds_a_gap(asked):
    issue(asked, certificate_line("甲"), certificate_line("乙"), certificate_line("丙"))
    make_series()
    call_command("check_invariants")
    Certificate.objects.filter(serial=2).delete()
    with pytest.raises(CommandError, match="应有 3 张，实有 2 张"):
        call_command("check_invariants")
