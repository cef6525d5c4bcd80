"""The judging desk at /judging/: a judge's panels, sheets, and one sheet. Everything through what is the judge's own."""

import json
import uuid as uuids

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from unionportal.accounts.services import KeyReused
from unionportal.panels import presenting
from unionportal.panels.forms import SheetForm, binding_of, check_binding, plain
from unionportal.panels.services.desk import keep_sheet
from unionportal.panels.services.marks import StaleSheet


@require_safe
@never_cache
def panel_list(request):
    """My panels, and how far I am."""
    return render(request, "panels/panel_list.html", {"seats": list(presenting.seats_of(request.user))})


@require_safe
@never_cache
def sheet_list(request, pk):
    """My sheets of one panel."""
    seat = presenting.seats_of(request.user).filter(panel=pk).first()
    if seat is None:
        raise Http404
    sheets = presenting.sheets_of(request.user, pk)
    return render(request, "panels/sheet_list.html", {"seat": seat, "panel": seat.panel, "sheets": sheets})


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
            answer, message = _keep(request.user, sheet, form, submit=wants and is_same)
            if answer:
                messages.success(request, _receipt(answer, wants))
                return redirect("panels:sheet_edit", uuid=sheet.uuid)
            form.add_error(None, message)
    else:
        form = SheetForm(initial=fields, criteria=criteria)
    context = _page(request.user, sheet, criteria, form, shared)
    return render(request, "panels/sheet_edit.html", context, status=400 if form.errors else 200)


def _keep(user, sheet, form, *, submit):
    """Save what a page without script sent; returns (receipt, ""), or (None, what to tell)."""
    try:
        return _checked_keep(user, sheet, form, submit=submit), ""
    except StaleSheet:
        return None, "这张评分表刚在别处保存过，本次未保存。请记下您的改动，重新打开本页后再填。"
    except KeyReused as error:
        return None, str(error)
    except ValidationError as error:
        return None, "；".join(error.messages)


def _checked_keep(user, sheet, form, *, submit):
    """Save through the service; raises StaleSheet, KeyReused or ValidationError."""
    sent = form.cleaned_data
    check_binding(user, sheet, sent["binding"])
    if submit and sent["signature"].replace(" ", "") != user.name.replace(" ", ""):
        raise ValidationError(f"签名须与本人姓名“{user.name}”一致，未提交。")
    more = {"marks": form.marks, "deductions": form.deductions, "submit": submit}
    return keep_sheet(sheet=sheet, actor=user, key=sent["key"], version=sent["version"], **more)


def _receipt(answer, wants_to_submit):
    if answer["status"] == "submitted":
        return f"已提交 {answer['saved_at']}。"
    return f"已保存 {answer['saved_at']}。" + ("请核对下表，签名后再提交。" if wants_to_submit else "")


def _page(user, sheet, criteria, form, shared):
    """Return the context of a sheet's page."""
    siblings = presenting.sheets_of(user, sheet.panel_id)
    here = next((i for i, row in enumerate(siblings) if row["uuid"] == sheet.uuid), None)
    marks = {mark.criterion_id: mark.given for mark in sheet.marks.all()}
    lines = presenting.lines_of(criteria, form)
    own = [form.initial[name] for name in form.initial if name.endswith("-points")]
    return presenting.heading(sheet) | {
        "sheet": sheet, "panel": sheet.panel, "form": form, "lines": lines, "shared": shared,
        "closed": presenting.why_closed(sheet), "siblings": siblings,
        "previous": siblings[here - 1] if here else None,
        "next": siblings[here + 1] if here is not None and here + 1 < len(siblings) else None,
        "position": None if here is None else here + 1,
        "blank": sum(1 for line in lines if not line["value"]), "deduction_lines": form.deduction_lines(),
        "total": presenting.total_of(criteria, marks, [*own, *(d.points for d in shared)]),
        "maximum": plain(sum(criterion.maximum for criterion in criteria)),
        "binding": binding_of(user, sheet), "key": uuids.uuid4(),
    }  # fmt: skip


@require_POST
@never_cache
def sheet_save(request, uuid):
    """Save a draft, or hand the signed sheet in, for the desk's script: JSON in, receipt out."""
    sheet = get_object_or_404(presenting.sheet_to_show(request.user), uuid=uuid)
    sent = _sent(request)
    form = SheetForm(sent["fields"], criteria=list(sheet.panel.criteria.all()))
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    try:
        return JsonResponse(_checked_keep(request.user, sheet, form, submit=sent["submit"]))
    except StaleSheet:
        return JsonResponse(_as_it_stands(request.user, sheet), status=409)
    except KeyReused as error:
        return JsonResponse({"message": str(error)}, status=422)
    except ValidationError as error:
        now = presenting.sheet_to_show(request.user).get(pk=sheet.pk)
        answer = {"message": "；".join(error.messages), "closed": presenting.why_closed(now)}
        return JsonResponse(answer, status=400)


def _sent(request):
    """Return the request's JSON as {"fields": {name: text}, "submit": bool}; BadRequest if it is anything else."""
    try:
        sent = json.loads(request.body)
        fields = {name: str(value) for name, value in sent["fields"].items()}
        return {"fields": fields, "submit": sent.get("submit") is True}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRequest("无法读懂发来的评分表。") from error


def _as_it_stands(user, sheet):
    """Return what another page saved meanwhile: the judge sees both and chooses."""
    now = presenting.sheet_to_show(user).get(pk=sheet.pk)
    fields, _ = presenting.saved_fields(now)
    saved_at = f"{timezone.localtime(now.saved_at):%H:%M}" if now.saved_at else ""
    return {"version": now.version, "fields": fields, "saved_at": saved_at, "status": now.status}
