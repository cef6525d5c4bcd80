"""What a town or system union does with the nominations below it: rank, pass up within its places, send back."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count

from craftsmen.deadlines import branch_last_day, refuse_when_shut
from craftsmen.models import Allocation, Nomination, NominationFile, Offer
from craftsmen.services.nominations import lock_nomination
from unionportal.audit.services import record
from unionportal.files.services import inspect_upload, store_file

Status, Level = Nomination.Status, Nomination.Level


@dataclass(frozen=True)
class Room:
    """How many a branch may send up for an offer: places with the surplus (None: no limit), and how many it has sent."""

    places: int
    limit: int | None
    used: int

    @property
    def left(self):
        return None if self.limit is None else max(self.limit - self.used, 0)


def rooms(offers, branch):
    """Return {offer key: Room} of a branch; where an offer gives places to nobody, there is no limit."""
    offers = list(offers)
    mine = {
        row.offer_id: row
        for row in Allocation.objects.filter(offer__in=offers, body=branch).select_related("offer")
    }
    limited = set(Allocation.objects.filter(offer__in=offers).values_list("offer", flat=True))
    counts = Nomination.objects.passed_up().filter(offer__in=offers, branch=branch).order_by()
    used = dict(counts.values_list("offer").annotate(Count("pk")))
    return {
        offer.pk: Room(
            mine[offer.pk].places if offer.pk in mine else 0,
            (mine[offer.pk].limit if offer.pk in mine else 0) if offer.pk in limited else None,
            used.get(offer.pk, 0),
        )
        for offer in offers
    }


def lock_queue(offer, branch):
    """Lock the offer for this branch's act and return what waits there for it, ranked ones first."""
    Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    waiting = Nomination.objects.at_branch().filter(offer=offer, branch=branch)
    return list(
        waiting.select_for_update(of=("self",), no_key=True)
        .select_related("person", "offer__selection", "offer__title")
        .order_by("pk")
    )


def refuse_when_late(offer, branch, nominations):
    """Raise ValidationError where the branch's time is over for any of these."""
    for was_returned in {bool(nomination.return_reason) for nomination in nominations} or {False}:
        last_on = branch_last_day(offer.selection, branch, was_returned)
        refuse_when_shut(offer.selection, last_on, "镇街、系统工会审核")


@transaction.atomic
def rank_nominations(*, offer, branch, ranks, actor):
    """Put what waits at the branch in order by the numbers given: {nomination key: number or None}.

    The ranks become those after what has been passed up already, without gaps; a blank one has none.
    """
    waiting = lock_queue(offer, branch)
    numbers = [number for number in ranks.values() if number is not None]
    if len(numbers) != len(set(numbers)):
        doubled = sorted({number for number in numbers if numbers.count(number) > 1})
        raise ValidationError(f"排序重复：{'、'.join(map(str, doubled))}，请改为不同的序号。")
    taken = set(
        Nomination.objects.filter(offer=offer, branch=branch, branch_rank__isnull=False)
        .exclude(pk__in=[nomination.pk for nomination in waiting])
        .exclude(status__in=[Status.WITHDRAWN, Status.RETURNED])
        .values_list("branch_rank", flat=True)
    )
    given = {row.pk: ranks.get(row.pk, row.branch_rank) for row in waiting}
    ordered = sorted((row for row in waiting if given[row.pk] is not None), key=lambda row: given[row.pk])
    free = (number for number in range(1, len(taken) + len(ordered) + 1) if number not in taken)
    before = {row.pk: row.branch_rank for row in waiting}
    for row in waiting:
        row.branch_rank = None
    for row in ordered:
        row.branch_rank = next(free)
    changed = [row for row in waiting if row.branch_rank != before[row.pk]]
    # In two steps, so that two of them may change places.
    Nomination.objects.filter(pk__in=[row.pk for row in changed]).update(branch_rank=None)
    Nomination.objects.bulk_update(changed, ["branch_rank"])
    if changed:
        order = [f"{row.branch_rank} {row.person.name}" for row in ordered]
        record(actor, "craftsmen.nominations_ranked", offer, branch=str(branch), order=order)
    return ordered


@transaction.atomic
def pass_up(*, offer, branch, chosen, opinion, upload, actor):
    """Send these nominations (keys) on to the district with the branch's opinion and its stamped list.

    All or none: within the places, ranked, in time. Returns them.
    """
    waiting = {row.pk: row for row in lock_queue(offer, branch)}
    rows = [waiting[key] for key in chosen if key in waiting]
    if not rows or len(rows) != len(chosen):
        raise ValidationError(
            "所选申报有的已不在待审核之列，请刷新后重新勾选。" if chosen else "请先勾选要报送的申报。"
        )
    refuse_when_late(offer, branch, rows)
    unranked = [row.person.name for row in rows if row.branch_rank is None]
    if unranked:
        raise ValidationError(f"请先为{'、'.join(unranked)}排序，再报送。")
    room = rooms([offer], branch)[offer.pk]
    if room.left is not None and len(rows) > room.left:
        raise ValidationError(
            f"“{offer.title}”推荐名额连同差额共 {room.limit} 名，已报送 {room.used} 名，还可报送 {room.left} 名，所选 {len(rows)} 名。"
        )
    if not opinion.strip():
        raise ValidationError("请填写镇街、系统工会的意见。")
    if upload is None:
        raise ValidationError("请上传盖章的推荐汇总表扫描件或照片。")
    scan = store_file(
        inspected=inspect_upload(upload), actor=actor, purpose="盖章推荐汇总表", is_guarded=True
    )
    for row in rows:
        row.status, row.returned_to, row.branch_opinion = Status.REVIEWED, "", opinion.strip()
        row.version += 1
        row.save()
        NominationFile.objects.create(nomination=row, kind=NominationFile.Kind.BRANCH_FORM, file=scan)
        record(actor, "craftsmen.nomination_passed_up", row, branch=str(branch), rank=row.branch_rank)
    return rows


@transaction.atomic
def send_back(*, nomination, actor, reason):
    """Return a nomination from the branch to whoever made it, with a reason."""
    nomination = lock_nomination(nomination)
    at_branch = nomination.status == Status.SUBMITTED or (
        nomination.status == Status.RETURNED and nomination.returned_to == Level.BRANCH
    )
    if not at_branch:
        raise ValidationError(f"申报现为“{nomination.get_status_display()}”，不能退回。")
    if not reason.strip():
        raise ValidationError("请写明退回的理由，申报单位将据此修改。")
    nomination.status, nomination.returned_to = Status.RETURNED, Level.UNIT
    nomination.return_reason, nomination.branch_rank = reason.strip()[:500], None
    nomination.version += 1
    nomination.save()
    record(
        actor,
        "craftsmen.nomination_returned",
        nomination,
        to=nomination.get_returned_to_display(),
        reason=nomination.return_reason,
    )
    return nomination
