"""How many were trained: completed enrolments (人次), distinct people (人数), hours of study (学时). Reads only.

The year is that in which a run ended, whenever its completion was written. A merged unit counts with its successor, a
merged person once. What was reported of earlier years stands apart and is never added.
"""

from dataclasses import dataclass

from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import Coalesce, ExtractYear

from academies.models import Enrolment, Feedback, ReportedTraining

PERSON = Coalesce("person__merged_into", "person")
HOURS = F("run__course__theory_hours") + F("run__course__practice_hours")
TOTALS = {
    "completions": Count("pk"),
    "people": Count(PERSON, distinct=True),
    "hours": Sum(HOURS),
    "runs": Count("run", distinct=True),
}
NO_UNIT, NO_SECTOR = "灵活就业或未填单位", "未填产业"


@dataclass(frozen=True)
class Line:
    """One group of a table: its name, the three numbers, and its share of the largest, for the bar."""

    name: str
    completions: int
    people: int
    hours: object
    percent: int


DIMENSIONS = {
    "year": ("年度", ExtractYear("run__ends_on")),
    "academy": ("学院", F("run__academy__name")),
    "sector": ("产业/行业", F("run__course__sector__name")),
    "course": ("课程", F("run__course__name")),
    "unit": ("单位", Coalesce("unit__merged_into__name", "unit__name")),
}


def completed(year=None, academy=None):
    """Return the completed enrolments of a year and an academy, of all where none is given."""
    rows = Enrolment.objects.filter(status=Enrolment.Status.COMPLETED).order_by()
    rows = rows.filter(run__ends_on__year=year) if year else rows
    return rows.filter(run__academy=academy) if academy else rows


def totals(rows):
    """Return the numbers of some completed enrolments together; people are counted once over all of them."""
    found = rows.aggregate(**TOTALS)
    return found | {"hours": found["hours"] or 0}


def table(rows, dimension):
    """Return the Lines of one dimension; years in their order, all else by size."""
    counts = {name: count for name, count in TOTALS.items() if name != "runs"}
    order = "group" if dimension == "year" else "-completions"
    found = list(
        rows.annotate(group=DIMENSIONS[dimension][1]).values("group").annotate(**counts).order_by(order)
    )
    most = max((line["completions"] for line in found), default=1)
    return [
        Line(
            name_of(dimension, line["group"]),
            line["completions"],
            line["people"],
            line["hours"],
            round(100 * line["completions"] / most),
        )
        for line in found
    ]


def name_of(dimension, value):
    """Return how a group is called."""
    if dimension == "year":
        return f"{value} 年"
    return value or {"unit": NO_UNIT, "sector": NO_SECTOR}.get(dimension, "")


def years():
    """Return the years in which something was completed, newest first."""
    rows = Enrolment.objects.filter(status=Enrolment.Status.COMPLETED)
    return list(
        rows.order_by()
        .annotate(year=ExtractYear("run__ends_on"))
        .values_list("year", flat=True)
        .distinct()
        .order_by("-year")
    )


def reported(year=None, academy=None):
    """Return what was reported of earlier years; shown apart, never added."""
    rows = ReportedTraining.objects.select_related("academy")
    rows = rows.filter(year=year) if year else rows
    return rows.filter(Q(academy=academy) | Q(academy=None)) if academy else rows


QUESTIONS = {"content": "内容", "teacher": "教师", "usefulness": "实用"}


def feedback_summary(rows):
    """Return [(question, mean, [(mark, count, percent)])] of some feedback, best mark first, and how many there are."""
    marks = {
        f"{name}_{mark}": Count("pk", filter=Q(**{name: mark})) for name in QUESTIONS for mark in range(1, 6)
    }
    found = rows.order_by().aggregate(
        count=Count("pk"), **marks, **{f"{name}_mean": Avg(name) for name in QUESTIONS}
    )
    count = found["count"]
    lines = (
        [
            (
                words,
                found[f"{name}_mean"],
                [
                    (mark, found[f"{name}_{mark}"], round(100 * found[f"{name}_{mark}"] / count))
                    for mark in range(5, 0, -1)
                ],
            )
            for name, words in QUESTIONS.items()
        ]
        if count
        else []
    )
    return count, lines


def feedback_of(run):
    """Return what was said of a run."""
    return Feedback.objects.filter(enrolment__run=run)
