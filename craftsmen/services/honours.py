"""Honours: registered with their milestones, reviewed every year, revoked for good.

A milestone is public while the honour may be shown with its holder's name, else the holder's own.
"""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import Honour, HonourReview, Profile
from unionportal.audit.services import record
from unionportal.certificates.services import revoke_certificate, valid_certificates
from unionportal.people.models import Milestone, Person
from unionportal.people.services import MilestoneLine, replace_milestones, set_life_status


def complete(honour):
    """Fill in what follows from the holder and the title where it was left blank: unit, occupation, validity."""
    person = honour.person
    honour.unit = honour.unit or (person.unit if person else None)
    honour.unit_name = honour.unit_name or (honour.unit.name if honour.unit else "")
    honour.occupation = honour.occupation or (person.occupation if person else "")
    honour.valid_to = honour.valid_to or expiry(honour.title, honour.document_on)


def expiry(title, document_on):
    """Return the last day of an honour conferred on this date; None where the title holds for good."""
    if not title.valid_years:
        return None
    try:
        return document_on.replace(year=document_on.year + title.valid_years)
    except ValueError:  # 29 February
        return date(document_on.year + title.valid_years, 3, 1)


@transaction.atomic
def make_honour(**fields):
    """Make one honour with its milestone, within an act that leaves its own audit line; returns it."""
    honour = Honour(**fields)
    complete(honour)
    honour.full_clean()
    honour.save()
    write_milestones([honour])
    return honour


@transaction.atomic
def register_honour(*, actor, **fields):
    """Register one honour with its milestone and return it; ValidationError where title and holder do not fit."""
    honour = make_honour(**fields)
    record(actor, "craftsmen.honour_registered", honour, document=honour.document_number)
    return honour


def without_consent(honours):
    """Return the keys of those holders of these honours who no longer agree to be shown."""
    holders = Profile.objects.filter(person__in=[item.person_id for item in honours])
    return set(holders.exclude(consent_withdrawn_at=None).values_list("person_id", flat=True))


def write_milestones(honours):
    """Make the growth records of these honours say what the honours say; those revoked lose theirs."""
    withdrawn = without_consent(honours)
    for honour in honours:
        stands = honour.person_id and honour.status != Honour.Status.REVOKED
        is_public = honour.is_public and honour.person_id not in withdrawn
        replace_milestones(
            source_prefix=f"{honour.source_key}:",
            kind=Milestone.Kind.HONOUR,
            tier=honour.title.tier,
            lines=[milestone_line(honour, is_public)] if stands else [],
        )


def write_first_milestones(honours):
    """The same for honours that were made just now, in one statement for each tier."""
    withdrawn = without_consent(honours)
    by_tier = {}
    for honour in honours:
        if honour.person_id:
            is_public = honour.is_public and honour.person_id not in withdrawn
            by_tier.setdefault(honour.title.tier, []).append(milestone_line(honour, is_public))
    for tier, lines in by_tier.items():
        # Nothing stands yet under their keys: the prefix is one that no key begins with.
        replace_milestones(
            source_prefix="craftsmen.honour:new:", kind=Milestone.Kind.HONOUR, tier=tier, lines=lines
        )


def milestone_line(honour, is_public):
    """Return what the growth record says of an honour."""
    visibility = Milestone.Visibility.PUBLIC if is_public else Milestone.Visibility.SELF
    return MilestoneLine(
        person_id=honour.person_id,
        on=honour.document_on,
        title=f"获评 {honour.year} 年{honour.title}",
        place=honour.title.name[:50],
        source_key=f"{honour.source_key}:conferred",
        visibility=visibility,
        url=f"{reverse('craftsmen:gallery')}?year={honour.year}&title={honour.title_id}" if is_public else "",
        detail=f"{honour.document_title}（{honour.document_number}）",
    )


@transaction.atomic
def revoke_honour(*, honour, ground, document_number, actor, on=None):
    """Revoke an honour for good: it leaves the gallery and the growth record, and its certificate says 已撤销."""
    if not actor.has_perm("craftsmen.revoke_honours"):
        raise PermissionDenied("您不能撤销荣誉。")
    honour = lock_honour(honour)
    ground, document_number, on = ground.strip(), document_number.strip(), on or timezone.localdate()
    problems = {}
    if not ground:
        problems["ground"] = "请写明撤销事由。"
    if not document_number:
        problems["document_number"] = "请填写撤销决定的文号。"
    if on < honour.document_on or on > timezone.localdate():
        problems["on"] = f"撤销日期应在授予日期（{honour.document_on}）之后，且不晚于今天。"
    if problems:
        raise ValidationError(problems)
    honour.status, honour.revoked_on = Honour.Status.REVOKED, on
    honour.revoked_ground, honour.revoked_document = ground, document_number
    honour.save(update_fields=["status", "revoked_on", "revoked_ground", "revoked_document"])
    write_milestones([honour])
    if certificate := valid_certificates([honour.source_key]).get(honour.source_key):
        revoke_certificate(
            certificate=certificate, ground=ground[:200], document_number=document_number, actor=actor
        )
    record(actor, "craftsmen.honour_revoked", honour, reason=ground, document=document_number)
    return honour


def lock_honour(honour):
    """Return the honour's row, locked; ValidationError where it was revoked meanwhile."""
    locked = (
        Honour.objects.select_for_update(of=("self",), no_key=True)
        .select_related("title", "person", "unit")
        .get(pk=honour.pk)
    )
    if locked.status == Honour.Status.REVOKED:
        raise ValidationError(f"“{locked}”已于 {locked.revoked_on} 撤销。")
    return locked


@dataclass(frozen=True)
class ReviewLine:
    """What was found about one honour in a yearly review."""

    honour_id: int
    life_status: str = ""
    result: str = HonourReview.Result.STANDS
    note: str = ""


@transaction.atomic
def review_honours(*, year, lines, actor):
    """Write the yearly reviews of these honours and the life status of their holders; return the new reviews.

    An honour that was reviewed this year already keeps that review. Nothing is written where one line is wrong.
    """
    waiting = Honour.objects.awaiting_review(year).filter(pk__in=[line.honour_id for line in lines])
    waiting = waiting.select_related("person", "title", "unit").order_by("pk")
    honours = {item.pk: item for item in waiting.select_for_update(of=("self",), no_key=True)}
    due = [line for line in lines if line.honour_id in honours]
    _refuse_wrong_lines(due, honours)
    reviews = HonourReview.objects.bulk_create(
        HonourReview(
            honour=honours[line.honour_id],
            year=year,
            life_status=line.life_status,
            result=line.result,
            note=line.note.strip(),
            reviewed_by=actor,
        )
        for line in due
    )
    for line in due:
        if person := honours[line.honour_id].person:
            set_life_status(person=person, status=line.life_status, actor=actor)
    if reviews:
        names = [honours[line.honour_id].holder for line in due]
        record(actor, "craftsmen.honours_reviewed", None, year=year, people=len(reviews), names=names)
    return reviews


def _refuse_wrong_lines(lines, honours):
    problems, statuses = [], {}
    for line in lines:
        honour = honours[line.honour_id]
        if line.result not in HonourReview.Result.values:
            problems.append(f"{honour}：请选择复核结果。")
        if line.result == HonourReview.Result.CONCERN and not line.note.strip():
            problems.append(f"{honour}：选“须进一步核实”的，请写明说明。")
        if honour.person_id is None:
            continue
        if line.life_status not in Person.LifeStatus.values:
            problems.append(f"{honour}：请选择人员状态。")
        elif statuses.setdefault(honour.person_id, line.life_status) != line.life_status:
            problems.append(f"{honour}：同一人的人员状态前后不一，请改成一致。")
    if problems:
        raise ValidationError(problems)
