"""What the admitted learn at /academies/learning/: their runs, lessons with progress, the pass, feedback. Own runs only."""

import json

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academies import learning_presenting as presenting
from academies import passes
from academies.attendance_forms import MakeUpForm
from academies.learning_forms import FeedbackForm, read_report
from academies.models import Feedback, Lesson, Material, Progress
from academies.services import attendance, learning
from unionportal.files.ranges import send_in_parts
from unionportal.files.views import send_file

MOST_SHOWN = 50


def own_enrolment(request, key):
    """Return an enrolment of this user that was admitted; to others it does not exist."""
    return get_object_or_404(presenting.enrolments_of(request.user), key=key)


def own_lesson(request, key, lesson_key):
    """Return (enrolment, lesson) of a run that this user was admitted to."""
    enrolment = own_enrolment(request, key)
    lesson = get_object_or_404(enrolment.run.lessons.select_related("teacher"), key=lesson_key)
    lesson.run = enrolment.run
    return enrolment, lesson


def is_closed(lesson):
    """Tell whether an on-line lesson has not opened yet."""
    return lesson.kind == Lesson.Kind.ONLINE and timezone.now() < learning.opens_at(lesson)


@require_safe
@never_cache
def learning_list(request):
    """The runs I was admitted to."""
    enrolments = list(presenting.enrolments_of(request.user)[:MOST_SHOWN])
    return render(request, "academies/learning/list.html", {"enrolments": enrolments})


@require_safe
@never_cache
def learning_run(request, key):
    """One run of mine: lessons, attendance, exam, what I can do now."""
    enrolment = own_enrolment(request, key)
    lines = presenting.lines_of(enrolment, timezone.now())
    context = {
        "enrolment": enrolment,
        "run": enrolment.run,
        "lines": lines,
        "summary": presenting.summary(lines),
        "exam": presenting.exam_of(enrolment) if enrolment.run.has_exam else None,
        "is_over": learning.is_over(enrolment),
        "feedback": Feedback.objects.filter(enrolment=enrolment).first(),
    }
    return render(request, "academies/learning/run.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def lesson_detail(request, key, lesson_key):
    """One lesson. The POST is for browsers without script: the text has been read."""
    enrolment, lesson = own_lesson(request, key, lesson_key)
    if request.method == "POST":
        try:
            report = {"read": True, "ranges": []}
            learning.keep_progress(enrolment=enrolment, lesson=lesson, report=report, actor=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        return redirect("academies:lesson_detail", enrolment.key, lesson.key)
    if is_closed(lesson):
        context = {"enrolment": enrolment, "lesson": lesson, "opens_at": learning.opens_at(lesson)}
        return render(request, "academies/learning/closed.html", context)
    return render(request, "academies/learning/lesson.html", _page(enrolment, lesson))


def _page(enrolment, lesson):
    """Return the context of a lesson's page."""
    progress = Progress.objects.filter(enrolment=enrolment, lesson=lesson).first()
    materials = presenting.materials_of(lesson, progress)
    text = presenting.text_of(lesson)
    around = list(enrolment.run.lessons.values("key", "title"))
    here = next(place for place, row in enumerate(around) if row["key"] == lesson.key)
    return {
        "enrolment": enrolment,
        "lesson": lesson,
        "progress": progress,
        "materials": materials,
        "text": text,
        "lacking": presenting.how_far(progress, materials, bool(text)),
        "not_counted": learning.why_not_counted(enrolment, lesson, timezone.now()),
        "previous": around[here - 1] if here else None,
        "next": around[here + 1] if here + 1 < len(around) else None,
    }


@require_POST
@never_cache
def lesson_progress(request, key, lesson_key):
    """Keep what a lesson's script reports; answers with a receipt."""
    enrolment, lesson = own_lesson(request, key, lesson_key)
    try:
        report = read_report(json.loads(request.body))
    except (ValueError, ValidationError, RecursionError) as error:
        raise BadRequest("无法读懂发来的学习进度。") from error
    try:
        progress = learning.keep_progress(
            enrolment=enrolment, lesson=lesson, report=report, actor=request.user
        )
    except ValidationError as error:
        return JsonResponse({"message": "；".join(error.messages)}, status=400)
    materials = presenting.materials_of(lesson, progress)
    has_text = bool(presenting.text_of(lesson))
    answer = {
        "saved_at": f"{timezone.localtime():%H:%M}",
        "is_done": progress.completed_at is not None,
        "lacking": presenting.how_far(progress, materials, has_text),
        "seen": {str(item.pk): item.seen for item in materials if item.is_player},
    }
    return JsonResponse(answer)


@require_safe
def material_file(request, key, pk, part):
    """Send a material, or the poster of a video, to whoever was admitted; a player gets the part it asks for."""
    enrolment = own_enrolment(request, key)
    materials = Material.objects.filter(lesson__run=enrolment.run).select_related("lesson", "file", "poster")
    material = get_object_or_404(materials, pk=pk)
    material.lesson.run = enrolment.run
    stored = material.poster if part == "poster" else material.file
    if stored is None or part not in ("file", "poster") or is_closed(material.lesson):
        raise Http404
    if stored.kind == stored.Kind.VIDEO:
        return send_in_parts(request, stored)
    return send_file(stored)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def make_up_new(request, key, lesson_key):
    """Ask to be signed in afterwards."""
    enrolment, lesson = own_lesson(request, key, lesson_key)
    form = MakeUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            attendance.request_make_up(lesson=lesson, enrolment=enrolment, reason=reason, actor=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"“{lesson.title}”的补签申请已提交，处理结果会通知您。")
            return redirect("academies:learning_run", enrolment.key)
    context = {"enrolment": enrolment, "lesson": lesson, "form": form}
    return render(request, "academies/learning/make_up.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def feedback_new(request, key):
    """Say what one thought of a run, after its end."""
    enrolment = own_enrolment(request, key)
    given = Feedback.objects.filter(enrolment=enrolment).first()
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            learning.give_feedback(enrolment=enrolment, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "评价已收到，谢谢您。")
            return redirect("academies:learning_run", enrolment.key)
    context = {"enrolment": enrolment, "form": form, "given": given, "is_over": learning.is_over(enrolment)}
    return render(request, "academies/learning/feedback.html", context, status=400 if form.errors else 200)


@require_safe
@never_cache
def pass_detail(request, key):
    """My pass to the class, as a picture to be kept in the phone, and its words for whoever cannot see it."""
    enrolment = own_enrolment(request, key)
    context = {"enrolment": enrolment, "run": enrolment.run, "told": passes.facts(enrolment)}
    return render(request, "academies/learning/pass.html", context)


@require_safe
@never_cache
def pass_picture(request, key):
    """The pass as a PNG."""
    enrolment = own_enrolment(request, key)
    response = HttpResponse(passes.picture(enrolment), content_type="image/png")
    response["Content-Disposition"] = f'inline; filename="pass-{enrolment.pk}.png"'
    return response
