from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from competitions import scoring
from competitions.board import Board, board_stages, by_rank, is_open
from competitions.board_acts import ACTS, BoardForms
from competitions.models import Stage
from competitions.services.chief import may_seal
from competitions.services.results import Blocked
from competitions.services.stages import TAKES_MARKS

# What the sealing service says names people; the list on the page keeps to codes while the stage is blind.
MOST_LISTED = 60
STILL_BLOCKED = "还不能锁定：“锁定前还要办的事”尚未办结，见下方清单。"


@require_safe
@never_cache
def board_list(request):
    """The boards this user may open: the stages being scored first."""
    stages = Stage.objects.boards_for(request.user).select_related("event__competition")
    recent = stages.exclude(status=Stage.Status.PREPARING).order_by("-event__competition__year", "-pk")
    listed = sorted(recent[:MOST_LISTED], key=lambda stage: not is_open(stage))
    return render(request, "competitions/board_list.html", {"stages": listed})


@require_safe
@never_cache
def board(request, pk):
    """The chief judge's board of a stage."""
    return _page(request, _stage(request, pk))


@require_safe
@never_cache
def board_row(request, pk, key):
    """One appearance: its sheets, the arithmetic of its total, and what can be done about it."""
    return _page(request, _stage(request, pk), key=key)


@require_POST
@never_cache
def board_act(request, pk, act):
    """Do one thing on the board; what is refused comes back with what was typed."""
    stage, back = _stage(request, pk), request.POST.get("back", "")
    if act not in ACTS:
        raise Http404
    if not _may(request.user, stage, ACTS[act]):
        raise PermissionDenied("这项操作由裁判长或竞赛业务员办理。")
    target = request.POST.get("target", "")
    form = BoardForms(Board(stage)).make(act, target, data=request.POST)
    if _done(form, act, stage, request.user):
        messages.success(request, ACTS[act].done)
        return redirect("boards:board_row", pk, back) if back else redirect("boards:board", pk)
    return _page(request, _stage(request, pk), key=back, failed=(act, target, form))


def _stage(request, pk):
    return get_object_or_404(board_stages(request.user), pk=pk)


def _may(user, stage, act=None):
    return may_seal(user) or (stage.is_chaired and not (act and act.needs_seal))


def _done(form, act, stage, actor):
    """Call the act's service; False, with the reasons on the form, if it could not be done."""
    if not form.is_valid():
        return False
    given = {name: value for name, value in form.cleaned_data.items() if name not in ("target", "confirmed")}
    try:
        ACTS[act].service(stage=stage, actor=actor, **given)
    except Blocked:
        form.add_error(None, STILL_BLOCKED)
    except ValidationError as error:
        form.add_error(None, error.messages)
    return not form.errors


def _page(request, stage, *, key="", failed=None):
    """Render the board, or one row of it; 422 with the form that was refused."""
    board = Board(stage)
    row = board.row(key) if key else None
    if key and row is None:
        raise Http404
    context = {
        "board": board,
        "stage": stage,
        "forms": BoardForms(board, failed),
        "failed": failed and failed[2],
        "read_at": timezone.localtime(),
        "may_decide": _may(request.user, stage) and is_open(stage),
        "may_seal": may_seal(request.user),
        "may_mark_status": _may(request.user, stage) and stage.status in TAKES_MARKS,
    }
    context |= (
        _row_context(board, row, context["forms"])
        if row
        else _table_context(request, board, context["forms"])
    )
    template = "competitions/board_row.html" if row else "competitions/board.html"
    return render(request, template, context, status=422 if failed else 200)


def _row_context(board, row, forms):
    working = None
    if row.total_text and board.rule:
        working = scoring.working(board.rule, row.line)
    alarms = [(alarm, forms.make("spread", alarm.candidate)) for alarm in board.alarms if alarm.row is row]
    return {"row": row, "working": working, "alarms": alarms, **forms.of_row(row)}


def _table_context(request, board, forms):
    is_by_rank = request.GET.get("by") == "rank"
    named = {act: forms.make(act) for act in ("close", "resume", "seal", "withdraw")}
    again = {"again": forms.make("again", "again")} if board.aside else {}
    rows = by_rank(board.rows) if is_by_rank else board.rows
    return {"rows": rows, "is_by_rank": is_by_rank, **named, **again}
