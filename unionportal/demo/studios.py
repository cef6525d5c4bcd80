"""The studios: five that were published in June 2025, a reported number for the others, and made-up ones at unit level.

The made-up ones are recognised by their units only, so that the number of city and district studios stays the published 48.
"""

from datetime import date, timedelta
from pathlib import Path

import yaml
from django.utils import timezone

from studios.models import PlaqueCeremony, Recognition, Studio
from studios.services import ceremonies, recognitions, studios
from unionportal.accounts.models import ReportedFigure
from unionportal.common.retirement import retirement_month
from unionportal.demo.attachments import drawing, upload
from unionportal.demo.studios_work import load_work
from unionportal.news.models import Article, Column
from unionportal.people.models import Person, Sector, UnionBody, Unit

FILE = Path(__file__).parent / "studios.yaml"


def load_studios(actor):
    """Load the studios and their work; False if they are there."""
    described = yaml.safe_load(FILE.read_text("utf-8"))
    published = described["published"]
    if Studio.objects.filter(name=published["studios"][0]["name"]).exists():
        return False
    ReportedFigure.objects.get_or_create(
        label=published["reported"]["label"], defaults={**published["reported"], "position": 9}
    )
    load_published(published, actor)
    made_up = [load_made_up(one, actor) for one in described["made_up"]]
    load_made_up_ceremony(described["made_up_ceremony"], made_up[:2], actor)
    load_work(described, made_up, actor)
    return True


def load_published(told, actor):
    """Register the five studios of the health system, and the ceremony at which their plaques were given."""
    branch = UnionBody.objects.get(name=told["branch"])
    sector, _ = Sector.objects.get_or_create(name=told["sector"])
    recognised = []
    for one in told["studios"]:
        leader = one.get("leader", "")
        studio = studios.register_studio(
            actor=actor,
            leader_name=leader,
            name=one["name"],
            field=one["field"],
            body=branch,
            branch=branch,
            sector=sector,
            is_incomplete=True,
            incomplete_note=told["missing"] + ("" if leader else "、负责人"),
        )
        recognised.append(
            recognitions.recognise(
                studio=studio, actor=actor, level="district", document_title=told["named"], is_incomplete=True
            )
        )
    ceremony = PlaqueCeremony.objects.create(
        title=told["ceremony"], on=told["ceremony_on"], note=told["ceremony_note"]
    )
    ceremonies.list_plaques(ceremony=ceremony, recognitions=recognised, actor=actor)
    ceremonies.proofread(ceremony=ceremony, actor=actor, proofreader="演示校对")
    ceremonies.hold_ceremony(ceremony=ceremony, actor=actor)
    article = Article.objects.filter(title=told["article"]).first()
    PlaqueCeremony.objects.filter(pk=ceremony.pk).update(article=article)


def load_made_up(told, actor):
    """Register one made-up studio with its people, recognised by its unit; returns it."""
    unit = Unit.objects.get(name=told["unit"])
    body = UnionBody.objects.select_related("parent").get(name=f"{told['unit']}工会")
    sector, _ = Sector.objects.get_or_create(name=told["sector"])
    leader = Person.objects.create(
        name=told["leader"],
        unit=unit,
        occupation=told["field"][:20],
        birth_date=birth_of_who_retires_this_year(60) if told.get("retires") else date(1985, 11, 5),
        gender=Person.Gender.MALE,
    )
    studio = studios.register_studio(
        actor=actor,
        leader=leader,
        **{name: told[name] for name in ("name", "kind", "field", "story", "goals")},
        host_unit=unit,
        body=body,
        sector=sector,
        address="密云区（演示地址）",
        phone="010-00000000",
        founded_on=date(2021, 3, 1),
        cover=drawing(told["cover"], actor, "工作室封面"),
        cover_alt=told["cover_alt"],
    )
    studio.members.filter(person=leader).update(post=told["post"])
    for position, name in enumerate(told["members"], 1):
        studios.add_member(studio, name=name, position=position, started_on=date(2021, 3, 1))
    this_year = timezone.localdate().year
    recognitions.recognise(
        studio=studio,
        actor=actor,
        level=Recognition.Level.UNIT,
        document_title="（演示）本单位关于命名创新工作室的决定",
        document_number=f"演示〔{this_year - 2}〕1 号",
        named_on=date(this_year - 2, 4, 20),
        valid_to=timezone.localdate() + timedelta(days=200),
    )
    return studio


def birth_of_who_retires_this_year(age):
    """Return a date of birth with which somebody of this former retirement age retires in the running year."""
    this_year = timezone.localdate().year
    births = (date(this_year - age - back, month, 5) for back in range(4) for month in range(1, 13))
    return next(birth for birth in births if retirement_month(birth, age).year == this_year)


def load_made_up_ceremony(told, made_up, actor):
    """Give two made-up studios their plaques, with pictures; the news of it waits as a draft."""
    ceremony = PlaqueCeremony.objects.create(
        title=told["title"],
        place=told["place"],
        note=told["note"],
        on=timezone.localdate() - timedelta(days=30),
    )
    waiting = Recognition.objects.filter(studio__in=made_up)
    ceremonies.list_plaques(ceremony=ceremony, recognitions=waiting, actor=actor)
    ceremonies.proofread(ceremony=ceremony, actor=actor, proofreader="演示校对")
    ceremonies.hold_ceremony(ceremony=ceremony, actor=actor)
    for name, caption in told["photos"]:
        ceremonies.add_photo(ceremony=ceremony, upload=upload(name), caption=caption, actor=actor)
    ceremonies.draft_article(ceremony=ceremony, column=Column.objects.first(), actor=actor)
