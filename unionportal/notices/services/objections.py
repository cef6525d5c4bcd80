"""Raising, registering and deciding objections. Every act locks the notice first: its clock and its lines follow."""

import hashlib
import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.middleware import without_address
from unionportal.audit.services import record
from unionportal.common.crypto import keyed_hash
from unionportal.files.services import Inspected, store_file
from unionportal.notices.models import NoticeLine, Objection, PublicNotice
from unionportal.notices.services.lifecycle import lock_notice

RECEIPT_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is mistaken for another when read out


class TooMany(ValidationError):
    """More objections came from one address within the hour than we take."""


def new_receipt():
    """Return a receipt number that tells nothing and can be read out over the telephone."""
    code = "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(8))
    return f"YY-{code[:4]}-{code[4:]}"


def _body_hash(kind, name, contact, text, line, uploads):
    """Return a keyed digest of what was sent, by which a repeated sending is told from a changed one."""
    files = [hashlib.sha256(item.data).hexdigest() for item in uploads]
    return keyed_hash(json.dumps([kind, name, contact, text, line.pk if line else None, files]))


def _refuse_flood(origin_hash, now):
    recent = Objection.objects.filter(origin_hash=origin_hash, received_at__gt=now - timedelta(hours=1))
    if origin_hash and recent.count() >= settings.OBJECTIONS_PER_HOUR:
        raise TooMany("同一网络一小时内提交的异议过多。请稍后再试，或拨打受理电话、来信来访反映。")


def _line_of(notice, line):
    """Return the line under this notice as it stands, None for the whole notice; ValidationError if it is not on the list."""
    if line is None:
        return None
    line = notice.lines.filter(pk=line.pk).exclude(status=NoticeLine.Status.REMOVED).first()
    if line is None:
        raise ValidationError({"line": "所选对象不在这份公示的名单上，请重新选择。"})
    return line


def _attach(objection, uploads, actor):
    """Store the uploads under names of ours: a file's own name often says who sent it."""
    stored = [
        store_file(
            inspected=Inspected(
                f"异议材料{number}{item.extension}", item.data, item.kind, item.extension, item.content_type
            ),
            actor=actor,
            purpose="异议材料",
            is_guarded=True,
        )
        for number, item in enumerate(uploads, 1)
    ]
    objection.attachments.set(stored)


def settle(line):
    """Set the status of a line by the objections to it: one upheld removes it, one open holds it."""
    statuses = set(line.objections.values_list("status", flat=True))
    if Objection.Status.UPHELD in statuses:
        line.status, line.reason = NoticeLine.Status.REMOVED, "异议成立，移出名单"
    elif statuses & set(Objection.OPEN):
        line.status, line.reason = NoticeLine.Status.HELD, "有实名异议，正在核查"
    else:
        line.status, line.reason = NoticeLine.Status.CLEAR, ""
    line.save(update_fields=["status", "reason"])


@transaction.atomic
def raise_objection(*, notice, key, kind, name, contact, text, line=None, uploads=(), origin=""):
    """Take an objection from the public page, once however often its form is sent, and hold the line.

    `key` was made with the form, `origin` is the sender's address (kept as a keyed hash only), `uploads` are Inspected.
    The audit line says what was objected to and not from where.
    """
    notice, now = lock_notice(notice), timezone.now()
    body_hash = _body_hash(kind, name, contact, text, line, uploads)
    before = Objection.objects.filter(notice=notice, key=key).first()
    if before and before.body_hash == body_hash:
        return before
    if before:
        raise ValidationError(
            f"这张表已经提交过，回执编号 {before.receipt}。如需补充，请重新打开公示页再填一张。"
        )
    if not notice.is_running(now):
        raise ValidationError("现在不在公示期内，不能再从网上提交。请按公示页的联系方式反映。")
    origin_hash = keyed_hash(origin)
    _refuse_flood(origin_hash, now)
    objection = Objection(
        key=key, receipt=new_receipt(), notice=notice, line=_line_of(notice, line), kind=kind, text=text
    )
    objection.received_at, objection.name, objection.contact = now, name, contact
    objection.origin_hash, objection.body_hash = origin_hash, body_hash
    objection.save()
    with without_address():
        _attach(objection, uploads, None)
        record(
            None,
            "notices.objection_raised",
            objection,
            notice=str(notice),
            line=str(objection.line or "整个公示"),
        )
    if objection.line:
        settle(objection.line)
    return objection


def is_in_time(notice, channel, received_at, postmarked_on):
    """True if an objection came within the clock: a letter by its postmark. A notice that stands still loses nobody."""
    day = postmarked_on if channel == Objection.Channel.LETTER else timezone.localdate(received_at)
    return notice.status == PublicNotice.Status.STOPPED or day <= notice.last_on


def _check_dates(notice, channel, received_at, postmarked_on):
    """Raise ValidationError where the dates of an objection cannot be."""
    received_on, published_on = timezone.localdate(received_at), timezone.localdate(notice.published_at)
    errors = {}
    if received_at > timezone.now():
        errors["received_at"] = "收到时间不能晚于现在。"
    elif received_on < published_on:
        errors["received_at"] = f"收到时间早于公示发布日 {published_on:%Y-%m-%d}，请核对。"
    if channel == Objection.Channel.LETTER and postmarked_on is None:
        errors["postmarked_on"] = "来信请填写邮戳日期，是否逾期以邮戳为准。"
    elif postmarked_on and not published_on <= postmarked_on <= received_on:
        errors["postmarked_on"] = "邮戳日期应在公示发布日和收到之日之间，请核对。"
    if errors:
        raise ValidationError(errors)


def _first_status(notice, channel, received_at, postmarked_on, is_anonymous):
    if is_anonymous:
        return Objection.Status.NOTED
    is_timely = is_in_time(notice, channel, received_at, postmarked_on)
    return Objection.Status.RECEIVED if is_timely else Objection.Status.OUT_OF_TIME


@transaction.atomic
def register_objection(
    *, notice, actor, channel, kind, text, received_at, name="", contact="", line=None,
    postmarked_on=None, is_anonymous=False, uploads=(),
):  # fmt: skip
    """Enter an objection that came by letter, telephone or visit.

    One that came too late holds nobody; an anonymous one is kept as a lead. A letter in time may still come after the
    notice was closed: it holds its line all the same.
    """
    notice = lock_notice(notice)
    if notice.status == PublicNotice.Status.DRAFT or notice.withdrawn_at:
        raise ValidationError("公示未发布或已撤下，不能登记异议。")
    postmarked_on = postmarked_on if channel == Objection.Channel.LETTER else None
    _check_dates(notice, channel, received_at, postmarked_on)
    if not is_anonymous and not (name.strip() and contact.strip()):
        raise ValidationError({"name": "实名异议须登记姓名（或单位）和联系方式；匿名的请勾选“匿名反映”。"})
    objection = Objection(
        notice=notice, line=_line_of(notice, line), kind=kind, text=text, channel=channel, received_at=received_at,
        receipt=new_receipt(), postmarked_on=postmarked_on, is_anonymous=is_anonymous,
    )  # fmt: skip
    objection.status = _first_status(notice, channel, received_at, postmarked_on, is_anonymous)
    if not is_anonymous:
        objection.name, objection.contact = name.strip(), contact.strip()
    objection.save()
    _attach(objection, uploads, actor)
    details = {"notice": str(notice), "line": str(objection.line or "整个公示")}
    record(actor, "notices.objection_registered", objection, **details, status=objection.get_status_display())
    if objection.line and objection.is_open:
        settle(objection.line)
    return objection


def _lock_open(objection):
    """Return (objection, its line) under the lock of the notice; ValidationError once it is decided."""
    lock_notice(objection.notice)
    objection = Objection.objects.select_related("line", "notice").get(pk=objection.pk)
    if not objection.is_open:
        raise ValidationError(f"异议 {objection} 已有结果（{objection.get_status_display()}），不能再改。")
    return objection


@transaction.atomic
def investigate(*, objection, actor):
    """Begin to look into an objection."""
    objection = _lock_open(objection)
    if objection.status != Objection.Status.RECEIVED:
        raise ValidationError("这件异议已在核查。")
    objection.status = Objection.Status.INVESTIGATING
    objection.save(update_fields=["status"])
    record(actor, "notices.objection_investigated", objection)
    return objection


@transaction.atomic
def decide_objection(*, objection, actor, is_upheld, finding):
    """Give the finding. Upheld takes its line off the list; dismissed frees the line unless another one holds it.

    An objection to the whole notice leaves its lines alone: staff decide whether to stop or withdraw the notice.
    """
    objection = _lock_open(objection)
    if not finding.strip():
        raise ValidationError({"finding": "请写明核查结论。"})
    objection.status = Objection.Status.UPHELD if is_upheld else Objection.Status.DISMISSED
    objection.finding, objection.decided_at = finding.strip(), timezone.now()
    objection.decided_by = str(actor)
    objection.save(update_fields=["status", "finding", "decided_at", "decided_by"])
    if objection.line:
        settle(objection.line)
    line = str(objection.line or "整个公示")
    record(actor, "notices.objection_decided", objection, line=line, status=objection.get_status_display())
    return objection


@transaction.atomic
def reveal_objector(*, objection, actor):
    """Return (name, contact) in full; every look leaves an audit line."""
    record(actor, "notices.objector_revealed", objection)
    return objection.name, objection.contact
