"""What opens when a phone scans the code on the wall: at /academies/s/<code>/, before and after signing in."""

import time
from datetime import UTC, datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from academies.attendance_presenting import WORDS
from academies.codes import CodeProblem, keep, kept, read_code
from academies.models import Attendance, Enrolment, Lesson
from academies.services import attendance
from unionportal.people.models import Person

KEPT = "academies_scan"


def _refused(request, reason, lesson=None, enrolment=None):
    """Render why a scan does not count, and what to do."""
    context = {"reason": reason, "lesson": lesson, "enrolment": enrolment}
    return render(request, "academies/attendance/refused.html", context, status=400)


@require_safe
@login_not_required
@never_cache
def scan(request, code):
    """Keep when the link was opened; signing in, if it must come first, costs nobody the time.

    Opened again on the same phone, the link goes on from there, also when its code is too old for everybody else.
    """
    if request.session.get(KEPT, {}).get("code") != code:
        try:
            found = read_code(code, time.time())
        except CodeProblem as problem:
            return _refused(request, str(problem))
        request.session[KEPT] = {"code": code, "scan": keep(found)}
    if SESSION_KEY in request.session:
        return redirect("academies:sign")
    try:
        opened_at = datetime.fromtimestamp(_kept(request).opened_at, UTC)
    except CodeProblem as problem:
        return _refused(request, str(problem))
    return render(request, "academies/attendance/opened.html", {"opened_at": opened_at})


def _kept(request):
    """Return the Scan that waits in this session; raises CodeProblem where none does."""
    return kept(request.session.get(KEPT, {}).get("scan", ""), time.time())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign(request):
    """Sign in or out by what was scanned. The page sends itself where there is script, and has a button where not."""
    try:
        found = _kept(request)
    except CodeProblem as problem:
        request.session.pop(KEPT, None)
        return _refused(request, str(problem))
    lesson = get_object_or_404(Lesson.objects.select_related("run__course"), key=found.lesson_key)
    person = Person.objects.filter(user=request.user).first()
    if person is None or request.method != "POST":
        context = {"lesson": lesson, "person": person, "word": WORDS[found.direction]}
        return render(request, "academies/attendance/sign.html", context)
    try:
        attendance.sign(scan=found, person=person, actor=request.user)
    except ValidationError as error:
        del request.session[KEPT]
        mine = Enrolment.objects.learning(request.user).filter(run=lesson.run).first()
        return _refused(request, "；".join(error.messages), lesson, mine)
    del request.session[KEPT]
    return redirect("academies:signed", lesson.key)


@require_safe
@never_cache
def signed(request, key):
    """What has been counted, to be shown to whoever asks."""
    scanned = Q(signed_in_at__isnull=False) | Q(signed_out_at__isnull=False)
    mine = Attendance.objects.filter(scanned, enrolment__person__user=request.user).select_related(
        "lesson__run__course", "enrolment__person"
    )
    return render(
        request,
        "academies/attendance/signed.html",
        {"attendance": get_object_or_404(mine, lesson__key=key)},
    )
