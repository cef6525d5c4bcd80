"""Seats: one lock, one count, one waiting list, on every path that gives or takes a place in a run.

Whoever changes who sits where locks the run, changes the enrolments and calls settle(); nothing else writes
`CourseRun.taken`. The database refuses a count above the capacity whatever a service believes.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from academies.models import CourseRun, Enrolment
from academies.services import messages
from unionportal.audit.services import record

Status = Enrolment.Status
LAPSED = "未在时限内确认递补"


def lock_run(run):
    """Return the run's row, locked: every change of its seats queues up here."""
    return (
        CourseRun.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course", "academy")
        .get(pk=run.pk)
    )


def has_free_seat(run):
    """Tell whether one more fits; a run without a capacity always has room."""
    return run.capacity is None or run.taken < run.capacity


def is_open_to_newcomers(run):
    """Tell whether somebody new may sit down at once: a seat is free, and nobody waits who would be overtaken."""
    return has_free_seat(run) and not run.enrolments.waiting().exists()


def may_promote(run, now):
    """Tell whether the waiting list still moves: after the start only where the run allows it, after the end never."""
    today = timezone.localdate(now)
    has_started = run.starts_on <= today
    is_running = run.status == CourseRun.Status.ANNOUNCED and today <= run.ends_on
    return is_running and (not has_started or run.promotes_after_start)


def refuse_without_a_place(run, now):
    """Raise ValidationError where a newcomer could neither sit down nor wait: no list, or one that moves no more."""
    if is_open_to_newcomers(run):
        return
    if not run.has_waiting_list:
        raise ValidationError(f"“{run}”名额已满，本班不设候补。")
    if not may_promote(run, now):
        raise ValidationError(f"“{run}”已经开班，不再递补：名额已满或有人候补在先，不能再报名。")


def settle(run, now=None):
    """Count the seats of a locked run anew, let lapsed offers go and offer free seats down the list.

    Returns the enrolments that changed by it: those that lapsed, and those that were offered a seat.
    """
    now = now or timezone.now()
    lapsed = _end_lapsed_offers(run, now)
    offered, before = [], run.taken
    run.taken = run.enrolments.seated().count()
    if may_promote(run, now):
        room = None if run.capacity is None else max(run.capacity - run.taken, 0)
        for enrolment in run.enrolments.waiting().select_related("person__user")[:room]:
            enrolment.status = Status.OFFERED
            enrolment.offered_until = now + timedelta(hours=run.offer_hours)
            enrolment.save(update_fields=["status", "offered_until"])
            record(None, "academies.seat_offered", enrolment, until=enrolment.offered_until.isoformat())
            messages.tell_offered(enrolment)
            offered.append(enrolment)
    run.taken += len(offered)
    if run.taken != before:
        run.save(update_fields=["taken"])
    return lapsed + offered


def _end_lapsed_offers(run, now):
    lapsed = list(
        run.enrolments.filter(status=Status.OFFERED, offered_until__lte=now).select_related("person__user")
    )
    for enrolment in lapsed:
        end(enrolment, Status.CANCELLED, LAPSED, now)
        record(None, "academies.offer_lapsed", enrolment)
        messages.tell_lapsed(enrolment)
    return lapsed


def seat(enrolment, run, now):
    """Put somebody into a locked run: on a seat where one is open to newcomers, else on the waiting list; saves both."""
    if is_open_to_newcomers(run):
        enrolment.status, enrolment.approved_at = Status.APPROVED, now
        run.taken += 1
        run.save(update_fields=["taken"])
    else:
        enrolment.status, enrolment.queued_at = Status.WAITLISTED, enrolment.queued_at or now
    enrolment.save()
    return enrolment


def end(enrolment, status, reason, now):
    """Write that an enrolment is over; the caller settles the run."""
    enrolment.status, enrolment.end_reason, enrolment.ended_at = status, reason, now
    enrolment.offered_until = None
    enrolment.save(update_fields=["status", "end_reason", "ended_at", "offered_until"])


def place_in_list(enrolment):
    """Return the place on the waiting list, from 1; None for whoever does not wait."""
    if enrolment.status != Status.WAITLISTED:
        return None
    waiting = list(enrolment.run.enrolments.waiting().values_list("pk", flat=True))
    return waiting.index(enrolment.pk) + 1


@transaction.atomic
def settle_run(*, run, now=None):
    """Settle one run, as the clock may ask for it; returns the enrolments that changed."""
    return settle(lock_run(run), now)


def settle_all(*, now=None):
    """Let every lapsed offer go and hand its seat on, each run in a transaction of its own; returns the changes."""
    now = now or timezone.now()
    runs = CourseRun.objects.filter(
        enrolments__status=Status.OFFERED, enrolments__offered_until__lte=now
    ).distinct()
    return [change for run in runs for change in settle_run(run=run, now=now)]


def miscounted_runs():
    """Return the runs whose count of seats is not that of their enrolments, with that as `seated`: there are none."""
    counted = Count("enrolments", filter=Q(enrolments__status__in=Enrolment.SEATED))
    runs = CourseRun.objects.annotate(seated=counted).exclude(taken=F("seated"))
    return list(runs.select_related("course"))
