"""Exact half-up rounding and ranking by keys, the same for every score in the portal."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def round_half_up(value: Fraction | Decimal | int, places: int) -> Decimal:
    """Return `value` rounded to `places` decimal places, halves away from zero (四舍五入).

    Whole-number arithmetic, so neither the decimal context nor a recurring fraction can disturb it.
    The result always carries exactly `places` places. Raises TypeError for a float, whose digits are
    already lost, and ValueError for fewer than 0 places.
    """
    if isinstance(value, float):
        raise TypeError("round_half_up takes a Fraction, Decimal or int, never a float")
    if places < 0:
        raise ValueError("places must not be negative")
    exact = Fraction(value)
    scaled = abs(exact.numerator) * 10**places
    rounded = (2 * scaled + exact.denominator) // (2 * exact.denominator)
    return Decimal(f"{-rounded if exact < 0 else rounded}e-{places}")


def rank_by_keys(keys: Sequence[tuple]) -> list[int]:
    """Return the rank of each key, in the order given: 1 + the number of strictly better keys.

    Bigger is better, compared element by element; equal keys share a rank and the next rank skips (1, 1, 3).
    """
    rank_of = {}
    for place, key in enumerate(sorted(keys, reverse=True), start=1):
        rank_of.setdefault(key, place)
    return [rank_of[key] for key in keys]
