"""From the settled list to the end of its notice: the meeting, the notice, who was taken off it, who moves up."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from craftsmen.models import Nomination, SlateLine
from craftsmen.services.rights import lock_offers, require
from unionportal.audit.services import record
from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.notices.services.lifecycle import Line, draft_notice, start_notice

Status = Nomination.Status
UNDECIDED = (Status.REVIEWED, Status.ACCEPTED, Status.SHORTLISTED, Status.SCORED)
FALLEN = (Status.REMOVED, Status.WITHDRAWN)
LINE = PublicNotice.Line.CRAFTSMEN


def notice_key(selection, number):
    return f"craftsmen.selection:{selection.pk}:{number}"


def line_key(pk):
    """Return how the line of a nomination is known in a notice."""
    return f"craftsmen.nomination:{pk}"


def notices_of(selection):
    """Return the notices of a selection, drafts too, in the order in which they were made."""
    return PublicNotice.objects.filter(source_key__startswith=notice_key(selection, "")).order_by("pk")


def unsettled(offers):
    """Return why a meeting has nothing to decide yet, as Chinese sentences."""
    open_ones = [offer for offer in offers if not offer.slate_settled_at]
    waiting = [offer for offer in open_ones if offer.nominations.filter(status__in=UNDECIDED).exists()]
    if len(open_ones) == len(offers):
        return ["还没有确定任何称号的拟授予名单。"]
    return [f"“{offer}”的拟授予名单还没有确定。" for offer in waiting]


@transaction.atomic
def record_meeting(*, meeting, actor):
    """Record the meeting that decided the settled list (an unsaved Meeting); returns it."""
    require(actor, "settle_slate")
    if obstacles := unsettled(lock_offers(meeting.selection)):
        raise ValidationError(obstacles)
    if meeting.held_on > timezone.localdate():
        raise ValidationError({"held_on": "会议日期不能晚于今天。"})
    voted = sum(filter(None, (meeting.votes_for, meeting.votes_against, meeting.abstained)))
    if meeting.attended is not None and voted > meeting.attended:
        raise ValidationError({"attended": f"到会 {meeting.attended} 人，各种票合计 {voted} 张，请核对。"})
    meeting.recorded_by = actor
    meeting.full_clean()
    meeting.save()
    record(
        actor, "craftsmen.meeting_recorded", meeting, document=meeting.minutes_number, on=str(meeting.held_on)
    )
    return meeting


def obstacles_to_notice(selection, offers=None):
    """Return what keeps the list from being announced, as Chinese sentences."""
    offers = list(selection.offers.all()) if offers is None else offers
    if found := unsettled(offers):
        return found
    settled_at = max(offer.slate_settled_at for offer in offers if offer.slate_settled_at)
    if not selection.meetings.filter(recorded_at__gte=settled_at).exists():
        return ["名单确定之后还没有登记审定会议（会议、日期、纪要编号）。"]
    return []


def to_announce(selection):
    """Return the proposed nominees who are in no published notice, in the order of titles and ranks."""
    found = Nomination.objects.filter(offer__selection=selection, status=Status.PROPOSED)
    return found.select_related("person", "offer__title", "slate_line").order_by(
        "offer__position", "offer", F("slate_line__rank").asc(nulls_last=True), "person__pinyin", "pk"
    )


def _lines(nominations):
    return [
        Line(
            name=nomination.person.name,
            unit_name=nomination.unit_name,
            occupation=nomination.occupation,
            proposed=nomination.offer.title.name,
            person=nomination.person,
            position=place,
            source_key=line_key(nomination.pk),
        )
        for place, nomination in enumerate(nominations, 1)
    ]


@transaction.atomic
def draft_list(*, selection, actor, **settings):
    """Draft the notice of everybody proposed, or bring its draft up to date; `settings` are fields of PublicNotice."""
    require(actor, "settle_slate")
    if obstacles := obstacles_to_notice(selection, lock_offers(selection)):
        raise ValidationError(obstacles)
    nominations = list(to_announce(selection))
    if not nominations:
        raise ValidationError("没有待公示的人选。")
    draft = notices_of(selection).filter(status=PublicNotice.Status.DRAFT).first()
    key = draft.source_key if draft else notice_key(selection, notices_of(selection).count() + 1)
    notice = draft_notice(actor=actor, line=LINE, lines=_lines(nominations), source_key=key, **settings)
    Nomination.objects.filter(notice=notice).update(notice=None)
    Nomination.objects.filter(pk__in=[nomination.pk for nomination in nominations]).update(notice=notice)
    return notice


@transaction.atomic
def start_list(*, selection, actor):
    """Publish the draft of the list: from here its nominees are in notice; returns the notice."""
    require(actor, "settle_slate")
    if obstacles := obstacles_to_notice(selection, lock_offers(selection)):
        raise ValidationError(obstacles)
    draft = notices_of(selection).filter(status=PublicNotice.Status.DRAFT).first()
    if draft is None:
        raise ValidationError("没有待发布的公示草稿。")
    listed = set(draft.nominations.values_list("pk", flat=True))
    if listed != set(to_announce(selection).values_list("pk", flat=True)):
        raise ValidationError("拟授予名单在草稿之后有变动，请先重新保存草稿。")
    notice = start_notice(notice=draft, actor=actor)
    notice.nominations.filter(status=Status.PROPOSED).update(status=Status.IN_NOTICE)
    record(actor, "craftsmen.notice_begun", selection, count=len(listed), last=str(notice.last_on))
    return notice


def differences(selection):
    """Return [(nomination, status)] of what has changed in the notices and is not yet written on the nominations."""
    nominations = Nomination.objects.filter(
        offer__selection=selection, status__in=[Status.PROPOSED, Status.IN_NOTICE]
    ).exclude(notice=None)
    nominations = list(nominations.select_related("notice", "person").order_by("pk"))
    lines = NoticeLine.objects.filter(notice__in={nomination.notice_id for nomination in nominations})
    states = {(line.notice_id, line.source_key): line.status for line in lines}
    found = [
        (nomination, _follows(nomination, states.get((nomination.notice_id, line_key(nomination.pk)))))
        for nomination in nominations
    ]
    return [(nomination, status) for nomination, status in found if status != nomination.status]


def _follows(nomination, line_status):
    notice = nomination.notice
    if notice.status == PublicNotice.Status.DRAFT:
        return nomination.status
    if notice.withdrawn_at and not notice.closed_at:
        return Status.PROPOSED  # to be announced once more
    return Status.REMOVED if line_status == NoticeLine.Status.REMOVED else Status.IN_NOTICE


@transaction.atomic
def follow_notices(*, selection, actor):
    """Write on the nominations what has become of their notice lines; returns how many changed."""
    require(actor, "review_nominations")
    lock_offers(selection)
    changed = differences(selection)
    for nomination, status in changed:
        nomination.status = status
        if status == Status.PROPOSED:
            nomination.notice = None
    Nomination.objects.bulk_update([nomination for nomination, _ in changed], ["status", "notice"])
    if changed:
        removed = [item.person.name for item, status in changed if status == Status.REMOVED]
        record(actor, "craftsmen.notices_followed", selection, count=len(changed), removed=removed)
    return len(changed)


def vacancies(selection):
    """Return the chosen lines whose nominee fell out and in whose place nobody has moved up yet."""
    lines = SlateLine.objects.filter(offer__selection=selection, offer__slate_settled_at__isnull=False)
    fallen = lines.filter(is_chosen=True, nomination__status__in=FALLEN, replaced_by=None)
    return list(
        fallen.select_related("nomination__person", "nomination__notice", "offer__title").order_by("pk")
    )


@transaction.atomic
def refill(*, selection, actor):
    """Let the next reserve take each empty place, after a notice with a notice of one's own; returns the SlateLines."""
    require(actor, "settle_slate")
    lock_offers(selection)
    follow_notices(selection=selection, actor=actor)
    if not selection.refills:
        raise ValidationError("本次评选规定移出者不再递补。")
    empty = vacancies(selection)
    if not empty:
        raise ValidationError("没有空出的名额。")
    moved = [line for place in empty if (line := _move_up(place, actor))]
    if not moved:
        raise ValidationError("已没有递补人选，名额空缺。")
    return moved


def _move_up(place, actor):
    reserves = SlateLine.objects.filter(offer=place.offer_id, nomination__status=Status.RESERVE)
    line = reserves.select_related("nomination__person", "offer__title").order_by("reserve_order").first()
    if line is None:
        return None
    line.is_chosen, line.reserve_order, line.replaces = True, None, place
    line.save(update_fields=["is_chosen", "reserve_order", "replaces"])
    nomination, fallen = line.nomination, place.nomination
    nomination.status = Status.PROPOSED
    if fallen.notice and fallen.notice.status != PublicNotice.Status.DRAFT:
        nomination.notice = _own_notice(nomination, fallen.notice, actor)
        nomination.status = Status.IN_NOTICE
    nomination.save(update_fields=["status", "notice", "updated_at"])
    record(actor, "craftsmen.reserve_moved_up", nomination, replaces=fallen.person.name)
    return line


def _own_notice(nomination, first, actor):
    """Announce one who moved up alone, with the contacts and days of the notice in which the place fell empty."""
    selection = nomination.offer.selection
    title = nomination.offer.title.name
    kept = ("basis", "days", "contact_name", "contact_phone", "contact_address", "contact_email")
    notice = draft_notice(
        actor=actor,
        line=LINE,
        title=f"关于“{title}”递补人选的公示"[:150],
        body=f"按照评选规定，现对{selection}“{title}”递补人选予以公示。",
        lines=_lines([nomination]),
        source_key=notice_key(selection, notices_of(selection).count() + 1),
        order_rule=PublicNotice.OrderRule.NONE,
        **{name: getattr(first, name) for name in kept},
    )
    return start_notice(notice=notice, actor=actor)


def last_day(notices):
    """Return the latest last day of these notices."""
    return notices.aggregate(last=Max("last_on"))["last"]
