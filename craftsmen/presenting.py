"""What the public pages of craftsmen show, read in few statements. Names come from `HonourQuerySet.public` alone."""

import re
from dataclasses import dataclass, field

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.paginator import Paginator
from django.db.models import Case, CharField, Count, F, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject

from craftsmen.models import Honour, ReportedHonours
from unionportal.people.models import Milestone

PAGE_SIZE = 24
MOST_SEALS = 30
ON_HOME = 6
IN_BRACKETS = re.compile(r"（[^（）]*）|\([^()]*\)")
_PAIRS = "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐宇文长孙司徒司空夏侯轩辕端木南宫独孤百里呼延澹台"
COMPOUND_SURNAMES = frozenset(_PAIRS[place : place + 2] for place in range(0, len(_PAIRS), 2))


def family_name(name):
    """Return the family name by which somebody without a photograph is drawn: one character, or two."""
    return name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[:1]


@dataclass
class Figure:
    """How many hold a title of one year, and how many of them are named: a section of the gallery."""

    title_id: int
    title: str
    position: int
    is_personal: bool
    year: int
    held: int = 0
    shown: int = 0
    reported: int = 0
    note: str = ""
    sectors: set = field(default_factory=set)
    honours: list = field(default_factory=list)
    start: int = 0

    @property
    def total(self):
        return max(self.held, self.reported)

    @property
    def rest(self):
        """How many are not named."""
        return self.total - self.shown

    @property
    def counter(self):
        return "名" if self.is_personal else "个"

    @property
    def seals(self):
        """One for each who is not named, as far as they can be drawn."""
        return range(self.rest) if self.rest <= MOST_SEALS else ()

    @property
    def seal_text(self):
        """Two characters of the title: 能手 of 岗位能手（试行）."""
        return IN_BRACKETS.sub("", self.title).strip()[-2:]


def figures():
    """Return the Figures of every title and year, newest first, in one statement: what is kept and what was reported."""
    columns = ("title_id", "title__name", "title__position", "title__to_person", "year")
    names = ArrayField(CharField())
    public = Q(pk__in=Honour.objects.public().values("pk"))
    kept = (
        Honour.objects.standing()
        .order_by()
        .values(*columns)
        .annotate(
            held=Count("pk"),
            shown=Count("pk", filter=public),
            counted=Value(0),
            told=Value("", CharField()),
            sectors=ArrayAgg(
                Coalesce("sector__name", Value("")), filter=public, distinct=True, default=Value([], names)
            ),
        )
    )
    reported = (
        ReportedHonours.objects.order_by()
        .values(*columns)
        .annotate(
            held=Value(0),
            shown=Value(0),
            counted=F("count"),
            told=F("note"),
            sectors=Value([], names),
        )
    )
    found = {}
    for row in kept.union(reported, all=True):
        key = row["year"], row["title_id"]
        figure = found.setdefault(key, Figure(*(row[column] for column in columns)))
        figure.held += row["held"]
        figure.shown += row["shown"]
        figure.reported += row["counted"]
        figure.note = figure.note or row["told"]
        figure.sectors |= set(filter(None, row["sectors"]))
    return sorted(found.values(), key=lambda item: (-item.year, item.position, item.title_id))


def gallery_honours(year=None, title=None, sector="", query=""):
    """Return the honours that the gallery shows, in its order."""
    honours = Honour.objects.public()
    if year:
        honours = honours.filter(year=year)
    if title:
        honours = honours.filter(title=title)
    if sector:
        honours = honours.filter(sector__name=sector)
    if query:
        named = Q(person__name__icontains=query) | Q(team_name__icontains=query)
        honours = honours.filter(named | Q(unit_name__icontains=query))
    return (
        honours.select_related("title", "person__craftsman_profile", "unit")
        .annotate(by_name=Coalesce("person__pinyin", "unit__pinyin"))
        .order_by("-year", "title__position", "title", "by_name", "pk")
    )


def sections(chosen, honours, page_start, is_last):
    """Return the Figures that fall on a page, each with its honours there; also those of which nobody is named.

    `chosen` are all figures of the list in order; `honours` those of the page, which begins at `page_start`.
    """
    by_section = {}
    for honour in honours:
        honour.family = family_name(honour.holder)
        profile = getattr(honour.person, "craftsman_profile", None) if honour.person_id else None
        honour.profile = profile if profile and profile.is_live else None
        by_section.setdefault((honour.year, honour.title_id), []).append(honour)
    start, found = 0, []
    page_end = page_start + len(honours)
    for figure in chosen:
        figure.honours = by_section.get((figure.year, figure.title_id), [])
        is_here = page_start <= start < page_end or (is_last and start >= page_start)
        if figure.honours or (figure.shown == 0 and is_here):
            found.append(figure)
        start += figure.shown
    return found


def named_sections(honours):
    """Return Figures made of the honours alone: of a search, where nobody else is counted."""
    found = {}
    for honour in honours:
        title = honour.title
        key = honour.year, title.pk
        made = Figure(title.pk, title.name, title.position, title.to_person, honour.year)
        found.setdefault(key, made).shown += 1
    return sections(list(found.values()), honours, 0, is_last=True)


def gallery_page(figures, chosen, number):
    """Return (page of honours, its sections); the length is known from the figures unless it is a search."""
    year, title = chosen["year"], chosen["title"]
    kept = [item for item in figures if year in (None, item.year) and title in (None, item.title_id)]
    is_search = bool(chosen["sector"] or chosen["q"])
    paginator = Paginator(gallery_honours(year, title, chosen["sector"], chosen["q"]), PAGE_SIZE)
    if not is_search:
        paginator.count = sum(item.shown for item in kept)
    page = paginator.get_page(number)
    page.object_list = list(page.object_list)
    if is_search:
        return page, named_sections(page.object_list)
    return page, sections(kept, page.object_list, PAGE_SIZE * (page.number - 1), not page.has_next())


def honours_of(person_id):
    """Return the honours of a person that may be shown, newest first."""
    return Honour.objects.public().filter(person=person_id).select_related("title")


def leading_honour(honours):
    """Return the honour by which a person is introduced: of the first title, the newest."""
    return min(honours, key=lambda item: (item.title.position, -item.year))


def public_record(person_id):
    """Return (contest results, studios and their achievements) of a person's public growth record, newest first."""
    kinds = (Milestone.Kind.COMPETITION, Milestone.Kind.STUDIO, Milestone.Kind.ACHIEVEMENT)
    lines = Milestone.objects.filter(person=person_id, kind__in=kinds, visibility=Milestone.Visibility.PUBLIC)
    found = [[], []]
    for line in lines:
        found[line.kind != Milestone.Kind.COMPETITION].append(line)
    return found


def newest_craftsmen():
    """Return an expression, for any single row, of the honoured whom the home page names: the newest year of the district.

    A list of {name, slug, unit, title, year, …}; without anybody an empty list.
    """
    public = Honour.objects.public().filter(title__tier=Milestone.Tier.DISTRICT, person__isnull=False)
    newest = public.order_by().values("title__tier").annotate(last=Max("year")).values("last")
    rows = public.filter(year=Subquery(newest)).order_by("title__position", "title", "person__pinyin", "pk")
    live = Q(
        person__craftsman_profile__published_at__isnull=False, person__craftsman_profile__is_hidden=False
    )
    slug = Case(When(live, then="person__craftsman_profile__slug"), default=Value(""))
    shown = rows.annotate(slug=slug)
    return ArraySubquery(
        shown.values(
            json=JSONObject(
                name="person__name", slug="slug", unit="unit_name", title="title__name", year="year",
                occupation="occupation",
            )
        )[:ON_HOME]
    )  # fmt: skip


def newest_counts():
    """Return an expression, for any single row, of the figures reported for the newest year: [{title, count, note}]."""
    newest = ReportedHonours.objects.order_by().filter(title__tier=Milestone.Tier.DISTRICT)
    last = newest.values("title__tier").annotate(last=Max("year")).values("last")
    rows = newest.filter(year=Subquery(last)).order_by("title__position", "pk")
    return ArraySubquery(
        rows.values(json=JSONObject(title="title__name", count="count", year="year", note="note"))
    )


def count_of(honours, outer):
    """Return a subquery: how many of these honours have the title and year of the outer row."""
    rows = honours.filter(title=OuterRef("title"), year=OuterRef(outer)).order_by().values("title")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField())


def filter_choices(found):
    """Return the years, titles and sectors that the gallery can be filtered by, taken from its figures."""
    titles = {item.title_id: item for item in sorted(found, key=lambda item: item.position)}
    return {
        "years": list(dict.fromkeys(item.year for item in found)),
        "titles": [{"pk": pk, "name": item.title} for pk, item in titles.items()],
        "sectors": sorted(set().union(*(item.sectors for item in found))),
    }
