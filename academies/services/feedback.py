"""Moderating what learners wrote: words are shown only once somebody has read them."""

from django.db import transaction

from academies.models import Feedback
from unionportal.audit.services import record


@transaction.atomic
def moderate_feedback(*, feedback, is_shown, actor):
    """Show somebody's words on the course's page, or take them off it; returns the Feedback."""
    feedback = Feedback.objects.select_for_update(of=("self",), no_key=True).get(pk=feedback.pk)
    if feedback.is_shown != is_shown:
        feedback.is_shown = is_shown
        feedback.save(update_fields=["is_shown"])
        record(actor, "academies.feedback_shown" if is_shown else "academies.feedback_hidden", feedback)
    return feedback
