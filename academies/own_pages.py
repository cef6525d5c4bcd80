"""What a learner's own pages show: what to do now, the next lesson, clashes with other classes."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from academies.models import Attendance, Course, CourseRun, Enrolment, Lesson
from academies.presenting import dress
from academies.services.messages import moment

Status = Enrolment.Status
LIVE = (Status.APPLIED, Status.WAITLISTED, Status.OFFERED, Status.APPROVED)
ADMITTED = (Status.APPROVED, Status.COMPLETED)


@dataclass(frozen=True)
class Now:
    """What a learner is to do about an enrolment now: a few words, a sentence, and whether it is urgent."""

    title: str
    text: str = ""
    is_urgent: bool = False


def lesson_time(lesson):
    """Return when a lesson is, in words: 11 月 22 日（周日）14:00—16:00; one on line may open and never end."""
    start = timezone.localtime(lesson.starts_at)
    day = f"{start.month} 月 {start.day} 日（周{'一二三四五六日'[start.weekday()]}）"
    if lesson.ends_at is None:
        return f"{day}{start:%H:%M} 起"
    end = timezone.localtime(lesson.ends_at)
    return f"{day}{start:%H:%M}—{'' if end.date() == start.date() else '次日 '}{end:%H:%M}"


def places(enrolments):
    """Return {key: place on the waiting list} of those of the enrolments that wait, in one statement."""
    runs = {item.run_id for item in enrolments if item.status == Status.WAITLISTED}
    found, counts = {}, {}
    if runs:
        for key, run in Enrolment.objects.filter(run__in=runs).waiting().values_list("pk", "run"):
            found[key] = counts[run] = counts.get(run, 0) + 1
    return found


def _waiting_now(enrolment, now, place):
    run = enrolment.run
    has_started = timezone.localdate(now) >= run.starts_on
    if has_started and not run.promotes_after_start:
        return Now("候补已停止", "本班已经开班，不再递补。可以看看同一课程的其他班次。")
    return Now(f"候补第 {place} 位", "有人退出时按次序递补，届时发消息给您，请在时限内确认。")


def _offer_now(enrolment, now):
    if enrolment.offered_until <= now:
        return Now("确认时限已过", "名额已转给下一位。仍想参加的，可以重新报名候补。")
    until = moment(enrolment.offered_until)
    return Now(f"请在 {until} 前确认", "轮到您了。逾期不确认，名额转给下一位。", is_urgent=True)


def _admitted_now(enrolment, now, following):
    run, today = enrolment.run, timezone.localdate(now)
    if following:
        place = following.venue or run.venue
        where = f"，{place}" if place and following.kind == Lesson.Kind.ONSITE else ""
        word = "正在上课" if following.starts_at <= now else "下一课"
        return Now(f"{word}：{lesson_time(following)}", f"{following.title}{where}")
    if today < run.starts_on:
        return Now("等待开班", f"{run.starts_on.month} 月 {run.starts_on.day} 日开班，课表排定后在这里看。")
    if today <= run.ends_on and run.course.delivery != Course.Delivery.ONSITE:
        return Now("随时可学", f"线上的课 {run.ends_on.month} 月 {run.ends_on.day} 日以前学完即可。")
    if today <= run.ends_on:
        return Now("正在学习", "本班没有排定时间的课了，请按班主任的安排学习。")
    return Now("等待办理结业", "课已上完，学院核对考勤和考核后办理结业。")


def what_now(enrolment, now, *, following=None, place=None):
    """Return the Now of an enrolment: with its run's next lesson, and its place on the waiting list, where there are such."""
    run, status = enrolment.run, enrolment.status
    if run.status == CourseRun.Status.CANCELLED and status != Status.CANCELLED:
        return Now("本班已取消", run.cancel_reason)
    if status == Status.APPLIED:
        return Now("等待审核", "学院审核后，会发消息告诉您结果。")
    if status == Status.WAITLISTED:
        return _waiting_now(enrolment, now, place)
    if status == Status.OFFERED:
        return _offer_now(enrolment, now)
    if status == Status.APPROVED:
        return _admitted_now(enrolment, now, following)
    if status == Status.COMPLETED:
        return Now("已结业", "证书已发，可以下载。" if enrolment.certificate_id else "证书办好后在这里看。")
    return Now(enrolment.get_status_display(), enrolment.end_reason)


def following_lessons(run_keys, now):
    """Return {key of a run: its next lesson that has a time}, in one statement."""
    held = Lesson.objects.filter(run__in=run_keys, starts_at__isnull=False, ends_at__gt=now)
    lessons = held.order_by("-starts_at", "-pk")
    return {lesson.run_id: lesson for lesson in lessons}


def dress_own(enrolments, now):
    """Give enrolments what their rows show: the next lesson, what to do now, the state of their runs."""
    current = [item.run_id for item in enrolments if item.status in ADMITTED]
    following, place_of = following_lessons(current, now) if current else {}, places(enrolments)
    for item in enrolments:
        item.run.waiting = item.run.completed = 0  # not shown here, so not counted
        dress(item.run, now)
        item.following = following.get(item.run_id)
        item.now = what_now(item, now, following=item.following, place=place_of.get(item.pk))
        item.may_accept = item.status == Status.OFFERED and item.offered_until > now
        has_lapsed = item.status == Status.OFFERED and not item.may_accept
        is_on = item.run.status == CourseRun.Status.ANNOUNCED
        item.may_cancel = item.status in LIVE and is_on and not has_lapsed
        item.may_return = (item.status == Status.CANCELLED or has_lapsed) and item.run.action.is_enrolling
    return enrolments


def own(user):
    """Return what rows and pages of enrolments need, of those that a user may see."""
    return Enrolment.objects.visible_to(user).select_related(
        "run__course", "run__academy", "person", "body", "certificate"
    )


def live_enrolment(run, person):
    """Return the enrolment of a person in a run that is not over, or None; an offer that has run out is over."""
    return (
        Enrolment.objects.filter(run=run, person=person)
        .exclude(status__in=Enrolment.ENDED)
        .exclude(status=Status.OFFERED, offered_until__lte=timezone.now())
        .select_related("run__course", "run__academy", "person")
        .first()
    )


def clashes(run, person):
    """Return the lessons of the person's other classes that lie at the same time as a lesson of this run."""
    same_time = Lesson.objects.filter(
        run=run, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")
    )
    mine = Q(run__enrolments__person=person, run__enrolments__status__in=LIVE)
    others = Lesson.objects.filter(mine, run__status=CourseRun.Status.ANNOUNCED).exclude(run=run)
    found = others.filter(Exists(same_time)).select_related("run__course").order_by("starts_at").distinct()
    return [(lesson, lesson_time(lesson)) for lesson in found]


def timetable(run, enrolment=None):
    """Return the lessons of a run in their order, with words for when; with an enrolment also whether one came."""
    lessons = list(run.lessons.select_related("teacher"))
    marks = {}
    if enrolment:
        marks = {item.lesson_id: item for item in Attendance.objects.filter(enrolment=enrolment)}
    for lesson in lessons:
        lesson.time_text = lesson_time(lesson) if lesson.starts_at else ""
        lesson.mark = marks.get(lesson.pk)
    return lessons


def may_see_group(enrolment, today):
    """Tell whether a learner may see the class's group code: once admitted, until it expires."""
    run = enrolment.run
    is_valid = run.group_qr_expires_on is None or today <= run.group_qr_expires_on
    is_on = run.status != CourseRun.Status.CANCELLED
    return bool(run.group_qr_id and is_valid and is_on and enrolment.status in ADMITTED)
