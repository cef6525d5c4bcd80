"""What staff should look at twice: the same person nominated twice, a title held already, a department's objection."""

from django.db.models import Exists, F, OuterRef, Q

from craftsmen.models import ConsultationLine, Honour, Nomination

Status = Nomination.Status


def _handed_in():
    return Nomination.objects.exclude(status__in=[Status.DRAFT, Status.WITHDRAWN])


def with_flags(nominations):
    """Annotate nominations with `is_double`, `holds_title` and `is_objected`, in the same statement."""
    namesake = Q(person__name=OuterRef("person__name"), unit_name=OuterRef("unit_name")) & ~Q(unit_name="")
    others = _handed_in().filter(
        Q(person=OuterRef("person")) | namesake, offer__selection=OuterRef("offer__selection")
    )
    held = Honour.objects.filter(person=OuterRef("person"), title__rank__gte=OuterRef("offer__title__rank"))
    held = held.exclude(nomination=OuterRef("pk"))
    objected = ConsultationLine.objects.filter(
        nomination=OuterRef("pk"), opinion=ConsultationLine.Opinion.OBJECTION
    )
    return nominations.annotate(
        is_double=Exists(others.exclude(pk=OuterRef("pk"))),
        holds_title=Exists(held),
        is_objected=Exists(objected),
    )


def doubles_of(nomination):
    """Return the other nominations of the selection for the same person, or the same name in the same unit."""
    namesake = Q(person__name=nomination.person.name, unit_name=nomination.unit_name) & ~Q(unit_name="")
    return (
        _handed_in()
        .filter(Q(person=nomination.person_id) | namesake, offer__selection=nomination.offer.selection_id)
        .exclude(pk=nomination.pk)
        .select_related("person", "offer__title", "offer__selection")
    )


def earlier_honours(nomination):
    """Return the honours of the same or a higher rank that the person holds; `is_sure` unless only the name and unit agree."""
    namesake = Q(person__name=nomination.person.name, unit_name=nomination.unit_name) & ~Q(unit_name="")
    honours = (
        Honour.objects.filter(
            Q(person=nomination.person_id) | namesake, title__rank__gte=nomination.offer.title.rank
        )
        .exclude(nomination=nomination)
        .select_related("title", "person")
        .order_by(F("year").desc(), "pk")
    )
    for honour in honours:
        honour.is_sure = honour.person_id == nomination.person_id
    return honours
