"""The exam on line: attempts one at a time, kept as one goes, marked when handed in."""

import random

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from academies import marking
from academies.models import CourseRun, Enrolment, QuizAttempt
from unionportal.audit.services import record


def why_closed(enrolment, now=None):
    """Return why a learner cannot sit the exam now, as a Chinese sentence; "" where it is open."""
    run, now = enrolment.run, now or timezone.now()
    if not run.has_exam:
        return "本班没有考核。"
    if enrolment.status != Enrolment.Status.APPROVED or run.status != CourseRun.Status.ANNOUNCED:
        return "本班已结束，不能再考核。"
    if timezone.localdate(now) < run.starts_on:
        return f"{run.starts_on:%m-%d} 开班后可以考核。"
    return ""


def attempts_left(run, used):
    """Return how many attempts are left after so many, None for no limit."""
    return None if run.exam_attempts is None else max(run.exam_attempts - used, 0)


def _lock(enrolment):
    return (
        Enrolment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("run__course")
        .get(pk=enrolment.pk)
    )


def _frozen(run):
    """Return a run's questions as an attempt keeps them: what is changed later changes no attempt."""
    return [
        {
            "id": question.pk,
            "kind": question.kind,
            "text": question.text,
            "points": str(question.points),
            "explanation": question.explanation,
            "choices": [
                {"id": choice.pk, "text": choice.text, "is_right": choice.is_right}
                for choice in question.choices.all()
            ],
        }
        for question in run.questions.prefetch_related("choices")
    ]


@transaction.atomic
def start_attempt(*, enrolment, actor):
    """Begin an attempt and return it; the one that is still open comes first, and beyond the limit there is none."""
    enrolment = _lock(enrolment)
    if reason := why_closed(enrolment):
        raise ValidationError(reason)
    attempts = list(enrolment.attempts.order_by("number"))
    if attempts and attempts[-1].submitted_at is None:
        return attempts[-1]
    if attempts_left(enrolment.run, len(attempts)) == 0:
        raise ValidationError(f"考核共 {enrolment.run.exam_attempts} 次，您已用完。如有疑问，请联系班主任。")
    questions = _frozen(enrolment.run)
    if not questions:
        raise ValidationError("试题还没有准备好，请稍后再来。")
    number = attempts[-1].number + 1 if attempts else 1
    attempt = QuizAttempt.objects.create(
        enrolment=enrolment, number=number, questions=marking.put(questions, random.SystemRandom())
    )
    record(actor, "academies.exam_started", attempt, number=number)
    return attempt


def _lock_attempt(attempt):
    """Return an attempt, locked after its enrolment."""
    enrolment = _lock(attempt.enrolment)
    attempt = QuizAttempt.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt.pk)
    attempt.enrolment = enrolment
    return attempt


@transaction.atomic
def keep_answers(*, attempt, answers):
    """Keep what has been answered so far and return the attempt; the line in the audit is that of handing in."""
    attempt = _lock_attempt(attempt)
    if attempt.submitted_at:
        raise ValidationError("这次考核已经交卷，不能再改。")
    if reason := why_closed(attempt.enrolment):
        raise ValidationError(reason)
    attempt.answers = marking.tidy(attempt.questions, answers)
    attempt.save(update_fields=["answers"])
    return attempt


@transaction.atomic
def submit_attempt(*, attempt, answers, actor):
    """Hand an attempt in and return it marked; the best mark becomes the score of the enrolment."""
    attempt = _lock_attempt(attempt)
    if attempt.submitted_at:
        return attempt  # the second click of two
    if reason := why_closed(attempt.enrolment):
        raise ValidationError(reason)
    attempt.answers = marking.tidy(attempt.questions, answers)
    attempt.score = marking.mark(attempt.questions, attempt.answers)
    attempt.submitted_at = timezone.now()
    attempt.save(update_fields=["answers", "score", "submitted_at"])
    enrolment = attempt.enrolment
    if enrolment.score is None or attempt.score > enrolment.score:
        enrolment.score = attempt.score
        enrolment.save(update_fields=["score"])
    record(actor, "academies.exam_submitted", attempt, score=str(attempt.score))
    return attempt
