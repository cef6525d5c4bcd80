"""Announcing, closing and cancelling a competition."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from competitions.models import Competition, Stage
from competitions.services.readiness import missing
from unionportal.audit.services import record

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
    record(
        actor, "competitions.competition_moved", competition, before=before, after=to, reason=reason.strip()
    )
    return competition
