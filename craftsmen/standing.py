"""What the staff's pages of an offer show: how the experts' marks stand, and the slate as it is chosen."""

from dataclasses import dataclass

from craftsmen import ranking
from craftsmen.models import Nomination
from craftsmen.services import slates
from unionportal.common.ranking import round_half_up
from unionportal.panels import scoring
from unionportal.panels.models import Panel
from unionportal.panels.services.overview import overview


@dataclass
class ExpertRow:
    """A nominee before the experts: sheets handed in of those wanted, the mean if it can be taken, an open alarm."""

    nomination: Nomination
    candidate: object
    submitted: int
    wanted: int
    recused: list
    mean: object = None
    counted: int = 0
    has_alarm: bool = False


def expert_rows(offer):
    """Return the ExpertRows of an offer in the order of the desk; six statements however many there are."""
    panel = offer.panel
    view, rule = overview(panels=[panel]), panel.rule() if panel.criteria.exists() else None
    nominations = offer.nominations.exclude(candidate=None).select_related("candidate__unit", "person")
    rows = []
    for nomination in nominations.order_by("candidate__order", "candidate__pk"):
        candidate = nomination.candidate
        candidate.panel = panel
        seats = [seat for seat in view.seats if seat.is_marking]
        row = ExpertRow(
            nomination,
            candidate,
            submitted=len(view.counting[candidate.pk]),
            wanted=sum(view.is_wanted(candidate.pk, seat) for seat in seats),
            recused=[seat.label for seat in seats if (candidate.pk, seat.pk) in view.recused],
        )
        row.wanted += row.submitted
        if rule and panel.status == Panel.Status.CLOSED and candidate.is_marked:
            _add_mean(row, rule, view)
        limit = panel.spread_limit
        row.has_alarm = limit is not None and view.spread(candidate.pk) > 3 * limit
        rows.append(row)
    return rows


def _add_mean(row, rule, view):
    try:
        score = scoring.panel_score(rule, view.counting[row.candidate.pk])
    except ValueError:
        return
    row.mean, row.counted = round_half_up(score.raw, ranking.PLACES), score.counted


@dataclass
class SlateRow:
    """A line of the slate's page, as it is chosen at the moment."""

    line: object
    entrant: ranking.Entrant
    is_able: bool
    is_chosen: bool
    order: str
    reason: str
    needs_reason: bool
    at_line: bool
    ends_quota: bool = False


def slate_rows(offer, lines, choice):
    """Return (SlateRows, [(rule, RuleResult)], Shares) of an offer for a Choice that need not be saved."""
    rules = list(offer.slate_rules.all())
    results, shares, unexplained = slates.held(lines, choice, rules)
    able = [line for line in lines if slates.is_eligible(line)]
    cut = able[offer.quota - 1].rank if len(able) >= offer.quota else None
    order = {key: str(place) for place, key in enumerate(choice.reserves, 1)}
    beyond = (
        sum(line.rank is not None and cut is not None and line.rank <= cut for line in able) > offer.quota
    )
    rows = [
        SlateRow(
            line,
            slates.entrant_of(line),
            is_able=slates.is_eligible(line),
            is_chosen=line.pk in choice.chosen,
            order=order.get(line.pk, ""),
            reason=choice.reasons.get(line.pk, ""),
            needs_reason=line.pk in unexplained,
            at_line=beyond and cut is not None and line.rank == cut,
        )
        for line in lines
    ]
    places = [row for row in rows if row.is_able]
    if len(places) > offer.quota:
        places[offer.quota - 1].ends_quota = True
    return rows, list(zip(rules, results, strict=True)), shares
