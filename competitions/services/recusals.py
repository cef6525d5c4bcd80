"""Who will have to stand back: recusals as they will be when the panels of a stage open, shown before they do."""

from competitions.services.stages import stage_panels
from unionportal.panels.services.seats import closeness


def expected_recusals(stage):
    """Return (panel, [Closeness]) of each panel where a judge and a contestant are close; writes nothing."""
    panels = stage_panels(stage)
    if not panels:
        return []
    appearances = stage.appearances.select_related("entry__person", "entry__unit").prefetch_related(
        "entry__members"
    )
    subjects = []
    for appearance in appearances:
        entry = appearance.entry
        people = (
            {entry.person_id} if entry.person_id else {member.person_id for member in entry.members.all()}
        )
        subjects.append((entry, entry.unit, people))
    found = [(panel, closeness(panel, subjects)) for panel in panels]
    return [(panel, pairs) for panel, pairs in found if pairs]
