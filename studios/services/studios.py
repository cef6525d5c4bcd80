"""Studios and those who lead and make them: registered, changed hands, closed."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from studios.models import Recognition, Studio, StudioMember
from studios.services.growth import rewrite_milestones, write_leader_milestone
from studios.services.rights import lock_studio, require
from unionportal.audit.services import record
from unionportal.common.pinyin import pinyin_slug

LEADER = StudioMember.Role.LEADER
# Pages that stand where a studio's would.
TAKEN = {"achievements", "applications", "ask", "mine"}


def free_slug(name):
    """Return a free short Latin name for the studio's address."""
    base = pinyin_slug(name)[:70].strip("-") or "studio"
    taken = TAKEN | set(Studio.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
    )


def branch_above(body):
    """Return the town or system union that a union body belongs to, or None."""
    if body is None:
        return None
    return body if body.is_branch else (body.parent if body.parent_id and body.parent.is_branch else None)


@transaction.atomic
def make_studio(**fields):
    """Make a studio with its address, within an act that leaves its own audit line; returns it."""
    fields.setdefault("branch", branch_above(fields.get("body")))
    studio = Studio(slug=free_slug(fields["name"]), **fields)
    studio.full_clean()
    studio.save()
    return studio


@transaction.atomic
def register_studio(*, actor, leader=None, leader_name="", **fields):
    """Register a studio, with its leader where one is known (a Person or a name); returns it."""
    studio = make_studio(**fields)
    if leader or leader_name:
        add_member(studio, person=leader, name=leader_name, role=LEADER, started_on=studio.founded_on)
    record(actor, "studios.studio_registered", studio, kind=studio.get_kind_display())
    return studio


def add_member(studio, *, person=None, name="", **fields):
    """Add somebody to a studio and return the StudioMember; ValidationError in Chinese."""
    member = StudioMember(
        studio=studio, person=person, name=name or (person.name if person else ""), **fields
    )
    member.full_clean()
    member.save()
    return member


@transaction.atomic
def change_leader(*, studio, actor, reason, person=None, name="", member=None, on=None, post="", honour=""):
    """Let another lead the studio from this day; the former leader leaves, with the reason. Returns the new member.

    A member who takes over keeps one row as member, ended, and gets one as leader; `member` is that row where the
    portal knows no person behind the name.
    """
    require(actor, "replace_leaders")
    studio, on, reason = lock_studio(studio), on or timezone.localdate(), reason.strip()
    _refuse_change(studio, on, reason, person, name)
    former = studio.leader
    if former is not None:
        if (person and former.person_id == person.pk) or (not person and former.name == name.strip()):
            raise ValidationError(f"{former.name}已是现任负责人。")
        if former.started_on and on < former.started_on:
            raise ValidationError({"on": f"更换日期不能早于现任负责人的任职日期 {former.started_on}。"})
        former.ended_on, former.ended_reason = on, reason
        former.save(update_fields=["ended_on", "ended_reason"])
    _end_as_member(studio, person, member, on)
    leader = add_member(
        studio, person=person, name=name.strip(), role=LEADER, started_on=on, post=post, honour=honour
    )
    write_leader_milestone(leader)
    record(
        actor,
        "studios.leader_changed",
        studio,
        before=former.name if former else "（空缺）",
        after=leader.name,
        on=str(on),
        reason=reason,
    )
    return leader


def _end_as_member(studio, person, member, on):
    """End the row of whoever leads from this day on; ValidationError where it begins later."""
    same = Q(person=person) if person else Q(pk__in=[])
    same |= Q(pk=member.pk) if member else Q(pk__in=[])
    for row in studio.members.current().exclude(role=LEADER).filter(same):
        if row.started_on and on < row.started_on:
            raise ValidationError({"on": f"更换日期不能早于{row.name}加入的日期 {row.started_on}。"})
        row.ended_on, row.ended_reason = on, "任负责人"
        row.save(update_fields=["ended_on", "ended_reason"])


def _refuse_change(studio, on, reason, person, name):
    problems = {}
    if studio.status != Studio.Status.ACTIVE:
        problems["reason"] = f"工作室{studio.get_status_display()}，不再更换负责人。"
    elif not reason:
        problems["reason"] = "请写明更换的原因，如退休、调离、荣誉被撤销。"
    if on > timezone.localdate():
        problems["on"] = "更换日期不能晚于今天。"
    if person is None and not name.strip():
        problems["person"] = "请选择新负责人，或填写姓名。"
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def end_membership(*, member, actor, reason, on=None):
    """Note that a member has left; a leader leaves by change_leader only. Returns the member."""
    studio = lock_studio(member.studio)
    member = studio.members.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    if member.role == LEADER:
        raise ValidationError("负责人离开，请用“更换负责人”。")
    if member.ended_on:
        raise ValidationError(f"{member.name}已于 {member.ended_on} 离开。")
    member.ended_on, member.ended_reason = on or timezone.localdate(), reason.strip()
    member.full_clean(exclude=["studio", "person"])
    member.save(update_fields=["ended_on", "ended_reason"])
    record(actor, "studios.member_left", studio, name=member.name, reason=member.ended_reason)
    return member


@transaction.atomic
def end_studio(*, studio, actor, reason, on=None):
    """Close a studio that its unit gives up; its recognitions end with it. Returns the studio."""
    require(actor, "delist_studios")
    studio, on, reason = lock_studio(studio), on or timezone.localdate(), reason.strip()
    if studio.status != Studio.Status.ACTIVE:
        raise ValidationError(f"工作室{studio.get_status_display()}。")
    if not reason:
        raise ValidationError({"reason": "请写明停办的原因。"})
    if on > timezone.localdate():
        raise ValidationError({"on": "停办日期不能晚于今天。"})
    studio.status, studio.ended_on, studio.ended_reason = Studio.Status.ENDED, on, reason
    studio.save(update_fields=["status", "ended_on", "ended_reason", "updated_at"])
    studio.recognitions.filter(status=Recognition.Status.ACTIVE).update(
        status=Recognition.Status.EXPIRED, ended_on=on, ground=f"工作室停办：{reason}"[:300]
    )
    rewrite_milestones(studio)
    record(actor, "studios.studio_ended", studio, on=str(on), reason=reason)
    return studio
