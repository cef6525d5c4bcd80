"""Classes that are over: made-up learners, their attendance, completions, certificates, and what they said of it."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from academies.models import Attendance, CourseRun, Enrolment, Feedback, Lesson
from academies.services import completion, seats
from unionportal.certificates.models import CertificateDesign, CertificateSeries

DAY_HOURS = 8


def at(day, hour, minute=0):
    """Return this time of a day, here."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def load_history(described, courses, learners, actor):
    """Play the classes that are over to their certificates and return nothing; learners take turns."""
    first, numbers = 0, {}
    for slug, days_ago, passed, failed in described["history"]:
        course, academy = courses[slug]
        numbers[slug] = numbers.get(slug, 0) + 1
        run = past_run(course, academy, timezone.localdate() - timedelta(days=days_ago), numbers[slug])
        turn = [learners[(first + place) % len(learners)] for place in range(passed + failed)]
        enrolments = enrol_at_once(run, turn, actor)
        attend(run, enrolments, failed)
        completion.complete_run(run=run, actor=actor)
        completed_at = at(run.ends_on, 17)
        run.enrolments.filter(status="completed").update(completed_at=completed_at)
        CourseRun.objects.filter(pk=run.pk).update(completed_at=completed_at)
        completion.issue_run_certificates(run=run, actor=actor, issued_on=run.ends_on)
        tell(run, described["feedback"])
        first += passed + failed


def past_run(course, academy, starts_on, number):
    """Return an announced run of the past, with one day of lessons a week."""
    days = int(course.hours) // DAY_HOURS or 1
    run = CourseRun.objects.create(
        course=course,
        academy=academy,
        name=f"{starts_on.year} 年第 {number} 期",
        status=CourseRun.Status.ANNOUNCED,
        announced_at=at(starts_on - timedelta(days=30), 9),
        enrolment_opens_at=at(starts_on - timedelta(days=28), 9),
        enrolment_closes_at=at(starts_on - timedelta(days=4), 18),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=7 * (days - 1)),
        capacity=40,
        schedule_note="每周一天，9:00–16:00",
        venue=f"{academy.short_name}第一教室",
        certificate_design=CertificateDesign.objects.get(line="academies"),
        certificate_series=CertificateSeries.objects.filter(line="academies").latest("year"),
    )
    add_days(run, [starts_on + timedelta(days=7 * number) for number in range(days)])
    return run


def add_days(run, days):
    """Give a run one whole-day lesson on each of these days, with the course's outline as titles."""
    outline = [line.partition("、")[2] for line in run.course.outline.splitlines()]
    teacher = run.course.teachers.first()
    return Lesson.objects.bulk_create(
        Lesson(
            run=run,
            position=number,
            title=outline[(number - 1) % len(outline)],
            starts_at=at(day, 9),
            ends_at=at(day, 16),
            hours=DAY_HOURS,
            teacher=teacher,
            venue=run.venue,
        )
        for number, day in enumerate(days, 1)
    )


def enrol_at_once(run, people, actor):
    """Return admitted learners of a run of the past, made in one statement; the seats are counted by their service."""
    admitted_at = at(run.starts_on - timedelta(days=10), 10)
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            run=run,
            person=person,
            status=Enrolment.Status.APPROVED,
            channel=Enrolment.Channel.ROSTER,
            enrolled_by=actor,
            unit=person.unit,
            unit_name=person.unit.name if person.unit_id else "",
            queued_at=admitted_at,
            approved_at=admitted_at,
        )
        for person in people
    )
    seats.settle_run(run=run)
    return enrolments


def attend(run, enrolments, failed, lessons=None):
    """Mark every lesson and close it: the last `failed` learners miss all but the first, a few others come late."""
    lessons = list(run.lessons.order_by("position")) if lessons is None else lessons
    absentees = {enrolment.pk for enrolment in enrolments[len(enrolments) - failed :]}
    marks = []
    for day, lesson in enumerate(lessons):
        for number, enrolment in enumerate(enrolments):
            is_absent = day > 0 and enrolment.pk in absentees
            is_late = not is_absent and (number + day) % 11 == 0
            status = "absent" if is_absent else "late" if is_late else "present"
            came_at = lesson.starts_at + timedelta(minutes=20 if is_late else -(number % 25))
            marks.append(
                Attendance(
                    lesson=lesson,
                    enrolment=enrolment,
                    status=status,
                    source="closing" if is_absent else "scan",
                    signed_in_at=None if is_absent else came_at,
                )
            )
    Attendance.objects.bulk_create(marks)
    for lesson in lessons:
        lesson.closed_at = lesson.ends_at + timedelta(minutes=20)
    Lesson.objects.bulk_update(lessons, ["closed_at"])


def tell(run, words):
    """Give a third of those who completed a word on the class; every fifth of them writes one, half of these shown."""
    completed = run.enrolments.filter(status="completed").order_by("pk")[::3]
    Feedback.objects.bulk_create(
        Feedback(
            enrolment=enrolment,
            content=5 - (number % 7 == 3),
            teacher=5 - (number % 9 == 4),
            usefulness=5 - number % 3 % 2 - (number % 10 == 7),
            words=words[(number // 2 + run.pk) % len(words)] if number % 3 == 0 else "",
            is_shown=number % 6 == 0,
        )
        for number, enrolment in enumerate(completed)
    )
