"""Setting a selection up: titles with their panels, places per branch, next year's from this year's."""

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.models import Allocation, Offer, Selection
from unionportal.audit.services import record
from unionportal.common.copying import duplicate
from unionportal.common.slugs import free_slug
from unionportal.panels.models import Criterion, Panel
from unionportal.panels.services.copying import copy_panel
from unionportal.people.models import UnionBody

# The four criteria under which 密云工匠 and 密云能手 were selected in 2025; staff change names and weights freely.
USUAL_CRITERIA = ("敬业专注", "精益求精", "技艺超群", "传承创新")
USUAL_SEATS = 7


def usual_panel(title, *, is_blind=False, seats=USUAL_SEATS):
    """Make an experts' panel with the usual four criteria of 25 points."""
    panel = Panel.objects.create(
        title=title[:150],
        kind=Panel.Kind.SELECTION,
        is_blind=is_blind,
        seats=seats,
        min_judges=seats // 2 + 1,
        trim=Panel.Trim.NONE,
    )
    Criterion.objects.bulk_create(
        Criterion(panel=panel, position=number, name=name, maximum=25)
        for number, name in enumerate(USUAL_CRITERIA, start=1)
    )
    return panel


@transaction.atomic
def add_offer(*, selection, title, quota, actor, surplus_percent=0, is_blind=False, seats=USUAL_SEATS):
    """Offer a title with its quota and give it an experts' panel with the usual four criteria; returns the Offer.

    The mean of all submitted sheets counts until staff set a trim on the panel.
    """
    panel = usual_panel(f"{selection.title} {title}", is_blind=is_blind, seats=seats)
    offer = Offer(
        selection=selection,
        title=title,
        quota=quota,
        surplus_percent=surplus_percent,
        panel=panel,
        position=selection.offers.count() + 1,
    )
    offer.full_clean(exclude=["panel"])
    offer.save()
    record(actor, "craftsmen.offer_added", offer, quota=quota)
    return offer


def branches():
    """Return the town and system unions in the order in which places are given to them."""
    return UnionBody.objects.filter(kind__in=UnionBody.BRANCHES)


@transaction.atomic
def set_allocations(*, selection, places, actor, source=""):
    """Give branches their places: {(offer key, body key): number}; 0 takes them away. Returns how many changed."""
    selection = Selection.objects.select_for_update(no_key=True).get(pk=selection.pk)
    if selection.status in (Selection.Status.CLOSED, Selection.Status.CANCELLED):
        raise ValidationError(f"“{selection}”{selection.get_status_display()}，推荐名额不再改动。")
    known = {
        (row.offer_id, row.body_id): row for row in Allocation.objects.filter(offer__selection=selection)
    }
    changed = {
        key: number for key, number in places.items() if number != (known[key].places if key in known else 0)
    }
    Allocation.objects.filter(
        pk__in=[known[key].pk for key, number in changed.items() if key in known and not number]
    ).delete()
    for key, number in changed.items():
        if number:
            Allocation.objects.update_or_create(offer_id=key[0], body_id=key[1], defaults={"places": number})
    if changed:
        offers = {offer.pk: str(offer.title) for offer in selection.offers.select_related("title")}
        bodies = dict(
            UnionBody.objects.filter(pk__in={body for _, body in changed}).values_list("pk", "name")
        )
        lines = [f"{bodies[body]} {offers[offer]} {number} 名" for (offer, body), number in changed.items()]
        record(actor, "craftsmen.places_allocated", selection, places=lines, source=source)
    return len(changed)


DATES = (
    "opens_on",
    "unit_deadline",
    "branch_deadline",
    "review_ends_on",
    "scoring_starts_on",
    "scoring_ends_on",
    "ceremony_on",
)


def a_year_later(day):
    """Return the same day of the next year; 28 February for the 29th."""
    if day is None:
        return None
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@transaction.atomic
def copy_selection(*, selection, actor):
    """Make a draft of next year's selection: rules, titles, rubrics and places; no people, dates a year later."""
    year = selection.year
    draft = duplicate(
        selection,
        title=selection.title.replace(str(year), str(year + 1)),
        slug=free_slug(
            Selection.objects, selection.slug.replace(str(year), str(year + 1)), otherwise="pingxuan"
        ),
        year=year + 1,
        status=Selection.Status.DRAFT,
        announced_at=None,
        notice_file=None,
        copied_from=selection,
        **{name: a_year_later(getattr(selection, name)) for name in DATES},
    )
    offers = {None: None}
    for offer in selection.offers.select_related("title", "panel"):
        panel, _ = copy_panel(offer.panel, title=f"{draft.title} {offer.title}")
        offers[offer.pk] = duplicate(offer, selection=draft, panel=panel, slate_settled_at=None)
        for row in (*offer.allocations.all(), *offer.slate_rules.all()):
            duplicate(row, offer=offers[offer.pk])
    for rule in selection.eligibility_rules.all():
        duplicate(rule, selection=draft, offer=offers[rule.offer_id])
    record(actor, "craftsmen.selection_copied", draft, source=str(selection))
    return draft
