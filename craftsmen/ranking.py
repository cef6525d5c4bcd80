"""From scores to a slate: ranks, where a choice departs from them, and what the rules ask of the chosen as a whole.

Pure: no database, no Django. Scores come from unionportal/panels/scoring.py, ranks from unionportal/common/ranking.py.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from unionportal.common.ranking import rank_by_keys, round_half_up

PLACES = 2


@dataclass(frozen=True)
class Entrant:
    """Somebody who may be chosen; `rank` is None where there is no score."""

    key: Hashable
    rank: int | None
    is_front_line: bool = False
    is_manager: bool = False
    is_woman: bool = False
    unit: Hashable = None


@dataclass(frozen=True)
class RuleResult:
    """A slate rule held against the chosen: what it asks, what there is, whether it is kept.

    `actual` is a percentage, cut (never rounded up to look kept), or for per_unit_at_most a number of people.
    """

    kind: str
    number: int
    actual: int
    is_kept: bool


def ranked(scores: Mapping[Hashable, Fraction]) -> dict[Hashable, tuple]:
    """Return {key: (published score, rank)}: rounded once, equal scores share a rank and the next rank skips."""
    published = {key: round_half_up(score, PLACES) for key, score in scores.items()}
    ranks = rank_by_keys([(score,) for score in published.values()])
    return {key: (score, rank) for (key, score), rank in zip(published.items(), ranks, strict=True)}


def departures(entrants: Sequence[Entrant], chosen: Iterable[Hashable], reserves: Sequence[Hashable]) -> set:
    """Return the keys placed before somebody who ranks as high or higher: each of them needs a reason.

    The chosen share the first place, the reserves follow in their order, the rest come last. A tie across a line is
    a choice as well: nothing is ever decided by a key or a name.
    """
    chosen, order = set(chosen), {key: place for place, key in enumerate(reserves, 1)}
    last = len(order) + 1

    def place(entrant):
        return 0 if entrant.key in chosen else order.get(entrant.key, last)

    places = {entrant.key: place(entrant) for entrant in entrants}
    best_after, best = {}, None
    # From the last place up: the best rank of everybody placed later.
    for level in sorted(set(places.values()), reverse=True):
        best_after[level] = best
        here = [entrant.rank for entrant in entrants if places[entrant.key] == level and entrant.rank]
        best = min([*here, *([best] if best else [])], default=None)
    return {
        entrant.key
        for entrant in entrants
        if places[entrant.key] != last
        and (later := best_after[places[entrant.key]]) is not None
        and (entrant.rank is None or later <= entrant.rank)
    }


def held_against(rules: Iterable[tuple[str, int]], chosen: Sequence[Entrant]) -> list[RuleResult]:
    """Return a RuleResult for each (kind, number). Shares are compared exactly; of nobody every rule is kept."""
    size = len(chosen)
    counts = {
        "front_line_at_least": sum(entrant.is_front_line for entrant in chosen),
        "managers_at_most": sum(entrant.is_manager for entrant in chosen),
        "women_at_least": sum(entrant.is_woman for entrant in chosen),
    }
    units = Counter(entrant.unit for entrant in chosen if entrant.unit is not None)
    results = []
    for kind, number in rules:
        if kind == "per_unit_at_most":
            most = max(units.values(), default=0)
            results.append(RuleResult(kind, number, most, most <= number))
            continue
        share, asked = 100 * counts[kind], number * size
        is_kept = share >= asked if kind.endswith("at_least") else share <= asked
        results.append(RuleResult(kind, number, share // size if size else 0, is_kept))
    return results


@dataclass(frozen=True)
class Shares:
    """What the chosen are made of."""

    chosen: int
    front_line: int
    managers: int
    women: int
    units: int


def shares(chosen: Sequence[Entrant]) -> Shares:
    """Return the Shares of the chosen: numbers of people, and of the units they come from."""
    return Shares(
        chosen=len(chosen),
        front_line=sum(entrant.is_front_line for entrant in chosen),
        managers=sum(entrant.is_manager for entrant in chosen),
        women=sum(entrant.is_woman for entrant in chosen),
        units=len({entrant.unit for entrant in chosen if entrant.unit is not None}),
    )
