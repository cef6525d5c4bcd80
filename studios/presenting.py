"""What people are told of studios and achievements. Nothing here asks the database."""

from collections import Counter
from datetime import date
from decimal import Decimal

from studios.catalogue import RANK
from studios.models import Achievement, Project, Recognition, StudioMember
from unionportal.files.models import StoredFile

LEVELS = {rank: level for level, rank in RANK.items()}
WAN = 10_000


def level_words(rank):
    """Return the level of a rank in words: 市级."""
    return Recognition.Level(LEVELS[rank]).label


def wall(groups):
    """Return the picture of all studios: [(place, number, ranks of its plaques)], the fullest place first."""
    places = {}
    for group in groups:
        places.setdefault(group["place"], []).extend([group["rank"]] * group["n"])
    rows = [(place, len(ranks), sorted(ranks, reverse=True)) for place, ranks in places.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def choices(groups, key, label):
    """Return [(value, words)] of what stands in the groups, by words; nothing that would find nothing."""
    found = {(group[key], group[label]) for group in groups if group[key] is not None}
    return sorted(found, key=lambda item: item[1])


def levels_of(groups):
    """Return [(level, words, number)] of the levels that are held, the highest first."""
    counts = Counter()
    for group in groups:
        counts[group["rank"]] += group["n"]
    return [(LEVELS[rank], level_words(rank), counts[rank]) for rank in sorted(counts, reverse=True)]


def reported(site):
    """Return the figures that staff typed for studios, dates as dates; none where nobody has saved the settings."""
    rows = getattr(site, "studios_reported", [])
    return [{**row, "as_of": date.fromisoformat(row["as_of"])} for row in rows]


def yuan(amount):
    """Return a sum in the unit that people say: 12.5 万元."""
    amount = Decimal(amount)
    if amount >= WAN:
        return f"{(amount / WAN).quantize(Decimal('0.1')).normalize():f} 万元"
    return f"{amount.normalize():f} 元"


def whole_yuan(amount):
    """Return a sum to the last fen, as accounts write it: 125,000.50 元; "" where there is none."""
    return "" if amount is None else f"{amount:,.2f}".removesuffix(".00") + " 元"


def with_days(rows, *names):
    """Return rows that came as JSON, with dates for what is a date there."""
    return [
        {**row, **{name: date.fromisoformat(row[name]) if row[name] else None for name in names}}
        for row in rows
    ]


def pictures(rows):
    """Return rows of files with `url`, where a file may be fetched by everybody."""
    files = [(row, StoredFile(key=row["key"], extension=row["extension"])) for row in rows]
    return [{"url": file.get_absolute_url(), "caption": row["caption"]} for row, file in files]


def dress(studio):
    """Give a studio from catalogue.studio_page what its page shows and return it."""
    studio.level = level_words(studio.rank)
    studio.recognition_rows = [
        {**row, "level": Recognition.Level(row["level"]).label}
        for row in with_days(studio.recognition_rows, "named_on", "plaque_on", "valid_to")
    ]
    studio.shown_projects = [
        {**row, "status": Project.Status(row["status"])}
        for row in with_days(studio.project_rows, "started_on", "due_on")
    ]
    leaders = [row for row in studio.member_rows if row["role"] == StudioMember.Role.LEADER]
    studio.head = leaders[0] if leaders else None
    others = [row for row in studio.member_rows if row["role"] != StudioMember.Role.LEADER]
    studio.team = [{**row, "role": StudioMember.Role(row["role"]).label} for row in others]
    studio.answers = with_days(studio.answer_rows, "answered_on")
    studio.photos = pictures([*studio.photo_rows, *studio.plaque_photo_rows])
    return studio


def dress_achievement(achievement):
    """Give an achievement what its row and page show and return it."""
    achievement.benefit_words = yuan(achievement.benefit_yuan) if achievement.benefit_yuan else ""
    achievement.kind_words = Achievement.Kind(achievement.kind).label
    return achievement
