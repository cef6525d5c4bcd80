"""Until when a nomination may be worked on: the calendar of its selection, and the extensions staff have allowed."""

from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.utils import timezone

from craftsmen.models import Extension, Selection


def extended_until(selection, body):
    """Return the last day of the extensions that cover a body (or nominations without one), or None."""
    if body is None:
        covered = Q(body=None)
    else:
        covered = Q(body=body) | Q(body=body.parent_id) if body.parent_id else Q(body=body)
    return Extension.objects.filter(covered, selection=selection).aggregate(last=Max("until"))["last"]


def last_day(selection, body, *, usual, was_returned=False):
    """Return the last day on which to act, or None for no limit.

    What was sent back may be corrected as long as the district reviews, whatever the usual deadline was.
    """
    if was_returned:
        return max(selection.review_ends_on, usual) if selection.review_ends_on and usual else None
    extended = extended_until(selection, body)
    return max(usual, extended) if usual and extended else usual


def unit_last_day(selection, body, was_returned=False):
    """Return the last day for the unit, association, expert or worker."""
    return last_day(selection, body, usual=selection.unit_deadline, was_returned=was_returned)


def branch_last_day(selection, branch, was_returned=False):
    """Return the last day for the town or system union."""
    return last_day(selection, branch, usual=selection.branch_deadline, was_returned=was_returned)


def refuse_when_shut(selection, last_on, what):
    """Raise ValidationError unless the selection runs and the last day has not passed."""
    today = timezone.localdate()
    if selection.status != Selection.Status.ANNOUNCED:
        raise ValidationError(f"“{selection}”{selection.get_status_display()}，不能再{what}。")
    if selection.opens_on and today < selection.opens_on:
        raise ValidationError(f"“{selection}”自 {selection.opens_on} 起接受申报。")
    if last_on and today > last_on:
        remedy = f"，电话 {selection.contact_phone}" if selection.contact_phone else ""
        raise ValidationError(f"{what}已于 {last_on} 截止。确有原因需延期的，请联系区总工会{remedy}。")
