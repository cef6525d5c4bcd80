"""Writing the audit trail."""

from unionportal.audit.middleware import current_origin
from unionportal.audit.models import AuditEntry

SYSTEM = "系统"


def record(actor, action, target=None, **details):
    """Write one line in the running transaction and return it.

    `actor` is a User, or None for the system itself; `action` is app.past_tense; `details` must be plain JSON
    values and never hold an ID number, a phone number or a password.
    """
    origin = current_origin()
    return AuditEntry.objects.create(
        actor_key=str(actor.pk) if actor else "",
        actor_name=str(actor) if actor else SYSTEM,
        address=origin.address,
        request_id=origin.request_id,
        action=action,
        target_model=target._meta.label_lower if target is not None else "",
        target_key=str(target.pk) if target is not None else "",
        target_label=str(target)[:200] if target is not None else "",
        details=details,
    )
