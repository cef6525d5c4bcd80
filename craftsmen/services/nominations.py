"""A nomination at the level that makes it: started, kept as a draft, handed in, withdrawn."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from craftsmen import eligibility
from craftsmen.deadlines import refuse_when_shut, unit_last_day
from craftsmen.models import Nomination, Offer
from craftsmen.services.prechecks import lacking, outcomes_of
from unionportal.accounts.services import do_once
from unionportal.audit.services import record
from unionportal.panels.models import Candidate, Judge
from unionportal.panels.services.seats import lock_panel
from unionportal.people.claims import claim_person, identified_person
from unionportal.people.models import Milestone, UnionBody, Unit
from unionportal.people.services import person_by_identity

Status, Channel, Level = Nomination.Status, Nomination.Channel, Nomination.Level
# The same words for a wrong name, a claimed record and somebody else's nomination: none of them is anybody's business.
NEUTRAL = (
    "暂不能为这名职工建立申报：姓名与身份证号可能不一致，或已由其他渠道申报。"
    "请对照身份证核对；确认无误的，请联系区总工会。"
)
WITHDRAWABLE = set(Status) - {
    Status.CONFERRED,
    Status.REMOVED,
    Status.WITHDRAWN,
    Status.NOT_CHOSEN,
    Status.INELIGIBLE,
}
NATURES = {
    Unit.Kind.STATE_OWNED: Nomination.UnitNature.STATE_OWNED,
    Unit.Kind.PRIVATE: Nomination.UnitNature.PRIVATE,
    Unit.Kind.PUBLIC: Nomination.UnitNature.PUBLIC,
    Unit.Kind.SOCIAL: Nomination.UnitNature.SOCIAL,
}


class StaleNomination(Exception):
    """The draft has been saved elsewhere since it was read."""


def lock_nomination(nomination):
    """Return the nomination as it stands, locked until the transaction ends."""
    rows = Nomination.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("offer__selection", "offer__title", "person", "body", "branch").get(
        pk=nomination.pk
    )


def is_expert(user):
    """True for somebody on the experts' list today."""
    judges = Judge.objects.filter(user=user)
    return any(judge.valid_until is None or judge.valid_until >= timezone.localdate() for judge in judges)


def roads(user, selection):
    """Return [(channel, body or None)] on which this user may nominate in a selection."""
    found = []
    for body in UnionBody.objects.kept_by(user).select_related("parent"):
        is_association = body.kind == UnionBody.Kind.ASSOCIATION
        if is_association and selection.by_association:
            found.append((Channel.ASSOCIATION, body))
        elif not is_association and selection.by_unit and body.kind != UnionBody.Kind.DISTRICT:
            found.append((Channel.UNIT, body))
    if selection.by_expert and is_expert(user):
        found.append((Channel.EXPERT, None))
    if selection.by_self:
        found.append((Channel.SELF, None))
    return found


def branch_of(body):
    """Return the town or system union that reviews what this body nominates, or None: then it is the district."""
    if body is None:
        return None
    if body.is_branch:
        return body
    return body.parent if body.parent and body.parent.is_branch else None


@transaction.atomic
def start_nomination(*, offer, channel, body, name, id_number, actor):
    """Start a draft for one person and return it; who the person is rests on name and full ID number."""
    offer = (
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("selection", "title")
        .get(pk=offer.pk)
    )
    if (channel, body) not in roads(actor, offer.selection):
        raise ValidationError("本次评选没有向您开放这一推荐渠道。")
    refuse_when_shut(offer.selection, unit_last_day(offer.selection, body), "申报")
    source = str(offer)
    if channel != Channel.SELF:
        person = person_by_identity(name=name, id_number=id_number, actor=actor, source=source)
    else:
        person = identified_person(actor) or claim_person(
            user=actor, name=name, id_number=id_number, source=source
        )
    if person is None:
        raise ValidationError(NEUTRAL)
    standing = Nomination.objects.live().filter(offer=offer, person=person)
    if standing.exists():
        own = standing.nominated_for(actor).first()
        raise ValidationError(f"“{person.name}”已有本称号的申报，请在列表中打开。" if own else NEUTRAL)
    nomination = Nomination(offer=offer, person=person, channel=channel, body=body, nominated_by=actor)
    fill_from_records(nomination)
    nomination.save()
    record(actor, "craftsmen.nomination_started", nomination, channel=nomination.get_channel_display())
    return nomination


def fill_from_records(nomination):
    """Fill in what the portal knows and whoever fills in the form may know."""
    person, body = nomination.person, nomination.body
    is_own = nomination.channel == Channel.SELF
    if is_own and person.unit_id:
        unions = person.unit.union_bodies.filter(kind__in=(UnionBody.Kind.BASIC, UnionBody.Kind.JOINT))[:2]
        nomination.body = unions[0] if len(unions) == 1 else None
    units = list(body.units.all()[:2]) if body else []
    is_ours = body is not None and person.unit_id and body.units.filter(pk=person.unit_id).exists()
    if is_own or is_ours:
        nomination.unit = person.unit
        nomination.occupation, nomination.skill_level = person.occupation, person.skill_level
        nomination.is_union_member, nomination.is_front_line = person.is_union_member, person.is_front_line
    elif len(units) == 1:
        nomination.unit = units[0]
    if nomination.unit:
        nomination.unit_name = nomination.unit.name
        nomination.unit_nature = NATURES.get(nomination.unit.kind, "")
    shared = Milestone.Visibility.values if is_own else ["union", "public"]
    lines = list(person.milestones.filter(visibility__in=shared).order_by("on", "pk"))
    won = [line for line in lines if line.kind in (Milestone.Kind.HONOUR, Milestone.Kind.COMPETITION)]
    made = [line for line in lines if line.kind == Milestone.Kind.ACHIEVEMENT]
    nomination.honours = "\n".join(f"{line.on:%Y-%m} {line.title} {line.place}".strip() for line in won)
    nomination.achievements = "\n".join(f"{line.on:%Y-%m} {line.title}" for line in made)


def refuse_unless_at_hand(nomination):
    """Raise ValidationError unless the nominating level may write now."""
    is_returned = nomination.status == Status.RETURNED and nomination.returned_to == Level.UNIT
    if nomination.status != Status.DRAFT and not is_returned:
        raise ValidationError(f"申报现为“{nomination.get_status_display()}”，不能再修改。")
    last_on = unit_last_day(nomination.offer.selection, nomination.body, bool(nomination.return_reason))
    refuse_when_shut(nomination.offer.selection, last_on, "申报")


@transaction.atomic
def save_nomination(*, nomination, actor, version, fields):
    """Write the fields of a step into the draft and return it; StaleNomination if it was saved elsewhere since."""
    nomination = lock_nomination(nomination)
    refuse_unless_at_hand(nomination)
    if version != nomination.version:
        raise StaleNomination
    changed = [name for name, value in fields.items() if getattr(nomination, name) != value]
    for name in changed:
        setattr(nomination, name, fields[name])
    if "consents_to_publication" in changed:
        nomination.consented_at = timezone.now() if nomination.consents_to_publication else None
    if "unit" in changed and nomination.unit and "unit_name" not in changed:
        nomination.unit_name = nomination.unit.name
    if changed:
        nomination.version += 1
        nomination.save()
        names = [str(Nomination._meta.get_field(name).verbose_name) for name in changed]
        record(actor, "craftsmen.nomination_saved", nomination, names=names, version=nomination.version)
    return nomination


def keep_nomination(*, nomination, actor, key, version, fields):
    """Save once per key, however often it is sent; returns the receipt as plain values."""

    def work():
        saved = save_nomination(nomination=nomination, actor=actor, version=version, fields=fields)
        return {"version": saved.version, "saved_at": f"{timezone.localtime():%H:%M}", "status": saved.status}

    body = {name: str(getattr(value, "pk", value)) for name, value in fields.items()}
    body |= {"nomination": nomination.pk, "version": version}
    return do_once(actor=actor, key=key, action="craftsmen.nomination_saved", body=body, work=work)


@transaction.atomic
def submit_nomination(*, nomination, actor):
    """Hand a nomination in: to the town or system union, or to the district where there is none between."""
    nomination = lock_nomination(nomination)
    refuse_unless_at_hand(nomination)
    lines = [lack.text for lack in lacking(nomination)]
    lines += [
        f"{outcome.text}：{outcome.word}。{outcome.note}"
        for outcome in outcomes_of(nomination)
        if outcome.state not in eligibility.GOOD
    ]
    if lines:
        raise ValidationError(lines)
    nomination.branch = branch_of(nomination.body)
    nomination.status = Status.SUBMITTED if nomination.branch else Status.REVIEWED
    nomination.returned_to, nomination.branch_rank = "", None
    nomination.submitted_at = timezone.now()
    nomination.version += 1
    nomination.save()
    to = str(nomination.branch or "区总工会")
    record(actor, "craftsmen.nomination_submitted", nomination, to=to)
    return nomination


@transaction.atomic
def withdraw_nomination(*, nomination, actor, reason):
    """Withdraw a nomination at any time before it is decided; the reason stays."""
    nomination = lock_nomination(nomination)
    if nomination.status not in WITHDRAWABLE:
        raise ValidationError(f"申报现为“{nomination.get_status_display()}”，不能撤回。")
    if not reason.strip():
        raise ValidationError("请写明撤回的理由。")
    nomination.status, nomination.withdrawn_reason = Status.WITHDRAWN, reason.strip()[:300]
    nomination.returned_to = ""
    nomination.version += 1
    nomination.save()
    if nomination.candidate_id:
        # Experts mark it no more, and no sheet of it is waited for.
        lock_panel(nomination.candidate.panel)
        Candidate.objects.filter(pk=nomination.candidate_id).update(is_marked=False)
    record(actor, "craftsmen.nomination_withdrawn", nomination, reason=nomination.withdrawn_reason)
    return nomination
