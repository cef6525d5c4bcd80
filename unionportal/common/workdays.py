"""Working days in China: weekends, public holidays, and the working weekends that pay for them (调休).

The State Council announces each year's days in the autumn before; the package chinesecalendar holds those announced
so far. `exceptions` maps dates to True (a working day) or False (a day off) and comes first: what staff enter for a
year that the package does not know yet, or for a day given at short notice. A year that neither knows counts Monday
to Friday, and `uncovered_years` names it, so that whoever shows such a date can say so.
"""

from datetime import timedelta

import chinese_calendar

DAY = timedelta(days=1)
LONGEST_PAUSE = 60  # no holiday is longer; a table that closes every day must not loop for ever


def is_workday(day, exceptions):
    """True if people work on this date."""
    if day in exceptions:
        return exceptions[day]
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5


def first_workday(day, exceptions):
    """Return the date itself if it is a working day, else the next one; ValueError where there is none in sight."""
    for ahead in range(LONGEST_PAUSE):
        if is_workday(day + ahead * DAY, exceptions):
            return day + ahead * DAY
    raise ValueError(f"no working day within {LONGEST_PAUSE} days of {day}")


def next_workday(day, exceptions):
    """Return the first working day after this date."""
    return first_workday(day + DAY, exceptions)


def nth_workday(day, number, exceptions):
    """Return the date of the working day with this number (from 1), counted from this date on."""
    found = first_workday(day, exceptions)
    for _ in range(number - 1):
        found = next_workday(found, exceptions)
    return found


def workdays(first, last, exceptions):
    """Return the working days from one date to another, both included; none if the last is before the first."""
    days = (first + ahead * DAY for ahead in range((last - first).days + 1))
    return [day for day in days if is_workday(day, exceptions)]


def uncovered_years(first, last, exceptions):
    """Return the years between two dates of which neither the calendar nor the exceptions know a thing."""
    known = {day.year for day in exceptions}
    return [
        year
        for year in range(first.year, last.year + 1)
        if year not in known and not _is_announced(first.replace(year=year, day=1))
    ]


def _is_announced(day):
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True
