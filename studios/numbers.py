"""How many studios, achievements, yuan and patents there are, by every side that is asked for. Reads only.

Achievements count for a reader as far as that reader may see them: a number may not tell of a secret one either.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum, Value
from django.db.models.functions import Coalesce, ExtractYear, NullIf

from studios.models import Achievement, Recognition, Studio
from studios.presenting import whole_yuan

NONE = "未填"
NO_DATE = "日期待补"
PATENTS = Q(kind=Achievement.Kind.PATENT)
MOST = 15


@dataclass(frozen=True)
class Line:
    """One group of a table: its name, how many, the yuan where there are any, and its share of the largest for the bar."""

    name: str
    count: int
    benefit: Decimal
    patents: int
    percent: int

    @property
    def yuan(self):
        """The yuan as accounts write them."""
        return whole_yuan(self.benefit)


def standing():
    """Return the studios that are active and recognised."""
    return Studio.objects.filter(status=Studio.Status.ACTIVE).recognised().order_by()


def achievements(user, year=None):
    """Return the verified achievements that this user may see, of a year or of all."""
    keys = Achievement.objects.visible_to(user).counted().values("pk")
    rows = Achievement.objects.filter(pk__in=keys).order_by()
    return rows.filter(year=year) if year else rows


def totals(user, year=None):
    """Return {studios, count, benefit, patents}: the studios of today, the achievements of the year or of all."""
    found = achievements(user, year).aggregate(
        count=Count("pk"), benefit=Sum("benefit_yuan"), patents=Count("pk", filter=PATENTS)
    )
    return found | {"benefit": found["benefit"] or 0, "studios": standing().count()}


def lines(rows, words=None, by_size=True, none=NONE):
    """Return the Lines of grouped rows {group, count, benefit?, patents?}; `words` puts a group into words, `none` no group."""
    rows = sorted(rows, key=lambda row: (-row["count"], str(row["group"]))) if by_size else list(rows)
    most = max((row["count"] for row in rows), default=1)
    return [
        Line(
            (words or str)(row["group"]) if row["group"] not in (None, "") else none,
            row["count"],
            row.get("benefit") or Decimal(0),
            row.get("patents", 0),
            round(100 * row["count"] / most),
        )
        for row in rows
    ]


def grouped(rows, expression, count="pk", **more):
    """Return {group, count, …} of some rows by an expression; `count` says what of them is counted, each once."""
    return rows.annotate(group=expression).values("group").annotate(count=Count(count, distinct=True), **more)


def studio_tables():
    """Return [(title, Lines)] of the studios: by level held, system or town, sector, and the year they were named in."""
    held = Recognition.objects.standing().filter(studio__in=standing().values("pk")).order_by()
    place = Coalesce(NullIf("branch__name", Value("")), NullIf("town", Value("")))
    # A studio named at two levels in a year is one studio of that year; those without a date come last.
    by_year = grouped(Recognition.objects.order_by(), ExtractYear("named_on"), "studio").order_by("group")
    return [
        ("级别", lines(grouped(held, F("level")), lambda key: Recognition.Level(key).label)),
        ("系统、镇街", lines(grouped(standing(), place))),
        ("产业/行业", lines(grouped(standing(), F("sector__name")))),
        ("认定年度", lines(by_year, lambda key: f"{key} 年", by_size=False, none=NO_DATE)),
    ]


def achievement_tables(user, year=None):
    """Return [(title, Lines)] of achievements, with yuan and patents: by kind, year, studio."""
    rows = achievements(user, year)
    more = {"benefit": Sum("benefit_yuan"), "patents": Count("pk", filter=PATENTS)}
    by_year = grouped(rows, F("year"), **more).order_by("group")
    return [
        ("成果类别", lines(grouped(rows, F("kind"), **more), lambda key: Achievement.Kind(key).label)),
        ("成果年度", lines(by_year, lambda key: f"{key} 年", by_size=False)),
        ("工作室", lines(grouped(rows, F("studio__name"), **more))),
    ]


def years(user):
    """Return the years that have achievements, newest first."""
    found = achievements(user).values_list("year", flat=True).distinct()
    return sorted(found, reverse=True)
