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
from unionportal.demo.studios_work import load_work
from unionportal.news.models import Article
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
        name=told["leader"], unit=unit, occupation=told["field"][:20], birth_date=date(1970, 11, 5)
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
