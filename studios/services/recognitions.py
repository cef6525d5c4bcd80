"""Recognitions: given by a document, run out, taken away (摘牌) with ground and document."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from studios.models import AnnualReview, Recognition, Studio
from studios.services.growth import rewrite_milestones
from studios.services.rights import lock_studio, require
from unionportal.audit.services import record


def last_day(day, years):
    """Return the last day of something that begins on this day and holds for this many years; None without years."""
    if not years:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


@transaction.atomic
def make_recognition(*, studio, **fields):
    """Make one recognition within an act that leaves its own audit line; returns it."""
    studio = lock_studio(studio)
    if studio.status != Studio.Status.ACTIVE:
        raise ValidationError(f"“{studio}”{studio.get_status_display()}，不能再认定。")
    recognition = Recognition(studio=studio, **fields)
    recognition.full_clean()
    recognition.save()
    rewrite_milestones(studio)
    return recognition


@transaction.atomic
def recognise(*, studio, actor, **fields):
    """Recognise a studio by a document, at one level; returns the Recognition, active from the document's date."""
    require(actor, "recognise_studios")
    recognition = make_recognition(studio=studio, **fields)
    record(
        actor,
        "studios.studio_recognised",
        recognition,
        document=recognition.document_number,
        on=str(recognition.named_on or ""),
    )
    return recognition


@transaction.atomic
def expire_recognition(*, recognition, actor, ground):
    """Note that a recognition has run out or is not renewed; returns it."""
    require(actor, "recognise_studios")
    recognition = _lock(recognition)
    if not ground.strip():
        raise ValidationError("请写明到期或不再保留的情况。")
    recognition.status, recognition.ground = Recognition.Status.EXPIRED, ground.strip()
    recognition.ended_on = timezone.localdate()
    recognition.save(update_fields=["status", "ground", "ended_on"])
    rewrite_milestones(recognition.studio)
    record(actor, "studios.recognition_expired", recognition, reason=recognition.ground)
    return recognition


def _lock(recognition):
    """Return a recognition under its studio's lock; ValidationError where it has ended."""
    lock_studio(recognition.studio)
    locked = Recognition.objects.select_related("studio").select_for_update(of=("self",), no_key=True)
    locked = locked.get(pk=recognition.pk)
    if locked.status != Recognition.Status.ACTIVE:
        raise ValidationError(f"“{locked}”{locked.get_status_display()}，不能再办理。")
    return locked


@transaction.atomic
def delist(*, studio, actor, reason, document_number, on=None):
    """Take a studio's plaques away (摘牌): every active recognition ends, its growth records go.

    A rectification that was still due ends with it. Returns the studio.
    """
    require(actor, "delist_studios")
    studio, on = lock_studio(studio), on or timezone.localdate()
    reason, document_number = reason.strip(), document_number.strip()
    problems = {}
    if studio.status != Studio.Status.ACTIVE:
        problems["reason"] = f"“{studio}”{studio.get_status_display()}，无须摘牌。"
    elif not reason:
        problems["reason"] = "请写明摘牌事由。"
    if not document_number:
        problems["document_number"] = "请填写摘牌决定的文号。"
    if on > timezone.localdate():
        problems["on"] = "摘牌日期不能晚于今天。"
    if problems:
        raise ValidationError(problems)
    studio.status, studio.ended_on, studio.ended_reason = Studio.Status.DELISTED, on, reason
    studio.save(update_fields=["status", "ended_on", "ended_reason", "updated_at"])
    for recognition in studio.recognitions.filter(status=Recognition.Status.ACTIVE):
        recognition.status, recognition.ground = Recognition.Status.DELISTED, reason
        recognition.ended_on, recognition.ended_document = on, document_number
        recognition.save(update_fields=["status", "ground", "ended_on", "ended_document"])
    studio.reviews.filter(status=AnnualReview.Status.DECIDED, result=AnnualReview.Result.RECTIFY).update(
        result=AnnualReview.Result.DELISTED, rectification=reason[:300]
    )
    rewrite_milestones(studio)
    record(actor, "studios.studio_delisted", studio, reason=reason, document=document_number, on=str(on))
    return studio
