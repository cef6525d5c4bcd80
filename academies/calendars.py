"""The timetable of a run as a calendar file (RFC 5545): folding and escaping are the library's work."""

from datetime import timedelta

from icalendar import Calendar, Event

from academies.models import CourseRun, Lesson


def calendar_file(run, lessons, page_url):
    """Return the bytes of a calendar with one event a lesson; where none has a time yet, one for all the days."""
    calendar = Calendar()
    calendar.add("prodid", "-//Miyun Federation of Trade Unions//Academies//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", str(run))
    timed = [lesson for lesson in lessons if lesson.starts_at and lesson.ends_at]
    for lesson in timed:
        calendar.add_component(_lesson_event(run, lesson, page_url))
    if not timed:
        calendar.add_component(_whole_event(run, page_url))
    return calendar.to_ical()


def _event(run, key, page_url):
    event = Event()
    event.add("uid", f"{key}@academies")
    event.add("dtstamp", run.announced_at or run.created_at)
    event.add("url", page_url)
    if run.status == CourseRun.Status.CANCELLED:
        event.add("status", "CANCELLED")
    return event


def _lesson_event(run, lesson, page_url):
    event = _event(run, lesson.key, page_url)
    event.add("summary", f"{run.course.name}：{lesson.title}")
    event.add("dtstart", lesson.starts_at)
    event.add("dtend", lesson.ends_at)
    place = lesson.venue or run.venue
    if place and lesson.kind == Lesson.Kind.ONSITE:
        event.add("location", place)
    about = [f"{run.academy.name} {run.name}"]
    if lesson.teacher:
        about.append(f"教师：{lesson.teacher.name}")
    if run.to_bring:
        about.append(f"请携带：{run.to_bring}")
    event.add("description", "\n".join(about))
    return event


def _whole_event(run, page_url):
    event = _event(run, run.key, page_url)
    event.add("summary", str(run))
    event.add("dtstart", run.starts_on)
    event.add("dtend", run.ends_on + timedelta(days=1))  # the end of a whole day is the day after
    if run.venue:
        event.add("location", run.venue)
    event.add("description", "\n".join(filter(None, [run.academy.name, run.schedule_note])))
    return event
