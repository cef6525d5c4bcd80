"""The desk of a town or system union: what waits, in which order it goes up, and the Word forms for the stamp."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from craftsmen import documents
from craftsmen import nomination_presenting as presenting
from craftsmen.deadlines import branch_last_day
from craftsmen.models import Nomination, Offer
from craftsmen.nomination_forms import PassUpForm
from craftsmen.nomination_views import seen
from craftsmen.services import branches
from unionportal.people.models import UnionBody

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def branches_of(user):
    """Return the town and system unions this user acts for."""
    return UnionBody.objects.kept_by(user).filter(kind__in=UnionBody.BRANCHES)


@require_safe
@never_cache
def branch_desk(request):
    """What has reached the unions I act for, by title; one page, because it is ranked as a whole."""
    return _desk(request, list(branches_of(request.user)))


def _desk(request, mine, failed=None, status=200):
    if not mine:
        raise Http404
    context = {"boards": _boards(request, mine, failed), "branches": mine, "failed": failed}
    return render(request, "craftsmen/nomination_branch.html", context, status=status)


def _boards(request, mine, failed):
    """Return one board per branch and offer: rows that wait, rows gone up, the room, the form."""
    rows = list(
        Nomination.objects.filter(branch__in=mine)
        .exclude(status=Nomination.Status.DRAFT)
        .filter(offer__selection__status="announced")
        .select_related("offer__selection", "offer__title", "person", "body", "branch", "photo")
        .order_by("offer", "branch", "branch_rank", "submitted_at", "pk")
    )
    waiting = {row.pk for row in rows if is_waiting(row)}
    offers = {row.offer_id: row.offer for row in rows}
    boards = []
    for branch in mine:
        room = branches.rooms(offers.values(), branch)
        for offer in offers.values():
            here = [row for row in rows if row.offer_id == offer.pk and row.branch_id == branch.pk]
            if here:
                boards.append(_board(request, branch, offer, here, waiting, room[offer.pk], failed))
    return boards


def is_waiting(row):
    """True for what is with the branch now."""
    is_back = row.status == Nomination.Status.RETURNED and row.returned_to == Nomination.Level.BRANCH
    return row.status == Nomination.Status.SUBMITTED or is_back


def _board(request, branch, offer, rows, waiting, room, failed):
    for row in rows:
        row.mark = presenting.mark_of(row)
    is_failed = bool(failed) and failed["board"] == (offer.pk, branch.pk)
    if is_failed:
        for row in rows:
            row.typed_rank = request.POST.get(f"rank-{row.pk}", "")
            row.is_ticked = str(row.pk) in request.POST.getlist("chosen")
    return {
        "branch": branch,
        "offer": offer,
        "waiting": [row for row in rows if row.pk in waiting],
        "others": [row for row in rows if row.pk not in waiting],
        "room": room,
        "last_on": branch_last_day(offer.selection, branch),
        "form": PassUpForm(request.POST if is_failed else None, auto_id=f"id_{offer.pk}_{branch.pk}_%s"),
        "errors": failed["errors"] if is_failed else [],
        "is_failed": is_failed,
    }


@require_POST
@never_cache
def branch_act(request, offer_pk, body_pk):
    """Save the order of a board; with 报送 also send the ticked ones up."""
    branch = get_object_or_404(branches_of(request.user), pk=body_pk)
    offer = get_object_or_404(Offer.objects.select_related("selection", "title"), pk=offer_pk)
    try:
        done = _rank_and_pass(request, offer, branch)
    except ValidationError as error:
        failed = {"board": (offer.pk, branch.pk), "errors": error.messages}
        return _desk(request, list(branches_of(request.user)), failed, status=400)
    messages.success(request, done)
    return redirect("nominations:branch_desk")


def _ranks(request):
    """Return {nomination key: number or None} of the rank fields; ValidationError for anything but numbers."""
    ranks = {}
    for name, text in request.POST.items():
        key = name.removeprefix("rank-")
        if name.startswith("rank-") and key.isdecimal():
            text = text.strip()
            if text and not (text.isdecimal() and 0 < int(text) < 10_000):
                raise ValidationError(f"排序请填写从 1 起的整数，“{text[:10]}”不行。")
            ranks[int(key)] = int(text) if text else None
    return ranks


@transaction.atomic
def _rank_and_pass(request, offer, branch):
    ranked = branches.rank_nominations(offer=offer, branch=branch, ranks=_ranks(request), actor=request.user)
    if request.POST.get("action") != "pass":
        return f"“{offer.title}”的排序已保存，共 {len(ranked)} 名。"
    chosen = [int(key) for key in request.POST.getlist("chosen") if key.isdecimal()]
    rows = branches.pass_up(
        offer=offer,
        branch=branch,
        chosen=chosen,
        opinion=request.POST.get("opinion", ""),
        upload=request.FILES.get("scan"),
        actor=request.user,
    )
    return f"已报送区总工会 {len(rows)} 名：{'、'.join(row.person.name for row in rows)}。"


@require_POST
@never_cache
def branch_summary(request, offer_pk, body_pk):
    """Send the 推荐汇总表 of a branch; by POST, because it leaves an audit line."""
    branch = get_object_or_404(branches_of(request.user), pk=body_pk)
    offer = get_object_or_404(Offer.objects.select_related("selection", "title"), pk=offer_pk)
    content = documents.print_summary(offer=offer, branch=branch, actor=request.user)
    return _word(content, f"{branch}{offer.title}推荐汇总表.docx")


@require_POST
@never_cache
def nomination_document(request, uuid):
    """Send the 推荐审批表 of a nomination; by POST, because it leaves an audit line."""
    nomination = get_object_or_404(seen(request.user), uuid=uuid)
    is_own = presenting.rights(request.user, nomination)["is_own"]
    content = documents.print_form(
        nomination=nomination,
        actor=request.user,
        shows_number=is_own or request.user.has_perm("people.read_identity"),
    )
    return _word(content, f"{nomination.person.name}{nomination.offer.title}推荐审批表.docx")


def _word(content, name):
    response = HttpResponse(content, content_type=DOCX)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    return response
