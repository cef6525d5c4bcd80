"""Who came: by code, by the teacher's list, by a request afterwards; and closing a lesson."""

from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from academies.codes import Direction
from academies.models import Attendance, CourseRun, Enrolment, Lesson, MakeUpRequest
from unionportal.audit.services import record
from unionportal.inbox.services import send

Status, Source = Attendance.Status, Attendance.Source
SIGN_OUT_GRACE = timedelta(minutes=30)
CAME = (Status.PRESENT, Status.LATE)


def lock_lesson(lesson):
    """Return the lesson's row, locked, with its run as it is then: it may have been completed while this waited."""
    lesson = Lesson.objects.select_for_update(no_key=True).get(pk=lesson.pk)
    lesson.run = CourseRun.objects.select_related("course").get(pk=lesson.run_id)
    return lesson


def window(lesson, direction):
    """Return (from, to): when signing in or out of a lesson is possible."""
    if direction == Direction.IN:
        return lesson.starts_at - timedelta(minutes=lesson.run.opens_minutes_before), lesson.ends_at
    return lesson.starts_at, lesson.ends_at + SIGN_OUT_GRACE


def refuse_outside_window(lesson, direction, at):
    """Raise ValidationError, saying when it is possible, unless `at` lies in the lesson's window."""
    first, last = (timezone.localtime(moment) for moment in window(lesson, direction))
    word = "签到" if direction == Direction.IN else "签退"
    if at < first:
        raise ValidationError(f"“{lesson.title}”{first:%m-%d %H:%M} 起可以{word}，请届时再扫码。")
    if at > last:
        raise ValidationError(
            f"“{lesson.title}”的{word}已于 {last:%m-%d %H:%M} 结束。确已到课的，可申请补签。"
        )


@transaction.atomic
def sign(*, scan, person, actor):
    """Sign a learner in or out by a scanned code and return the Attendance; what counts is when the link was opened."""
    at = datetime.fromtimestamp(scan.opened_at, UTC)
    lesson = lock_lesson(Lesson.objects.get(key=scan.lesson_key))
    if lesson.run.status != lesson.run.Status.ANNOUNCED:
        raise ValidationError(f"“{lesson.run}”{lesson.run.get_status_display()}，不用签到。")
    enrolment = Enrolment.objects.filter(
        run=lesson.run, person=person, status=Enrolment.Status.APPROVED
    ).first()
    if enrolment is None:
        raise ValidationError(f"您没有被“{lesson.run}”录取，不能在这里签到。如有疑问，请联系班主任。")
    if lesson.closed_at:
        raise ValidationError(f"“{lesson.title}”考勤已结束。确已到课的，可申请补签。")
    refuse_outside_window(lesson, scan.direction, at)
    attendance = Attendance.objects.filter(lesson=lesson, enrolment=enrolment).first()
    if scan.direction == Direction.OUT:
        return _sign_out(lesson, attendance, at, actor)
    if attendance and attendance.signed_in_at:
        return attendance  # scanned twice: the first time counts
    late = at > lesson.starts_at + timedelta(minutes=lesson.run.late_after_minutes)
    if attendance is None or attendance.status == Status.ABSENT:
        attendance = attendance or Attendance(lesson=lesson, enrolment=enrolment)
        attendance.status, attendance.source = (Status.LATE if late else Status.PRESENT), Source.SCAN
    attendance.signed_in_at = at
    attendance.save()
    record(actor, "academies.signed_in", attendance, at=at.isoformat())
    return attendance


def _sign_out(lesson, attendance, at, actor):
    if attendance is None or attendance.status not in CAME:
        raise ValidationError(f"您还没有在“{lesson.title}”签到，请先扫签到码，或请教师点名。")
    if attendance.signed_out_at is None:
        attendance.signed_out_at = at
        attendance.save(update_fields=["signed_out_at", "updated_at"])
        record(actor, "academies.signed_out", attendance, at=at.isoformat())
    return attendance


@transaction.atomic
def mark_list(*, lesson, marks, actor):
    """Write the teacher's list: {enrolment key: status}, only those given are touched; returns how many changed."""
    lesson = lock_lesson(lesson)
    if lesson.closed_at:
        raise ValidationError(f"“{lesson.title}”考勤已结束；更正请先重新打开并写明理由。")
    enrolments = {
        str(item.key): item
        for item in lesson.run.enrolments.filter(
            key__in=list(marks), status=Enrolment.Status.APPROVED
        ).select_related("person")
    }
    if strangers := set(marks) - set(enrolments):
        raise ValidationError(f"有 {len(strangers)} 人已不在本班名单上，请刷新名单后再提交。")
    known = {item.enrolment_id: item for item in Attendance.objects.filter(lesson=lesson)}
    changed = []
    for key, status in marks.items():
        enrolment = enrolments[key]
        attendance = known.get(enrolment.pk) or Attendance(lesson=lesson, enrolment=enrolment)
        if attendance.pk and attendance.status == status:
            continue
        attendance.status, attendance.source, attendance.marked_by = Status(status), Source.LIST, actor
        attendance.save()
        changed.append(f"{enrolment.person.name}：{Status(status).label}")
    if changed:
        record(actor, "academies.attendance_listed", lesson, names=changed)
    return len(changed)


@transaction.atomic
def merge_list(*, lesson, marks, actor):
    """Write a list that may have waited for a network: {enrolment key: (status, status seen when it was marked)}.

    Returns {enrolment key: status that stands} of those where somebody else has written another status meanwhile: they
    are left as they are, for the teacher to say.
    """
    lesson = lock_lesson(lesson)
    standing = statuses(lesson)
    clashing = {
        key: standing[key]
        for key, (status, seen) in marks.items()
        if key in standing and standing[key] not in (seen, status)  # an absence may have been taken back
    }
    clean = {key: status for key, (status, _) in marks.items() if key not in clashing}
    mark_list(lesson=lesson, marks=clean, actor=actor)
    return clashing


def statuses(lesson):
    """Return {enrolment key: status} of everybody who is marked in a lesson."""
    rows = lesson.attendance.values_list("enrolment__key", "status")
    return {str(key): status for key, status in rows}


@transaction.atomic
def sign_out_rest(*, lesson, actor, now=None):
    """Sign everybody out who came and has not signed out, as a teacher may at the end; returns how many."""
    now = now or timezone.now()
    lesson = lock_lesson(lesson)
    if lesson.closed_at:
        raise ValidationError(f"“{lesson.title}”考勤已结束；更正请先重新打开并写明理由。")
    if now < lesson.starts_at:
        raise ValidationError(f"“{lesson.title}”还没有开始，不能签退。")
    rest = lesson.attendance.filter(status__in=CAME, signed_out_at=None)
    count = rest.update(signed_out_at=now, updated_at=now)
    if count:
        record(actor, "academies.rest_signed_out", lesson, count=count)
    return count


@transaction.atomic
def close_lesson(*, lesson, actor, now=None):
    """End a lesson's attendance and return the lesson: whoever is still unmarked was absent, or not yet in the run."""
    now = now or timezone.now()
    lesson = lock_lesson(lesson)
    if lesson.closed_at:
        return lesson  # the second click of two
    if lesson.starts_at is None or now < lesson.starts_at:
        raise ValidationError(f"“{lesson.title}”还没有开始，不能结束考勤。")
    unmarked = lesson.run.enrolments.filter(status=Enrolment.Status.APPROVED).exclude(
        attendance__lesson=lesson
    )
    Attendance.objects.bulk_create(
        Attendance(
            lesson=lesson,
            enrolment=enrolment,
            status=Status.NOT_YET_ENROLLED if enrolment.approved_at > lesson.ends_at else Status.ABSENT,
            source=Source.CLOSING,
            marked_by=actor,
        )
        for enrolment in unmarked
    )
    lesson.closed_at = now
    lesson.save(update_fields=["closed_at"])
    record(actor, "academies.lesson_closed", lesson)
    return lesson


@transaction.atomic
def reopen_lesson(*, lesson, actor, reason):
    """Open a closed lesson's attendance again and return the lesson; what closing had filled in is taken back."""
    if not reason.strip():
        raise ValidationError({"reason": "请写明重新打开的理由。"})
    lesson = lock_lesson(lesson)
    if lesson.run.status == lesson.run.Status.COMPLETED:
        raise ValidationError(f"“{lesson.run}”已结业，考勤不能再改。")
    lesson.attendance.filter(source=Source.CLOSING).delete()
    lesson.closed_at = None
    lesson.save(update_fields=["closed_at"])
    record(actor, "academies.lesson_reopened", lesson, reason=reason.strip())
    return lesson


@transaction.atomic
def request_make_up(*, lesson, enrolment, reason, actor, now=None):
    """Ask to be signed in afterwards, within the hours that the run allows; returns the MakeUpRequest."""
    now = now or timezone.now()
    lesson = lock_lesson(lesson)
    if enrolment.run_id != lesson.run_id or enrolment.status != Enrolment.Status.APPROVED:
        raise ValidationError("只有本班学员可以申请补签。")
    if lesson.kind == Lesson.Kind.ONLINE:
        raise ValidationError(f"“{lesson.title}”是线上自学，不记考勤，无须补签。")
    if now < lesson.starts_at:
        raise ValidationError(f"“{lesson.title}”还没有开始，无须补签。")
    until = lesson.ends_at + timedelta(hours=lesson.run.make_up_hours)
    if now > until:
        raise ValidationError(f"补签申请已于 {timezone.localtime(until):%m-%d %H:%M} 截止。")
    if Attendance.objects.filter(lesson=lesson, enrolment=enrolment, status__in=CAME).exists():
        raise ValidationError(f"您在“{lesson.title}”已有出勤记录，无须补签。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明没能签到的原因。"})
    request, is_new = MakeUpRequest.objects.get_or_create(
        lesson=lesson,
        enrolment=enrolment,
        decision=MakeUpRequest.Decision.WAITING,
        defaults={"reason": reason.strip()},
    )
    if is_new:
        record(actor, "academies.make_up_requested", request, reason=request.reason)
        _tell_teacher(request, lesson)
    return request


@transaction.atomic
def decide_make_up(*, request, is_granted, reason, actor):
    """Grant or refuse a request with a reason; granted, the learner counts as present. Returns the request."""
    lesson = lock_lesson(request.lesson)
    request = MakeUpRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)
    if request.decision != MakeUpRequest.Decision.WAITING:
        raise ValidationError(f"这条补签申请{request.get_decision_display()}，不能再处理。")
    if lesson.run.status == lesson.run.Status.COMPLETED:
        raise ValidationError(f"“{lesson.run}”已结业，考勤不能再改。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明处理的理由，学员会看到。"})
    request.decision = request.Decision.GRANTED if is_granted else request.Decision.REFUSED
    request.decision_reason, request.decided_by, request.decided_at = reason.strip(), actor, timezone.now()
    request.save()
    if is_granted:
        made = {"status": Status.PRESENT, "source": Source.MAKE_UP, "marked_by": actor}
        if lesson.run.signs_out:
            made["signed_out_at"] = lesson.ends_at  # what is granted counts as the whole lesson
        Attendance.objects.update_or_create(lesson=lesson, enrolment=request.enrolment, defaults=made)
    verb = "make_up_granted" if is_granted else "make_up_refused"
    record(actor, f"academies.{verb}", request, reason=request.decision_reason)
    _tell_learner(request, lesson, verb)
    return request


def _tell_teacher(request, lesson):
    teacher = lesson.teacher_user or lesson.run.head_teacher
    if teacher is not None:
        name = request.enrolment.person.name
        send(
            to=teacher,
            title=f"补签申请：{name}",
            body=f"{name}申请补签“{lesson.run}”的“{lesson.title}”：{request.reason}",
            url=reverse("academies:lesson_sheet", args=[lesson.key]),
            kind="academies.make_up_requested",
        )


def _tell_learner(request, lesson, verb):
    learner = request.enrolment.person.user
    if learner is not None:
        send(
            to=learner,
            title=f"补签{request.get_decision_display()}：{lesson.title}",
            body=f"“{lesson.run}”的“{lesson.title}”补签{request.get_decision_display()}。教师说明：{request.decision_reason}",
            url=reverse("academies:learning_run", args=[request.enrolment.key]),
            kind=f"academies.{verb}",
        )
