"""Records of a competition: its set-up, who takes part, and its results."""

from competitions.models.entries import Appearance, Attempt, Entry, EntryMember, ModuleScore
from competitions.models.papers import CommitteeMember, Document
from competitions.models.results import ResultRow, ResultSheet
from competitions.models.setup import (
    AwardRule,
    Competition,
    Event,
    Module,
    Organiser,
    PublicState,
    Stage,
    TieBreak,
)

__all__ = [
    "Appearance",
    "Attempt",
    "AwardRule",
    "CommitteeMember",
    "Competition",
    "Document",
    "Entry",
    "EntryMember",
    "Event",
    "Module",
    "ModuleScore",
    "Organiser",
    "PublicState",
    "ResultRow",
    "ResultSheet",
    "Stage",
    "TieBreak",
]
