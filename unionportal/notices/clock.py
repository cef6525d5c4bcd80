"""The clock of a notice: which days count. Pure; dates in, dates out.

A stop takes its own day out: a day counts where the notice stood the whole of it. After a stop the remaining working
days are counted from the day on which the notice goes on.
"""

from dataclasses import dataclass
from datetime import date

from unionportal.common.workdays import DAY, first_workday, is_workday, next_workday, workdays


@dataclass(frozen=True)
class Gap:
    """A stop: no day from `stopped_on` until before `continues_on` counts; None while it lasts."""

    stopped_on: date
    continues_on: date | None = None


def counted_days(starts_on, number, gaps, exceptions):
    """Return the dates that count, at most `number`; fewer while the last gap is open."""
    found, begins = [], starts_on
    for gap in gaps:
        found += workdays(begins, gap.stopped_on - DAY, exceptions)[: number - len(found)]
        begins = gap.continues_on
    day = begins
    while begins and len(found) < number:
        day = first_workday(day, exceptions)
        found.append(day)
        day += DAY
    return found


@dataclass(frozen=True)
class StripDay:
    """One date of the strip that shows a clock: its kind and, where it counts, its number."""

    on: date
    kind: str  # counted, rest, stopped
    number: int | None
    is_past: bool
    is_today: bool


def strip(starts_on, last_on, counted, exceptions, today):
    """Return the StripDays from the first to the last date."""
    numbers = {day: number for number, day in enumerate(counted, 1)}
    days = [starts_on + ahead * DAY for ahead in range((last_on - starts_on).days + 1)]
    return [
        StripDay(day, _kind(day, numbers, exceptions), numbers.get(day), day < today, day == today)
        for day in days
    ]


def _kind(day, numbers, exceptions):
    if day in numbers:
        return "counted"
    return "stopped" if is_workday(day, exceptions) else "rest"


def default_start(published_on, exceptions):
    """Return the first counted day where nobody has chosen one: the working day after publication."""
    return next_workday(published_on, exceptions)
