"""Attendance at /academies/attendance/: a teacher's lessons, the list of one, the code on the wall. Own lessons only."""

import json
import time

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academies import attendance_presenting as presenting
from academies.attendance_forms import DecisionForm, ReasonForm
from academies.codes import Direction
from academies.models import Lesson, MakeUpRequest
from academies.services import attendance

MOST_MARKS = 1000


def kept_lesson(request, key):
    """Return a lesson whose attendance this user keeps; to others it does not exist."""
    lessons = Lesson.objects.kept_by(request.user).select_related("run__course", "run__academy")
    return get_object_or_404(lessons, key=key)


def _shown(request, name, context, status=200):
    """Render a page that the worker keeps for halls without a network; its header says whose page it is."""
    response = render(request, f"academies/attendance/{name}.html", context, status=status)
    response["X-Desk-User"] = str(request.user.pk)
    return response


@require_safe
@never_cache
def lesson_list(request):
    """The lessons about today whose attendance I keep."""
    return _shown(request, "lesson_list", {"groups": presenting.lessons_of(request.user, timezone.now())})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def lesson_sheet(request, key):
    """Who came to one lesson. The POST is for browsers without script; the script uses lesson_save."""
    lesson = kept_lesson(request, key)
    if request.method == "POST":
        try:
            clashing = attendance.merge_list(lesson=lesson, marks=_typed(request.POST), actor=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            messages.success(request, f"已保存 {timezone.localtime():%H:%M}。")
            if clashing:
                messages.error(request, f"有 {len(clashing)} 人在您点名期间另有登记，未改动，请核对。")
        return redirect("academies:lesson_sheet", lesson.key)
    rows = presenting.rows_of(lesson)
    context = {
        "lesson": lesson,
        "rows": rows,
        "tally": presenting.tally(rows),
        "marks": presenting.MARKS,
        "requests": waiting_requests(lesson),
        "has_begun": lesson.starts_at <= timezone.now(),
    }
    return _shown(request, "lesson_sheet", context)


def waiting_requests(lesson):
    """Return the requests of a lesson that wait for a decision, the oldest first."""
    waiting = lesson.make_up_requests.filter(decision=MakeUpRequest.Decision.WAITING)
    return waiting.select_related("enrolment__person").order_by("requested_at")


def _typed(data):
    """Return the marks of a form: {enrolment key: (status, status seen)} of what differs from what was seen."""
    marks = {name.removeprefix("mark-"): value for name, value in data.items() if name.startswith("mark-")}
    typed = {key: (status, data.get(f"seen-{key}", "")) for key, status in marks.items()}
    return _checked({key: pair for key, pair in typed.items() if pair[0] != pair[1]})


def _checked(marks):
    if len(marks) > MOST_MARKS or any(status not in presenting.MARKS for status, _ in marks.values()):
        raise BadRequest("无法读懂发来的点名。")
    return marks


@require_POST
@never_cache
def lesson_save(request, key):
    """Save what the script sends, {"marks": {enrolment key: [status, status seen]}}; answers with how all now stand."""
    lesson = kept_lesson(request, key)
    try:
        sent = json.loads(request.body)["marks"]
        marks = _checked({str(key): (str(pair[0]), str(pair[1])) for key, pair in sent.items()})
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise BadRequest("无法读懂发来的点名。") from error
    try:
        clashing = attendance.merge_list(lesson=lesson, marks=marks, actor=request.user)
    except ValidationError as error:
        return JsonResponse({"message": "；".join(error.messages)}, status=400)
    answer = {"saved_at": f"{timezone.localtime():%H:%M}", "clashing": clashing}
    return JsonResponse(answer | {"rows": presenting.as_it_stands(lesson)})


@require_safe
@never_cache
def lesson_state(request, key):
    """How everybody stands by now, for a list that is open."""
    lesson = kept_lesson(request, key)
    return JsonResponse({"rows": presenting.as_it_stands(lesson), "is_closed": lesson.closed_at is not None})


@require_POST
@never_cache
def lesson_act(request, key, act):
    """Close a lesson, open it again with a reason, or sign everybody out who is still signed in."""
    lesson = kept_lesson(request, key)
    try:
        message = _act(request, lesson, act)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, message)
    return redirect("academies:lesson_sheet", lesson.key)


def _act(request, lesson, act):
    """Do one act and return what to tell."""
    if act == "close":
        attendance.close_lesson(lesson=lesson, actor=request.user)
        return "考勤已结束，没有标记的学员记为缺勤（后来入班的除外）。"
    if act == "reopen":
        form = ReasonForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        attendance.reopen_lesson(lesson=lesson, actor=request.user, reason=reason)
        return "考勤已重新打开，结束时自动记的缺勤已撤回。"
    if act == "sign-out":
        count = attendance.sign_out_rest(lesson=lesson, actor=request.user)
        return f"已为 {count} 人登记签退。"
    raise Http404


@require_POST
@never_cache
def make_up_decide(request, key, pk):
    """Grant or refuse a request to be signed in afterwards, with a reason that the learner reads."""
    lesson = kept_lesson(request, key)
    asked = get_object_or_404(lesson.make_up_requests.select_related("enrolment__person"), pk=pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请写明处理的理由，再点“同意”或“不同意”；学员会看到。")
        return redirect("academies:lesson_sheet", lesson.key)
    is_granted = form.cleaned_data["decision"] == "granted"
    try:
        attendance.decide_make_up(
            request=asked, is_granted=is_granted, reason=form.cleaned_data["reason"], actor=request.user
        )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        word = "已同意补签，记为出勤" if is_granted else "未同意补签"
        messages.success(request, f"{asked.enrolment.person.name}：{word}。")
    return redirect("academies:lesson_sheet", lesson.key)


def _code(request, lesson, way):
    """Return the code on the wall at this moment."""
    if way not in presenting.WORDS:
        raise Http404

    def address_of(code):
        return request.build_absolute_uri(reverse("academies:scan", args=[code]))

    return presenting.code_on_the_wall(lesson, Direction(way), address_of, time.time())


@require_safe
@never_cache
def lesson_screen(request, key, way):
    """The code, as large as a projector shows it."""
    lesson = kept_lesson(request, key)
    code = _code(request, lesson, way)
    first, last = attendance.window(lesson, Direction(way))
    context = {"lesson": lesson, "code": code, "way": way, "word": presenting.WORDS[Direction(way)]}
    context |= {"first": first, "last": last, "other": "out" if way == "in" else "in"}
    return render(request, "academies/attendance/screen.html", context)


@require_safe
@never_cache
def lesson_code(request, key, way):
    """The next code, for a screen that is open."""
    return JsonResponse(_code(request, kept_lesson(request, key), way))


@require_safe
@login_not_required
def worker(request):
    """The script that keeps opened lists for halls without a network; at this address it may serve /academies/attendance/."""
    context = {
        "page": r"^\/academies\/attendance\/(lessons\/[0-9a-f-]{36}\/)?$",
        "home": reverse("academies:lesson_list"),
        "home_label": "回到我的课次",
        "kept_words": "这一页没有留存在本机。点过的名都在，联网后再打开。",
    }
    response = render(request, "panels/worker.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
