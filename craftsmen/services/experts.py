"""Experts mark the nominees at the judges' desk: candidates made, the panel opened and closed, scores taken."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from craftsmen import briefs, ranking
from craftsmen.models import Nomination, NominationFile, SlateLine
from craftsmen.services.rights import lock_offer, require
from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import Candidate, CandidateFile, Panel
from unionportal.panels.services import seats
from unionportal.panels.services.decisions import spread_alarms
from unionportal.panels.services.overview import overview

Status = Nomination.Status
IN_PANEL = (Status.SHORTLISTED, Status.SCORED)


def _nominations(offer, *statuses):
    found = offer.nominations.filter(status__in=statuses)
    return found.select_related("person", "unit", "body").prefetch_related("unit__former_names")


def _lock(offer, actor):
    require(actor, "review_nominations")
    offer = lock_offer(offer)
    if offer.slate_settled_at:
        raise ValidationError(f"“{offer}”的名单已经确定，评审结果不能再改。")
    return offer, seats.lock_panel(offer.panel)


@transaction.atomic
def shortlist(*, offer, actor, nominations=None):
    """Put accepted nominations (all of the offer unless some are given) before the experts; returns how many are new.

    Also while the panel marks; in a blind panel sheets are made only once somebody has read the material and opens
    it again.
    """
    offer, panel = _lock(offer, actor)
    if panel.status == Panel.Status.CLOSED:
        raise ValidationError("专家评审已截止，不能再增加评审对象。")
    found = _nominations(offer, Status.ACCEPTED).select_for_update(of=("self",), no_key=True)
    found = found.prefetch_related("files").order_by("pk")
    if nominations is not None:
        found = found.filter(pk__in=[nomination.pk for nomination in nominations])
    found = list(found)
    if not found:
        raise ValidationError("没有审查通过、尚未进入评审的申报。")
    for nomination in found:
        nomination.candidate, nomination.status = _candidate(panel, nomination), Status.SHORTLISTED
    people = Candidate.people.through
    people.objects.bulk_create(people(candidate=item.candidate, person_id=item.person_id) for item in found)
    CandidateFile.objects.bulk_create(line for item in found for line in _papers(item))
    Nomination.objects.bulk_update(found, ["candidate", "status"])
    put_in_order(panel)
    if panel.status == Panel.Status.OPEN and not panel.is_blind:
        seats.open_panel(panel=panel, actor=actor)
    record(actor, "craftsmen.nominations_shortlisted", offer, count=len(found))
    return len(found)


def _candidate(panel, nomination):
    names = briefs.names_of(nomination)
    return Candidate.objects.create(
        panel=panel,
        label=nomination.person.name,
        unit=nomination.unit,
        brief=briefs.brief_of(nomination),
        blind_brief=briefs.blind_brief_of(nomination, names) if panel.is_blind else "",
    )


def _papers(nomination):
    """Yield the nominee's evidence and pictures for the desk; in a blind panel staff let each be seen, or none."""
    names = briefs.names_of(nomination)
    for paper in nomination.files.all():
        if paper.kind in (NominationFile.Kind.EVIDENCE, NominationFile.Kind.PHOTO):
            label = briefs.blinded(paper.caption or paper.get_kind_display(), names)
            yield CandidateFile(candidate=nomination.candidate, file_id=paper.file_id, label=label)


def put_in_order(panel):
    """Give the candidates their order at the desk; in a blind panel codes drawn at random, that stay once drawn."""
    candidates = list(panel.candidates.order_by("pk"))
    if not panel.is_blind:
        people = dict(
            Candidate.people.through.objects.filter(candidate__panel=panel).values_list(
                "candidate", "person__pinyin"
            )
        )
        candidates.sort(key=lambda item: (people.get(item.pk, ""), item.pk))
    else:
        drawn = {candidate.code for candidate in candidates}
        free = [code for number in range(1, len(candidates) + 1) if (code := f"{number:03d}") not in drawn]
        secrets.SystemRandom().shuffle(free)
        for candidate in candidates:
            candidate.code = candidate.code or free.pop()
        candidates.sort(key=lambda item: item.code)
    for order, candidate in enumerate(candidates, 1):
        candidate.order = order
    Candidate.objects.bulk_update(candidates, ["code", "order"])


@transaction.atomic
def drop_from_shortlist(*, nomination, actor):
    """Take a nominee out of the experts' hands again, before any mark is in; returns the nomination."""
    offer, panel = _lock(nomination.offer, actor)
    nomination = offer.nominations.select_for_update(no_key=True).get(pk=nomination.pk)
    if nomination.status != Status.SHORTLISTED:
        raise ValidationError(f"“{nomination}”现为“{nomination.get_status_display()}”，不在评审对象中。")
    if panel.locked_at:
        raise ValidationError("已有评分记入，不能再退出评审；本人不再参评的，请用“撤回申报”。")
    candidate = nomination.candidate
    nomination.candidate, nomination.status = None, Status.ACCEPTED
    nomination.save(update_fields=["candidate", "status", "updated_at"])
    candidate.sheets.all().delete()
    candidate.delete()
    record(actor, "craftsmen.nomination_unlisted", nomination)
    return nomination


def given_away(offer):
    """Return (code, words) for each blind brief in which a name or unit still stands."""
    found = []
    for nomination in _nominations(offer, *IN_PANEL).select_related("candidate"):
        if words := briefs.given_away(nomination.candidate.blind_brief, briefs.names_of(nomination)):
            found.append((nomination.candidate.code, words))
    return found


def obstacles_to_open(offer, panel):
    """Return what keeps the experts from beginning, as Chinese sentences."""
    found = []
    if not panel.candidates.filter(is_marked=True).exists():
        found.append("还没有评审对象，请先把审查通过的申报列入评审。")
    if (seated := panel.assignments.filter(ended_at=None, is_marking=True).count()) < panel.min_judges:
        found.append(f"已安排 {seated} 名专家，至少需要 {panel.min_judges} 名，请在评审组页安排。")
    if panel.is_blind:
        found += [
            f"盲评材料 {code} 中仍有“{'、'.join(words)}”，请在评审对象页改写。"
            for code, words in given_away(offer)
        ]
    return found


@transaction.atomic
def open_scoring(*, offer, actor):
    """Let the experts mark; returns the panel."""
    offer, panel = _lock(offer, actor)
    if obstacles := obstacles_to_open(offer, panel):
        raise ValidationError(obstacles)
    return seats.open_panel(panel=panel, actor=actor)


@transaction.atomic
def close_scoring(*, offer, actor):
    """Stop the marking; sheets not handed in do not count. Returns the panel."""
    _, panel = _lock(offer, actor)
    if panel.status != Panel.Status.OPEN:
        raise ValidationError("专家评审不在进行中。")
    return seats.close_panel(panel=panel, actor=actor)


@transaction.atomic
def reopen_scoring(*, offer, actor, reason):
    """Let the experts mark again for a correction, as long as the slate is not settled; returns the panel."""
    _, panel = _lock(offer, actor)
    if panel.status != Panel.Status.CLOSED:
        raise ValidationError("专家评审没有截止，无须重新打开。")
    return seats.reopen_panel(panel=panel, actor=actor, reason=reason)


def panel_scores(offer):
    """Return ({candidate key: PanelScore}, problems): the mean of each nominee's submitted, not recused sheets.

    Five statements however many nominees and experts there are.
    """
    panel = offer.panel
    rule, view = panel.rule(), overview(panels=[panel])
    withdrawn = Q(nomination=None) | Q(nomination__status=Status.WITHDRAWN)
    candidates = panel.candidates.filter(is_marked=True).exclude(withdrawn).select_related("panel")
    scores, problems = {}, []
    for candidate in candidates:
        try:
            scores[candidate.pk] = scoring.panel_score(rule, view.counting[candidate.pk])
        except ValueError as error:
            problems.append(f"{candidate.label}：{error}")
    return scores, problems


def obstacles_to_scores(offer, problems=None):
    """Return what keeps the scores from being taken, as Chinese sentences; `problems` are those of panel_scores()."""
    if offer.panel.status != Panel.Status.CLOSED:
        return ["专家评审还没有截止。"]
    problems = panel_scores(offer)[1] if problems is None else problems
    alarms = spread_alarms(panels=[offer.panel])
    return problems + [f"{candidate.label}的各份评分相差超过警戒线，请先说明。" for candidate in alarms]


@transaction.atomic
def take_scores(*, offer, actor):
    """Write everybody's mean, the number of sheets it was taken over, and the rank (ties share); returns the SlateLines.

    May be repeated until the slate is settled; a choice begun before is kept.
    """
    offer, offer.panel = _lock(offer, actor)
    scores, problems = panel_scores(offer)
    if obstacles := obstacles_to_scores(offer, problems):
        raise ValidationError(obstacles)
    standing = ranking.ranked({key: score.raw for key, score in scores.items()})
    nominations = list(_nominations(offer, *IN_PANEL).filter(candidate__in=scores).order_by("pk"))
    lines = [
        SlateLine(
            offer=offer,
            nomination=nomination,
            score=standing[nomination.candidate_id][0],
            rank=standing[nomination.candidate_id][1],
            counted_sheets=scores[nomination.candidate_id].counted,
        )
        for nomination in nominations
    ]
    SlateLine.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["nomination"],
        update_fields=["score", "rank", "counted_sheets"],
    )
    keys = [nomination.pk for nomination in nominations]
    offer.nominations.filter(pk__in=keys, status__in=IN_PANEL).update(status=Status.SCORED)
    record(actor, "craftsmen.scores_taken", offer, count=len(lines))
    return list(offer.slate_lines.select_related("nomination__person"))
