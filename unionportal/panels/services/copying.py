"""A panel once more: its rubric and its rule, without its judges."""

from unionportal.common.copying import duplicate
from unionportal.panels.models import Panel


def copy_panel(panel, *, title):
    """Save a panel under a new title with the same criteria and levels; returns (panel, {old criterion key: new})."""
    copy = duplicate(
        panel, title=title[:150], status=Panel.Status.PREPARING, locked_at=None, mixed_numbers_reason=""
    )
    criteria = {}
    for criterion in panel.criteria.prefetch_related("levels"):
        criteria[criterion.pk] = duplicate(criterion, panel=copy)
        for level in criterion.levels.all():
            duplicate(level, criterion=criteria[criterion.pk])
    return copy, criteria
