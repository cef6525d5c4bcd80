"""The two academies as they were published, and made-up classes in them: what has been, what runs now, what is asked for."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import yaml
from django.utils import timezone

from academies.models import Academy, ClassRequest, Course, ReportedTraining
from craftsmen.models import Profile
from unionportal.accounts.models import User
from unionportal.certificates.models import CertificateSeries
from unionportal.demo.academies_history import load_history
from unionportal.demo.academies_now import load_runs, move_live_lesson
from unionportal.people.models import Person, Sector, Unit

FILE = Path(__file__).parent / "academies.yaml"
# Three hundred names that read as made up and pass as names: rosters refuse digits in one.
STEMS, BRANCHES, SEASONS = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥", "春夏秋冬和"
LEARNERS = 300


def load_academies(actor):
    """Load academies, courses, classes and learners; later only moves the live lesson. True if anything was written."""
    described = yaml.safe_load(FILE.read_text("utf-8"))
    if Academy.objects.filter(slug=described["academies"][0]["slug"]).exists():
        return move_live_lesson()
    academies = {one["slug"]: load_academy(one, described["review"]) for one in described["academies"]}
    # Reported of both academies together, and so of none of them alone.
    ReportedTraining.objects.create(**described["reported"])
    courses = {
        one["slug"]: load_course(position, academies, one)
        for position, one in enumerate(described["courses"])
    }
    learners = load_learners(described["units"])
    year = timezone.localdate().year
    CertificateSeries.objects.get_or_create(
        code=f"MYGJ-{year}-JY",
        defaults={"line": "academies", "year": year, "name": f"{year} 年工匠学院结业证书"},
    )
    load_history(described, courses, learners, actor)
    load_runs(described, courses, learners, actor)
    load_requests(described["requests"])
    return True


def load_academy(told, review):
    """Make one academy with its partners and its review of last year."""
    told = dict(told)
    sectors, partners, host = told.pop("sectors"), told.pop("partners"), told.pop("host", "")
    academy = Academy.objects.create(
        host=Unit.objects.filter(name=host).first(),
        status=Academy.Status.ACTIVE,
        **{
            name: Decimal(value) if name in ("longitude", "latitude") else value
            for name, value in told.items()
        },
    )
    academy.sectors.set(Sector.objects.get_or_create(name=name)[0] for name in sectors)
    for position, partner in enumerate(partners):
        academy.partners.create(position=position, **partner)
    year = timezone.localdate().year - 1
    academy.reviews.create(year=year, reviewed_on=date(year, 12, 20), **review)
    return academy


def load_course(position, academies, told):
    """Make one course with its teacher and return (course, academy); a craftsman is linked to the published page."""
    told = dict(told)
    academy, teacher = academies[told.pop("academy")], told.pop("teacher")
    sector, _ = Sector.objects.get_or_create(name=told.pop("sector"))
    course = Course.objects.create(
        position=position, sector=sector, status=Course.Status.PUBLISHED, **{"delivery": "onsite", **told}
    )
    if teacher.pop("craftsman", False):
        teacher["person"] = Profile.objects.get(person__name=teacher["name"]).person
    course.teachers.create(**teacher)
    return course, academy


def learner_name(number):
    """Return the made-up name of a learner: the sixty pairs of the calendar, five times."""
    season, pair = divmod(number, 60)
    return f"演示{STEMS[pair % 10]}{BRANCHES[pair % 12]}{SEASONS[season]}"


def load_learners(names):
    """Return the demo's worker and made-up ones of made-up units; every twentieth belongs to no unit (灵活就业)."""
    Unit.objects.bulk_create([Unit(name=name) for name in names])
    units = list(Unit.objects.filter(name__startswith="演示").order_by("pk"))
    made = Person.objects.bulk_create(
        Person(
            name=learner_name(number),
            unit=None if number % 20 == 0 else units[number % len(units)],
            gender=Person.Gender.values[number % 2],
            is_union_member=number % 9 != 0,
            is_front_line=number % 4 != 0,
        )
        for number in range(1, LEARNERS)
    )
    return [Person.objects.get(user__username="zhigong"), *made]


def load_requests(told):
    """Make what units have asked for, in each state but the opened one."""
    liaison, today = User.objects.get(username="jingban"), timezone.localdate()
    for one in told:
        unit = Unit.objects.get(name=one.pop("unit"))
        sector = Sector.objects.filter(name=one.pop("sector", "")).first()
        request = ClassRequest(
            unit=unit,
            unit_name=unit.name,
            sector=sector,
            wanted_from=today + timedelta(days=30),
            wanted_to=today + timedelta(days=75),
            contact_name="演示联系人",
            requested_by=liaison,
            **one,
        )
        request.contact_phone = "13800000000"
        request.save()
