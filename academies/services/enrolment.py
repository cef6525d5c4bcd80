"""Enrolling, approving, cancelling: what people do about a seat."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from academies.models import CourseRun, Enrolment
from academies.services import messages
from academies.services.seats import end, lock_run, place_in_list, refuse_without_a_place, seat, settle
from unionportal.audit.services import record

Status = Enrolment.Status
CANCELLABLE = (Status.APPLIED, Status.WAITLISTED, Status.OFFERED, Status.APPROVED)


def _lock(enrolment):
    """Return (run, enrolment), both locked in this order."""
    run = lock_run(enrolment.run)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person__user")
        .get(pk=enrolment.pk)
    )
    enrolment.run = run
    return run, enrolment


def refuse_outside_window(run, now):
    """Raise ValidationError unless the run takes enrolments at this moment."""
    if run.status != CourseRun.Status.ANNOUNCED:
        raise ValidationError(f"“{run}”{run.get_status_display()}，不能报名。")
    if run.enrolment_opens_at and now < run.enrolment_opens_at:
        opens = timezone.localtime(run.enrolment_opens_at)
        raise ValidationError(f"报名将于 {opens:%Y-%m-%d %H:%M} 开始，请届时再来。")
    if now > run.closes_at or timezone.localdate(now) > run.ends_on:
        raise ValidationError("报名已截止。如仍需参加，请联系班主任或学院工作人员。")


def tell_outcome(enrolment, actor):
    """Tell what has become of an enrolment that was made or approved just now."""
    if enrolment.status == Status.WAITLISTED:
        place = place_in_list(enrolment) if messages.readers(enrolment, actor) else None
        messages.tell_waiting(enrolment, place, actor)
    elif enrolment.status == Status.APPLIED:
        messages.tell_applied(enrolment, actor)
    else:
        messages.tell_admitted(enrolment, actor)


@transaction.atomic
def enrol(*, run, person, actor, channel=Enrolment.Channel.SELF, body=None, now=None):
    """Enrol a person: seated, on the waiting list, or waiting for approval; returns the Enrolment.

    Staff and rosters may enrol outside the window; a full run without a waiting list that moves refuses everybody.
    """
    asked_at = now or timezone.now()
    run = lock_run(run)
    now = (
        now or timezone.now()
    )  # under the lock: the list is in the order in which people were told their place
    if channel in (Enrolment.Channel.SELF, Enrolment.Channel.LIAISON):
        refuse_outside_window(run, asked_at)
    elif run.status != CourseRun.Status.ANNOUNCED:
        raise ValidationError(f"“{run}”{run.get_status_display()}，不能报名。")
    settle(run, now)
    if run.enrolments.filter(person=person).exclude(status__in=Enrolment.ENDED).exists():
        raise ValidationError(f"{person.name}已报名“{run}”，无须重复报名。")
    refuse_without_a_place(run, now)
    enrolment = Enrolment(
        run=run,
        person=person,
        status=Status.APPLIED,
        channel=channel,
        enrolled_by=actor,
        body=body,
        unit=person.unit,
        unit_name=person.unit.name if person.unit_id else "",
    )
    if run.needs_approval:
        enrolment.save()
    else:
        seat(enrolment, run, now)
    record(actor, "academies.enrolled", enrolment, status=enrolment.status, channel=channel)
    tell_outcome(enrolment, actor)
    return enrolment


@transaction.atomic
def approve_enrolment(*, enrolment, actor, now=None):
    """Approve an application: a seat, or the place on the list that the time of applying gives; returns it."""
    now = now or timezone.now()
    run, enrolment = _lock(enrolment)
    if enrolment.status != Status.APPLIED:
        raise ValidationError(
            f"{enrolment.person.name}的报名现为“{enrolment.get_status_display()}”，无须审核。"
        )
    settle(run, now)
    refuse_without_a_place(run, now)
    enrolment.queued_at = enrolment.created_at
    seat(enrolment, run, now)
    record(actor, "academies.enrolment_approved", enrolment, status=enrolment.status)
    tell_outcome(enrolment, actor)
    return enrolment


@transaction.atomic
def reject_enrolment(*, enrolment, actor, reason):
    """Turn an application down with a reason; returns it."""
    run, enrolment = _lock(enrolment)
    if enrolment.status != Status.APPLIED:
        raise ValidationError(
            f"{enrolment.person.name}的报名现为“{enrolment.get_status_display()}”，无须审核。"
        )
    if not reason.strip():
        raise ValidationError({"reason": "请写明未通过的理由，报名人会看到。"})
    end(enrolment, Status.REJECTED, reason.strip(), timezone.now())
    settle(run)
    record(actor, "academies.enrolment_rejected", enrolment, reason=reason.strip())
    messages.tell_rejected(enrolment, actor)
    return enrolment


@transaction.atomic
def cancel_enrolment(*, enrolment, actor, reason="", now=None):
    """Give a seat, an offer or a place on the list back; returns the Enrolment. The seat goes down the list."""
    now = now or timezone.now()
    run, enrolment = _lock(enrolment)
    if enrolment.status in Enrolment.ENDED:
        return enrolment  # the second click of two
    if enrolment.status not in CANCELLABLE:
        raise ValidationError(f"{enrolment.person.name}{enrolment.get_status_display()}，不能再取消。")
    end(enrolment, Status.CANCELLED, reason.strip() or "本人取消", now)
    record(actor, "academies.enrolment_cancelled", enrolment, reason=enrolment.end_reason)
    messages.tell_cancelled(enrolment, actor)
    settle(run, now)
    return enrolment


@transaction.atomic
def accept_offer(*, enrolment, actor, now=None):
    """Take the seat that was offered from the waiting list; returns the Enrolment."""
    now = now or timezone.now()
    run, enrolment = _lock(enrolment)
    if enrolment.status == Status.APPROVED:
        return enrolment  # the second click of two
    if enrolment.status != Status.OFFERED:
        raise ValidationError("目前没有待确认的递补名额。")
    if enrolment.offered_until <= now:
        raise ValidationError("确认时限已过，名额已转给下一位。可重新报名候补。")
    enrolment.status, enrolment.approved_at, enrolment.offered_until = Status.APPROVED, now, None
    enrolment.save(update_fields=["status", "approved_at", "offered_until"])
    settle(run, now)
    record(actor, "academies.offer_accepted", enrolment)
    messages.tell_admitted(enrolment, actor)
    return enrolment


@transaction.atomic
def set_priority(*, enrolment, priority, reason, actor):
    """Move somebody on the waiting list, with a reason that stays on record; returns the Enrolment."""
    run, enrolment = _lock(enrolment)
    if enrolment.status != Status.WAITLISTED:
        raise ValidationError(f"{enrolment.person.name}不在候补名单上。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明调整次序的理由。"})
    before, enrolment.priority, enrolment.priority_reason = enrolment.priority, priority, reason.strip()
    enrolment.save(update_fields=["priority", "priority_reason"])
    record(actor, "academies.priority_set", enrolment, before=before, after=priority, reason=reason.strip())
    settle(run)
    return enrolment


@transaction.atomic
def set_capacity(*, run, capacity, actor):
    """Change how many fit (None: no limit); more room goes down the list at once. Returns the run."""
    run = lock_run(run)
    if capacity is not None and capacity < 1:
        raise ValidationError({"capacity": "不限名额请留空，不要填 0。"})
    settle(run)
    if capacity is not None and capacity < run.taken:
        raise ValidationError({"capacity": f"已有 {run.taken} 人占用名额，名额不能少于这个数。"})
    before, run.capacity = run.capacity, capacity
    run.save(update_fields=["capacity"])
    settle(run)
    record(actor, "academies.capacity_set", run, before=before, after=capacity)
    return run
