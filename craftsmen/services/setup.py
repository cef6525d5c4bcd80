"""Setting a selection up."""

from django.db import transaction

from craftsmen.models import Offer
from unionportal.audit.services import record
from unionportal.panels.models import Criterion, Panel

# The four criteria under which 密云工匠 and 密云能手 were selected in 2025; staff change names and weights freely.
USUAL_CRITERIA = ("敬业专注", "精益求精", "技艺超群", "传承创新")
USUAL_SEATS = 7


@transaction.atomic
def add_offer(*, selection, title, quota, actor, surplus_percent=0, is_blind=False, seats=USUAL_SEATS):
    """Offer a title with its quota and give it an experts' panel with the usual four criteria; returns the Offer.

    The mean of all submitted sheets counts until staff set a trim on the panel.
    """
    panel = Panel.objects.create(
        title=f"{selection.title} {title}"[:150],
        is_blind=is_blind,
        seats=seats,
        min_judges=seats // 2 + 1,
        trim=Panel.Trim.NONE,
    )
    Criterion.objects.bulk_create(
        Criterion(panel=panel, position=number, name=name, maximum=25)
        for number, name in enumerate(USUAL_CRITERIA, start=1)
    )
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
