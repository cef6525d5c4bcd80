"""Questions to the studios (我要求助): asked by anybody, routed and answered by staff, shown only with consent."""

import secrets

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from studios.models import HelpRequest, Studio
from studios.services.rights import lock, require
from unionportal.audit.services import record

Status = HelpRequest.Status
USUAL_DAYS = 15  # until an answer is due, unless another day is set
# Without letters and digits that are taken for one another.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@transaction.atomic
def ask(
    *, title, question, asker, contact, key=None, consents_to_publication=False, sector=None, studio=None
):
    """Take a question in from anybody and return it; its receipt is how the asker finds the answer.

    `key` was made with the form: sent again it returns the question taken in, with other words it is refused.
    `studio` is the one whose page it was asked on: a suggestion that staff confirm by routing it.
    """
    item = HelpRequest(
        key=key,
        receipt="QZ-" + "".join(secrets.choice(LETTERS) for _ in range(10)),
        title=title,
        question=question,
        sector=sector,
        studio=studio,
        consents_to_publication=consents_to_publication,
    )
    item.asker, item.contact = asker, contact
    item.full_clean(exclude=["key"])
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        return _asked_before(item)
    record(None, "studios.help_asked", item)
    return item


def _asked_before(item):
    """Return the question that this form has asked already; ValidationError if the words are others."""
    before = HelpRequest.objects.get(key=item.key)
    said = ("title", "question", "asker", "contact", "sector_id", "consents_to_publication")
    if any(getattr(before, name) != getattr(item, name) for name in said):
        raise ValidationError(
            f"这张表已经提交过，查询码 {before.receipt}。如有别的问题，请重新打开本页再填一张。"
        )
    return before


def _lock(item, *statuses):
    item = lock(item)
    if item.status not in statuses:
        raise ValidationError(f"求助{item.get_status_display()}，不能这样办理。")
    return item


@transaction.atomic
def route(*, item, studio, due_on, actor):
    """Hand a question to a studio with a day for the answer, or to another studio; returns it."""
    require(actor, "change_helprequest")
    item = _lock(item, *HelpRequest.OPEN)
    if studio.status != Studio.Status.ACTIVE:
        raise ValidationError({"studio": f"“{studio}”{studio.get_status_display()}，请选择其他工作室。"})
    if due_on < timezone.localdate():
        raise ValidationError({"due_on": "答复期限不能早于今天。"})
    item.studio, item.due_on, item.status = studio, due_on, Status.ROUTED
    item.save(update_fields=["studio", "due_on", "status"])
    record(actor, "studios.help_routed", item, to=str(studio), on=str(due_on))
    return item


@transaction.atomic
def answer(*, item, text, answered_by, actor):
    """Enter the studio's answer, or correct one that is not public yet; returns the question."""
    require(actor, "change_helprequest")
    item = _lock(item, Status.ROUTED, Status.ANSWERED)
    if not text.strip() or not answered_by.strip():
        raise ValidationError("请填写答复和答复人。")
    item.answer, item.answered_by = text.strip(), answered_by.strip()
    item.answered_on, item.status = timezone.localdate(), Status.ANSWERED
    item.full_clean()
    item.save(update_fields=["answer", "answered_by", "answered_on", "status"])
    record(actor, "studios.help_answered", item, name=item.answered_by)
    return item


@transaction.atomic
def publish(*, item, actor):
    """Show a question and its answer to everybody, without the asker; refused without consent. Returns it."""
    require(actor, "change_helprequest")
    item = _lock(item, Status.ANSWERED)
    if not item.consents_to_publication:
        raise ValidationError("求助人没有同意公开，只能单独告知答复。")
    item.status = Status.PUBLISHED
    item.save(update_fields=["status"])
    record(actor, "studios.help_published", item)
    return item


@transaction.atomic
def hide(*, item, actor, reason):
    """Take a published question back; returns it."""
    require(actor, "change_helprequest")
    item = _lock(item, Status.PUBLISHED)
    if not reason.strip():
        raise ValidationError("请写明撤回公开的理由。")
    item.status = Status.ANSWERED
    item.save(update_fields=["status"])
    record(actor, "studios.help_hidden", item, reason=reason.strip())
    return item


@transaction.atomic
def close(*, item, actor, reason):
    """Turn a question down, with the reason its asker reads; returns it."""
    require(actor, "change_helprequest")
    item = _lock(item, *HelpRequest.OPEN)
    if not reason.strip():
        raise ValidationError("请写明不予受理的理由，求助人会看到。")
    item.status, item.closed_reason = Status.CLOSED, reason.strip()
    item.save(update_fields=["status", "closed_reason"])
    record(actor, "studios.help_closed", item, reason=item.closed_reason)
    return item


@transaction.atomic
def reveal_asker(*, item, actor):
    """Return (name, contact) of who asks, for whoever may read them; it leaves an audit line."""
    require(actor, "read_askers")
    record(actor, "studios.asker_revealed", item)
    return item.asker, item.contact
