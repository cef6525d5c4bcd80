"""Prizes: how many places each band has, and who gets which (scoring rules, Awards)."""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor

from competitions.scoring.rules import AwardBand
from unionportal.common.ranking import rank_by_keys, round_half_up


def award_seats(bands: Sequence[AwardBand], rounding: str, competed: int) -> list[int]:
    """Return the number of places of each band when `competed` people took part (absent and the like not counted).

    Shares become whole places by `rounding`: cumulative (累计比例四舍五入, the difference to the band before), floor
    or ceiling of each share by itself. A first band given as a share has at least one place.
    """
    seats = []
    share_before = Fraction(0)
    for band in bands:
        if band.share is None:
            seats.append(band.count)
            continue
        share = Fraction(band.share)
        seats.append(_places(share_before, share, rounding, competed))
        share_before += share
    if bands and bands[0].share is not None:
        seats[0] = max(seats[0], 1)
    return seats


def awards_by_rank(
    bands: Sequence[AwardBand], seats: Sequence[int], ranks: Sequence[int]
) -> list[str | None]:
    """Return the award for each of the given ranks, which are those of the people who may win, guests left out.

    A shared rank goes whole into the band of its first place, so the next band shrinks by as many as were lifted, and
    what it cannot bear is carried to the band after.
    """
    last_places = list(accumulate(seats))
    awards = []
    for place in rank_by_keys([(-rank,) for rank in ranks]):
        band = bisect_left(last_places, place)
        awards.append(bands[band].name if band < len(bands) else None)
    return awards


def _places(share_before: Fraction, share: Fraction, rounding: str, competed: int) -> int:
    if rounding == "floor":
        return floor(share * competed / 100)
    if rounding == "ceiling":
        return ceil(share * competed / 100)
    until_here = round_half_up((share_before + share) * competed / 100, 0)
    return int(until_here - round_half_up(share_before * competed / 100, 0))
