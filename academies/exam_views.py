"""The exam on line at /academies/learning/<enrolment>/exam/. What is right is shown when an attempt is handed in."""

import json

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from academies import learning_presenting as presenting
from academies.learning_forms import read_answers, typed_answers
from academies.learning_views import own_enrolment
from academies.services import exams


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def exam_detail(request, key):
    """What the exam asks, how often I sat it; the POST begins an attempt or goes on with the open one."""
    enrolment = own_enrolment(request, key)
    if request.method == "POST":
        try:
            attempt = exams.start_attempt(enrolment=enrolment, actor=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
            return redirect("academies:exam_detail", enrolment.key)
        return redirect("academies:attempt", enrolment.key, attempt.number)
    context = {"enrolment": enrolment, "run": enrolment.run, "exam": presenting.exam_of(enrolment)}
    context["count"] = enrolment.run.questions.count()
    return render(request, "academies/learning/exam.html", context)


def _own_attempt(request, key, number):
    enrolment = own_enrolment(request, key)
    attempt = get_object_or_404(enrolment.attempts, number=number)
    attempt.enrolment = enrolment
    return attempt


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def attempt(request, key, number):
    """One attempt: its questions while it is open, its mark and the answers after; the POST hands it in."""
    one = _own_attempt(request, key, number)
    blank = 0
    if request.method == "POST" and not one.submitted_at:
        try:
            one, blank = _hand_in(request, one)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
            return redirect("academies:attempt", key, number)
        if not blank:
            return redirect("academies:attempt", key, number)
    context = {"attempt": one, "enrolment": one.enrolment, "run": one.enrolment.run, "blank": blank}
    if one.submitted_at:
        context |= {"questions": presenting.marked_paper(one), "exam": presenting.exam_of(one.enrolment)}
        return render(request, "academies/learning/result.html", context)
    context["questions"] = presenting.paper(one)
    return render(request, "academies/learning/attempt.html", context)


def _hand_in(request, one):
    """Return (attempt, blanks): handed in, or only kept where questions are blank and that was not said to be meant."""
    answers = typed_answers(request.POST)
    one = exams.keep_answers(attempt=one, answers=answers)
    blank = len(one.questions) - len(one.answers)
    if blank and "anyway" not in request.POST:
        return one, blank
    return exams.submit_attempt(attempt=one, answers=answers, actor=request.user), 0


@require_POST
@never_cache
def attempt_answers(request, key, number):
    """Keep what the script sends, {"answers": {question: [choices]}}; answers with a receipt and nothing else."""
    one = _own_attempt(request, key, number)
    try:
        answers = read_answers(json.loads(request.body)["answers"])
    except (ValueError, TypeError, KeyError, ValidationError, RecursionError) as error:
        raise BadRequest("无法读懂发来的答案。") from error
    try:
        one = exams.keep_answers(attempt=one, answers=answers)
    except ValidationError as error:
        return JsonResponse({"message": "；".join(error.messages)}, status=400)
    left = len(one.questions) - len(one.answers)
    return JsonResponse({"saved_at": f"{timezone.localtime():%H:%M}", "left": left})
