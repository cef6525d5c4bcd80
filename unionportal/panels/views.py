"""The judging desk at /judging/: a judge's panels, sheets, and one sheet. Everything through what is the judge's own."""

import uuid as uuids

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from unionportal.accounts.services import KeyReused
from unionportal.common.sent_fields import read_sent
from unionportal.files.views import send_file
from unionportal.panels import presenting
from unionportal.panels.forms import (
    EnvelopeForm,
    RecusalForm,
    SheetForm,
    SheetRefused,
    binding_of,
    check_binding,
    check_signature,
    plain,
)
from unionportal.panels.models import CandidateFile, Sheet
from unionportal.panels.services.desk import keep_sheet
from unionportal.panels.services.keeping import StaleSheet
from unionportal.panels.services.seats import recuse_oneself

SENT_ALONG = {"key", "binding", "csrfmiddlewaretoken"}


def _shown(request, name, context, status=200):
    """Render a page of the desk. Its header tells the worker whose page it keeps for times without a network."""
    response = render(request, f"panels/{name}.html", context, status=status)
    response["X-Desk-User"] = str(request.user.pk)
    return response


@require_safe
@never_cache
def panel_list(request):
    """My panels, and how far I am."""
    user = request.user
    context = {"seats": list(presenting.seats_of(user)), "chairs": presenting.chairs_a_contest(user)}
    return _shown(request, "panel_list", context)


@require_safe
@never_cache
def sheet_list(request, pk):
    """My sheets of one panel."""
    seat = presenting.seats_of(request.user).filter(panel=pk).first()
    if seat is None:
        raise Http404
    context = {
        "seat": seat,
        "panel": seat.panel,
        "words": seat.panel.words,
        "sheets": presenting.sheets_of(request.user, pk),
        "recused": presenting.recused_of(seat),
    }
    return _shown(request, "sheet_list", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sheet_edit(request, uuid):
    """One candidate, one form. The POST is for browsers without script; the script uses sheet_save."""
    sheet = get_object_or_404(presenting.sheet_to_show(request.user).prefetch_related("marks"), uuid=uuid)
    criteria = presenting.criteria_of(sheet.panel_id)
    fields, shared = presenting.saved_fields(sheet)
    if request.method == "POST":
        form = SheetForm(request.POST, criteria=criteria, initial=fields)
        is_same = all(request.POST.get(name, "") == fields.get(name, "") for name in form.mark_names)
        if form.is_valid():
            wants = request.POST.get("action") == "submit"
            answer, message = _keep(request.user, uuid, form, submit=wants and is_same)
            if answer:
                messages.success(request, _receipt(answer, wants))
                return redirect("panels:sheet_edit", uuid=sheet.uuid)
            form.add_error(None, message)
    else:
        form = SheetForm(initial=fields, criteria=criteria)
    context = _page(request.user, sheet, criteria, form, shared)
    return _shown(request, "sheet_edit", context, status=400 if form.errors else 200)


def _keep(user, uuid, form, *, submit):
    """Save what a page without script sent; returns (receipt, ""), or (None, what to tell)."""
    try:
        return _save(user, uuid, form.data.dict(), form, submit=submit), ""
    except StaleSheet:
        return None, "这份评分表刚在别处保存过，本次未保存。请记下您的改动，重新打开本页后再填。"
    except (KeyReused, SheetRefused) as error:
        return None, str(error)
    except ValidationError as error:
        return None, "；".join(error.messages)


def _save(user, uuid, fields, envelope, *, submit):
    """Save these fields, and hand in with `submit`; returns the receipt, raises what keep_sheet raises or SheetRefused."""
    sent = envelope.cleaned_data

    def read(sheet):
        check_binding(user, sheet, sent["binding"])
        if submit:
            check_signature(user, sent["signature"])
        form = SheetForm(fields, criteria=sheet.criteria)
        if not form.is_valid():
            raise SheetRefused(form)
        return form.marks, form.deductions

    body = {name: value for name, value in fields.items() if name not in SENT_ALONG}
    key, version = sent["key"], sent["version"]
    return keep_sheet(uuid=uuid, actor=user, key=key, version=version, body=body, read=read, submit=submit)


def _receipt(answer, wants_to_submit):
    if answer["status"] == "submitted":
        return f"已提交 {answer['saved_at']}。"
    return f"已保存 {answer['saved_at']}。" + ("请核对下表，签名后再提交。" if wants_to_submit else "")


def _page(user, sheet, criteria, form, shared, recusal=None):
    """Return the context of a sheet's page."""
    siblings = presenting.sheets_of(user, sheet.panel_id)
    here = next((i for i, row in enumerate(siblings) if row["uuid"] == sheet.uuid), None)
    marks = {mark.criterion_id: mark.given for mark in sheet.marks.all()}
    lines = presenting.lines_of(criteria, form)
    own = [form.initial[name] for name in form.initial if name.endswith("-points")]
    return presenting.heading(sheet) | {
        "sheet": sheet, "panel": sheet.panel, "words": sheet.panel.words,
        "asked": presenting.who_decides(sheet), "form": form, "lines": lines,
        "shared": shared, "closed": presenting.why_closed(sheet), "siblings": siblings,
        "previous": siblings[here - 1] if here else None,
        "next": siblings[here + 1] if here is not None and here + 1 < len(siblings) else None,
        "position": None if here is None else here + 1,
        "blank": sum(1 for line in lines if not line["value"]), "deduction_lines": form.deduction_lines(),
        "total": presenting.total_of(criteria, marks, [*own, *(d.points for d in shared)]),
        "maximum": plain(sum(criterion.maximum for criterion in criteria)),
        "binding": binding_of(user, sheet), "key": uuids.uuid4(), "recusal": recusal or RecusalForm(),
        "may_recuse": presenting.may_recuse(sheet),
    }  # fmt: skip


@require_POST
@never_cache
def sheet_save(request, uuid):
    """Save what the script sends, {"fields": {name: text}, "submit": bool}; answers in JSON: the receipt, or why not."""
    fields, wants = _sent(request)
    envelope = EnvelopeForm(fields)
    if not envelope.is_valid():
        get_object_or_404(Sheet.objects.kept_by(request.user), uuid=uuid)
        if fields is None:
            raise BadRequest("无法读懂发来的评分表。")
        return JsonResponse({"errors": envelope.errors}, status=400)
    try:
        return JsonResponse(_save(request.user, uuid, fields, envelope, submit=wants))
    except Sheet.DoesNotExist as error:
        raise Http404 from error
    except SheetRefused as refused:
        return JsonResponse({"errors": refused.form.errors}, status=400)
    except StaleSheet:
        return JsonResponse(_as_it_stands(request.user, uuid), status=409)
    except KeyReused as error:
        return JsonResponse({"message": str(error)}, status=422)
    except ValidationError as error:
        now = presenting.sheet_to_show(request.user).get(uuid=uuid)
        answer = {"message": "；".join(error.messages), "closed": presenting.why_closed(now)}
        return JsonResponse(answer, status=400)


def _sent(request):
    """Return what the script sent as ({name: text}, wants to submit); (None, False) if it is anything else."""
    try:
        sent, fields = read_sent(request.body)
    except ValueError:
        return None, False
    return fields, sent.get("submit") is True


def _as_it_stands(user, uuid):
    """Return what another page saved meanwhile: the judge sees both and chooses."""
    now = presenting.sheet_to_show(user).get(uuid=uuid)
    fields, _ = presenting.saved_fields(now)
    saved_at = f"{timezone.localtime(now.saved_at):%H:%M}" if now.saved_at else ""
    return {"version": now.version, "fields": fields, "saved_at": saved_at, "status": now.status}


@require_POST
@never_cache
def sheet_recuse(request, uuid):
    """A judge declares why this candidate is not his to mark; only staff can lift it."""
    sheet = get_object_or_404(presenting.sheet_to_show(request.user).prefetch_related("marks"), uuid=uuid)
    form = RecusalForm(request.POST)
    if form.is_valid():
        try:
            recuse_oneself(sheet=sheet, actor=request.user, note=form.cleaned_data["note"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, f"已登记回避：{sheet.candidate}。确有误报，请联系{sheet.panel.words.staff}。"
            )
            return redirect("panels:sheet_list", pk=sheet.panel_id)
    criteria = presenting.criteria_of(sheet.panel_id)
    fields, shared = presenting.saved_fields(sheet)
    page = _page(request.user, sheet, criteria, SheetForm(initial=fields, criteria=criteria), shared, form)
    return _shown(request, "sheet_edit", page, status=400)


@require_safe
def candidate_file(request, uuid):
    """Send a file that goes with a candidate to a judge who marks there; to everybody else it does not exist."""
    line = get_object_or_404(
        CandidateFile.objects.readable_by(request.user).select_related("file"), uuid=uuid
    )
    return send_file(line.file, name=f"{line.label}{line.file.extension}")


@require_safe
@login_not_required
def worker(request):
    """The script that keeps opened desk pages for times without a network; at this address it may serve /judging/."""
    context = {
        "page": r"^\/judging\/(panels\/\d+\/|sheets\/[0-9a-f-]{36}\/)?$",
        "home": reverse("panels:panel_list"),
        "home_label": "回到我的评审组",
        "kept_words": "这一页没有留存在本机。填写过的分数都在，联网后再打开。",
    }
    response = render(request, "panels/worker.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
