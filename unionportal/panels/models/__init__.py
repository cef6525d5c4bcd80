"""Records of a panel: its rubric, who sits on it and what it marks, and the sheets."""

from unionportal.panels.models.rubric import Criterion, CriterionLevel, Panel
from unionportal.panels.models.seats import Assignment, Candidate, CandidateFile, DeclaredTie, Judge, Recusal
from unionportal.panels.models.sheets import Deduction, Mark, Sheet, SheetVersion

__all__ = [
    "Assignment",
    "Candidate",
    "CandidateFile",
    "Criterion",
    "CriterionLevel",
    "DeclaredTie",
    "Deduction",
    "Judge",
    "Mark",
    "Panel",
    "Recusal",
    "Sheet",
    "SheetVersion",
]
