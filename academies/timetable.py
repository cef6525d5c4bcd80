"""The timetable of all academies over some weeks, and what stands in two places at once. Reads only."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import groupby

from django.utils import timezone

from academies.models import CourseRun, Enrolment, Lesson

WEEKS = 4
MOST_NAMES = 5


@dataclass
class Slot:
    """A lesson of the timetable, and the sentences that say with what it clashes."""

    lesson: Lesson
    clashes: list = field(default_factory=list)


def monday(day):
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def window(first):
    """Return (from, to) as moments: so many weeks from this day on."""
    start = timezone.make_aware(datetime.combine(first, time.min))
    return start, start + timedelta(weeks=WEEKS)


def slots(first, last, **conditions):
    """Return the Slots of all lessons that begin between two moments; clashes are looked for among all academies."""
    lessons = list(
        Lesson.objects.filter(starts_at__gte=first, starts_at__lt=last, ends_at__isnull=False)
        .exclude(run__status=CourseRun.Status.CANCELLED)
        .select_related("run__course", "run__academy", "teacher", "teacher_user")
        .order_by("starts_at", "pk")
    )
    found = {lesson.pk: Slot(lesson) for lesson in lessons}
    pairs = overlapping(lessons)
    shared = shared_learners(pairs)
    for one, other in pairs:
        for words in reasons(one, other, shared.get(frozenset((one.run_id, other.run_id)), [])):
            found[one.pk].clashes.append(f"{words}，与“{other.run} {other.title}”同时")
            found[other.pk].clashes.append(f"{words}，与“{one.run} {one.title}”同时")
    academy = conditions.get("academy")
    return [slot for slot in found.values() if academy is None or slot.lesson.run.academy_id == academy]


def overlapping(lessons):
    """Return the pairs of lessons, ordered by their start, that overlap in time."""
    pairs, running = [], []
    for lesson in lessons:
        running = [earlier for earlier in running if earlier.ends_at > lesson.starts_at]
        pairs += [(earlier, lesson) for earlier in running]
        running.append(lesson)
    return pairs


def teachers(lesson):
    """Return {what a lesson's teacher is known by: the name}: the account, the person, else the name itself."""
    known = {}
    if lesson.teacher_user_id:
        known["user", lesson.teacher_user_id] = lesson.teacher_user.name
    if lesson.teacher and lesson.teacher.person_id:
        known["person", lesson.teacher.person_id] = lesson.teacher.name
    elif lesson.teacher:
        known["name", lesson.teacher.name] = lesson.teacher.name
    return known


def room(lesson):
    """Return the room of a lesson on site with its academy, None for others."""
    if lesson.kind != Lesson.Kind.ONSITE:
        return None
    venue = lesson.venue or lesson.run.venue
    return (lesson.run.academy_id, venue) if venue else None


def reasons(one, other, names):
    """Return why two lessons at the same time clash, as Chinese words; none where they do not."""
    shared = {name for key, name in teachers(one).items() if key in teachers(other)}
    if shared:
        yield f"教师{'、'.join(sorted(shared))}要上两处课"
    if room(one) and room(one) == room(other):
        yield f"教室“{room(one)[1]}”被占用"
    if names and one.run_id != other.run_id:
        more = f"等 {len(names)} 人" if len(names) > MOST_NAMES else ""
        yield f"学员{'、'.join(names[:MOST_NAMES])}{more}要上两处课"


def shared_learners(pairs):
    """Return {pair of runs: names of the people admitted to both}, in one statement."""
    wanted = {frozenset((one.run_id, other.run_id)) for one, other in pairs if one.run_id != other.run_id}
    if not wanted:
        return {}
    runs_of, names = defaultdict(set), {}
    rows = Enrolment.objects.filter(run__in=set().union(*wanted), status=Enrolment.Status.APPROVED)
    for run, person, name in rows.order_by("person__pinyin").values_list("run", "person", "person__name"):
        runs_of[person].add(run)
        names[person] = name
    return {pair: [name for person, name in names.items() if pair <= runs_of[person]] for pair in wanted}


def by_day(found):
    """Return [(date, [Slot])] of slots that stand in the order of their start."""
    days = groupby(found, key=lambda slot: timezone.localdate(slot.lesson.starts_at))
    return [(day, list(slots)) for day, slots in days]


def clashes_of(run):
    """Return the clashes of one run's lessons to come, as Chinese sentences that name the lesson."""
    held = [lesson for lesson in run.lessons.all() if lesson.starts_at]
    if not held:
        return []
    first = min(lesson.starts_at for lesson in held) - timedelta(days=1)
    last = max(lesson.starts_at for lesson in held) + timedelta(days=1)
    return [
        f"{slot.lesson.title}（{timezone.localtime(slot.lesson.starts_at):%m-%d %H:%M}）：{words}"
        for slot in slots(first, last)
        if slot.lesson.run_id == run.pk
        for words in slot.clashes
    ]
