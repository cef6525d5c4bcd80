"""A round of recognition: set up with its panel, announced, closed; its experts, from the list to the scores."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from craftsmen.ranking import ranked
from studios.briefs import brief_of
from studios.models import Campaign, StudioApplication
from studios.services.rights import require
from unionportal.audit.services import record
from unionportal.panels import scoring
from unionportal.panels.models import Candidate, CandidateFile, Criterion, Panel
from unionportal.panels.services import seats
from unionportal.panels.services.decisions import spread_alarms
from unionportal.panels.services.overview import overview

Status = StudioApplication.Status
# Usual, and changed freely on the panel's page: what domain rules of cities ask of a studio.
USUAL_CRITERIA = (
    ("负责人与团队", 20),
    ("场地与设备", 15),
    ("制度与规划", 15),
    ("攻关与成果", 35),
    ("传承带徒", 15),
)
USUAL_SEATS = 5


def lock_campaign(campaign):
    """Return a campaign, locked: everything that decides about its applications queues up here."""
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True).select_related("panel")
    return rows.get(pk=campaign.pk)


def lock_running(campaign):
    """Return a campaign, locked; ValidationError unless it is announced and not over: then nothing goes on in it."""
    campaign = lock_campaign(campaign)
    if campaign.status != Campaign.Status.ANNOUNCED:
        raise ValidationError(f"“{campaign}”{campaign.get_status_display()}，不能再办理。")
    return campaign


def lock_application(application):
    """Return an application, locked after its campaign."""
    lock_campaign(application.campaign)
    rows = StudioApplication.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("campaign__panel", "host_unit", "leader", "studio", "body__parent").get(
        pk=application.pk
    )


@transaction.atomic
def give_panel(campaign):
    """Give a campaign that is not saved yet its experts' panel with the usual criteria; returns the panel."""
    campaign.panel = Panel.objects.create(
        title=campaign.title[:150],
        kind=Panel.Kind.CAMPAIGN,
        seats=USUAL_SEATS,
        min_judges=USUAL_SEATS // 2 + 1,
        trim=Panel.Trim.NONE,
    )
    Criterion.objects.bulk_create(
        Criterion(panel=campaign.panel, position=number, name=name, maximum=maximum)
        for number, (name, maximum) in enumerate(USUAL_CRITERIA, start=1)
    )
    return campaign.panel


@transaction.atomic
def add_campaign(*, actor, **fields):
    """Set a campaign up with its panel and return it."""
    campaign = Campaign(**fields)
    campaign.full_clean(exclude=["panel"])
    give_panel(campaign)
    campaign.save()
    record(actor, "studios.campaign_added", campaign)
    return campaign


# What somebody still waits for an answer to; a round whose scores led to no list may end all the same.
UNFINISHED = {
    "初审": (Status.APPLIED,),
    "专家评审": (Status.ACCEPTED, Status.REVIEWING),
    "公示和认定": (Status.PROPOSED, Status.IN_NOTICE),
}


def unfinished(campaign):
    """Return why a campaign cannot be closed yet, as Chinese sentences."""
    statuses = list(campaign.applications.values_list("status", flat=True))
    counts = {step: sum(map(statuses.count, waiting)) for step, waiting in UNFINISHED.items()}
    return [f"还有 {count} 件申报待{step}，办完后再结束。" for step, count in counts.items() if count]


MOVES = {"announced": ("draft", "公告"), "closed": ("announced", "结束")}


@transaction.atomic
def move_campaign(*, campaign, to, actor):
    """Announce a campaign, or close it when it is done; returns it."""
    require(actor, "change_campaign")
    campaign = lock_campaign(campaign)
    origin, word = MOVES[to]
    if campaign.status != origin:
        raise ValidationError(f"“{campaign}”{campaign.get_status_display()}，不能{word}。")
    if to == "closed" and campaign.closes_on >= timezone.localdate():
        raise ValidationError(f"申报到 {campaign.closes_on} 截止，其后才能结束。")
    if to == "closed" and (found := unfinished(campaign)):
        raise ValidationError(found)
    campaign.status = to
    campaign.save(update_fields=["status"])
    record(actor, "studios.campaign_moved", campaign, after=to)
    return campaign


@transaction.atomic
def shortlist(*, campaign, actor):
    """Put every accepted application before the experts; returns how many are new."""
    require(actor, "review_applications")
    campaign = lock_running(campaign)
    panel = seats.lock_panel(campaign.panel)
    if panel.status == Panel.Status.CLOSED:
        raise ValidationError("专家评审已截止，不能再增加评审对象。")
    found = campaign.applications.filter(status=Status.ACCEPTED).select_related("host_unit", "leader")
    found = list(found.prefetch_related("answers", "files").order_by("pk"))
    if not found:
        raise ValidationError("没有初审通过、尚未进入评审的申报。")
    place = panel.candidates.count()
    for number, item in enumerate(found, place + 1):
        item.candidate = Candidate.objects.create(
            panel=panel, order=number, label=item.name, unit=item.host_unit, brief=brief_of(item)
        )
        if item.leader:
            item.candidate.people.add(item.leader)
        CandidateFile.objects.bulk_create(
            CandidateFile(candidate=item.candidate, file_id=paper.file_id, label=str(paper)[:100])
            for paper in item.files.all()
        )
        item.status = Status.REVIEWING
        item.save(update_fields=["candidate", "status", "updated_at"])
    if panel.status == Panel.Status.OPEN:
        seats.open_panel(panel=panel, actor=actor)
    record(actor, "studios.applications_shortlisted", campaign, count=len(found))
    return len(found)


def obstacles_to_open(campaign):
    """Return what keeps the experts from beginning, as Chinese sentences."""
    panel, found = campaign.panel, []
    if panel.status == Panel.Status.CLOSED:
        return ["专家评审已截止。"]
    if not panel.candidates.filter(is_marked=True).exists():
        found.append("还没有评审对象，请先把初审通过的申报列入评审。")
    if (seated := panel.assignments.filter(ended_at=None, is_marking=True).count()) < panel.min_judges:
        found.append(f"已安排 {seated} 名专家，至少需要 {panel.min_judges} 名，请在评审组页安排。")
    return found


@transaction.atomic
def open_scoring(*, campaign, actor):
    """Let the experts mark; returns the panel."""
    require(actor, "review_applications")
    campaign = lock_running(campaign)
    if found := obstacles_to_open(campaign):
        raise ValidationError(found)
    return seats.open_panel(panel=campaign.panel, actor=actor)


@transaction.atomic
def close_scoring(*, campaign, actor):
    """Stop the marking; sheets not handed in do not count. Returns the panel."""
    require(actor, "review_applications")
    campaign = lock_running(campaign)
    if campaign.panel.status != Panel.Status.OPEN:
        raise ValidationError("专家评审不在进行中。")
    return seats.close_panel(panel=campaign.panel, actor=actor)


def panel_scores(campaign):
    """Return ({candidate key: PanelScore}, problems) by the one calculator of all panels."""
    panel = campaign.panel
    rule, view = panel.rule(), overview(panels=[panel])
    live = StudioApplication.objects.live().filter(campaign=campaign).values("candidate")
    scores, problems = {}, []
    for candidate in panel.candidates.filter(is_marked=True, pk__in=live):
        try:
            scores[candidate.pk] = scoring.panel_score(rule, view.counting[candidate.pk])
        except ValueError as error:
            problems.append(f"{candidate.label}：{error}")
    problems += [
        f"{item.label}的各份评分相差超过警戒线，请先说明。" for item in spread_alarms(panels=[panel])
    ]
    return scores, problems


@transaction.atomic
def take_scores(*, campaign, actor):
    """Write the mean and the rank of every application marked (ties share); returns how many."""
    require(actor, "review_applications")
    campaign = lock_running(campaign)
    if campaign.panel.status != Panel.Status.CLOSED:
        raise ValidationError("专家评审还没有截止。")
    scores, problems = panel_scores(campaign)
    if problems:
        raise ValidationError(problems)
    ranks = ranked({key: score.raw for key, score in scores.items()})
    found = campaign.applications.filter(status__in=(Status.REVIEWING, Status.SCORED), candidate__in=scores)
    found = list(found.order_by("pk"))
    for item in found:
        item.score, item.rank = ranks[item.candidate_id]
        item.status = Status.SCORED
        item.save(update_fields=["score", "rank", "status", "updated_at"])
    record(actor, "studios.scores_taken", campaign, count=len(found))
    return len(found)
