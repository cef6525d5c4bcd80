"""Everything that stands on some panels, read at once for a board: seats, sheets, who is recused, what counts."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from unionportal.panels import scoring
from unionportal.panels.models import Assignment, Deduction, Mark, Sheet


@dataclass
class Overview:
    """`seats` in order, those who left too; `sheets` and `recused` by (candidate pk, assignment pk).

    `counting` is what scoring.py wants, {candidate pk: (MarkedSheet, …)}; `thirds` three times the counted totals.
    """

    seats: list
    sheets: dict = field(default_factory=dict)
    recused: set = field(default_factory=set)
    counting: dict = field(default_factory=lambda: defaultdict(tuple))
    thirds: dict = field(default_factory=lambda: defaultdict(list))

    def spread(self, candidate):
        """Return three times the distance between the highest and the lowest counted total; 0 below two sheets."""
        totals = self.thirds.get(candidate, ())
        return max(totals) - min(totals) if len(totals) > 1 else 0

    def is_wanted(self, candidate, seat):
        """Tell whether this judge still owes a sheet for this candidate, who is to be marked."""
        if seat.ended_at or seat.set_aside_at or not seat.is_marking or (candidate, seat.pk) in self.recused:
            return False
        sheet = self.sheets.get((candidate, seat.pk))
        if sheet and sheet.status == Sheet.Status.SUBMITTED:
            return False
        # A substitute does not mark again what the judge who left has handed in.
        return not any(
            other.seat == seat.seat
            and other.panel_id == seat.panel_id
            and other.pk != seat.pk
            and self.counts(candidate, other)
            for other in self.seats
        )

    def counts(self, candidate, seat):
        """Tell whether the sheet of this judge enters the score, as SheetQuerySet.counting() has it."""
        sheet = self.sheets.get((candidate, seat.pk))
        return (
            sheet is not None
            and sheet.status == Sheet.Status.SUBMITTED
            and seat.set_aside_at is None
            and (candidate, seat.pk) not in self.recused
        )


def overview(*, panels):
    """Return the Overview of these panels, in three statements."""
    seats = list(
        Assignment.objects.filter(panel__in=panels)
        .annotate(recused=ArrayAgg("recusals__candidate", filter=Q(recusals__isnull=False), default=[]))
        .order_by("panel", "seat", "pk")
    )
    view = Overview(seats)
    view.recused = {(candidate, seat.pk) for seat in seats for candidate in seat.recused}
    by_pk = {seat.pk: seat for seat in seats}
    for sheet in _sheets(panels):
        view.sheets[sheet.candidate_id, sheet.assignment_id] = sheet
    marks = defaultdict(dict)
    given = Mark.objects.filter(sheet__panel__in=panels, sheet__status=Sheet.Status.SUBMITTED)
    for sheet, criterion, value, level in given.values_list("sheet", "criterion", "value", "level"):
        marks[sheet][criterion] = value if level is None else level
    order = {seat.pk: place for place, seat in enumerate(seats)}
    for (candidate, seat), sheet in sorted(view.sheets.items(), key=lambda item: order[item[0][1]]):
        if view.counts(candidate, by_pk[seat]):
            marked = scoring.MarkedSheet(
                by_pk[seat].seat, by_pk[seat].label, marks[sheet.pk], tuple(sheet.taken)
            )
            view.counting[candidate] += (marked,)
            view.thirds[candidate].append(sheet.total_thirds)
    return view


def _sheets(panels):
    """Return the sheets with `taken`: the points taken off each, its candidate's included."""
    taken = Deduction.objects.filter(
        Q(sheet=OuterRef("pk")) | Q(candidate=OuterRef("candidate_id"))
    ).order_by("pk")
    return Sheet.objects.filter(panel__in=panels).annotate(taken=ArraySubquery(taken.values("points")))
