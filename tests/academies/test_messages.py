"""Every step is told, on every path: by whom it concerns, once, and rolled back with what it tells of."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from academies.services import enrolment as services
from academies.services import seats
from tests import factories
from tests.academies.runs import make_run
from tests.portal.threads import in_threads
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return factories.make_user(name="学院老师")


def learner(name="张三"):
    person = factories.make_person(name)
    person.user = factories.make_user(name=name)
    person.save()
    return person


def enrol(run, person, **options):
    return services.enrol(run=run, person=person, actor=person.user, **options)


def kinds(person):
    """What a learner was told, in order."""
    mine = Message.objects.filter(user=person.user).order_by("pk")
    return [kind.removeprefix("academies.") for kind in mine.values_list("kind", flat=True)]


def last(person):
    return Message.objects.filter(user=person.user).latest("pk")


def test_a_seat_is_told_with_its_days_and_place_and_leads_to_the_enrolment():
    run, person = make_run(venue="实训楼", to_bring="工作服"), learner()
    enrolment = enrol(run, person)
    message = last(person)
    assert message.url == enrolment.get_absolute_url()
    assert str(run) in message.title
    for words in ("您已被", "实训楼", "工作服", f"{run.starts_on.month} 月 {run.starts_on.day} 日开班"):
        assert words in message.body


def test_the_whole_way_down_the_list_is_told(staff):
    run, first, second = make_run(capacity=1, offer_hours=6), learner("甲"), learner("乙")
    third = learner("丙")
    seated = enrol(run, first)
    waiting, after = enrol(run, second), enrol(run, third)
    assert "候补第 2 位" in last(third).title
    services.cancel_enrolment(enrolment=seated, actor=first.user)
    assert kinds(first) == ["admitted", "cancelled"]
    assert kinds(second) == ["waiting", "offered"]
    now = timezone.now() + timedelta(hours=7)
    seats.settle_all(now=now)
    assert kinds(second) == ["waiting", "offered", "lapsed"]
    assert kinds(third) == ["waiting", "offered"]
    services.accept_offer(enrolment=after, actor=third.user, now=now)
    assert kinds(third) == ["waiting", "offered", "admitted"]
    assert waiting.person == second


def test_what_staff_do_is_told_too(staff):
    run, person, other = make_run(needs_approval=True, capacity=1), learner("甲"), learner("乙")
    application = services.enrol(run=run, person=person, actor=staff, channel="staff")
    services.approve_enrolment(enrolment=application, actor=staff)
    assert kinds(person) == ["applied", "admitted"]
    refused = services.enrol(run=run, person=other, actor=staff, channel="roster")
    services.reject_enrolment(enrolment=refused, actor=staff, reason="工种不符")
    assert kinds(other) == ["applied", "rejected"]
    assert "工种不符" in last(other).body
    services.cancel_enrolment(enrolment=application, actor=staff, reason="停课")
    assert "停课" in last(person).body


def test_more_room_is_told_to_whom_it_reaches(staff):
    run, first, second = make_run(capacity=1), learner("甲"), learner("乙")
    enrol(run, first)
    enrol(run, second)
    services.set_capacity(run=run, capacity=2, actor=staff)
    assert kinds(second) == ["waiting", "offered"]


def test_the_liaison_who_enrolled_hears_what_comes_after_and_not_what_they_did(staff):
    liaison, colleague = factories.make_user(), factories.make_user()
    body = factories.make_union_body("", "basic", None, liaison, colleague)
    run, person = make_run(capacity=1), factories.make_person("李四")
    enrol(run, learner())
    enrolment = services.enrol(run=run, person=person, actor=liaison, channel="liaison", body=body)
    assert not Message.objects.filter(user=liaison).exists()
    assert Message.objects.get(user=colleague).kind == "academies.waiting"
    services.cancel_enrolment(enrolment=enrolment, actor=staff, reason="重复")
    assert Message.objects.get(user=liaison).body.startswith("李四的报名已取消")
    body.liaisons.update(ended_on=timezone.localdate())
    services.enrol(run=run, person=factories.make_person(), actor=liaison, channel="liaison", body=body)
    assert Message.objects.filter(user__in=[liaison, colleague]).count() == 3


def test_the_learner_is_addressed_and_the_liaison_is_told_a_name(staff):
    liaison, person = factories.make_user(), learner("李四")
    body = factories.make_union_body("", "basic", None, liaison)
    run = make_run(capacity=1)
    enrol(run, learner())
    services.enrol(run=run, person=person, actor=staff, channel="liaison", body=body)
    assert last(person).body.startswith(f"您排在“{run}”候补第 1 位")
    assert "李四" not in last(person).body
    assert Message.objects.get(user=liaison).body.startswith(f"李四排在“{run}”候补第 1 位")


def test_what_is_refused_is_not_told():
    run, person = make_run(), learner()
    enrol(run, person)
    with pytest.raises(ValidationError, match="无须重复报名"):
        enrol(run, person)
    assert kinds(person) == ["admitted"]


def test_cancelling_twice_is_told_once():
    run, person = make_run(), learner()
    enrolment = enrol(run, person)
    for _ in range(2):
        services.cancel_enrolment(enrolment=enrolment, actor=person.user)
    assert kinds(person) == ["admitted", "cancelled"]


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_for_ten_seats_are_told_what_they_got_and_no_two_the_same_place():
    run, people = make_run(capacity=10), [learner(f"学员{number}") for number in range(40)]
    results = in_threads(*[lambda person=person: enrol(run, person) for person in people], patience=30)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Message.objects.filter(kind="academies.admitted").count() == 10
    titles = Message.objects.filter(kind="academies.waiting").values_list("title", flat=True)
    assert sorted(titles) == sorted(f"候补第 {place} 位：{run}" for place in range(1, 31))
