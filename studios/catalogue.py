"""What the public pages of studios show, in few statements. Achievements come out of AchievementQuerySet.public alone."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, IntegerField, Max, OuterRef, Q, Sum, Value, When
from django.db.models.functions import Coalesce, JSONObject, NullIf

from craftsmen.models import Honour
from studios.models import (
    Achievement,
    Activity,
    ActivityPhoto,
    Adoption,
    Apprenticeship,
    CeremonyPhoto,
    Contribution,
    HelpRequest,
    Project,
    Recognition,
    Studio,
    StudioFile,
    StudioMember,
)
from unionportal.accounts.models import ReportedFigure, SiteSettings, counted
from unionportal.files.models import StoredFile

PAGE_SIZE = 12
ON_PAGE = 12
ANSWERS = 10
ON_HOME = 5
# What a studio is placed under: its town or system, else where it stands.
PLACE = Coalesce(NullIf("branch__name", Value("")), NullIf("town", Value("")), Value("区直单位"))
# The highest level comes first.
RANK = {"model": 3, "city": 2, "district": 1, "unit": 0}
FILE = {
    "key": "file__key",
    "extension": "file__extension",
    "caption": "caption",
}


def site_with_figures():
    """Return SiteSettings with `studios_reported`, the figures that staff typed for studios, in one statement."""
    typed = JSONObject(value="value", unit="unit", label="label", as_of="as_of", source="source")
    figures = ReportedFigure.objects.filter(topic=ReportedFigure.Topic.STUDIOS)
    site = SiteSettings.objects.annotate(studios_reported=ArraySubquery(figures.values(json=typed))).first()
    return site or SiteSettings.load()


def standing_level():
    """Return an expression, for a studio: the rank of the highest recognition that stands."""
    held = Recognition.objects.standing().filter(studio=OuterRef("pk")).order_by().values("studio")
    rank = Case(
        *(When(level=level, then=Value(rank)) for level, rank in RANK.items()), output_field=IntegerField()
    )
    return held.annotate(best=Max(rank)).values("best")


def public_studios():
    """Return the studios that everybody may see, with their place, highest level, leader and achievements counted."""
    shown = Achievement.objects.public().filter(studio=OuterRef("pk"))
    return (
        Studio.objects.public()
        .with_leader()
        .annotate(place=PLACE, rank=standing_level(), achievement_count=counted(shown))
        .select_related("host_unit", "sector", "cover")
        .defer("story", "goals", "equipment")
    )


def overview():
    """Return [{place, rank, sector, n}] of all public studios: what the picture and the filters are made of."""
    rows = Studio.objects.public().order_by().annotate(place=PLACE, rank=standing_level())
    groups = rows.values("place", "rank", "sector", "sector__name", "kind")
    return list(groups.annotate(n=Count("pk")))


def find_studios(chosen):
    """Return the public studios that these filters leave, in the order of the wall: highest level, then name."""
    found = public_studios().order_by("-rank", "pinyin", "pk")
    if chosen["level"] in RANK:
        found = found.filter(rank=RANK[chosen["level"]])
    if chosen["place"]:
        found = found.filter(place=chosen["place"])
    if chosen["sector"].isdecimal():
        found = found.filter(sector=chosen["sector"])
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if words := chosen["q"]:
        named = Q(name__icontains=words) | Q(leader_name__icontains=words) | Q(field__icontains=words)
        found = found.filter(named | Q(host_unit__name__icontains=words))
    return found


def public_achievements():
    """Return the achievements that everybody may see, with the sector they are found under."""
    return Achievement.objects.public().annotate(
        under=Coalesce("sector", "studio__sector"),
        under_name=Coalesce("sector__name", "studio__sector__name"),
    )


def find_achievements(chosen):
    """Return the public achievements that these filters leave, newest first."""
    found = public_achievements().order_by("-year", "-pk").select_related("studio")
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if chosen["sector"].isdecimal():
        found = found.filter(under=chosen["sector"])
    if words := chosen["q"]:
        said = Q(title__icontains=words) | Q(problem__icontains=words) | Q(solution__icontains=words)
        found = found.filter(said | Q(studio__name__icontains=words))
    return found


def achievement_groups():
    """Return [{kind, under, under_name, n, benefit}] of all public achievements, in one statement."""
    rows = public_achievements().order_by().values("kind", "under", "under_name")
    return list(rows.annotate(n=Count("pk"), benefit=Sum("benefit_yuan")))


def rows_of(model, order, match="studio", **columns):
    """Return an expression: the rows of a model that belong to the outer one, as [{column: value}]."""
    rows = model.filter(**{match: OuterRef("pk")}).order_by(*order)
    return ArraySubquery(rows.values(json=JSONObject(**columns)))


def plain(*names):
    return {name: name for name in names}


RECOGNITION = (
    *("level", "document_title", "document_number", "is_incomplete"),
    *("named_on", "plaque_on", "valid_to"),
)


def studio_page(slug):
    """Return one public studio with all that its page shows beside achievements and activities, or None."""
    shown = StoredFile.objects.filter(is_public=True).values("pk")
    photos = StudioFile.objects.filter(kind=StudioFile.Kind.PHOTO, file__in=shown)
    given = CeremonyPhoto.objects.filter(ceremony__status="held", file__in=shown)
    honours = Honour.objects.public().filter(person=OuterRef("leader_key"), person__isnull=False)
    named = JSONObject(
        title="title__name", year="year", number="document_number", slug="person__craftsman_profile__slug"
    )
    answered = HelpRequest.objects.public().filter(studio=OuterRef("pk")).order_by("-answered_on", "-pk")
    told = JSONObject(**plain("title", "question", "answer", "answered_on"))
    rows = public_studios().defer(None).select_related("host_unit", "sector", "cover", "branch")
    return (
        rows.annotate(
            member_rows=rows_of(
                StudioMember.objects.current(),
                ("position", "pk"),
                **plain("name", "role", "post", "honour", "started_on"),
            ),
            recognition_rows=rows_of(
                Recognition.objects.standing(),
                ("-named_on", "-pk"),
                **plain(*RECOGNITION),
            ),
            project_rows=rows_of(
                Project.objects.filter(is_public=True),
                ("-started_on", "-pk"),
                **plain("title", "problem", "goal", "status", "started_on", "due_on"),
            ),
            apprentices=counted(Apprenticeship.objects.filter(studio=OuterRef("pk"))),
            photo_rows=rows_of(photos, ("position", "pk"), **FILE),
            plaque_photo_rows=rows_of(
                given, ("position", "pk"), "ceremony__lines__recognition__studio", **FILE
            ),
            honour_rows=ArraySubquery(honours.order_by("-year", "pk").values(json=named)),
            answer_rows=ArraySubquery(answered.values(json=told)[:ANSWERS]),
        )
        .filter(slug=slug)
        .first()
    )


def activities_of(studio):
    """Return the public activities of a studio, newest first, with their photographs."""
    public = ActivityPhoto.objects.filter(file__is_public=True)
    photos = rows_of(public, ("position", "pk"), "activity", **FILE)
    return Activity.objects.filter(studio=studio, is_public=True).annotate(photo_rows=photos)[:ON_PAGE]


def achievement_page(pk):
    """Return one public achievement with contributors and units that took it over, or None."""
    makers = rows_of(
        Contribution.objects, ("position", "pk"), "achievement", **plain("name", "unit_name", "share")
    )
    taken = rows_of(
        Adoption.objects,
        ("adopted_on", "pk"),
        "achievement",
        name=Coalesce(NullIf("unit_name", Value("")), F("unit__name")),
        **plain("adopted_on", "effect"),
    )
    rows = public_achievements().select_related("studio__host_unit", "cover")
    return rows.annotate(maker_rows=makers, adoption_rows=taken).filter(pk=pk).first()


def on_home():
    """Return an expression, for any single row, of what the home page shows: the newest plaques, those of units last."""
    newest = (
        Recognition.objects.standing()
        .filter(studio__in=Studio.objects.public().values("pk"))
        .order_by(
            Case(When(level="unit", then=1), default=0),
            F("plaque_on").desc(nulls_last=True),
            "-named_on",
            "studio__pinyin",
        )
    )
    unit = Coalesce("studio__host_unit__name", "studio__branch__name")
    row = JSONObject(
        name="studio__name", slug="studio__slug", unit=unit, level="level", plaque_on="plaque_on"
    )
    return ArraySubquery(newest.values(json=row)[:ON_HOME])
