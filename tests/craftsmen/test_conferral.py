"""Titles by a decision with its number: once, to who stands clear, with growth records; certificates and news apart."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from craftsmen.models import Conferral, Honour
from craftsmen.services import conferral, notices, review
from tests.craftsmen import played
from tests.factories import make_design, make_person, make_series, make_title, make_user
from tests.portal.threads import in_threads
from unionportal.audit.models import AuditEntry
from unionportal.certificates.models import Certificate
from unionportal.news.models import Article, Column
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return played.make_staff()


def confer(offer, staff, citations=None, **details):
    return conferral.confer(
        selection=offer.selection, details=played.decision(**details), citations=citations, actor=staff
    )


def holders():
    return set(Honour.objects.values_list("person__name", flat=True))


def test_a_decision_confers_the_titles_of_everybody_who_stands_clear(staff):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    first = offer.nominations.get(person__name="赵一")
    made = confer(offer, staff, citations={first.pk: "三十年如一日。"}, ceremony_on=None)
    honours = {honour.person.name: honour for honour in made.honours.all()}
    assert set(honours) == {"赵一", "钱二"}
    honour = honours["赵一"]
    assert (honour.title, honour.year, honour.unit_name, honour.occupation) == (
        offer.title,
        offer.selection.year,
        first.unit_name,
        "电工",
    )
    assert (honour.document_number, honour.document_on, honour.ceremony_on) == (
        "密工发〔2026〕7号",
        timezone.localdate(),
        None,
    )
    assert (honour.citation, honours["钱二"].citation, honour.is_public) == ("三十年如一日。", "", True)
    assert {played.states(offer)[name] for name in honours} == {"conferred"}
    line = Milestone.objects.get(person=first.person)
    assert (line.source_key, line.kind, line.visibility) == (
        f"craftsmen.honour:{honour.pk}:conferred",
        "honour",
        "public",
    )
    assert (line.on, line.tier) == (honour.document_on, offer.title.tier)


def test_there_is_no_conferral_without_a_document_number(staff):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    with pytest.raises(ValidationError, match="document_number"):
        confer(offer, staff, document_number=" ")
    assert not Honour.objects.exists()


def test_there_is_none_before_the_notice_is_closed(staff):
    offer, notice = played.announced(staff)
    with pytest.raises(ValidationError, match="公示须已办结"):
        confer(offer, staff)
    played.run_out(notice)
    with pytest.raises(ValidationError, match="公示须已办结"):
        confer(offer, staff)


@pytest.mark.parametrize(("days", "problem"), [(1, "不能晚于今天"), (-3, "公示期满之后成文")])
def test_the_document_is_dated_after_the_notice_and_not_ahead(staff, days, problem):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    with pytest.raises(ValidationError, match=problem):
        confer(offer, staff, document_on=timezone.localdate() + timedelta(days))


def test_who_is_held_waits_and_gets_the_title_by_a_later_decision(staff):
    offer, notice = played.announced(staff)
    objection = played.object_to(notice, "钱二", staff)
    played.close(notice, staff)
    assert [(item.person.name, why) for item, why in conferral.held_back(offer.selection)] == [
        ("钱二", "异议核查中")
    ]
    confer(offer, staff)
    assert holders() == {"赵一"}
    played.objections.decide_objection(objection=objection, actor=staff, is_upheld=False, finding="不属实。")
    with pytest.raises(ValidationError, match="已用于"):
        confer(offer, staff)
    confer(offer, staff, document_number="密工发〔2026〕9号")
    assert holders() == {"赵一", "钱二"}


def test_who_is_found_out_after_the_notice_closed_gets_no_title(staff):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    late = played.object_to(played.run_out(notice), "钱二", staff)
    assert late.status == "out_of_time"
    review.take_back(nomination=offer.nominations.get(person__name="钱二"), actor=staff, reason="本人放弃")
    confer(offer, staff)
    assert holders() == {"赵一"}


def test_the_one_who_moved_up_is_conferred_when_his_own_notice_has_closed(staff):
    offer, notice = played.announced(staff)
    played.uphold(notice, "钱二", staff)
    played.close(notice, staff)
    (line,) = notices.refill(selection=offer.selection, actor=staff)
    confer(offer, staff)
    assert holders() == {"赵一"}
    line.nomination.refresh_from_db()
    played.close(line.nomination.notice, staff)
    confer(offer, staff, document_number="密工发〔2026〕9号")
    assert holders() == {"赵一", "孙三"}
    assert played.states(offer)["钱二"] == "removed"


def test_a_second_click_gets_the_same_decision_and_writes_nothing(staff):
    offer, made = played.conferred(staff)
    before = AuditEntry.objects.count()
    assert confer(offer, staff) == made
    assert (Conferral.objects.count(), Honour.objects.count(), AuditEntry.objects.count()) == (1, 2, before)


def test_a_number_of_another_selection_is_refused(staff):
    played.conferred(staff)
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    with pytest.raises(ValidationError, match="已用于“关于命名密云工匠的决定”"):
        confer(offer, staff)


def test_who_holds_the_title_of_that_year_already_is_named_and_nothing_is_conferred(staff):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    Honour.objects.create(
        title=offer.title,
        person=offer.nominations.get(person__name="钱二").person,
        year=offer.selection.year,
        document_number="旧",
        document_on=timezone.localdate(),
    )
    with pytest.raises(ValidationError, match="钱二本年度已登记同一称号"):
        confer(offer, staff)
    assert Honour.objects.count() == 1


def test_a_merged_person_is_honoured_as_the_one_who_remains(staff):
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    nomination = offer.nominations.get(person__name="赵一")
    nomination.person.merged_into = make_person("赵一一")
    nomination.person.save()
    confer(offer, staff)
    assert holders() == {"赵一一", "钱二"}
    assert Milestone.objects.filter(person__name="赵一一").exists()


def test_who_does_not_consent_is_not_shown_and_a_title_may_expire(staff):
    offer, notice = played.announced(staff, title=make_title(valid_years=3))
    offer.nominations.filter(person__name="赵一").update(consents_to_publication=False)
    played.close(notice, staff)
    confer(offer, staff)
    honour = Honour.objects.get(person__name="赵一")
    assert not honour.is_public
    assert honour.valid_to.year == timezone.localdate().year + 3
    assert Milestone.objects.get(person=honour.person).visibility == "self"


def test_nobody_confers_without_the_right(staff):
    offer, _ = played.announced(staff)
    with pytest.raises(PermissionDenied):
        confer(offer, make_user())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confer_at_once_there_is_one_decision():
    staff = [played.make_staff(), played.make_staff()]
    offer, notice = played.announced(staff[0])
    played.close(notice, staff[0])
    numbers = ["密工发〔2026〕7号", "密工发〔2026〕8号"]
    results = in_threads(
        *(
            lambda actor=actor, number=number: confer(offer, actor, document_number=number)
            for actor, number in zip(staff, numbers, strict=True)
        )
    )
    assert sorted(type(result).__name__ for result in results) == ["Conferral", "ValidationError"]
    assert (Conferral.objects.count(), Honour.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_confers_once():
    staff = played.make_staff()
    offer, notice = played.announced(staff)
    played.close(notice, staff)
    results = in_threads(*(lambda: confer(offer, staff) for _ in range(2)))
    assert results[0] == results[1] == Conferral.objects.get()
    assert Honour.objects.count() == 2


# ── What follows, each for itself ────────────────────────────────────────────────────────────────────────


def issue(made, staff, **fields):
    design = make_design("craftsmen", kind="honour", body="授予{award}称号。", highlight="", **fields)
    return conferral.issue_honour_certificates(
        conferral=made,
        design=design,
        series=make_series("craftsmen"),
        issued_on=made.document_on,
        actor=staff,
    )


def test_certificates_are_issued_in_one_go_and_never_twice(staff):
    _, made = played.conferred(staff)
    assert issue(made, staff) == 2
    keys = set(Certificate.objects.values_list("source_key", flat=True))
    assert keys == {f"craftsmen.honour:{honour.pk}" for honour in made.honours.all()}
    assert not made.honours.filter(certificate=None).exists()
    with pytest.raises(ValidationError, match="都已签发"):
        issue(made, staff)


def test_a_name_that_cannot_be_printed_stops_the_certificates_and_not_the_decision(staff):
    offer, made = played.conferred(staff)
    person = made.honours.first().person
    person.name = "赵\U000323af"
    person.save()
    with pytest.raises(ValidationError, match="字库里没有"):
        issue(made, staff)
    assert not Certificate.objects.exists()
    assert made.honours.count() == 2
    assert played.states(offer)["钱二"] == "conferred"


def test_the_ceremony_is_a_date_of_its_own(staff):
    _, made = played.conferred(staff)
    on = timezone.localdate() + timedelta(20)
    conferral.set_ceremony(conferral=made, on=on, place="区文化馆", actor=staff)
    honour = made.honours.first()
    assert (honour.ceremony_on, honour.document_on) == (on, timezone.localdate())


def test_the_news_is_drafted_once_and_names_who_agreed(staff):
    offer, notice = played.announced(staff)
    offer.nominations.filter(person__name="钱二").update(consents_to_publication=False)
    played.close(notice, staff)
    made = confer(offer, staff)
    column = Column.objects.create(name="要闻", slug="yaowen")
    article = conferral.draft_article(conferral=made, column=column, actor=staff)
    made.refresh_from_db()
    assert conferral.draft_article(conferral=made, column=column, actor=staff) == article
    assert (Article.objects.count(), article.status) == (1, "draft")
    assert "赵一" in article.body
    assert "钱二" not in article.body
    assert "密工发〔2026〕7号" in article.body
