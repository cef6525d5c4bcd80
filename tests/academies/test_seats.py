from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from academies.models import CourseRun, Enrolment
from academies.services import enrolment as services
from academies.services import seats
from tests import factories
from tests.academies.runs import make_people, make_run
from tests.portal.threads import in_threads
from unionportal.audit.models import AuditEntry

Status = Enrolment.Status
STAFF = Enrolment.Channel.STAFF


def enrol(run, person, **options):
    return services.enrol(run=run, person=person, actor=None, **options)


def statuses(run):
    return list(run.enrolments.order_by("pk").values_list("status", flat=True))


def fill(run, count):
    return [enrol(run, person) for person in make_people(count)]


@pytest.mark.django_db
class TestEnrolling:
    def test_seats_are_given_until_none_is_left_and_the_rest_wait_in_order(self):
        run = make_run(capacity=2)
        enrolments = fill(run, 4)
        assert [item.status for item in enrolments] == ["approved", "approved", "waitlisted", "waitlisted"]
        assert [seats.place_in_list(item) for item in enrolments] == [None, None, 1, 2]
        run.refresh_from_db()
        assert run.taken == 2

    def test_no_capacity_is_no_limit(self):
        run = make_run(capacity=None)
        assert {item.status for item in fill(run, 30)} == {Status.APPROVED}

    def test_zero_is_refused_as_a_capacity(self):
        with pytest.raises(IntegrityError, match="no_limit_is_empty_and_not_zero"), transaction.atomic():
            make_run(capacity=0)
        with pytest.raises(ValidationError, match="留空"):
            services.set_capacity(run=make_run(capacity=3), capacity=0, actor=None)

    def test_a_full_run_without_a_list_refuses_and_writes_nothing(self):
        run = make_run(capacity=1, has_waiting_list=False)
        fill(run, 1)
        with pytest.raises(ValidationError, match="不设候补"):
            fill(run, 1)
        assert statuses(run) == ["approved"]

    def test_the_same_person_enrols_once_and_again_after_leaving(self):
        run, (person,) = make_run(capacity=5), make_people(1)
        first = enrol(run, person)
        with pytest.raises(ValidationError, match="无须重复报名"):
            enrol(run, person)
        services.cancel_enrolment(enrolment=first, actor=None)
        assert enrol(run, person).status == Status.APPROVED

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"enrolment_opens_at": timedelta(hours=1)}, "开始"),
            ({"enrolment_opens_at": timedelta(days=-9), "enrolment_closes_at": timedelta(days=-1)}, "截止"),
        ],
    )
    def test_workers_enrol_inside_the_window_and_staff_outside_it_too(self, change, words):
        now = timezone.now()
        run = make_run(**{name: now + shift for name, shift in change.items()})
        person, other = make_people(2)
        with pytest.raises(ValidationError, match=words):
            enrol(run, person)
        assert enrol(run, other, channel=STAFF).status == Status.APPROVED

    @pytest.mark.parametrize("status", [CourseRun.Status.DRAFT, CourseRun.Status.CANCELLED])
    def test_a_run_that_is_not_announced_takes_nobody(self, status):
        run = make_run(status=status, cancel_reason="人数不足")
        with pytest.raises(ValidationError, match="不能报名"):
            enrol(run, make_people(1)[0], channel=STAFF)

    def test_an_application_takes_no_seat_until_it_is_approved(self):
        run = make_run(capacity=1, needs_approval=True)
        first, second = fill(run, 2)
        assert {first.status, second.status} == {Status.APPLIED}
        assert services.approve_enrolment(enrolment=second, actor=None).status == Status.APPROVED
        assert services.approve_enrolment(enrolment=first, actor=None).status == Status.WAITLISTED

    def test_those_approved_late_wait_by_the_time_they_applied(self):
        run = make_run(capacity=1, needs_approval=True)
        seated, early, late = fill(run, 3)
        for item in (seated, late, early):
            services.approve_enrolment(enrolment=item, actor=None)
        early.refresh_from_db()
        assert seats.place_in_list(early) == 1

    def test_a_rejection_needs_a_reason(self):
        run = make_run(needs_approval=True)
        (item,) = fill(run, 1)
        with pytest.raises(ValidationError, match="理由"):
            services.reject_enrolment(enrolment=item, actor=None, reason=" ")
        assert (
            services.reject_enrolment(enrolment=item, actor=None, reason="工种不符").status == Status.REJECTED
        )


@pytest.mark.django_db
class TestWaitingList:
    def test_a_seat_given_back_is_offered_to_the_first_on_the_list(self):
        run = make_run(capacity=1, offer_hours=6)
        seated, first, second = fill(run, 3)
        before = timezone.now()
        services.cancel_enrolment(enrolment=seated, actor=None)
        first.refresh_from_db()
        assert statuses(run) == ["cancelled", "offered", "waitlisted"]
        assert timedelta(hours=6) <= first.offered_until - before < timedelta(hours=6, minutes=1)
        assert services.accept_offer(enrolment=first, actor=None).status == Status.APPROVED
        run.refresh_from_db()
        assert run.taken == 1

    def test_an_offer_that_lapsed_goes_to_the_next_without_anybody_touching_the_run(self):
        run = make_run(capacity=1, offer_hours=6)
        seated, first, _ = fill(run, 3)
        services.cancel_enrolment(enrolment=seated, actor=None)
        changed = seats.settle_all(now=timezone.now() + timedelta(hours=7))
        assert statuses(run) == ["cancelled", "cancelled", "offered"]
        assert [item.status for item in changed] == [Status.CANCELLED, Status.OFFERED]
        with pytest.raises(ValidationError, match="没有待确认"):
            services.accept_offer(enrolment=first, actor=None)

    def test_an_offer_cannot_be_accepted_after_its_time(self):
        run = make_run(capacity=1)
        seated, first = fill(run, 2)
        services.cancel_enrolment(enrolment=seated, actor=None)
        with pytest.raises(ValidationError, match="时限已过"):
            services.accept_offer(enrolment=first, actor=None, now=timezone.now() + timedelta(days=2))

    def test_a_newcomer_does_not_overtake_the_list(self):
        run = make_run(capacity=1)
        seated, waiting = fill(run, 2)
        run.starts_on = run.ends_on = timezone.localdate()
        run.save()
        services.cancel_enrolment(enrolment=seated, actor=None)
        # The run has started: the seat is not offered on, and yet nobody new walks past the list.
        with pytest.raises(ValidationError, match="有人候补在先"):
            fill(run, 1)
        assert statuses(run) == ["cancelled", "waitlisted"]
        assert waiting.pk == run.enrolments.waiting().get().pk

    def test_the_list_moves_after_the_start_where_the_run_allows_it(self):
        today = timezone.localdate()
        run = make_run(capacity=1, starts_on=today, ends_on=today, promotes_after_start=True)
        seated, _ = fill(run, 2)
        services.cancel_enrolment(enrolment=seated, actor=None)
        assert statuses(run) == ["cancelled", "offered"]

    def test_priority_comes_before_time_and_leaves_its_reason(self):
        run = make_run(capacity=1)
        seated, _, last = fill(run, 3)
        with pytest.raises(ValidationError, match="理由"):
            services.set_priority(enrolment=last, priority=1, reason="", actor=None)
        services.set_priority(enrolment=last, priority=1, reason="单位紧缺岗位", actor=None)
        services.cancel_enrolment(enrolment=seated, actor=None)
        assert statuses(run) == ["cancelled", "waitlisted", "offered"]
        assert AuditEntry.objects.get(action="academies.priority_set").details["reason"] == "单位紧缺岗位"

    def test_more_room_goes_down_the_list_and_less_room_than_people_is_refused(self):
        run = make_run(capacity=1)
        fill(run, 4)
        services.set_capacity(run=run, capacity=3, actor=None)
        assert statuses(run) == ["approved", "offered", "offered", "waitlisted"]
        with pytest.raises(ValidationError, match="已有 3 人"):
            services.set_capacity(run=run, capacity=2, actor=None)
        services.set_capacity(run=run, capacity=None, actor=None)
        assert statuses(run) == ["approved", "offered", "offered", "offered"]

    def test_cancelling_twice_is_cancelling_once(self):
        run = make_run(capacity=1)
        seated, *_ = fill(run, 3)
        for _ in range(2):
            services.cancel_enrolment(enrolment=seated, actor=None)
        assert statuses(run) == ["cancelled", "offered", "waitlisted"]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.mark.parametrize("go", range(10))
    def test_fifty_people_at_once_fill_twenty_seats_and_a_list_of_thirty(self, go):
        run, people = make_run(capacity=20), make_people(50)
        results = in_threads(*[lambda person=person: enrol(run, person) for person in people], patience=30)
        assert [result for result in results if isinstance(result, Exception)] == []
        run.refresh_from_db()
        assert (run.taken, run.enrolments.seated().count()) == (20, 20)
        assert [seats.place_in_list(item) for item in run.enrolments.waiting()] == list(range(1, 31))

    def test_without_the_lock_more_sit_down_than_there_are_seats(self, monkeypatch):
        """The control: what the lock is for. The database's own check is left out too."""
        run, people = make_run(capacity=None), make_people(50)
        capacity = 20

        def unlocked(run):
            run = CourseRun.objects.get(pk=run.pk)
            run.capacity = capacity
            return run

        monkeypatch.setattr(services, "lock_run", unlocked)
        in_threads(*[lambda person=person: enrol(run, person) for person in people])
        assert run.enrolments.seated().count() > capacity

    def test_twenty_cancel_while_twenty_enrol_and_nobody_sits_twice(self):
        run = make_run(capacity=20)
        seated, people = fill(run, 20), make_people(20)
        jobs = [lambda item=item: services.cancel_enrolment(enrolment=item, actor=None) for item in seated]
        jobs += [lambda person=person: enrol(run, person) for person in people]
        results = in_threads(*jobs, patience=30)
        assert [result for result in results if isinstance(result, Exception)] == []
        run.refresh_from_db()
        assert run.taken == run.enrolments.seated().count() == 20
        assert run.enrolments.waiting().count() == 0

    def test_an_offer_is_accepted_or_lapses_never_both(self):
        run = make_run(capacity=1, offer_hours=1)
        seated, first, _ = fill(run, 3)
        services.cancel_enrolment(enrolment=seated, actor=None)
        late = timezone.now() + timedelta(hours=2)
        in_threads(
            lambda: services.accept_offer(enrolment=first, actor=None),
            lambda: seats.settle_run(run=run, now=late),
        )
        run.refresh_from_db()
        assert run.taken == run.enrolments.seated().count() == 1
        assert run.enrolments.filter(status__in=["offered", "approved"]).count() == 1


@pytest.mark.django_db
def test_a_class_that_is_over_offers_its_seats_to_nobody():
    run = make_run(capacity=1, promotes_after_start=True)
    seated, waiting = fill(run, 2)
    today, now = timezone.localdate(), timezone.now()
    CourseRun.objects.filter(pk=run.pk).update(
        starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=1),
        enrolment_opens_at=now - timedelta(days=20),
        enrolment_closes_at=now - timedelta(days=10),
    )
    services.cancel_enrolment(enrolment=seated, actor=None)
    waiting.refresh_from_db()
    assert waiting.status == Status.WAITLISTED
    CourseRun.objects.filter(pk=run.pk).update(ends_on=today)
    seats.settle_run(run=run)
    waiting.refresh_from_db()
    assert waiting.status == Status.OFFERED


@pytest.mark.django_db
def test_the_database_refuses_a_seat_too_many_whatever_a_service_believes():
    run = make_run(capacity=1)
    with pytest.raises(IntegrityError, match="seats_taken_are_within_capacity"):
        CourseRun.objects.filter(pk=run.pk).update(taken=2)


@pytest.mark.django_db
def test_every_step_leaves_an_audit_line():
    actor = factories.make_user()
    run = make_run(capacity=1)
    first, second = make_people(2)
    seated = services.enrol(run=run, person=first, actor=actor)
    services.enrol(run=run, person=second, actor=actor)
    services.cancel_enrolment(enrolment=seated, actor=actor, reason="出差")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "academies.enrolled",
        "academies.enrolled",
        "academies.enrolment_cancelled",
        "academies.seat_offered",
    ]
