"""Achievements: handed in by a studio's union body, returned or verified by staff, published where that is allowed."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from studios.models import Achievement, Contribution, Studio
from studios.services.growth import write_achievement_milestones
from studios.services.keepers import tell_of_achievement
from studios.services.rights import lock, require
from studios.services.secrecy import keep_back
from studios.similarity import alike
from unionportal.audit.services import record

Status = Achievement.Status
Confidentiality = Achievement.Confidentiality


def _lock(achievement, *statuses):
    achievement = lock(achievement)
    if achievement.status not in statuses:
        raise ValidationError(f"“{achievement}”现为“{achievement.get_status_display()}”，不能这样办理。")
    return achievement


def _told(achievement, reason):
    """Return the reason as the audit may keep it: why a secret came back is told on its own page alone."""
    return "" if achievement.confidentiality == Confidentiality.SECRET else reason


def obstacles_to_submit(achievement):
    """Return what an achievement still lacks, as Chinese sentences."""
    found = []
    if not achievement.problem.strip():
        found.append("请写明解决的问题。")
    if not achievement.solution.strip():
        found.append("请写明解决办法。")
    contributions = list(achievement.contributions.all())
    if not contributions:
        found.append("请至少填写一名完成人。")
    shares = [item.share for item in contributions]
    if any(share is not None for share in shares):
        if None in shares:
            found.append("填写贡献占比的，每名完成人都要填写。")
        elif sum(shares) != Decimal(100):
            found.append(f"贡献占比合计应为 100%，现为 {sum(shares):f}%。")
    return found


@transaction.atomic
def replace_contributions(*, achievement, lines):
    """Make the contributors of an achievement these, in order; each line a dict of a Contribution's fields."""
    achievement.contributions.all().delete()
    made = [
        Contribution(achievement=achievement, position=number, **line) for number, line in enumerate(lines, 1)
    ]
    for item in made:
        item.full_clean()
        item.save()
    return made


@transaction.atomic
def submit_achievement(*, achievement, actor):
    """Hand an achievement in for verification; returns it."""
    may = actor.has_perm("studios.verify_achievements")
    if not may and not Achievement.objects.kept_by(actor).filter(pk=achievement.pk).exists():
        raise PermissionDenied("您不能提交这项成果。")
    achievement = _lock(achievement, *Achievement.AT_HAND)
    if found := obstacles_to_submit(achievement):
        raise ValidationError(found)
    achievement.full_clean()
    achievement.status, achievement.return_reason = Status.SUBMITTED, ""
    achievement.submitted_by, achievement.submitted_at = actor, timezone.now()
    achievement.save(update_fields=["status", "return_reason", "submitted_by", "submitted_at", "updated_at"])
    record(actor, "studios.achievement_submitted", achievement)
    return achievement


@transaction.atomic
def return_achievement(*, achievement, actor, reason):
    """Send an achievement back to be corrected; returns it."""
    require(actor, "verify_achievements")
    achievement = _lock(achievement, Status.SUBMITTED)
    if not reason.strip():
        raise ValidationError("请写明退回的理由。")
    achievement.status, achievement.return_reason = Status.RETURNED, reason.strip()
    achievement.save(update_fields=["status", "return_reason", "updated_at"])
    record(
        actor,
        "studios.achievement_returned",
        achievement,
        reason=_told(achievement, achievement.return_reason),
    )
    tell_of_achievement(achievement, "已退回，请修改后重新提交")
    return achievement


@transaction.atomic
def verify_achievement(*, achievement, actor):
    """Find that an achievement is true: it counts from here on, in the growth records too unless kept confidential."""
    require(actor, "verify_achievements")
    achievement = _lock(achievement, Status.SUBMITTED)
    achievement.status, achievement.outcome = Status.VERIFIED, Achievement.Outcome.VERIFIED
    achievement.verified_by, achievement.verified_on = actor, timezone.localdate()
    achievement.save(update_fields=["status", "outcome", "verified_by", "verified_on", "updated_at"])
    write_achievement_milestones(achievement)
    record(actor, "studios.achievement_verified", achievement)
    tell_of_achievement(achievement, "已核实")
    return achievement


@transaction.atomic
def refuse_achievement(*, achievement, actor, reason, duplicate_of=None):
    """Find that an achievement does not count, or is one that stands already; returns it."""
    require(actor, "verify_achievements")
    achievement = _lock(achievement, Status.SUBMITTED)
    if duplicate_of is not None and duplicate_of.pk == achievement.pk:
        raise ValidationError("成果不能与自己重复。")
    if not reason.strip():
        raise ValidationError("请写明理由。")
    outcome = Achievement.Outcome.DUPLICATE if duplicate_of else Achievement.Outcome.REFUSED
    achievement.status, achievement.outcome = Status.REFUSED, outcome
    achievement.duplicate_of, achievement.return_reason = duplicate_of, reason.strip()
    achievement.save(update_fields=["status", "outcome", "duplicate_of", "return_reason", "updated_at"])
    record(
        actor,
        "studios.achievement_refused",
        achievement,
        reason=_told(achievement, achievement.return_reason),
    )
    tell_of_achievement(achievement, "未予认定")
    return achievement


@transaction.atomic
def publish_achievement(*, achievement, actor):
    """Show a verified achievement to everybody; internal and secret ones are refused. Returns it."""
    require(actor, "verify_achievements")
    achievement = _lock(achievement, Status.VERIFIED)
    if achievement.confidentiality != Confidentiality.PUBLIC:
        raise ValidationError(f"成果为“{achievement.get_confidentiality_display()}”，不能公开。")
    if (studio := achievement.studio).status != Studio.Status.ACTIVE:
        raise ValidationError(f"“{studio}”{studio.get_status_display()}，成果不再公开。")
    achievement.status, achievement.published_at = Status.PUBLISHED, timezone.now()
    achievement.save(update_fields=["status", "published_at", "updated_at"])
    write_achievement_milestones(achievement)
    record(actor, "studios.achievement_published", achievement)
    tell_of_achievement(achievement, "已公开展示")
    return achievement


@transaction.atomic
def withdraw_achievement(*, achievement, actor, reason, confidentiality=""):
    """Take a published achievement back from the public, and make it internal or secret if asked; returns it."""
    require(actor, "verify_achievements")
    achievement = _lock(achievement, Status.PUBLISHED)
    if not reason.strip():
        raise ValidationError("请写明撤回公开的理由。")
    achievement.status, achievement.published_at = Status.VERIFIED, None
    achievement.confidentiality = confidentiality or achievement.confidentiality
    achievement.full_clean()
    achievement.save(update_fields=["status", "published_at", "confidentiality", "updated_at"])
    write_achievement_milestones(achievement)
    keep_back(achievement)
    record(actor, "studios.achievement_withdrawn", achievement, reason=_told(achievement, reason.strip()))
    return achievement


@transaction.atomic
def set_confidentiality(*, achievement, confidentiality, actor):
    """Change how confidential an achievement is, unless it is public now; its growth records follow. Returns it."""
    require(actor, "verify_achievements")
    achievement = lock(achievement)
    if achievement.status == Status.PUBLISHED:
        raise ValidationError("成果已公开，请先用“撤回公开”。")
    achievement.confidentiality = confidentiality
    achievement.full_clean()
    achievement.save(update_fields=["confidentiality", "updated_at"])
    write_achievement_milestones(achievement)
    keep_back(achievement)
    record(actor, "studios.confidentiality_set", achievement, after=achievement.get_confidentiality_display())
    return achievement


def similar_to(achievement, user, most=5):
    """Return [(likeness in percent, Achievement)] that this user may see and that may be the same thing."""
    seen = Achievement.objects.visible_to(user) | Achievement.objects.public()
    others = seen.exclude(pk=achievement.pk).exclude(status=Status.REFUSED).values_list("pk", "title")
    found = alike(achievement.title, others)[:most]
    rows = Achievement.objects.select_related("studio").in_bulk([other[0] for _, other in found])
    return [(round(share * 100), rows[other[0]]) for share, other in found]
