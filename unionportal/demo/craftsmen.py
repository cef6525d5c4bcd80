"""The selections and honours: what was published of 2025, and a made-up selection that is open now.

Names, figures and stories of 2025 are those that were published; nobody else is made a laureate. The people of the open
selection are made up and called so. That the two consented to their pages is the demo's own assumption.
"""

from datetime import date, timedelta
from pathlib import Path

import yaml
from django.utils import timezone

from craftsmen.models import HonourTitle, Nomination, Profile, ReportedHonours, Selection
from craftsmen.services import honours, profiles, setup
from unionportal.accounts.models import User
from unionportal.demo.craftsmen_drill import load_drill, load_recommendations
from unionportal.demo.craftsmen_people import call_experts, nominate
from unionportal.panels.models import Judge
from unionportal.people.models import Liaison, Person, Sector, UnionBody, Unit

FILE = Path(__file__).parent / "craftsmen.yaml"
Status = Nomination.Status
# offer, state, body; who they are follows from the order
NOMINATIONS = (
    ("密云能手", Status.DRAFT, "演示精密机械厂工会"),
    ("密云能手", Status.SUBMITTED, "演示精密机械厂工会"),
    ("密云能手", Status.SUBMITTED, "演示家政服务联合工会"),
    ("密云能手", Status.REVIEWED, "演示养蜂合作社工会"),
    ("密云能手", Status.RETURNED, "演示精密机械厂工会"),
    ("密云能手", Status.ACCEPTED, "演示社区医院工会"),
    ("密云能手", Status.INELIGIBLE, "演示家政服务联合工会"),
    ("密云能手", Status.WITHDRAWN, "演示养蜂合作社工会"),
    ("密云工匠", Status.ACCEPTED, "演示精密机械厂工会"),
    ("密云工匠", Status.ACCEPTED, "演示家政服务联合工会"),
    ("密云工匠", Status.ACCEPTED, "演示养蜂合作社工会"),
    ("密云工匠", Status.ACCEPTED, "演示社区医院工会"),
)
NUMERALS = "一二三四五六七八九十"
DAYS = {
    "opens_on": -20,
    "unit_deadline": 10,
    "branch_deadline": 17,
    "review_ends_on": 27,
    "scoring_starts_on": 28,
    "scoring_ends_on": 42,
    "ceremony_on": 80,
}


def load_craftsmen(actor):
    """Load titles, the figures and laureates of 2025, the union bodies, and the open selection; False if it is there."""
    described = yaml.safe_load(FILE.read_text("utf-8"))
    if Selection.objects.filter(slug=described["published"]["slug"]).exists():
        return False
    for position, title in enumerate(described["titles"]):
        HonourTitle.objects.create(position=position, **title)
    load_published(described["published"], actor)
    load_unions(described["unions"])
    users = load_experts(described["experts"])
    load_selection(described["selection"], users, actor)
    load_drill(described["drill"], users, actor)
    load_recommendations(described["recommendations"], actor)
    return True


def load_published(told, actor):
    """Register what was published: the selection, the reported figures, the two who were named, and their pages."""
    year, slug = told["year"], told["slug"]
    selection = Selection.objects.create(
        year=year,
        slug=slug,
        title=told["title"],
        introduction=told["introduction"],
        status=Selection.Status.CLOSED,
        by_unit=False,  # how people were recommended was not published
    )
    for name, count in told["reported"].items():
        title = HonourTitle.objects.get(name=name)
        offer = setup.add_offer(selection=selection, title=title, quota=count, actor=actor)
        # The four criteria were published, their weights were not.
        offer.panel.criteria.all().delete()
        ReportedHonours.objects.create(title=title, year=year, count=count)
    for one in told["craftsmen"]:
        load_laureate(one, year, told["document"], actor)


def load_laureate(told, year, document, actor):
    """Register one honour and publish the page: written by the craftsmen's staff, published by somebody else."""
    unit, _ = Unit.objects.get_or_create(name=told["unit"]["name"], defaults=told["unit"])
    sector, _ = Sector.objects.get_or_create(name=told["sector"])
    person = Person.objects.create(name=told["name"], unit=unit, occupation=told["occupation"])
    title = HonourTitle.objects.get(name=told["title"])
    honours.register_honour(title=title, year=year, person=person, sector=sector, actor=actor, **document)
    writer = User.objects.get(username="xuanshu")
    profile = profiles.start_profile(person=person, actor=writer, consented_on=timezone.localdate())
    text = {name: told[name] for name in ("headline", "unique_skill", "story")}
    profiles.write_draft(profile=profile, actor=writer, **text)
    profiles.publish_profile(profile=Profile.objects.get(pk=profile.pk), actor=actor)


def load_unions(described):
    """Make the union bodies, the units they cover and those who act for them."""
    for one in described:
        body = UnionBody(name=one["name"], kind=one["kind"])
        body.parent = UnionBody.objects.filter(name=one.get("parent", "")).first()
        body.full_clean()
        body.save()
        if "unit" in one:
            body.units.add(Unit.objects.create(name=one["unit"]))
        if "liaison" in one:
            user = User.objects.get(username=one["liaison"])
            Liaison.objects.create(user=user, body=body, started_on=date(2025, 1, 1))
    worker = User.objects.get(username="zhigong")
    unit = Unit.objects.get(name="演示精密机械厂")
    if not Person.objects.filter(user=worker).exists():
        Person.objects.create(
            name=worker.name, unit=unit, occupation="数控车工", user=worker, is_union_member=True
        )


def load_experts(usernames):
    """Return the experts' accounts, put on the list of judges and experts."""
    users = [User.objects.get(username=username) for username in usernames]
    for user in users:
        Judge.objects.get_or_create(user=user)
    return users


def load_selection(told, users, actor):
    """Make the selection that is open now: a nomination in each early state, and one title before the experts."""
    today = timezone.localdate()
    selection = Selection.objects.create(
        year=today.year,
        slug=told["slug"],
        title=told["title"].format(year=today.year),
        introduction=told["introduction"],
        status=Selection.Status.ANNOUNCED,
        announced_at=timezone.now(),
        by_self=True,
        **{name: today + timedelta(days=days) for name, days in DAYS.items()},
    )
    for position, rule in enumerate(told["rules"]):
        selection.eligibility_rules.create(position=position, **rule)
    offers = {}
    for name, quota in told["offers"].items():
        title = HonourTitle.objects.get(name=name)
        offers[name] = offer = setup.add_offer(
            selection=selection, title=title, quota=quota, seats=len(users), surplus_percent=20, actor=actor
        )
        offer.slate_rules.create(kind="front_line_at_least", number=60)
        offer.slate_rules.create(kind="managers_at_most", number=20)
    branches = UnionBody.objects.filter(kind__in=UnionBody.BRANCHES)
    places = {(offer.pk, branch.pk): 4 for offer in offers.values() for branch in branches}
    setup.set_allocations(selection=selection, places=places, actor=actor)
    for number, (title, *line) in enumerate(NOMINATIONS, 1):
        nominate(number, offers[title], *line)
    call_experts(offers["密云工匠"], users, actor)
