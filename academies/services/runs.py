"""A run's own life: announcing it, cancelling it with word to everybody, copying it onto later dates."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from academies.models import Academy, Course, CourseRun, Enrolment, Lesson
from academies.services.seats import end, lock_run, settle
from unionportal.accounts.models import User
from unionportal.audit.services import record
from unionportal.common.copying import duplicate
from unionportal.inbox.services import send_many

Status = CourseRun.Status


def lacking(run):
    """Return what keeps a draft from being announced, as Chinese sentences."""
    today, now = timezone.localdate(), timezone.now()
    course, academy = run.course, run.academy
    checks = (
        (
            course.status == Course.Status.PUBLISHED,
            f"课程“{course}”{course.get_status_display()}，请先发布课程。",
        ),
        (academy.status == Academy.Status.ACTIVE, f"“{academy}”{academy.get_status_display()}，不能开班。"),
        (run.enrolment_opens_at and run.enrolment_closes_at, "请填写报名开始和报名截止时间。"),
        (
            run.enrolment_closes_at is None or run.enrolment_closes_at > now,
            "报名截止时间已过，请改到以后。",
        ),
        (run.ends_on >= today, "结业日期已过，请改到以后。"),
        (run.head_teacher_name and run.head_teacher_phone, "请填写班主任和电话，学员要找得到人。"),
    )
    return [sentence for is_fine, sentence in checks if not is_fine] + lessons_lacking(run)


def lessons_lacking(run):
    """Return what the lessons of a run lack."""
    lessons = list(run.lessons.all())
    if not lessons:
        return ["还没有课次，请先在“课次”中排课。"]
    kinds = {lesson.kind for lesson in lessons}
    lines = []
    if Lesson.Kind.ONSITE in kinds and not run.venue:
        lines.append("有面授课次，请填写上课地点。")
    if Lesson.Kind.LIVE in kinds and not run.online_link:
        lines.append("有直播课次，请填写线上地址。")
    outside = [
        lesson.title
        for lesson in lessons
        if lesson.starts_at and not run.starts_on <= timezone.localdate(lesson.starts_at) <= run.ends_on
    ]
    if outside:
        lines.append(f"课次“{'”“'.join(outside[:3])}”不在开班至结业日期之内。")
    if run.has_exam and Lesson.Kind.ONLINE in kinds and not run.questions.exists():
        lines.append("设有线上考核，请先录入试题；考核在线下进行的，成绩在报名记录中录入。")
    return lines


def advice(run):
    """Return what a run had better have before it is announced; nothing of it is required."""
    hours = sum((lesson.hours for lesson in run.lessons.all()), Decimal(0))
    checks = (
        (run.capacity, "名额（留空即不限）"),
        (run.minimum, "最少开班人数"),
        (run.schedule_note, "上课时间说明"),
        (run.certificate_design_id and run.certificate_series_id, "结业证书版式和编号序列"),
        (
            not hours or hours == run.course.hours,
            f"课次合计 {hours:f} 学时，课程为 {run.course.hours:f} 学时，请核对",
        ),
    )
    return [words for is_there, words in checks if not is_there]


@transaction.atomic
def announce_run(*, run, actor):
    """Open a draft to the public and return it; refuses with everything that is lacking at once."""
    run = lock_run(run)
    if run.status == Status.ANNOUNCED:
        return run  # the second click of two
    if run.status != Status.DRAFT:
        raise ValidationError(f"“{run}”{run.get_status_display()}，不能再发布。")
    if lines := lacking(run):
        raise ValidationError(lines)
    run.status, run.announced_at = Status.ANNOUNCED, timezone.now()
    run.save(update_fields=["status", "announced_at"])
    record(actor, "academies.run_announced", run)
    return run


def listeners(enrolments):
    """Return the accounts that must hear what happens to these enrolments: learners, and who acts for their unions."""
    keys = [enrolment.pk for enrolment in enrolments]
    return User.objects.filter(
        Q(person__enrolments__in=keys) | Q(liaisons__body__enrolments__in=keys, liaisons__ended_on=None)
    ).distinct()


@transaction.atomic
def cancel_run(*, run, reason, actor):
    """Cancel a run: every live enrolment ends with the reason, and everybody is told. Returns the run."""
    run = lock_run(run)
    if run.status == Status.CANCELLED:
        return run  # the second click of two
    if run.status == Status.COMPLETED:
        raise ValidationError(f"“{run}”已结业，不能取消。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明取消的原因，已报名的人都会看到。"})
    now, was_public = timezone.now(), run.status == Status.ANNOUNCED
    enrolments = list(run.enrolments.exclude(status__in=Enrolment.ENDED))
    for enrolment in enrolments:
        end(enrolment, Enrolment.Status.CANCELLED, f"班次取消：{reason.strip()}"[:300], now)
    run.status, run.cancel_reason = Status.CANCELLED, reason.strip()
    run.save(update_fields=["status", "cancel_reason"])
    settle(run, now)
    told = send_many(
        to=listeners(enrolments),
        title=f"班次取消：{run}",
        body=f"“{run}”已取消。原因：{run.cancel_reason}\n您（或您代报的职工）的报名已一并取消，无须另办。",
        url=run.get_absolute_url() if was_public else "",
        kind="academies.run_cancelled",
    )
    record(
        actor, "academies.run_cancelled", run, reason=run.cancel_reason, count=len(enrolments), told=len(told)
    )
    return run


def next_name(run, year):
    """Return the first name of the pattern 2026 年第 3 期 that no run of this course and academy has."""
    names = set(
        CourseRun.objects.filter(course=run.course, academy=run.academy).values_list("name", flat=True)
    )
    return next(
        name for number in range(1, len(names) + 2) if (name := f"{year} 年第 {number} 期") not in names
    )


@transaction.atomic
def copy_run(*, run, starts_on, actor):
    """Make a draft of the same class on later dates, with lessons, materials and questions; returns it.

    Every date moves as far as the first day. People, marks and the group's QR code stay behind.
    """
    run = lock_run(run)
    if starts_on <= run.starts_on:
        raise ValidationError({"starts_on": f"新班次应晚于本班的 {run.starts_on:%Y-%m-%d} 开班。"})
    distance = starts_on - run.starts_on
    draft = duplicate(
        run,
        key=CourseRun._meta.get_field("key").default(),
        name=next_name(run, starts_on.year),
        status=Status.DRAFT,
        taken=0,
        starts_on=starts_on,
        ends_on=run.ends_on + distance,
        enrolment_opens_at=moved(run.enrolment_opens_at, distance),
        enrolment_closes_at=moved(run.enrolment_closes_at, distance),
        cancel_reason="",
        announced_at=None,
        completed_at=None,
        group_qr=None,
        group_qr_expires_on=None,
    )
    copy_lessons(run, draft, distance)
    for question in run.questions.prefetch_related("choices"):
        copied = duplicate(question, run=draft)
        for choice in question.choices.all():
            duplicate(choice, question=copied)
    record(actor, "academies.run_copied", draft, source=str(run))
    return draft


def copy_lessons(run, draft, distance):
    """Copy the lessons of a run with their materials."""
    for lesson in run.lessons.prefetch_related("materials"):
        copied = duplicate(
            lesson,
            run=draft,
            key=Lesson._meta.get_field("key").default(),
            starts_at=moved(lesson.starts_at, distance),
            ends_at=moved(lesson.ends_at, distance),
            closed_at=None,
        )
        for material in lesson.materials.all():
            duplicate(material, lesson=copied)


def moved(moment, distance: timedelta):
    """Return a moment so many days on at the same hour here, None for none."""
    if moment is None:
        return None
    local = timezone.localtime(moment)
    at = time(local.hour, local.minute)
    return timezone.make_aware(datetime.combine(local.date() + distance, at))


TOLD = ("starts_on", "ends_on", "schedule_note", "venue", "online_link", "head_teacher_phone")


def schedule_of(run):
    """Return {what: words} of all that those admitted must hear of when it changes; the form has saved nothing yet."""
    run = CourseRun.objects.get(pk=run.pk)
    words = {run._meta.get_field(name).verbose_name: str(getattr(run, name) or "未填") for name in TOLD}
    for lesson in run.lessons.exclude(starts_at=None):
        when = f"{timezone.localtime(lesson.starts_at):%Y-%m-%d %H:%M}"
        words[f"第 {lesson.position} 课"] = " ".join(filter(None, [when, lesson.title, lesson.venue]))
    return words


@transaction.atomic
def tell_changes(*, run, before, actor):
    """Tell everybody in an announced run what has changed of its schedule; returns the sentences told."""
    run = lock_run(run)
    after = schedule_of(run)
    lines = [
        f"{what}由“{before.get(what, '无')}”改为“{after.get(what, '取消')}”"
        for what in dict.fromkeys([*before, *after])
        if before.get(what) != after.get(what)
    ]
    if not lines or run.status != Status.ANNOUNCED:
        return []
    enrolments = run.enrolments.exclude(status__in=Enrolment.ENDED)
    send_many(
        to=listeners(enrolments),
        title=f"班次变动：{run}",
        body="；\n".join(lines) + "。\n不能参加的，请在班次页取消报名，名额会转给候补的人。",
        url=run.get_absolute_url(),
        kind="academies.run_changed",
    )
    record(actor, "academies.run_change_told", run, names=lines)
    return lines
