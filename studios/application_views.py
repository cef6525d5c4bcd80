"""Applications at /studios/applications/: the list, starting one, its steps with autosave, its page. Never public."""

import uuid as uuids

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studios.application_forms import FORMS, STEPS, AttachForm, StartForm
from studios.conditions import checks_of
from studios.models import Campaign, Studio, StudioApplication
from studios.services import applications
from unionportal.accounts.services import KeyReused
from unionportal.common.sent_fields import read_sent
from unionportal.files.models import StoredFile
from unionportal.files.views import send_file
from unionportal.people.models import UnionBody

PER_PAGE = 20
LONGEST_SEARCH = 50
Status = StudioApplication.Status
MARKS = {
    **dict.fromkeys((Status.NAMED,), "done"),
    **dict.fromkeys((Status.RETURNED, Status.REJECTED, Status.REMOVED), "stop"),
    **dict.fromkeys((Status.DRAFT, Status.WITHDRAWN, Status.NOT_CHOSEN), "quiet"),
}


def seen(user):
    """Return the applications this user may see, with what their pages show."""
    return StudioApplication.objects.visible_to(user).select_related(
        "campaign", "body", "host_unit", "leader", "sector"
    )


def find(request, uuid, step="papers"):
    """Return an application of one's own unions, or 404; the services refuse to write one that is not at hand."""
    if step not in STEPS:
        raise Http404
    found = StudioApplication.objects.kept_for(request.user)
    return get_object_or_404(found.select_related("campaign", "body", "leader"), uuid=uuid)


@require_safe
@never_cache
def application_list(request):
    """Those of my unions and of the unions below them; staff see what was handed in."""
    found = seen(request.user).order_by("-updated_at", "-pk")
    filters = {
        name: request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        for name in ("status", "q")
    }
    if filters["status"] in Status.values:
        found = found.filter(status=filters["status"])
    if filters["q"]:
        found = found.filter(name__icontains=filters["q"])
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for item in page:
        item.mark = MARKS.get(item.status, "on")
    bodies = list(UnionBody.objects.kept_by(request.user))
    running = list(Campaign.objects.open_for_applications())
    context = {
        "page": page,
        "filters": filters,
        "statuses": Status.choices,
        "bodies": bodies,
        "running": running,
        "may_start": bool(bodies and running),
    }
    return render(request, "studios/applications/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def application_start(request):
    """Which round, which studio, and who leads it."""
    running = Campaign.objects.open_for_applications()
    bodies = UnionBody.objects.kept_by(request.user)
    if not running.exists() or not bodies.exists():
        status = 404 if request.method == "POST" else 200
        return render(request, "studios/applications/closed.html", status=status)
    studios = Studio.objects.kept_for(request.user).filter(status=Studio.Status.ACTIVE)
    sent = request.POST if request.method == "POST" else None
    form = StartForm(sent, campaigns=running, bodies=bodies, studios=studios)
    if form.is_valid():
        try:
            made = applications.begin_application(actor=request.user, **form.cleaned_data)
        except KeyReused:
            form.refuse("这张表刚才已建立一份草稿，内容与本页不同。再点一次，会另建一份。")
        except ValidationError as error:
            form.refuse(error.messages)
        else:
            messages.success(request, f"已为“{made.name}”建立申报草稿，填写内容随时自动保存。")
            return redirect("applications:application_edit", made.uuid, "basic")
    context = {"form": form, "running": running}
    return render(request, "studios/applications/start.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def application_edit(request, uuid, step):
    """One step of the form. The POST saves it and goes on; without a script it is the only way."""
    application = find(request, uuid, step)
    is_asked = request.method != "POST" or request.POST.get("action") == "submit"
    if is_asked and application.status not in StudioApplication.AT_HAND:
        # The second click of two, or a page from before: how it stands now, not an error.
        messages.info(request, f"这份申报现为“{application.get_status_display()}”。")
        return redirect(application)
    sent = request.POST if request.method == "POST" else None
    form = FORMS[step](sent, instance=application)
    answer = _post(request, application, form, step) if form.is_valid() else None
    return answer or _page(request, application, step, form)


def _post(request, application, form, step):
    """Save what the form sent; returns a redirect, or None to show the form again with what was typed."""
    try:
        applications.keep_application(
            application=application,
            actor=request.user,
            key=request.POST.get("key") or uuids.uuid4(),
            version=form.cleaned_data["version"],
            **form.kept,
        )
        if request.POST.get("action") == "submit":
            done = applications.submit_application(application=application, actor=request.user)
            messages.success(request, f"“{done.name}”的申报已提交，等待区总工会初审。")
            return redirect(done)
    except applications.StaleApplication:
        form.data = form.data.copy()
        form.data["version"] = StudioApplication.objects.get(pk=application.pk).version
        form.add_error(None, "本申报刚在别处保存过，本次未保存。核对后再点保存，即以本页填写的为准。")
        return None
    except (KeyReused, ValidationError) as error:
        form.add_error(None, getattr(error, "messages", str(error)))
        return None
    to = request.POST.get("to", step)
    return redirect("applications:application_edit", application.uuid, to if to in STEPS else step)


def _page(request, application, step, form, **forms):
    keys = list(STEPS)
    place = keys.index(step)
    steps = [
        {"key": key, "title": title, "number": number, "is_here": key == step}
        for number, (key, title) in enumerate(STEPS.items(), 1)
    ]
    context = {
        "application": application,
        "step": step,
        "title": STEPS[step],
        "form": form,
        "steps": steps,
        "before": steps[place - 1] if place else None,
        "after": steps[place + 1] if place + 1 < len(steps) else None,
        "key": uuids.uuid4(),
        "checks": checks_of(application),
    }
    if step == "papers":
        context["papers"] = application.files.select_related("file")
        context["lacks"] = applications.obstacles_to_submit(application)
        context["attach_form"] = AttachForm(campaign=application.campaign)
    context |= forms
    is_wrong = any(item.is_bound and item.errors for item in (form, *forms.values()))
    return render(request, "studios/applications/edit.html", context, status=400 if is_wrong else 200)


@require_POST
@never_cache
def application_save(request, uuid, step):
    """Save a draft for the form's script: JSON in, receipt out; 409 with what stands, 400 with the reason."""
    application = find(request, uuid, step)
    sent = _sent(request)
    form = FORMS[step](sent, instance=application)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    try:
        receipt = applications.keep_application(
            application=application,
            actor=request.user,
            key=_key(sent),
            version=form.cleaned_data["version"],
            **form.kept,
        )
    except applications.StaleApplication:
        return JsonResponse(_as_it_stands(application, step), status=409)
    except KeyReused as error:
        return JsonResponse({"message": str(error)}, status=422)
    except ValidationError as error:
        return JsonResponse({"message": "；".join(error.messages), "closed": error.messages[0]}, status=400)
    return JsonResponse(receipt)


def _sent(request):
    """Return the fields of the request's JSON as {name: text}; BadRequest if it is anything else."""
    try:
        return read_sent(request.body)[1]
    except ValueError as error:
        raise BadRequest("无法读懂发来的申报内容。") from error


def _key(sent):
    try:
        return uuids.UUID(sent.get("key", ""))
    except ValueError as error:
        raise BadRequest("保存编号不对。") from error


def _as_it_stands(application, step):
    """Return what another page saved meanwhile: whoever types sees both and chooses."""
    now = StudioApplication.objects.select_related("campaign", "body").get(pk=application.pk)
    saved_at = f"{timezone.localtime(now.updated_at):%H:%M}"
    texts = FORMS[step](instance=now).texts()
    return {"version": now.version, "fields": texts, "saved_at": saved_at, "status": now.status}


@require_POST
@never_cache
def application_attach(request, uuid):
    """Attach a paper."""
    application = find(request, uuid)
    form = AttachForm(request.POST, request.FILES, campaign=application.campaign)
    if form.is_valid():
        kind, condition = form.kind_and_condition
        try:
            paper = applications.attach_file(
                application=application,
                kind=kind,
                condition=condition,
                upload=form.cleaned_data["upload"],
                caption=form.cleaned_data["caption"],
                actor=request.user,
            )
        except ValidationError as error:
            form.add_error("upload", error)
        else:
            messages.success(request, f"已附上“{paper.file.name}”。")
            return redirect("applications:application_edit", uuid, "papers")
    step = FORMS["papers"](instance=application)
    return _page(request, application, "papers", step, attach_form=form)


@require_POST
@never_cache
def application_file_remove(request, uuid, pk):
    """Take a paper off the draft."""
    application = find(request, uuid)
    paper = get_object_or_404(application.files, pk=pk)
    try:
        applications.remove_file(paper=paper, actor=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已移除“{paper}”。")
    return redirect("applications:application_edit", uuid, "papers")


@require_safe
@never_cache
def application_detail(request, uuid):
    """One application as it stands; it prints as the form to be stamped."""
    return _detail(request, get_object_or_404(seen(request.user), uuid=uuid))


def _detail(request, application, failed=(), status=200):
    mine = StudioApplication.objects.kept_for(request.user).filter(pk=application.pk).exists()
    answers = {item.condition: item for item in application.answers.all()}
    context = {
        "application": application,
        "mark": MARKS.get(application.status, "on"),
        "checks": [(check, answers.get(check.condition)) for check in checks_of(application)],
        "papers": application.files.select_related("file"),
        "may_edit": mine and application.status in StudioApplication.AT_HAND,
        "may_withdraw": mine and application.status in applications.WITHDRAWABLE,
        "failed": failed,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "studios/applications/detail.html", context, status=status)


@require_POST
@never_cache
def application_withdraw(request, uuid):
    """Withdraw an application, with the reason."""
    found = StudioApplication.objects.kept_for(request.user).select_related("campaign", "body", "leader")
    application = get_object_or_404(found, uuid=uuid)
    try:
        applications.withdraw_application(
            application=application,
            actor=request.user,
            reason=request.POST.get("reason", "").replace("\x00", ""),
        )
    except ValidationError as error:
        return _detail(request, application, failed=error.messages, status=400)
    messages.success(request, "申报已撤回。")
    return redirect("applications:application_list")


@require_safe
@never_cache
def application_file(request, uuid, key):
    """Send a paper of an application to whoever may see it; pictures of visits to staff alone."""
    application = get_object_or_404(StudioApplication.objects.visible_to(request.user), uuid=uuid)
    files = application.files.filter(file__key=key).values("file")
    if request.user.has_perm("studios.view_studioapplication"):
        files = files.union(application.visits.filter(photos__file__key=key).values("photos__file"))
    return send_file(get_object_or_404(StoredFile, pk__in=[row["file"] for row in files]))
