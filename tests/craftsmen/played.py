"""Selections played as far as a test needs them, through the services that staff use."""

import datetime
from decimal import Decimal

from django.utils import timezone

from craftsmen.models import Meeting, Nomination
from craftsmen.services import conferral, experts, notices, slates
from tests.factories import make_nomination, make_offer, make_person, make_unit, make_user
from unionportal import roles
from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle, objections
from unionportal.panels.models import Candidate, Judge, Mark, Sheet
from unionportal.panels.services import marks, seats
from unionportal.people.models import Person

NAMES = ["赵一", "钱二", "孙三", "李四", "周五", "吴六", "郑七", "王八", "冯九", "陈十"]
CONTACT = {"contact_name": "经济工作部", "contact_phone": "010-12345678"}


def make_staff(**fields):
    return make_user(roles.CRAFTSMAN_STAFF, is_staff=True, **fields)


def make_expert(unit=None, **fields):
    user = make_user(roles.EXPERT, **fields)
    Judge.objects.create(user=user, unit=unit)
    return user


def nominate(offer, *names, **fields):
    """An accepted nomination for each name, each of a unit of its own."""
    return [
        make_nomination(offer, make_person(name, unit=(unit := make_unit())), unit=unit, **fields)
        for name in names
    ]


def seat(offer, actor, count=3, units=()):
    """Seat experts; the first come from these units."""
    users = [make_expert(unit) for unit in [*units, *[None] * (count - len(units))]]
    for number, user in enumerate(users, 1):
        seats.assign_judge(panel=offer.panel, seat=number, user=user, actor=actor)
    return users


def mark(user, name, *given):
    """Hand in a user's sheet for the candidate of this name, the marks in the order of the rubric."""
    sheet = Sheet.objects.get(assignment__user=user, candidate__label=name)
    criteria = sheet.panel.criteria.values_list("pk", flat=True)
    given = dict(zip(criteria, map(Decimal, given), strict=True))
    saved = marks.save_sheet(sheet=sheet, actor=user, marks=given, version=sheet.version)
    return marks.submit_sheet(sheet=saved, actor=user, version=saved.version)


def mark_all(users, totals):
    """Hand in every sheet: {name: total of each expert's sheet, None for a sheet that is not handed in}."""
    for name, given in totals.items():
        for user, total in zip(users, given, strict=True):
            if total is not None:
                parts = [min(25, max(0, Decimal(str(total)) - 25 * place)) for place in range(4)]
                mark(user, name, *parts)


def scored(actor, totals=None, *, count=3, quota=2, **offer_fields):
    """An offer whose experts are done: everybody has a mean and a rank, nobody is chosen yet."""
    totals = totals or {name: [90 - place] * count for place, name in enumerate(NAMES[:5])}
    offer = make_offer(actor, quota=quota, seats=count, **offer_fields)
    nominate(offer, *totals)
    users = seat(offer, actor, count)
    experts.shortlist(offer=offer, actor=actor)
    experts.open_scoring(offer=offer, actor=actor)
    mark_all(users, totals)
    experts.close_scoring(offer=offer, actor=actor)
    experts.take_scores(offer=offer, actor=actor)
    offer.refresh_from_db()
    return offer


def choose(offer, *chosen, reserves=(), reasons=None):
    """A Choice by names."""
    keys = dict(offer.slate_lines.values_list("nomination__person__name", "pk"))
    return slates.Choice(
        frozenset(keys[name] for name in chosen),
        tuple(keys[name] for name in reserves),
        {keys[name]: text for name, text in (reasons or {}).items()},
    )


def settled(actor, *, reserves=("孙三", "李四"), **fields):
    """An offer whose slate is settled: the two best are proposed, the next two may move up."""
    offer = scored(actor, **fields)
    slates.settle_slate(offer=offer, choice=choose(offer, "赵一", "钱二", reserves=reserves), actor=actor)
    offer.refresh_from_db()
    return offer


def meet(selection, actor, **fields):
    """The meeting on it, recorded."""
    meeting = Meeting(
        **{
            "selection": selection,
            "body": "评选委员会会议",
            "held_on": timezone.localdate(),
            "minutes_number": "2026-3",
            **fields,
        }
    )
    return notices.record_meeting(meeting=meeting, actor=actor)


def announced(actor, **fields):
    """An offer whose proposed are in a running notice; returns (offer, notice)."""
    offer = settled(actor, **fields)
    meet(offer.selection, actor)
    words = {"title": "公示", "body": "现予公示。", "days": 5, "order_rule": "score", **CONTACT}
    notices.draft_list(selection=offer.selection, actor=actor, **words)
    return offer, notices.start_list(selection=offer.selection, actor=actor)


def run_out(notice):
    """Let the clock of a notice have run out three days ago."""
    today = timezone.localdate()
    days = {"starts_on": today - datetime.timedelta(9), "last_on": today - datetime.timedelta(3)}
    PublicNotice.objects.filter(pk=notice.pk).update(**days)
    notice.refresh_from_db()
    return notice


def close(notice, actor):
    return lifecycle.close_notice(notice=run_out(notice), actor=actor)


def object_to(notice, name, actor):
    """A visitor's objection to the line of this name."""
    return objections.register_objection(
        notice=notice,
        actor=actor,
        channel="visit",
        kind="person",
        text="事迹与事实不符。",
        received_at=timezone.now(),
        name="来访人",
        contact="010-87654321",
        line=notice.lines.get(name=name),
    )


def uphold(notice, name, actor):
    """An objection to this name, found to be right."""
    found = object_to(notice, name, actor)
    return objections.decide_objection(objection=found, actor=actor, is_upheld=True, finding="属实。")


def decision(**fields):
    return {
        "document_title": "关于命名密云工匠的决定",
        "document_number": "密工发〔2026〕7号",
        "document_on": timezone.localdate(),
        "ceremony_on": None,
        "ceremony_place": "",
        **fields,
    }


def conferred(actor, *, number="密工发〔2026〕7号", **fields):
    """A selection whose two best hold the title; returns (offer, conferral)."""
    offer, notice = announced(actor, **fields)
    close(notice, actor)
    details = decision() | {"document_number": number}
    return offer, conferral.confer(selection=offer.selection, details=details, actor=actor)


def states(offer):
    """{name: status} of the nominations."""
    return dict(Nomination.objects.filter(offer=offer).values_list("person__name", "status"))


def crowd(actor, people, count=9):
    """An offer of many nominees, every sheet of every expert handed in; written in bulk, as a season leaves it."""
    offer = make_offer(actor, quota=10, seats=count)
    unit, user = make_unit(), make_user()
    rows = Person.objects.bulk_create(
        Person(name=f"候选{number:03d}", pinyin=f"hou4 {number:03d}", unit=unit) for number in range(people)
    )
    candidates = Candidate.objects.bulk_create(
        Candidate(panel=offer.panel, label=person.name, unit=unit, order=number)
        for number, person in enumerate(rows, 1)
    )
    Nomination.objects.bulk_create(
        Nomination(
            offer=offer,
            person=person,
            candidate=candidate,
            unit=unit,
            unit_name=f"第{number % 40}工厂",
            nominated_by=user,
            status="shortlisted",
            is_front_line=number % 3 > 0,
        )
        for number, (person, candidate) in enumerate(zip(rows, candidates, strict=True))
    )
    seat(offer, actor, count)
    seats.open_panel(panel=offer.panel, actor=actor)
    criteria = list(offer.panel.criteria.values_list("pk", flat=True))
    sheets = list(Sheet.objects.filter(panel=offer.panel).order_by("pk"))
    given = {sheet.pk: 15 + sheet.pk * 7 % 10 for sheet in sheets}
    Mark.objects.bulk_create(
        Mark(sheet=sheet, criterion_id=criterion, value=given[sheet.pk])
        for sheet in sheets
        for criterion in criteria
    )
    for sheet in sheets:
        sheet.status, sheet.submitted_at = "submitted", timezone.now()
        sheet.total_thirds = 3 * 4 * given[sheet.pk]
    Sheet.objects.bulk_update(sheets, ["status", "submitted_at", "total_thirds"], batch_size=1000)
    experts.close_scoring(offer=offer, actor=actor)
    return offer
