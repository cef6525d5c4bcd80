"""Who will have to stand back: recusals as they will be when the panels of a stage open, shown before they do."""

from competitions.services.stages import stage_panels
from unionportal.panels.services.seats import rule_grounds


def expected_recusals(stage):
    """Return (panel, seat, contestant, ground in Chinese) for every pair that the rule keeps apart; writes nothing."""
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
        subjects.append((appearance, entry.unit_id, people))
    return [
        (panel, seat, appearance.entry, ground.label)
        for panel in panels
        for seat, appearance, ground in rule_grounds(panel, subjects)
    ]
