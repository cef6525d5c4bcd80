"""Where a selection stands: its whole road from the call to the conferral with numbers, read in few statements."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import ConsultationLine, Nomination
from craftsmen.services import conferral, notices
from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.panels.models import Panel, Sheet

Status = Nomination.Status
ARRIVED = (Status.SUBMITTED, Status.REVIEWED, Status.RETURNED, Status.ACCEPTED, Status.INELIGIBLE)
PAST_REVIEW = (
    Status.SHORTLISTED,
    Status.SCORED,
    Status.PROPOSED,
    Status.RESERVE,
    Status.NOT_CHOSEN,
    Status.IN_NOTICE,
    Status.CONFERRED,
    Status.REMOVED,
)

# What is done with a nomination of this status, and where: at a stop of the road, not on its own page.
NEXT = {
    Status.ACCEPTED: "征求意见、列入专家评审",
    Status.SHORTLISTED: "专家评审",
    Status.SCORED: "拟定名单",
    Status.PROPOSED: "审定会议和公示",
    Status.RESERVE: "递补",
    Status.IN_NOTICE: "公示结果和授予",
}


@dataclass
class Way:
    """A link or a button of a stop: `act` posts, a plain `url` opens a page."""

    label: str
    url: str = ""
    act: str = ""
    is_main: bool = False


@dataclass
class Stop:
    """One stop of the road: (name, number, address) facts, what is to do here, and why not yet."""

    key: str
    title: str
    facts: list = field(default_factory=list)
    ways: list = field(default_factory=list)
    why_not: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    is_done: bool = False
    is_now: bool = False
    done_word: str = "已完成"


def queue(selection, **query):
    """Return the address of the nominations of a selection with these filters."""
    pairs = {"offer__selection__id__exact": selection.pk, **query}
    return (
        f"{reverse('admin:craftsmen_nomination_changelist')}?{'&'.join(f'{k}={v}' for k, v in pairs.items())}"
    )


def road_of(selection):
    """Return the Stops of a selection; the first that is not done is where it stands now."""
    offers = list(selection.offers.select_related("title", "panel", "selection").order_by("position", "pk"))
    rows = Nomination.objects.filter(offer__selection=selection).order_by().values_list("offer", "status")
    by_offer = {(offer, status): number for offer, status, number in rows.annotate(n=Count("pk"))}
    counts = Counter()
    for (_, status), number in by_offer.items():
        counts[status] += number
    stops = [
        _call(selection, offers),
        _nominating(selection, counts),
        _review(selection, counts),
        _letters(selection, counts),
        _experts(offers, by_offer),
        _slate(offers, by_offer),
        _meeting(selection, offers),
        _notice(selection, offers, counts),
        _conferral(selection, counts),
    ]
    current = next((stop for stop in stops if not stop.is_done), None)
    if current:
        current.is_now = True
    return stops


def _call(selection, offers):
    places = sum(offer.quota for offer in offers)
    stop = Stop("call", "评选通知", [("称号", len(offers), ""), ("名额", places, "")])
    stop.is_done = selection.status != selection.Status.DRAFT
    stop.notes = [
        f"{selection.get_status_display()}。申报 {selection.opens_on or '未定'} 至 {selection.unit_deadline or '未定'}。"
    ]
    return stop


def _nominating(selection, counts):
    handed_in = sum(counts.values()) - counts[Status.DRAFT]
    stop = Stop(
        "nominating",
        "申报推荐",
        [("已提交", handed_in, queue(selection)), ("填写中", counts[Status.DRAFT], "")],
    )
    stop.facts.append(
        ("待镇街、系统审核", counts[Status.SUBMITTED], queue(selection, status__exact="submitted"))
    )
    last = selection.branch_deadline or selection.unit_deadline
    stop.is_done = (
        handed_in > 0
        and not counts[Status.SUBMITTED]
        and (last is None or timezone.localdate() > last or sum(counts[s] for s in PAST_REVIEW) > 0)
    )
    return stop


def _review(selection, counts):
    passed = (Status.ACCEPTED, *PAST_REVIEW)
    reached = sum(counts[status] for status in passed)
    facts = [
        (Status(name).label, counts[Status(name)], queue(selection, status__exact=name))
        for name in ("reviewed", "returned", "ineligible")
    ]
    facts.insert(2, ("已通过审查", reached, queue(selection, status__in=",".join(passed))))
    stop = Stop("review", "资格审查", facts)
    stop.is_done = reached > 0 and not counts[Status.REVIEWED]
    if counts[Status.REVIEWED]:
        stop.ways = [Way("审查申报", queue(selection, status__exact="reviewed"), is_main=True)]
    return stop


def _letters(selection, counts):
    letters = list(
        selection.consultations.annotate(
            asked=Count("lines"),
            objecting=Count("lines", filter=Q(lines__opinion=ConsultationLine.Opinion.OBJECTION)),
        )
    )
    waiting = [letter for letter in letters if letter.replied_on is None]
    base = reverse("admin:craftsmen_consultation_changelist") + f"?selection__id__exact={selection.pk}"
    stop = Stop(
        "letters",
        "征求意见",
        [("发函", len(letters), base), ("待复函", len(waiting), base + "&replied_on__isempty=1")],
    )
    stop.facts.append(
        ("不同意见", sum(letter.objecting for letter in letters), queue(selection, flag="is_objected"))
    )
    stop.notes = [f"待复：{'、'.join(letter.department for letter in waiting)}"] if waiting else []
    past = sum(counts[status] for status in PAST_REVIEW)
    stop.is_done = bool(letters or past) and not waiting
    stop.done_word = stop.done_word if letters else "未发函"
    reached = counts[Status.ACCEPTED] + past
    if reached:
        url = reverse("admin:craftsmen_consultation_add") + f"?selection={selection.pk}"
        stop.ways = [Way("发征求意见函", url, is_main=not letters)]
    else:
        stop.why_not = ["有审查通过的申报后才能发函。"]
    return stop


def _experts(offers, by_offer):
    panels = [offer.panel_id for offer in offers]
    wanted = Sheet.objects.filter(panel__in=panels, candidate__is_marked=True, assignment__ended_at=None)
    wanted = wanted.exclude(candidate__recusals__assignment=F("assignment")).order_by().values_list("panel")
    sheets = {
        panel: (total, done)
        for panel, total, done in wanted.annotate(
            n=Count("pk", distinct=True),
            m=Count("pk", distinct=True, filter=Q(status=Sheet.Status.SUBMITTED)),
        )
    }
    stop = Stop("experts", "专家评审")
    done = 0
    for offer in offers:
        total, submitted = sheets.get(offer.panel_id, (0, 0))
        url = reverse("admin:craftsmen_offer_experts", args=[offer.pk])
        state = offer.panel.get_status_display()
        stop.facts.append((f"{offer.title}（{state}）", f"{submitted}/{total} 份", url))
        stop.ways.append(Way(f"{offer.title}评审", url, is_main=True))
        waiting = by_offer.get((offer.pk, Status.SHORTLISTED), 0) + by_offer.get(
            (offer.pk, Status.ACCEPTED), 0
        )
        done += offer.panel.status == Panel.Status.CLOSED and not waiting
    stop.is_done = bool(offers) and done == len(offers)
    return stop


def _slate(offers, by_offer):
    stop = Stop("slate", "拟定名单")
    for offer in offers:
        url = reverse("admin:craftsmen_offer_slate", args=[offer.pk])
        state = "已确定" if offer.slate_settled_at else "未确定"
        scored = sum(by_offer.get((offer.pk, status), 0) for status in PAST_REVIEW[1:])
        stop.facts.append((f"{offer.title}（{state}）", f"{scored} 选 {offer.quota}", url))
        stop.ways.append(Way(f"{offer.title}名单", url, is_main=not offer.slate_settled_at))
    stop.is_done = bool(offers) and all(offer.slate_settled_at for offer in offers)
    return stop


def _meeting(selection, offers):
    meetings = list(selection.meetings.all())
    url = reverse("admin:craftsmen_meeting_add") + f"?selection={selection.pk}"
    stop = Stop(
        "meeting", "审定会议", [("已登记", len(meetings), reverse("admin:craftsmen_meeting_changelist"))]
    )
    stop.notes = [f"{meeting}，纪要 {meeting.minutes_number}" for meeting in meetings]
    stop.why_not = notices.unsettled(offers)
    if not stop.why_not:
        stop.is_done = not notices.obstacles_to_notice(selection, offers)
        stop.ways = [Way("登记审定会议", url, is_main=not stop.is_done)]
    return stop


def _notice(selection, offers, counts):
    made = list(notices.notices_of(selection))
    lines = Counter(NoticeLine.objects.filter(notice__in=made).values_list("status", flat=True))
    stop = Stop(
        "notice",
        "公示",
        [("公示中的人选", counts[Status.IN_NOTICE], queue(selection, status__exact="in_notice"))],
    )
    stop.facts += [("异议核查中", lines[NoticeLine.Status.HELD], ""), ("已移出", counts[Status.REMOVED], "")]
    for notice in made:
        url = reverse("admin:notices_publicnotice_change", args=[notice.pk])
        stop.facts.append((f"《{notice.title}》", notice.state, url))
    stop.why_not = notices.obstacles_to_notice(selection, offers)
    page = reverse("admin:craftsmen_selection_notice", args=[selection.pk])
    if counts[Status.PROPOSED] and not stop.why_not:
        stop.ways.append(Way(f"公示 {counts[Status.PROPOSED]} 名拟授予人选", page, is_main=True))
    changed = notices.differences(selection)
    if changed:
        stop.notes.append(f"公示中有 {len(changed)} 人的情况有变，请更新到申报。")
        stop.ways.append(Way("更新公示结果", act="follow", is_main=True))
    empty = notices.vacancies(selection)
    if empty:
        names = "、".join(line.nomination.person.name for line in empty)
        stop.notes.append(f"空出名额：{names}。")
        if not selection.refills:
            stop.notes.append("本次评选规定移出者不再递补。")
        elif counts[Status.RESERVE]:
            stop.ways.append(Way("递补下一名并公示", act="refill", is_main=True))
        else:
            stop.notes.append("已没有递补人选，名额空缺。")
    finished = counts[Status.CONFERRED] or any(notice.status == PublicNotice.Status.CLOSED for notice in made)
    stop.is_done = bool(made and finished) and not counts[Status.PROPOSED] and not changed
    return stop


def _conferral(selection, counts):
    made = list(
        selection.conferrals.annotate(number=Count("honours"), certified=Count("honours__certificate"))
    )
    ready, waiting = conferral.conferrable(selection), conferral.held_back(selection)
    stop = Stop("conferral", "授予", [("可授予", len(ready), ""), ("已授予", counts[Status.CONFERRED], "")])
    for item in made:
        url = reverse("admin:craftsmen_conferral_change", args=[item.pk])
        stop.facts.append((item.document_number, f"{item.number} 人，证书 {item.certified}", url))
    stop.notes = [f"{nomination.person.name}：{why}" for nomination, why in waiting]
    if ready:
        stop.ways = [
            Way("授予称号", reverse("admin:craftsmen_selection_confer", args=[selection.pk]), is_main=True)
        ]
    elif not made:
        stop.why_not = ["公示办结后，无异议的人选才能授予。"]
    stop.is_done = bool(made) and not ready and not waiting
    return stop
