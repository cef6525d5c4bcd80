"""What the pages of nominations show: lists, steps with what is missing, the timeline, what may be done."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from craftsmen import nomination_forms
from craftsmen.deadlines import branch_last_day, unit_last_day
from craftsmen.eligibility import is_eligible
from craftsmen.models import Extension, Nomination, Offer, Selection
from craftsmen.services.nominations import WITHDRAWABLE, roads
from craftsmen.services.prechecks import label_of, lacking, outcomes_of
from unionportal.audit.models import AuditEntry
from unionportal.people.models import UnionBody

Status, Level = Nomination.Status, Nomination.Level
# What everybody who may see a nomination may know of its way; drafts saved and papers attached are not among it.
TIMELINE = {
    "craftsmen.nomination_started": "开始填报",
    "craftsmen.nomination_submitted": "提交",
    "craftsmen.nomination_passed_up": "审核并报送区总工会",
    "craftsmen.nomination_returned": "退回",
    "craftsmen.nomination_withdrawn": "撤回",
    "craftsmen.nomination_accepted": "资格审查通过",
    "craftsmen.nomination_ineligible": "认定不符合条件",
}
# state → how the mark beside it looks (css .state-…)
MARKS = {
    Status.DRAFT: "upcoming",
    Status.SUBMITTED: "running",
    Status.REVIEWED: "running",
    Status.RETURNED: "notice",
    Status.ACCEPTED: "entry",
    Status.SHORTLISTED: "entry",
    Status.SCORED: "entry",
    Status.PROPOSED: "entry",
    Status.RESERVE: "entry",
    Status.IN_NOTICE: "notice",
    Status.CONFERRED: "entry",
}


def mark_of(nomination):
    """Return the shape that stands beside the state."""
    return MARKS.get(nomination.status, "ended")


def open_selections(user):
    """Return the announced selections in whose window today is, or in which the user's union has an extension."""
    today = timezone.localdate()
    own = UnionBody.objects.kept_by(user).values("pk")
    covered = Q(body__in=own) | Q(body__below__in=own) | Q(body=None)
    extended = Extension.objects.filter(covered, until__gte=today)
    running = Selection.objects.filter(status=Selection.Status.ANNOUNCED, opens_on__lte=today)
    return running.filter(Q(unit_deadline__gte=today) | Q(pk__in=extended.values("selection")))


def nominations_listed(user, *, selection="", status="", q=""):
    """Return the nominations this user may see, filtered; the newest first."""
    found = Nomination.objects.visible_to(user).select_related(
        "offer__title", "offer__selection", "person", "body", "branch"
    )
    if selection.isdecimal():
        found = found.filter(offer__selection=int(selection))
    if status in Status.values:
        found = found.filter(status=status)
    if q:
        found = found.filter(Q(person__name__icontains=q) | Q(unit_name__icontains=q))
    return found.order_by("-updated_at", "-pk")


@dataclass(frozen=True)
class FormStep:
    """A step of the long form, as the bar above it shows it."""

    key: str
    title: str
    number: int
    lacks: list
    is_here: bool


def steps_of(nomination, here, lacks=None):
    """Return the FormSteps of a nomination with what each still lacks."""
    lacks = lacking(nomination) if lacks is None else lacks
    keys = [
        key
        for key in nomination_forms.STEPS
        if key != "unit" or nomination.channel not in Nomination.PERSONAL
    ]
    return [
        FormStep(
            key,
            nomination_forms.STEPS[key],
            number,
            [lack.text for lack in lacks if lack.step == key],
            key == here,
        )
        for number, key in enumerate(keys, start=1)
    ]


def neighbours(steps):
    """Return (step before, step after) of where one is; None at the ends."""
    here = next(index for index, step in enumerate(steps) if step.is_here)
    return steps[here - 1] if here else None, steps[here + 1] if here + 1 < len(steps) else None


def check_of(nomination):
    """Return what the last step shows: rule by rule, what is missing, whether it can be handed in."""
    lacks, outcomes = lacking(nomination), outcomes_of(nomination)
    return {"lacks": lacks, "outcomes": outcomes, "is_ready": not lacks and is_eligible(outcomes)}


TEXTS = (
    "resume",
    "honours",
    "rewards_and_penalties",
    "short_deeds",
    "full_deeds",
    "unique_skill",
    "achievements",
    "apprentices",
    "unit_opinion",
    "unit_notice_result",
    "branch_opinion",
)


def texts_of(nomination):
    """Return (label, text) of the long fields that are filled in."""
    return [(label_of(name), getattr(nomination, name)) for name in TEXTS if getattr(nomination, name)]


def timeline(nomination):
    """Return the acts on a nomination in their order: words, who, when, reason."""
    entries = AuditEntry.objects.filter(
        target_model=Nomination._meta.label_lower, target_key=str(nomination.pk), action__in=TIMELINE
    ).order_by("at", "pk")
    return [
        {
            "words": TIMELINE[entry.action],
            # The account beside the name is for the audit.
            "who": entry.actor_name.partition("（")[0],
            "at": entry.at,
            "to": entry.details.get("to", ""),
            "reason": entry.details.get("reason", ""),
        }
        for entry in entries
    ]


def rights(user, nomination):
    """Return what this user may do with the nomination now, by name, for the buttons of its page."""
    own = Nomination.objects.nominated_for(user).filter(pk=nomination.pk).exists()
    at_branch = Nomination.objects.waiting_for_branch(user).filter(pk=nomination.pk).exists()
    is_at_hand = nomination.status == Status.DRAFT or (
        nomination.status == Status.RETURNED and nomination.returned_to == Level.UNIT
    )
    return {
        "edit": own and is_at_hand,
        "withdraw": own and nomination.status in WITHDRAWABLE,
        "send_back": at_branch,
        "print": True,
        "is_own": own,
    }


def deadline_of(nomination):
    """Return the last day for whoever has the nomination in hand now, or None."""
    selection, was_returned = nomination.offer.selection, bool(nomination.return_reason)
    if nomination.status == Status.SUBMITTED or nomination.returned_to == Level.BRANCH:
        return branch_last_day(selection, nomination.branch, was_returned)
    if nomination.status in (Status.DRAFT, Status.RETURNED):
        return unit_last_day(selection, nomination.body, was_returned)
    return None


def starting_points(user):
    """Return [(offer, [(channel, body)])] of what this user may nominate for today."""
    found = []
    for selection in open_selections(user):
        ways = roads(user, selection)
        if ways:
            offers = Offer.objects.filter(selection=selection).select_related("selection", "title")
            found += [(offer, ways) for offer in offers]
    return found
