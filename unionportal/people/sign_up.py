"""Signing up: an account, the person it is, and the unit found under any of its names."""

import hashlib
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from unionportal.accounts.models import SiteSettings
from unionportal.accounts.services import open_worker_account
from unionportal.audit.services import record
from unionportal.common.identity import clean_text, match_key
from unionportal.people.claims import possible_duplicates
from unionportal.people.models import Claim, FormerName, Person, Unit
from unionportal.people.services import MERGE_DEPTH

MOST_FOUND = 8
SHORTEST_WORDS = 2


@dataclass(frozen=True)
class FoundUnit:
    """A unit that a search has found, and the other name it was found by."""

    unit: Unit
    by: str = ""


def search_units(words):
    """Return up to MOST_FOUND FoundUnits whose present, short or former name holds the words, the closest first.

    A merged unit leads to its successor; a dissolved one is not offered.
    """
    words, key = clean_text(words)[:100], match_key(words[:100])
    if len(key) < SHORTEST_WORDS:
        return []
    named = Unit.objects.select_related("merged_into").filter(
        Q(match_key__contains=key) | Q(short_name__icontains=words)
    )
    formerly = FormerName.objects.filter(match_key__contains=key).select_related("unit__merged_into")
    hits = [(unit, "" if key in unit.match_key else f"简称“{unit.short_name}”") for unit in named[:50]]
    hits += [(former.unit, f"曾用名“{former.name}”") for former in formerly[:50]]
    found = {}
    for unit, by in hits:
        last = _successor(unit)
        if last.dissolved_on is None and (last.pk not in found or not by):
            found[last.pk] = FoundUnit(last, by if last == unit else by or f"原“{unit.name}”")
    order = sorted(found.values(), key=lambda item: (_distance(item, key), item.unit.pinyin))
    return order[:MOST_FOUND]


def _successor(unit):
    for _ in range(MERGE_DEPTH):
        if unit.merged_into_id is None:
            break
        unit = unit.merged_into
    return unit


def _distance(item, key):
    """Return how far a found unit's name is from what was typed: the same, begins so, holds it, by another name."""
    name = item.unit.match_key
    return (
        0 if name == key or match_key(item.unit.short_name) == key else 1,
        not name.startswith(key),
        bool(item.by),
    )


def unit_named(words):
    """Return the one unit whose present, short or former name these words are, or None."""
    key = match_key(words)
    same = [
        item.unit
        for item in search_units(words)
        if key in (item.unit.match_key, match_key(item.unit.short_name))
        or item.by == f"曾用名“{clean_text(words)}”"
    ]
    return same[0] if len(same) == 1 else None


@transaction.atomic
def sign_up(*, phone, name, unit=None, unit_claimed="", is_flexible=False):
    """Make the account of a proved (clean) phone number and its person; returns the account.

    Always a person of its own: who the account may be besides is for staff to say, and nobody else learns that
    there is somebody of the same name.
    """
    user = open_worker_account(phone=phone, name=name)
    person = Person(name=name, user=user, unit=unit, unit_claimed=unit_claimed, is_flexible=is_flexible)
    person.phone = phone
    person.save()
    if possible_duplicates(person).exists():
        Claim.objects.create(user=user, ground=Claim.Ground.DUPLICATE)
    statement = SiteSettings.load().privacy.encode()
    record(user, "people.signed_up", user, statement=hashlib.sha256(statement).hexdigest())
    return user
