"""From the draft of a notice to its end: drafting, starting, stopping, resuming, closing, taking down."""

from dataclasses import dataclass, fields

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.common.workdays import is_workday
from unionportal.notices import clock
from unionportal.notices.models import Holiday, NoticeLine, NoticeStop, Objection, PublicNotice
from unionportal.notices.ordering import in_order, obstacles_to_order


@dataclass(frozen=True)
class Line:
    """What a line of work puts on a list; `source_key` is how it knows its own line again."""

    name: str
    unit_name: str = ""
    occupation: str = ""
    proposed: str = ""
    note: str = ""
    person: object = None
    position: int | None = None
    source_key: str = ""


def lock_notice(notice):
    """Return the notice under a lock; every change of a notice, its lines or its objections begins here."""
    return PublicNotice.objects.select_for_update(of=("self",), no_key=True).get(pk=notice.pk)


@transaction.atomic
def draft_notice(*, actor, line, title, body, lines, source_key=None, **settings):
    """Make a draft with these Lines and return it; `settings` are further fields of PublicNotice.

    A draft of the same source gets the new text and list, so that a line of work may call this whenever its list
    changes; raises ValidationError once that notice has been published.
    """
    notice = PublicNotice.objects.filter(source_key=source_key).first() if source_key else None
    notice = lock_notice(notice) if notice else PublicNotice(source_key=source_key or None)
    if notice.status != PublicNotice.Status.DRAFT:
        raise ValidationError(f"《{notice}》已经发布，名单不能再改。")
    for name, value in {"line": line, "title": title, "body": body, **settings}.items():
        setattr(notice, name, value)
    notice.full_clean()
    notice.save()
    notice.lines.all().delete()
    made = [
        NoticeLine(notice=notice, **{field.name: getattr(item, field.name) for field in fields(item)})
        for item in lines
    ]
    for item in made:
        item.full_clean(exclude=["notice"], validate_constraints=False)
    NoticeLine.objects.bulk_create(made)
    record(actor, "notices.notice_drafted", notice, lines=len(made))
    return notice


def obstacles_to_start(notice):
    """Return what still keeps a draft from being published, as Chinese sentences."""
    lines = list(notice.lines.all())
    found = []
    if not lines:
        found.append("名单是空的，请先列入公示对象。")
    if not (notice.contact_name and notice.contact_phone):
        found.append("请填写受理部门和受理电话，公众要知道向谁反映。")
    return found + obstacles_to_order(notice.order_rule, lines)


@transaction.atomic
def start_notice(*, notice, actor, starts_on=None):
    """Publish a draft: its list is put in order and frozen, its clock begins on `starts_on` or the next working day."""
    notice = lock_notice(notice)
    if notice.status != PublicNotice.Status.DRAFT:
        raise ValidationError("这份公示已经发布，不能再次发布。")
    if obstacles := obstacles_to_start(notice):
        raise ValidationError(obstacles)
    now, exceptions = timezone.now(), Holiday.exceptions()
    today = timezone.localdate(now)
    notice.starts_on = starts_on or notice.starts_on or clock.default_start(today, exceptions)
    check_first_day(notice.starts_on, today, exceptions)
    lines = in_order(notice.order_rule, notice.lines.all())
    for position, line in enumerate(lines, 1):
        line.position = position
    NoticeLine.objects.bulk_update(lines, ["position"])
    notice.last_on = clock.counted_days(notice.starts_on, notice.days, [], exceptions)[-1]
    notice.published_at, notice.status = now, PublicNotice.Status.RUNNING
    notice.save()
    record(
        actor,
        "notices.notice_started",
        notice,
        first_day=str(notice.starts_on),
        last_day=str(notice.last_on),
        days=notice.days,
    )
    return notice


def check_first_day(day, today, exceptions):
    """Raise ValidationError unless counting may begin (again) on this day."""
    if day < today:
        raise ValidationError("起算日不能早于今天。")
    if not is_workday(day, exceptions):
        raise ValidationError(f"{day:%Y-%m-%d} 不是工作日，请改为工作日。")


@transaction.atomic
def stop_notice(*, notice, actor, reason):
    """Let a running notice stand still, with a reason that the public page shows."""
    notice, now = lock_notice(notice), timezone.now()
    if not notice.is_running(now):
        raise ValidationError("只有公示期内的公示可以中止。")
    if not reason.strip():
        raise ValidationError("请写明中止的原因，公示页会列出。")
    NoticeStop.objects.create(notice=notice, stopped_at=now, reason=reason.strip())
    notice.status = PublicNotice.Status.STOPPED
    notice.save(update_fields=["status"])
    record(actor, "notices.notice_stopped", notice, reason=reason.strip())
    return notice


@transaction.atomic
def resume_notice(*, notice, actor, continues_on=None):
    """Go on with a stopped notice for the working days that remain, from this day or the next working day."""
    notice, now = lock_notice(notice), timezone.now()
    if notice.status != PublicNotice.Status.STOPPED or notice.withdrawn_at:
        raise ValidationError("只有已中止且未撤下的公示可以恢复。")
    exceptions, today = Holiday.exceptions(), timezone.localdate(now)
    default = max(notice.starts_on, clock.default_start(today, exceptions))
    day = continues_on or default
    check_first_day(day, today, exceptions)
    if day < notice.starts_on:
        raise ValidationError(f"恢复计算的日期不能早于公示首日 {notice.starts_on:%Y-%m-%d}。")
    stop = notice.stops.get(resumed_at=None)
    stop.resumed_at, stop.continues_on = now, day
    stop.save()
    notice.last_on = notice.counted_days(exceptions)[-1]
    notice.status = PublicNotice.Status.RUNNING
    notice.save(update_fields=["status", "last_on"])
    record(actor, "notices.notice_resumed", notice, first_day=str(day), last_day=str(notice.last_on))
    return notice


@transaction.atomic
def extend_notice(*, notice, actor):
    """Count the clock anew after days off were announced while it ran; it may only become longer."""
    notice = lock_notice(notice)
    if not notice.is_running():
        raise ValidationError("只有公示期内的公示可以顺延。")
    last_on = notice.counted_days(Holiday.exceptions())[-1]
    if last_on <= notice.last_on:
        raise ValidationError("按现在的节假日表，末日不会推后，无需顺延。")
    before, notice.last_on = notice.last_on, last_on
    notice.save(update_fields=["last_on"])
    record(actor, "notices.notice_extended", notice, before=str(before), after=str(last_on))
    return notice


def obstacles_to_close(notice, now=None):
    """Return what still keeps a notice from being closed, as Chinese sentences."""
    if notice.status != PublicNotice.Status.RUNNING or notice.withdrawn_at:
        return ["公示不在进行中。"]
    if not notice.is_over(now):
        return [f"公示期到 {notice.last_on:%Y-%m-%d} 24 时为止，期满后才能办结。"]
    whole = notice.objections.filter(line=None)
    found = []
    if whole.open().exists():
        found.append("还有针对整个公示的异议没有结论，请先作出结论。")
    if whole.filter(status=Objection.Status.UPHELD).exists():
        found.append("针对整个公示的异议已成立，请撤下本公示，更正后重新公示。")
    return found


@transaction.atomic
def close_notice(*, notice, actor):
    """End a notice whose clock has run out: its clear lines stand, held ones wait for their finding."""
    notice, now = lock_notice(notice), timezone.now()
    if obstacles := obstacles_to_close(notice, now):
        raise ValidationError(obstacles)
    notice.status, notice.closed_at = PublicNotice.Status.CLOSED, now
    notice.save(update_fields=["status", "closed_at"])
    counts = {status: notice.lines.filter(status=status).count() for status in NoticeLine.Status.values}
    record(actor, "notices.notice_closed", notice, **counts)
    return notice


@transaction.atomic
def withdraw_notice(*, notice, actor, reason):
    """Take a published notice off the public site for good; one that had not been closed can no longer take effect."""
    notice = lock_notice(notice)
    if notice.status == PublicNotice.Status.DRAFT or notice.withdrawn_at:
        raise ValidationError("只有已发布且未撤下的公示可以撤下。")
    if not reason.strip():
        raise ValidationError("请写明撤下的原因。")
    notice.withdrawn_at, notice.withdrawn_reason = timezone.now(), reason.strip()
    notice.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record(actor, "notices.notice_withdrawn", notice, reason=reason.strip())
    return notice
