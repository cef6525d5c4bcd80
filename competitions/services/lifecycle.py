"""Announcing, closing and cancelling a competition."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from competitions.models import Competition, Document, Stage
from competitions.services.readiness import missing
from competitions.services.stages import stage_panels
from unionportal.audit.services import record
from unionportal.panels.services import seats

Status = Competition.Status
MOVES = {
    Status.DRAFT: {Status.ANNOUNCED},
    Status.ANNOUNCED: {Status.CLOSED, Status.CANCELLED},
    Status.CLOSED: {Status.ANNOUNCED},
    Status.CANCELLED: set(),
}
UNFINISHED = {
    Stage.Status.SCORING,
    Stage.Status.PAUSED,
    Stage.Status.CHECKING,
    Stage.Status.SEALED,
    Stage.Status.HALL,
}


@transaction.atomic
def move_competition(*, competition, to, actor, reason=""):
    """Announce, close, reopen or cancel a competition and return it; raises ValidationError saying why not."""
    competition = Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    before = competition.status
    if to not in MOVES[before]:
        raise ValidationError(
            f"“{competition}”现为“{competition.get_status_display()}”，不能转为“{Status(to).label}”。"
        )
    stages = Stage.objects.filter(event__competition=competition)
    if to == Status.ANNOUNCED and before == Status.DRAFT and (lacking := missing(competition)):
        raise ValidationError(lacking)
    running = stages.filter(status__in=UNFINISHED).select_related("event").first()
    if to == Status.CLOSED and running:
        raise ValidationError(f"“{running}”{running.get_status_display()}，公布成绩后再结束竞赛。")
    if to == Status.CANCELLED and not reason.strip():
        raise ValidationError({"reason": "请写明取消的原因，它会对外公布。"})
    competition.status = to
    if to == Status.ANNOUNCED and competition.announced_at is None:
        competition.announced_at = timezone.now()
    competition.save(update_fields=["status", "announced_at"])
    if to == Status.CANCELLED:
        publish_correction(competition, "取消竞赛的通知", reason.strip())
        for stage in stages:
            for panel in stage_panels(stage):
                seats.close_panel(panel=panel, actor=actor)
    record(
        actor, "competitions.competition_moved", competition, before=before, after=to, reason=reason.strip()
    )
    return competition


ANNOUNCED_FACTS = ("entry_opens_on", "entry_closes_on", "final_on", "venue")


@transaction.atomic
def note_changes(*, before, after, actor):
    """Tell the public what of an announced competition was moved; returns the Document with old and new, or None."""
    names = [name for name in ANNOUNCED_FACTS if getattr(before, name) != getattr(after, name)]
    if before.status != Status.ANNOUNCED or not names:
        return None
    lines = [
        f"{Competition._meta.get_field(name).verbose_name}：原为{_told(getattr(before, name))}，"
        f"现改为{_told(getattr(after, name))}。"
        for name in names
    ]
    notice = publish_correction(after, "调整时间和地点的更正通知", "\n".join(lines))
    record(actor, "competitions.correction_published", after, note=notice.text)
    return notice


def publish_correction(competition, title, text):
    """Write a correction of today that stands on the competition's page and return it."""
    return Document.objects.create(
        competition=competition,
        kind=Document.Kind.CORRECTION,
        title=title,
        text=text,
        dated_on=timezone.localdate(),
    )


def _told(value):
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return f"“{value}”" if value else "未定"
