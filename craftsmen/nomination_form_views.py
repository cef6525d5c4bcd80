"""Filling in a nomination step by step: pages that work by plain POST, and the autosave of their script."""

import uuid as uuids

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from craftsmen import nomination_presenting as presenting
from craftsmen.models import Nomination
from craftsmen.nomination_forms import STEPS, AttachForm, PhotoForm, StepForm, saved_texts
from craftsmen.services import nomination_files, nominations, prechecks
from unionportal.accounts.services import KeyReused
from unionportal.common.sent_fields import read_sent


def at_hand(user):
    """Return the nominations this user may write, with what the form shows."""
    return Nomination.objects.editable_by(user).select_related(
        "offer__title", "offer__selection", "person", "body__parent", "unit", "photo"
    )


def find(request, uuid, step):
    """Return the nomination to write, or 404; a step that its channel does not have is none either."""
    nomination = get_object_or_404(at_hand(request.user), uuid=uuid)
    if step not in STEPS or (step == "unit" and nomination.channel in Nomination.PERSONAL):
        raise Http404
    return nomination


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def nomination_edit(request, uuid, step):
    """One step of the form. The POST saves it and goes on; without a script it is the only way."""
    nomination = find(request, uuid, step)
    form = StepForm(request.POST or None, instance=nomination, step=step)
    if request.method == "POST":
        answer = _post(request, nomination, form, step)
        if answer:
            return answer
    return _page(request, nomination, step, form)


def _post(request, nomination, form, step):
    """Save what the form sent; returns a redirect, or None to show the form again with what was typed."""
    if not form.is_valid():
        return None
    try:
        nominations.keep_nomination(
            nomination=nomination,
            actor=request.user,
            key=request.POST.get("key") or uuids.uuid4(),
            version=form.cleaned_data["version"],
            fields=form.values,
        )
        if request.POST.get("action") == "submit":
            return _submit(request, nomination)
    except nominations.StaleNomination:
        _tell_both(nomination, form, step)
        return None
    except KeyReused as error:
        form.add_error(None, str(error))
        return None
    except ValidationError as error:
        form.add_error(None, error)
        return None
    return redirect("nominations:nomination_edit", nomination.uuid, _wanted(request, step))


def _wanted(request, step):
    to = request.POST.get("to", step)
    return to if to in STEPS else step


def _submit(request, nomination):
    submitted = nominations.submit_nomination(nomination=nomination, actor=request.user)
    to = f"{submitted.branch}审核" if submitted.branch else "区总工会审查"
    messages.success(request, f"{submitted.person.name}的申报已提交，等待{to}。")
    return redirect("nominations:nomination_detail", submitted.uuid)


def _tell_both(nomination, form, step):
    """Say what was saved elsewhere meanwhile; what was typed stays, and saving again puts it over."""
    now = Nomination.objects.get(pk=nomination.pk)
    stands, sent = saved_texts(now, step), form.data
    differing = [
        f"“{form.fields[name].label}”别处保存为：{stands[name] or '（空）'}"
        for name in form.field_names
        if (sent.get(name) or "").replace("\r\n", "\n").strip() != stands[name]
    ]
    form.data = form.data.copy()
    form.data["version"] = now.version
    form.add_error(
        None, ["本申报刚在别处保存过，本次未保存。核对后再点保存，即以本页填写的为准。", *differing]
    )


def _page(request, nomination, step, form):
    check = presenting.check_of(nomination)
    steps = presenting.steps_of(nomination, step, check["lacks"])
    before, after = presenting.neighbours(steps)
    context = {
        "nomination": nomination,
        "step": step,
        "title": STEPS[step],
        "form": form,
        "steps": steps,
        "before": before,
        "after": after,
        "key": uuids.uuid4(),
        "personal": Nomination.PERSONAL,
        "last_on": presenting.deadline_of(nomination),
        **check,
    }
    if step == "papers":
        context |= paper_context(nomination)
    return render(
        request,
        "craftsmen/nomination_edit.html",
        context,
        status=400 if form.is_bound and form.errors else 200,
    )


def attach_form(nomination, *files):
    """Return the form for another paper."""
    return AttachForm(
        *files,
        rules=prechecks.rules_for(nomination),
        takes_unit_form=nomination.channel not in Nomination.PERSONAL,
    )


def paper_context(nomination):
    """Return what the step of the papers shows beside the form."""
    return {
        "photo_form": PhotoForm(),
        "attach_form": attach_form(nomination),
        "papers": nomination.files.select_related("file", "rule"),
        "most_files": nomination_files.MOST_FILES,
    }


@require_POST
@never_cache
def nomination_save(request, uuid, step):
    """Save a draft for the form's script: JSON in, receipt out; 409 with what stands, 400 with the reason."""
    nomination = find(request, uuid, step)
    sent = _sent(request)
    form = StepForm(sent, instance=nomination, step=step)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    keep = {"version": form.cleaned_data["version"], "fields": form.values, "key": _key(sent)}
    try:
        return JsonResponse(nominations.keep_nomination(nomination=nomination, actor=request.user, **keep))
    except nominations.StaleNomination:
        return JsonResponse(_as_it_stands(nomination, step), status=409)
    except KeyReused as error:
        return JsonResponse({"message": str(error)}, status=422)
    except ValidationError as error:
        return JsonResponse({"message": "；".join(error.messages), "closed": error.messages[0]}, status=400)


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


def _as_it_stands(nomination, step):
    """Return what another page saved meanwhile: whoever types sees both and chooses."""
    now = Nomination.objects.get(pk=nomination.pk)
    saved_at = f"{timezone.localtime(now.updated_at):%H:%M}"
    return {
        "version": now.version,
        "fields": saved_texts(now, step),
        "saved_at": saved_at,
        "status": now.status,
    }


@require_POST
@never_cache
def nomination_photo(request, uuid):
    """Take the photograph in and crop it."""
    nomination = find(request, uuid, "papers")
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            nomination_files.set_photo(
                nomination=nomination,
                upload=form.cleaned_data["photo"],
                focus=(form.cleaned_data["across"], form.cleaned_data["down"]),
                share=form.cleaned_data["share"],
                actor=request.user,
            )
        except ValidationError as error:
            form.add_error("photo", error)
        else:
            messages.success(request, "照片已按 3:4 裁好，请在下方查看。")
            return redirect("nominations:nomination_edit", uuid, "papers")
    return _papers_again(request, nomination, photo_form=form)


@require_POST
@never_cache
def nomination_attach(request, uuid):
    """Attach a paper."""
    nomination = find(request, uuid, "papers")
    form = attach_form(nomination, request.POST, request.FILES)
    if form.is_valid():
        kind, rule = form.kind_and_rule
        try:
            paper = nomination_files.attach_file(
                nomination=nomination,
                kind=kind,
                rule=rule,
                upload=form.cleaned_data["upload"],
                caption=form.cleaned_data["caption"],
                actor=request.user,
            )
        except ValidationError as error:
            form.add_error("upload", error)
        else:
            messages.success(request, f"已附上“{paper.file.name}”。")
            return redirect("nominations:nomination_edit", uuid, "papers")
    return _papers_again(request, nomination, attach_form=form)


def _papers_again(request, nomination, **forms):
    steps = presenting.steps_of(nomination, "papers")
    before, after = presenting.neighbours(steps)
    context = {
        "nomination": nomination,
        "step": "papers",
        "title": STEPS["papers"],
        "form": StepForm(instance=nomination, step="papers"),
        "steps": steps,
        "before": before,
        "after": after,
        "last_on": presenting.deadline_of(nomination),
        **paper_context(nomination),
        **forms,
    }
    return render(request, "craftsmen/nomination_edit.html", context, status=400)


@require_POST
@never_cache
def nomination_file_remove(request, uuid, pk):
    """Take a paper off the draft."""
    nomination = find(request, uuid, "papers")
    paper = get_object_or_404(nomination.files, pk=pk)
    try:
        nomination_files.remove_file(paper=paper, actor=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已移除“{paper}”。")
    return redirect("nominations:nomination_edit", uuid, "papers")
