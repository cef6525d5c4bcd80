"""Who may decide in a selection: asked by the services themselves, whoever calls them."""

from django.core.exceptions import PermissionDenied

from craftsmen.models import Nomination, Offer


def require(actor, codename):
    """Raise PermissionDenied unless the actor has this right of the line of work."""
    if not actor.has_perm(f"craftsmen.{codename}"):
        raise PermissionDenied(f"{actor} 没有这项权限。")


def lock_offers(selection):
    """Return the offers of a selection, locked in the order of their keys: all that decides a list queues up here."""
    offers = Offer.objects.select_for_update(of=("self",), no_key=True).filter(selection=selection)
    offers = list(offers.select_related("selection", "title", "panel").order_by("pk"))
    lock_nominations(offers)
    return offers


def lock_nominations(offers):
    """Lock every nomination of these locked offers: whoever withdraws one meanwhile waits, and is not overwritten."""
    rows = Nomination.objects.select_for_update(of=("self",), no_key=True).filter(offer__in=offers)
    list(rows.order_by("pk").values_list("pk"))


def lock_offer(offer):
    """Return one offer, locked."""
    offers = Offer.objects.select_for_update(of=("self",), no_key=True)
    return offers.select_related("selection", "title", "panel").get(pk=offer.pk)


def lock_nomination(nomination):
    """Return a nomination, locked after its offer, in the order in which lists are locked."""
    lock_offer(nomination.offer)
    nominations = Nomination.objects.select_for_update(of=("self",), no_key=True)
    return nominations.select_related("person", "offer__selection", "offer__title", "offer__panel").get(
        pk=nomination.pk
    )
