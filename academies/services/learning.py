"""Learning on line: progress in a lesson, and what a learner thought of the run."""

from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from academies import watching
from academies.models import CourseRun, Enrolment, Feedback, Lesson, Material, Progress
from unionportal.audit.services import record


def opens_at(lesson):
    """Return when an on-line lesson may be learnt: its own time, else the first day of the run."""
    return lesson.starts_at or timezone.make_aware(datetime.combine(lesson.run.starts_on, time()))


def why_not_counted(enrolment, lesson, now):
    """Return why progress is not kept any more, or not yet, as a Chinese sentence; "" where it is."""
    if lesson.run_id != enrolment.run_id or lesson.kind != Lesson.Kind.ONLINE:
        return "这一课不记学习进度。"
    if enrolment.status != Enrolment.Status.APPROVED or lesson.run.status != CourseRun.Status.ANNOUNCED:
        return "本班已结束，可以继续看，不再记学习进度。"
    if now < opens_at(lesson):
        return f"这一课 {timezone.localtime(opens_at(lesson)):%m-%d %H:%M} 起可以学习。"
    return ""


@transaction.atomic
def keep_progress(*, enrolment, lesson, report, actor, now=None):
    """Write how far a learner has come and return the Progress.

    `report` is {"material", "second", "ranges", "block", "read"}, all of them optional. What is new of a video is no
    more than the time since the last report. Of many reports a line in the audit says when a lesson was begun and
    when it was finished; the row itself says the rest.
    """
    now = now or timezone.now()
    if reason := why_not_counted(enrolment, lesson, now):
        raise ValidationError(reason)
    _, is_new = Progress.objects.get_or_create(enrolment=enrolment, lesson=lesson)
    progress = Progress.objects.select_for_update(no_key=True, of=("self",)).get(
        enrolment=enrolment, lesson=lesson
    )
    if is_new:
        record(actor, "academies.lesson_begun", lesson)
    allowed = 0 if is_new else int((now - progress.updated_at).total_seconds()) + watching.SLACK
    videos = list(lesson.materials.filter(kind=Material.Kind.VIDEO, file__isnull=False, seconds__gt=0))
    _write(progress, videos, report, min(allowed, watching.MOST_AT_ONCE))
    if progress.completed_at is None and _is_done(progress, videos, lesson):
        progress.completed_at = now
        record(actor, "academies.lesson_finished", lesson, watched=progress.watched_seconds)
    progress.save()
    return progress


def _write(progress, videos, report, allowed):
    trail = {"videos": {}, **progress.trail}
    if report.get("read"):
        trail["read"] = True
    if report.get("block") is not None:
        trail["block"] = report["block"]
    video = next((item for item in videos if item.pk == report.get("material")), None)
    if video is not None:
        seen = [[min(start, video.seconds), min(end, video.seconds)] for start, end in report["ranges"]]
        trail["videos"][str(video.pk)] = watching.add(trail["videos"].get(str(video.pk), []), seen, allowed)
        progress.material, progress.second = video, min(report["second"], video.seconds)
    progress.trail = trail
    progress.watched_seconds = sum(watching.length(ranges) for ranges in trail["videos"].values())


def _is_done(progress, videos, lesson):
    return watching.is_done(
        has_text=bool(lesson.text.strip()) or not videos,
        is_read=bool(progress.trail.get("read")),
        watched=[watching.length(progress.trail["videos"].get(str(video.pk), [])) for video in videos],
        seconds=[video.seconds for video in videos],
    )


@transaction.atomic
def give_feedback(*, enrolment, content, teacher, usefulness, words, actor):
    """Write what a learner thought of a run, once, after its end; returns the Feedback. Words are shown by staff only."""
    if not is_over(enrolment):
        raise ValidationError("课程结束后才能评价。")
    enrolment = Enrolment.objects.select_for_update(no_key=True, of=("self",)).get(pk=enrolment.pk)
    if known := Feedback.objects.filter(enrolment=enrolment).first():
        return known  # the second click of two
    feedback = Feedback.objects.create(
        enrolment=enrolment, content=content, teacher=teacher, usefulness=usefulness, words=words.strip()
    )
    record(actor, "academies.feedback_given", feedback)
    return feedback


def is_over(enrolment):
    """Tell whether the run of an enrolment has ended for its learner."""
    run = enrolment.run
    return enrolment.status in (Enrolment.Status.COMPLETED, Enrolment.Status.FAILED) or (
        enrolment.status == Enrolment.Status.APPROVED and run.ends_on < timezone.localdate()
    )
