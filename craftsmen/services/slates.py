"""Choosing from the ranked nominees: within the quota, by the slate rules, every departure from the ranks with a reason."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch
from django.utils import timezone

from craftsmen import ranking
from craftsmen.models import ConsultationLine, Nomination, SlateLine
from craftsmen.services import experts
from craftsmen.services.rights import lock_nominations, lock_offer, require
from unionportal.audit.services import record
from unionportal.notices.models import PublicNotice
from unionportal.panels.models import Panel

Status, Opinion = Nomination.Status, ConsultationLine.Opinion
SETTLED = (Status.PROPOSED, Status.RESERVE, Status.NOT_CHOSEN)


@dataclass(frozen=True)
class Choice:
    """What staff chose: keys of lines, the others in the order of their moving up, reasons by key."""

    chosen: frozenset = frozenset()
    reserves: tuple = ()
    reasons: dict = field(default_factory=dict)


def lines_of(offer):
    """Return the lines of an offer by rank, each with nominee, unit and what departments say; two statements."""
    opinions = ConsultationLine.objects.filter(nomination=OuterRef("nomination"))
    objections = ConsultationLine.objects.filter(opinion=Opinion.OBJECTION).select_related("consultation")
    return list(
        SlateLine.objects.filter(offer=offer)
        .select_related(
            "nomination__person",
            "nomination__unit",
            "nomination__branch",
            "replaces__nomination__person",
        )
        .prefetch_related(Prefetch("nomination__consultation_lines", objections, to_attr="objections"))
        .annotate(is_waiting=Exists(opinions.filter(opinion=Opinion.WAITING)))
        .order_by(F("rank").asc(nulls_last=True), "nomination__person__pinyin", "pk")
    )


def entrant_of(line):
    """Return a line as ranking.py reads it."""
    nomination = line.nomination
    return ranking.Entrant(
        key=line.pk,
        rank=line.rank,
        is_front_line=bool(nomination.is_front_line),
        is_manager=nomination.is_manager,
        is_woman=nomination.person.gender == nomination.person.Gender.FEMALE,
        unit=nomination.unit_id or nomination.unit_name or None,
    )


def is_eligible(line):
    """Tell whether somebody may still be chosen."""
    return line.nomination.status in (Status.SCORED, *SETTLED)


def saved_choice(lines):
    """Return the Choice as it is saved."""
    in_order = sorted((line for line in lines if line.reserve_order), key=lambda line: line.reserve_order)
    return Choice(
        frozenset(line.pk for line in lines if line.is_chosen),
        tuple(line.pk for line in in_order),
        {line.pk: line.deviation_reason for line in lines if line.deviation_reason},
    )


def first_choice(lines, quota):
    """Return the Choice by rank alone: those who rank within the quota, then everybody else in the order of their ranks.

    Of those who share the rank at the line nobody is chosen: that is for people to decide.
    """
    able = [line for line in lines if is_eligible(line) and line.rank]
    chosen = [line.pk for line in able if sum(other.rank <= line.rank for other in able) <= quota]
    return Choice(frozenset(chosen), tuple(line.pk for line in able if line.pk not in chosen))


def held(lines, choice, rules):
    """Return (RuleResults, Shares, keys that need a reason) of a Choice."""
    entrants = [entrant_of(line) for line in lines if is_eligible(line)]
    chosen = [entrant for entrant in entrants if entrant.key in choice.chosen]
    return (
        ranking.held_against([(rule.kind, rule.number) for rule in rules], chosen),
        ranking.shares(chosen),
        ranking.departures(entrants, choice.chosen, choice.reserves),
    )


def obstacles(offer, lines, choice):
    """Return what keeps this Choice from being settled, as Chinese sentences."""
    if not choice.chosen:
        return ["还没有选定任何人。"]
    names = {line.pk: line.nomination.person.name for line in lines}
    rules = list(offer.slate_rules.all())
    results, shares, unexplained = held(lines, choice, rules)
    found = []
    if shares.chosen > offer.quota:
        found.append(f"已选 {shares.chosen} 人，超过名额 {offer.quota} 人。")
    for rule, result in zip(rules, results, strict=True):
        if not result.is_kept:
            unit = "人" if rule.kind == rule.Kind.PER_UNIT_AT_MOST else "%"
            found.append(f"不符合名单结构要求“{rule}”：现为 {result.actual}{unit}。")
    return found + [
        f"{name}排在名次相同或更靠前的人之前，请写明理由。"
        for key, name in names.items()
        if key in unexplained and not choice.reasons.get(key, "").strip()
    ]


def _open(offer, actor):
    """Return (offer, lines, panel) under the offer's lock while its slate may still be written."""
    require(actor, "settle_slate")
    offer = lock_offer(offer)
    if offer.slate_settled_at:
        at = timezone.localtime(offer.slate_settled_at)
        raise ValidationError(f"“{offer}”的名单已于 {at:%Y-%m-%d %H:%M} 确定，未作改动。")
    lock_nominations([offer])
    lines = lines_of(offer)
    if not lines:
        raise ValidationError("还没有评审结果，请先取分。")
    return offer, lines


def _write(offer, lines, choice):
    keys = {line.pk for line in lines if is_eligible(line)}
    if (choice.chosen | set(choice.reserves)) - keys:
        raise ValidationError("所选的人已撤回申报或不在这一称号的名单上，请刷新页面后重选。")
    order = {key: place for place, key in enumerate(choice.reserves, 1) if key not in choice.chosen}
    for line in lines:
        line.is_chosen = line.pk in choice.chosen
        line.reserve_order = order.get(line.pk)
        line.deviation_reason = choice.reasons.get(line.pk, "").strip()
        if len(line.deviation_reason) > 300:
            raise ValidationError(f"{line.nomination.person.name}：理由超过 300 字，请缩短。")
    SlateLine.objects.bulk_update(lines, ["is_chosen", "reserve_order", "deviation_reason"])


@transaction.atomic
def save_slate(*, offer, choice, actor):
    """Keep a choice that is not settled yet; returns the offer."""
    offer, lines = _open(offer, actor)
    _write(offer, lines, choice)
    record(actor, "craftsmen.slate_saved", offer, count=len(choice.chosen))
    return offer


@transaction.atomic
def settle_slate(*, offer, choice, actor):
    """Settle who is proposed and in which order the others move up; returns the offer."""
    offer, lines = _open(offer, actor)
    if stale := scores_changed(offer, lines):
        raise ValidationError(stale)
    _write(offer, lines, choice)
    if problems := obstacles(offer, lines, choice):
        raise ValidationError(problems)
    for line in lines:
        if is_eligible(line):
            unchosen = Status.RESERVE if line.reserve_order else Status.NOT_CHOSEN
            line.nomination.status = Status.PROPOSED if line.is_chosen else unchosen
    Nomination.objects.bulk_update([line.nomination for line in lines], ["status"])
    offer.slate_settled_at = timezone.now()
    offer.save(update_fields=["slate_settled_at"])
    names = [line.nomination.person.name for line in lines if line.is_chosen]
    record(actor, "craftsmen.slate_settled", offer, names=names, count=len(names))
    return offer


def scores_changed(offer, lines):
    """Return why the scores on the lines are not those of the panel any more; empty where they are."""
    if offer.panel.status != Panel.Status.CLOSED:
        return ["专家评审已重新打开，请截止并重新取分后再确定名单。"]
    scores, _ = experts.panel_scores(offer)
    now = {key: score for key, (score, _) in ranking.ranked({k: s.raw for k, s in scores.items()}).items()}
    before = {line.nomination.candidate_id: line.score for line in lines if is_eligible(line)}
    same = all(now.get(key) == score for key, score in before.items()) and set(now) <= set(before)
    return [] if same else ["评审结果有变动，请重新取分后再确定名单。"]


@transaction.atomic
def reopen_slate(*, offer, actor, reason):
    """Take a settled slate back as long as no notice of it has been published; returns the offer."""
    require(actor, "settle_slate")
    offer = lock_offer(offer)
    if not offer.slate_settled_at:
        raise ValidationError(f"“{offer}”的名单还没有确定。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明重新确定名单的理由。"})
    lock_nominations([offer])
    draft = PublicNotice.Status.DRAFT
    if offer.nominations.exclude(notice=None).exclude(notice__status=draft).exists():
        raise ValidationError("名单已经公示，不能再改；公示中的问题按异议办理。")
    drafts = PublicNotice.objects.filter(nominations__offer__selection=offer.selection_id, status=draft)
    keys = list(drafts.values_list("pk", flat=True).distinct())
    Nomination.objects.filter(notice__in=keys).update(notice=None)
    PublicNotice.objects.filter(pk__in=keys).delete()
    offer.slate_lines.update(replaces=None)
    offer.nominations.filter(status__in=SETTLED).update(status=Status.SCORED)
    offer.slate_settled_at = None
    offer.save(update_fields=["slate_settled_at"])
    record(actor, "craftsmen.slate_reopened", offer, reason=reason.strip())
    return offer
