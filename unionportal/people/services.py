"""What is done to units, persons and growth records."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from unionportal.audit.services import record
from unionportal.common import crypto
from unionportal.common.identity import match_key
from unionportal.common.locking import lock_value
from unionportal.people.models import FormerName, Milestone, Person, Unit

MERGE_DEPTH = 20


def unit_index():
    """Return a mapping match key → Unit over all names: present, short and former.

    A merged unit's names lead to its successor. A short name that two units share leads to neither.
    """
    units = {unit.pk: unit for unit in Unit.objects.all()}
    index, short_names = {}, {}
    for unit in units.values():
        if unit.short_name:
            short_names.setdefault(match_key(unit.short_name), set()).add(_successor(unit, units).pk)
    index.update({key: units[min(pks)] for key, pks in short_names.items() if len(pks) == 1})
    for former in FormerName.objects.all():
        index[former.match_key] = units[former.unit_id]
    index.update({unit.match_key: unit for unit in units.values()})
    return {key: _successor(unit, units) for key, unit in index.items()}


def _successor(unit, units):
    for _ in range(MERGE_DEPTH):
        if unit.merged_into_id is None:
            break
        unit = units[unit.merged_into_id]
    return unit


@transaction.atomic
def create_units(*, names, actor, source):
    """Make units with these names in one go and return them; the audit says where the names came from."""
    units = Unit.objects.bulk_create([Unit(name=name) for name in names])
    if units:
        record(actor, "people.units_created", None, names=list(names), source=source)
    return units


@transaction.atomic
def rename_unit(*, unit, name, actor, on=None):
    """Give a unit a new name and keep the old one as a former name."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    before = unit.name
    if match_key(name) == unit.match_key and name == before:
        return unit
    if match_key(name) != unit.match_key:
        taken = Unit.objects.filter(match_key=match_key(name)).exclude(pk=unit.pk).first()
        if taken:
            raise ValidationError({"name": f"已有单位“{taken.name}”。若两家合并，请用“并入单位”。"})
        FormerName.objects.filter(match_key=match_key(name), unit=unit).delete()
        FormerName.objects.update_or_create(
            match_key=unit.match_key, defaults={"unit": unit, "name": before, "until": on}
        )
    unit.name = name
    unit.save()
    record(actor, "people.unit_renamed", unit, before=before, after=name)
    return unit


@transaction.atomic
def merge_units(*, unit, into, actor):
    """Merge one unit into another: old records keep the old unit, statistics follow the successor."""
    locked = {
        row.pk: row
        for row in Unit.objects.select_for_update(no_key=True)
        .filter(pk__in=[unit.pk, into.pk])
        .order_by("pk")
    }
    unit, into = locked[unit.pk], locked[into.pk]
    refuse_circle(unit=unit, into=into)
    unit.merged_into = into
    unit.save(update_fields=["merged_into"])
    record(actor, "people.unit_merged", unit, into=into.name, into_key=into.pk)
    return unit


def refuse_circle(*, unit, into):
    """Raise ValidationError where merging the unit into the other would lead back to itself."""
    units = {row.pk: row for row in Unit.objects.all()}
    if _successor(units[into.pk], units).pk == unit.pk:
        raise ValidationError({"merged_into": "不能并入自己，也不能并入已并入本单位的单位。"})


@transaction.atomic
def separate_unit(*, unit, actor):
    """Take back a merger that was entered by mistake; returns the unit."""
    unit = (
        Unit.objects.select_for_update(of=("self",), no_key=True)
        .select_related("merged_into")
        .get(pk=unit.pk)
    )
    before, unit.merged_into = unit.merged_into, None
    if before:
        unit.save(update_fields=["merged_into"])
        record(actor, "people.unit_separated", unit, into=before.name, into_key=before.pk)
    return unit


@transaction.atomic
def reveal_identity(*, person, actor):
    """Return (ID number, phone) in full; every look leaves an audit line."""
    record(actor, "people.identity_revealed", person)
    return person.id_number, person.phone


@transaction.atomic
def set_life_status(*, person, status, actor):
    """Note that a person is at work, retired, moved away or dead; returns the person."""
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if status not in Person.LifeStatus.values:
        raise ValidationError({"life_status": "请选择人员状态。"})
    if person.life_status != status:
        before, person.life_status = person.get_life_status_display(), status
        person.save(update_fields=["life_status"])
        after = person.get_life_status_display()
        record(actor, "people.life_status_set", person, before=before, after=after)
    return person


@dataclass(frozen=True)
class MilestoneLine:
    """What a growth record is to say; `source_key` names where it comes from, once and for ever."""

    person_id: int
    on: object
    title: str
    place: str
    source_key: str
    visibility: str
    url: str = ""
    detail: str = ""


@transaction.atomic
def replace_milestones(*, source_prefix, kind, tier, lines):
    """Make the growth records whose source key begins with `source_prefix` exactly these lines.

    Returns the number of lines. Records that are no longer called for are withdrawn.
    """
    Milestone.objects.filter(source_key__startswith=source_prefix).exclude(
        source_key__in=[line.source_key for line in lines]
    ).delete()
    successors = dict(Person.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    Milestone.objects.bulk_create(
        [
            Milestone(
                person_id=successors.get(line.person_id, line.person_id),
                on=line.on,
                kind=kind,
                tier=tier,
                place=line.place,
                title=line.title,
                detail=line.detail,
                url=line.url,
                visibility=line.visibility,
                source_key=line.source_key,
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["source_key"],
        update_fields=["person", "on", "kind", "tier", "place", "title", "detail", "url", "visibility"],
    )
    return len(lines)


@transaction.atomic
def person_by_identity(*, name, id_number, actor, source=""):
    """Return the person with this clean name and ID number, made if nobody has the number yet.

    None where the number belongs to somebody of another name: whoever asks must not learn more than that it cannot be
    done. A merged record leads to its successor.
    """
    # Two forms about one new person at the same moment: the lock makes the second find what the first has made.
    lock_value("person", crypto.keyed_hash(id_number))
    found = Person.objects.with_id_number(id_number).select_related("merged_into").first()
    if found is None:
        person = Person(name=name)
        person.id_number = id_number
        person.save()
        record(actor, "people.person_added", person, source=source)
        return person
    return (found.merged_into or found) if match_key(found.name) == match_key(name) else None
