"""What the growth records of people say of studios and achievements; written and withdrawn with what they say."""

from django.db import transaction
from django.utils import timezone

from studios.models import Achievement, Recognition, Studio, StudioMember
from studios.services.rights import lock_studio
from unionportal.people.models import Milestone
from unionportal.people.services import MilestoneLine, replace_milestones

TIERS = {
    Recognition.Level.UNIT: Milestone.Tier.UNIT,
    Recognition.Level.DISTRICT: Milestone.Tier.DISTRICT,
    Recognition.Level.CITY: Milestone.Tier.CITY,
    Recognition.Level.MODEL: Milestone.Tier.CITY,
}


def _visibility(is_public):
    return Milestone.Visibility.PUBLIC if is_public else Milestone.Visibility.UNION


def _is_shown(studio):
    """True for a studio that may be shown; what any other has left in growth records is the union's own."""
    return Studio.objects.public().filter(pk=studio.pk).exists()


def rewrite_milestones(studio):
    """Make the growth records of everything a studio has say what may be said now that it is shown, hidden or ended."""
    for recognition in studio.recognitions.select_related("studio"):
        write_plaque_milestones(recognition)
    for leader in studio.members.filter(role=StudioMember.Role.LEADER).select_related("studio"):
        if Milestone.objects.filter(source_key=f"studios.leader:{leader.pk}:begun").exists():
            write_leader_milestone(leader)
    for achievement in studio.achievements.counted().select_related("studio"):
        write_achievement_milestones(achievement)


@transaction.atomic
def rewrite_after_expiry():
    """Rewrite what points to studios whose recognition ran out by its date, which no act tells; returns how many."""
    ran_out = Recognition.objects.filter(
        status=Recognition.Status.ACTIVE, valid_to__lt=timezone.localdate()
    ).values("studio")
    shut = Studio.objects.filter(pk__in=ran_out).exclude(pk__in=Studio.objects.public().values("pk"))
    told = [studio for studio in shut if Milestone.objects.filter(url__in=_addresses(studio)).exists()]
    for studio in told:
        rewrite_milestones(lock_studio(studio))
    return len(told)


def _addresses(studio):
    return [studio.get_absolute_url(), *(item.get_absolute_url() for item in studio.achievements.all())]


def write_plaque_milestones(recognition):
    """Make the growth records of a plaque those of the leader and members of its day; none once it is delisted."""
    studio, on = recognition.studio, recognition.plaque_on
    stands = recognition.status != Recognition.Status.DELISTED and on
    members = studio.members.exclude(person=None).exclude(ended_on__lt=on) if stands else []
    is_shown = _is_shown(studio)
    replace_milestones(
        source_prefix=f"{recognition.source_key}:",
        kind=Milestone.Kind.STUDIO,
        tier=TIERS[recognition.level],
        lines=[
            MilestoneLine(
                person_id=member.person_id,
                on=on,
                title=f"{studio}授牌（{recognition.get_level_display()}）",
                place=member.get_role_display(),
                source_key=f"{recognition.source_key}:{member.person_id}",
                visibility=_visibility(is_shown),
                url=studio.get_absolute_url() if is_shown else "",
                detail=f"{recognition.document_title}（{recognition.document_number}）"
                if recognition.document_number
                else "",
            )
            for member in members
            if not (member.started_on and member.started_on > on)
        ],
    )


def write_leader_milestone(leader):
    """Write into the growth record of a studio's new leader that the studio is theirs."""
    if leader.person_id is None or leader.role != StudioMember.Role.LEADER:
        return
    studio = leader.studio
    is_shown = _is_shown(studio)
    replace_milestones(
        source_prefix=f"studios.leader:{leader.pk}:",
        kind=Milestone.Kind.STUDIO,
        tier=Milestone.Tier.DISTRICT,
        lines=[
            MilestoneLine(
                person_id=leader.person_id,
                on=leader.started_on,
                title=f"任{studio}负责人",
                place="负责人",
                source_key=f"studios.leader:{leader.pk}:begun",
                visibility=_visibility(is_shown),
                url=studio.get_absolute_url() if is_shown else "",
            )
        ],
    )


def write_achievement_milestones(achievement):
    """Make the growth records of an achievement those of its contributors: only of one that stands and is no secret."""
    is_open = achievement.confidentiality == Achievement.Confidentiality.PUBLIC
    stands = is_open and achievement.status in Achievement.STANDING
    contributions = achievement.contributions.exclude(person=None) if stands else []
    is_published = achievement.status == Achievement.Status.PUBLISHED and _is_shown(achievement.studio)
    replace_milestones(
        source_prefix=f"{achievement.source_key}:",
        kind=Milestone.Kind.ACHIEVEMENT,
        tier=Milestone.Tier.DISTRICT,
        lines=[
            MilestoneLine(
                person_id=item.person_id,
                on=achievement.verified_on,
                title=achievement.title,
                place=f"第 {item.position} 完成人",
                source_key=f"{achievement.source_key}:{item.person_id}",
                visibility=_visibility(is_published),
                url=achievement.get_absolute_url() if is_published else "",
                detail=f"{achievement.get_kind_display()}，{achievement.studio}",
            )
            for item in contributions
        ],
    )
