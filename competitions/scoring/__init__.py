"""From module scores to totals, ranks, advancement and awards of one stage: pure and exact.

Fraction inside, Decimal published, no database. One calculator serves the judging desk, the board, the sealed
result, the public page and the exports. Its nouns: the settings in rules.py, people and lines in results.py, the order
in placing.py, prizes in awards.py, Chinese words in wording.py, one person's arithmetic in working.py.
"""

from competitions.scoring.calculation import calculate
from competitions.scoring.results import Blocker, Competitor, ModuleResult, ResultLine, StageResult
from competitions.scoring.rules import AwardBand, ModuleRule, StageRule, TieKey
from competitions.scoring.wording import describe
from competitions.scoring.working import working

__all__ = [
    "AwardBand",
    "Blocker",
    "Competitor",
    "ModuleResult",
    "ModuleRule",
    "ResultLine",
    "StageResult",
    "StageRule",
    "TieKey",
    "calculate",
    "describe",
    "working",
]
