"""Classes that units ask for (订单班): asking, answering, pooling several into one run."""

from django.core.exceptions import ValidationError
from django.db import transaction

from academies.models import ClassRequest, CourseRun
from unionportal.audit.services import record
from unionportal.inbox.services import send

Status = ClassRequest.Status


@transaction.atomic
def ask_for_class(*, request, actor):
    """Keep what a unit asks for and return it; the form has filled it in."""
    request.requested_by = actor
    request.unit_name = request.unit.name if request.unit_id else request.unit_name
    same = {name: getattr(request, name) for name in ("unit", "unit_name", "topic", "people")}
    if found := ClassRequest.objects.filter(**same, requested_by=actor, status=Status.RECEIVED).first():
        return found  # the second click of two
    request.full_clean(exclude=["status", "run"])
    request.save()
    record(actor, "academies.class_requested", request, people=request.people)
    return request


def _lock(keys):
    """Return these requests, locked, in the order of their keys."""
    return list(ClassRequest.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def tell(request, title):
    """Tell whoever asked what has come of it."""
    send(
        to=request.requested_by,
        title=f"{title}：{request.topic}",
        body=request.answer,
        url=request.get_absolute_url(),
        kind="academies.class_request_answered",
    )


@transaction.atomic
def answer_request(*, request, answer, actor, is_declined=False):
    """Answer what a unit asked for, and tell it; returns the request. An answer may be replaced until a run is opened."""
    (request,) = _lock([request.pk])
    if request.status == Status.OPENED:
        raise ValidationError(f"“{request}”已开班，不能再改答复。")
    if not answer.strip():
        raise ValidationError({"answer": "请写明答复，申请单位会看到。"})
    request.answer = answer.strip()
    request.status = Status.DECLINED if is_declined else Status.ANSWERED
    request.save(update_fields=["answer", "status"])
    tell(request, "订单班申请暂不开班" if is_declined else "订单班申请已答复")
    verb = "class_request_declined" if is_declined else "class_request_answered"
    record(actor, f"academies.{verb}", request, answer=request.answer)
    return request


@transaction.atomic
def open_for_requests(*, requests, run, actor):
    """Open a draft run for one or several requests, tell every unit, and return the run, saved by now.

    Its capacity is the people asked for where the form left it empty.
    """
    locked = _lock([request.pk for request in requests])
    if not locked:
        raise ValidationError("请至少选一份申请。")
    if taken := [str(request) for request in locked if request.status == Status.OPENED]:
        raise ValidationError([f"“{name}”已经开班，不能再并入。" for name in taken])
    run.status = CourseRun.Status.DRAFT
    run.capacity = run.capacity or sum(request.people for request in locked)
    run.full_clean()
    run.save()
    record(actor, "academies.run_opened_for_requests", run, names=[str(request) for request in locked])
    for request in locked:
        request.status, request.run = Status.OPENED, run
        request.answer = (
            f"已按您的申请安排“{run}”，计划 {run.starts_on:%Y-%m-%d} 开班。班次发布后即可为职工报名。"
        )
        request.save(update_fields=["status", "run", "answer"])
        tell(request, "订单班已安排开班")
    return run
