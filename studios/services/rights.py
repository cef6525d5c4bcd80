"""Who may decide about studios, and the row that each change queues up at."""

from django.core.exceptions import PermissionDenied

from studios.models import Studio


def require(actor, codename):
    """Raise PermissionDenied unless the actor has this right of the line of work."""
    if not actor.has_perm(f"studios.{codename}"):
        raise PermissionDenied(f"{actor} 没有这项权限。")


def lock_studio(studio):
    """Return the studio's row, locked: leaders, recognitions and results of one studio change one at a time."""
    return Studio.objects.select_for_update(of=("self",), no_key=True).get(pk=studio.pk)


def lock(record):
    """Return the row of any record, locked."""
    return type(record)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
