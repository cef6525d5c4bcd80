"""The district union's look at what was nominated: accepted, sent back, found ineligible, withdrawn."""

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.models import Nomination
from craftsmen.services.rights import lock_nomination, require
from unionportal.audit.admin_steps import Step
from unionportal.audit.services import record
from unionportal.panels.models import Candidate
from unionportal.panels.services.seats import lock_panel

Status, Level = Nomination.Status, Nomination.Level
ACCEPTABLE = {Status.REVIEWED, Status.INELIGIBLE}
RETURNABLE = {Status.REVIEWED, Status.ACCEPTED, Status.INELIGIBLE}
REFUSABLE = {Status.REVIEWED, Status.ACCEPTED}
FINISHED = {Status.DRAFT, Status.CONFERRED, Status.REMOVED, Status.WITHDRAWN}


def _open(nomination, actor, allowed, act):
    """Return the nomination under its lock, in one of the states from which it may be acted on."""
    require(actor, "review_nominations")
    nomination = lock_nomination(nomination)
    if nomination.status not in allowed:
        state = nomination.get_status_display()
        raise ValidationError(f"“{nomination}”现为“{state}”，不能{act}。")
    return nomination


def _reason(text, asked):
    if not text.strip():
        raise ValidationError({"reason": asked})
    return text.strip()


@transaction.atomic
def accept_nomination(*, nomination, actor):
    """Find a nomination eligible, also one that was found ineligible before; returns it."""
    nomination = _open(nomination, actor, ACCEPTABLE, "通过审查")
    nomination.status, nomination.ineligible_reason = Status.ACCEPTED, ""
    nomination.save(update_fields=["status", "ineligible_reason", "updated_at"])
    record(actor, "craftsmen.nomination_accepted", nomination)
    return nomination


@transaction.atomic
def send_back(*, nomination, actor, level, reason):
    """Send a nomination back to the unit that made it or to the town or system union that passed it up; returns it."""
    nomination = _open(nomination, actor, RETURNABLE, "退回")
    reason = _reason(reason, "请写明退回的理由，申报单位会看到。")
    if level == Level.BRANCH and not has_branch(nomination):
        raise ValidationError("这份申报不经镇街、系统工会，请退回申报单位（填报人）。")
    nomination.status, nomination.returned_to, nomination.return_reason = Status.RETURNED, level, reason
    nomination.save(update_fields=["status", "returned_to", "return_reason", "updated_at"])
    to = Level(level).label
    record(actor, "craftsmen.nomination_sent_back", nomination, to=to, reason=reason)
    return nomination


def has_branch(nomination):
    """Tell whether a town or system union stands between the nominating body and the district."""
    return nomination.branch_id is not None


@transaction.atomic
def refuse_nomination(*, nomination, actor, reason):
    """Find a nomination ineligible, with the reason; returns it."""
    nomination = _open(nomination, actor, REFUSABLE, "认定为不符合条件")
    nomination.ineligible_reason = _reason(reason, "请写明不符合哪一条件。")
    nomination.status = Status.INELIGIBLE
    nomination.save(update_fields=["status", "ineligible_reason", "updated_at"])
    record(actor, "craftsmen.nomination_refused", nomination, reason=nomination.ineligible_reason)
    return nomination


@transaction.atomic
def take_back(*, nomination, actor, reason):
    """Take a nomination out of the selection at any time before conferral; returns it.

    Experts mark it no more; in a notice its line stays as printed, and nothing is conferred on it.
    """
    nomination = _open(nomination, actor, set(Status) - FINISHED, "撤回")
    nomination.withdrawn_reason = _reason(reason, "请写明撤回的理由。")
    before, nomination.status = nomination.get_status_display(), Status.WITHDRAWN
    nomination.save(update_fields=["status", "withdrawn_reason", "updated_at"])
    if nomination.candidate_id:
        lock_panel(nomination.offer.panel)
        Candidate.objects.filter(pk=nomination.candidate_id).update(is_marked=False)
    record(
        actor,
        "craftsmen.nomination_taken_back",
        nomination,
        before=before,
        reason=nomination.withdrawn_reason,
    )
    return nomination


def review_steps(nomination, user):
    """Return the Steps of a nomination's page: what staff may do with it now."""
    why_not = [] if user.has_perm("craftsmen.review_nominations") else ["您的角色没有这项权限。"]
    steps = []
    if nomination.status in ACCEPTABLE:
        label = "改为通过审查" if nomination.status == Status.INELIGIBLE else "通过审查"
        steps.append(Step("accept", label, why_not, is_main=True))
    if nomination.status in RETURNABLE:
        if has_branch(nomination):
            steps.append(Step("to_branch", "退回镇街、系统工会", why_not, reason="退回的理由"))
        steps.append(Step("to_unit", "退回申报单位", why_not, reason="退回的理由"))
    if nomination.status in REFUSABLE:
        steps.append(Step("refuse", "不符合条件", why_not, reason="不符合哪一条件"))
    if nomination.status not in FINISHED:
        hint = "公示名单不改动，但不再授予称号。" if nomination.status == Status.IN_NOTICE else ""
        steps.append(Step("withdraw", "撤回申报", why_not, reason="撤回的理由", hint=hint))
    return steps
