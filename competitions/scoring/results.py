"""What goes into the calculation of a stage besides its rule, and what comes out of it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from unionportal.panels.scoring import MarkedSheet, PanelScore

STATUSES = ("present", "absent", "withdrawn", "disqualified")


@dataclass(frozen=True)
class Competitor:
    """One appearance: exam scores on the scale of 100, the sheets that count, the time in seconds.

    `sheets` holds only submitted sheets, not recused and not set aside. `decided_place` is the chief judge's recorded
    decision (1 = first) among those equal on the whole key; it is looked at nowhere else. `listing` is the order on
    the page of those who share a place, such as by entry number.
    """

    key: Hashable
    label: str
    status: str = "present"
    is_guest: bool = False
    exam: Mapping[Hashable, Decimal] = field(default_factory=dict)
    sheets: Mapping[Hashable, tuple[MarkedSheet, ...]] = field(default_factory=dict)
    seconds: int | None = None
    decided_place: int | None = None
    listing: tuple = ()

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(f"{self.label}的出场状态无效。")
        for score in self.exam.values():
            if score is not None and (isinstance(score, float) or not 0 <= score <= 100):
                raise ValueError(f"{self.label}的考试成绩必须是 0 到 100 之间的十进制数。")

    @property
    def sort_key(self) -> tuple[tuple, str, str]:
        """The order in which people are listed where nothing else orders them; it never decides a place."""
        return self.listing, self.label, str(self.key)


@dataclass(frozen=True)
class ModuleResult:
    """A module score on the scale of 100: `exact`, and `shown` rounded as it is published."""

    exact: Fraction
    shown: Decimal
    panel: PanelScore | None = None


@dataclass(frozen=True)
class ResultLine:
    """One person's line. Without a total (absent, or still blocked) there is no rank.

    `exact_total` is the total before its rounding. A guest's `rank` is among guests only. `advances` is None where
    the stage advances nobody, or where a tie at the cut is still open.
    """

    key: Hashable
    label: str
    status: str
    is_guest: bool
    modules: dict[Hashable, ModuleResult]
    exact_total: Fraction | None = None
    total: Decimal | None = None
    rank: int | None = None
    passed: bool = False
    advances: bool | None = None
    award: str | None = None
    tie_note: str = ""


@dataclass(frozen=True)
class Blocker:
    """Why the stage cannot be sealed yet, whom it concerns, and in `text` what to do about it.

    Kinds: too_few_sheets, missing_exam, unequal_sheets, unshared_tie, tie_at_cut, missing_time.
    """

    kind: str
    module: Hashable | None
    competitors: tuple[Hashable, ...]
    text: str


@dataclass(frozen=True)
class StageResult:
    """The lines in rank order, then those still blocked, guests, and last the absent, withdrawn and disqualified."""

    lines: tuple[ResultLine, ...]
    blockers: tuple[Blocker, ...]


def names(labels: list[str], most: int = 10) -> str:
    """Return the labels as one Chinese list, cut after `most` with how many there are."""
    listed = "、".join(labels[:most])
    return listed if len(labels) <= most else f"{listed} 等 {len(labels)} 人"
