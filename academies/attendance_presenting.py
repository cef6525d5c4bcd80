"""What the pages of attendance show: a teacher's lessons, the list of one lesson, the code on the wall."""

from dataclasses import dataclass
from datetime import timedelta

import segno
from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from academies.codes import SLOT_SECONDS, Direction, make_code
from academies.models import Attendance, Enrolment, Lesson, MakeUpRequest

Status = Attendance.Status
# What a teacher marks, in the order of the buttons; 尚未入班 is written by closing alone.
MARKS = (Status.PRESENT, Status.LATE, Status.LEAVE, Status.ABSENT, Status.EXCUSED)
CAME = (Status.PRESENT, Status.LATE)
PAST, AHEAD = timedelta(days=60), timedelta(days=30)
MOST = 200
WORDS = {Direction.IN: "签到", Direction.OUT: "签退"}


def lessons_of(user, now):
    """Return the lessons about now that a user keeps, as [(heading, lessons)]; headings without lessons are left out."""
    waiting = Q(make_up_requests__decision=MakeUpRequest.Decision.WAITING)
    lessons = (
        Lesson.objects.kept_by(user)
        .filter(starts_at__gte=now - PAST, starts_at__lte=now + AHEAD)
        .exclude(run__status="cancelled")
        .select_related("run__course", "run__academy")
        .annotate(waiting=Count("make_up_requests", filter=waiting))
        .order_by("starts_at", "pk")[:MOST]
    )
    today = timezone.localdate(now)
    groups = {"今天": [], "有补签待处理": [], "还没有结束考勤": [], "接下来": [], "已结束": []}
    for lesson in lessons:
        on = timezone.localdate(lesson.starts_at)
        if on == today:
            groups["今天"].append(lesson)
        elif lesson.waiting:
            groups["有补签待处理"].append(lesson)
        elif on > today:
            groups["接下来"].append(lesson)
        else:
            groups["已结束" if lesson.closed_at else "还没有结束考勤"].append(lesson)
    groups["已结束"].reverse()
    return [(heading, found) for heading, found in groups.items() if found]


@dataclass(frozen=True)
class Row:
    """A learner in the list of a lesson."""

    enrolment: Enrolment
    status: str
    note: str


def note_of(attendance):
    """Return when and how somebody was marked, in words."""
    if attendance is None:
        return ""
    parts = []
    if attendance.signed_in_at:
        parts.append(f"{timezone.localtime(attendance.signed_in_at):%H:%M} 扫码")
    elif attendance.source != Attendance.Source.LIST:
        parts.append(attendance.get_source_display())
    if attendance.signed_out_at:
        parts.append(f"{timezone.localtime(attendance.signed_out_at):%H:%M} 签退")
    if attendance.status == Status.NOT_YET_ENROLLED:
        parts.append("当时尚未入班")
    return " · ".join(parts)


def rows_of(lesson):
    """Return the Rows of a lesson, by name."""
    marks = Prefetch("attendance", Attendance.objects.filter(lesson=lesson), to_attr="marks")
    learners = (
        lesson.run.enrolments.filter(status__in=Enrolment.LEARNING)
        .select_related("person")
        .prefetch_related(marks)
        .order_by("person__pinyin", "pk")
    )
    found = []
    for enrolment in learners:
        mark = enrolment.marks[0] if enrolment.marks else None
        found.append(Row(enrolment, mark.status if mark else "", note_of(mark)))
    return found


def tally(rows):
    """Return how many are expected, came, were late, and are unmarked."""
    statuses = [row.status for row in rows]
    return {
        "expected": len(rows),
        "came": sum(status in CAME for status in statuses),
        "late": statuses.count(Status.LATE),
        "unmarked": statuses.count(""),
    }


def as_it_stands(lesson):
    """Return what a list that is open asks for again and again: {enrolment key: [status, note]}."""
    return {str(row.enrolment.key): [row.status, row.note] for row in rows_of(lesson)}


def code_on_the_wall(lesson, direction, address_of, now):
    """Return the code of this moment: its picture, the seconds it still has, how many have signed by now."""
    address = address_of(make_code(lesson.key, direction, now))
    marked = lesson.attendance.filter(status__in=CAME)
    signed = marked.exclude(signed_out_at=None) if direction == Direction.OUT else marked
    return {
        "image": segno.make(address, error="m", boost_error=False).svg_data_uri(
            border=2, dark="#000", light="#fff"
        ),
        "left": SLOT_SECONDS - int(now % SLOT_SECONDS),
        "signed": signed.count(),
        "expected": lesson.run.enrolments.filter(status__in=Enrolment.LEARNING).count(),
        "is_closed": lesson.closed_at is not None,
    }
