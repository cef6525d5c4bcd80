"""From marks to a panel's score: mark, sheet total, trimmed mean.

Pure and exact: whole numbers or Fraction inside, Decimal at the edges, never float. Marks are added as whole
numbers over one denominator for the whole rubric (judgement marks have thirds), which is also what makes it fast.
Every score here is in points of the panel; the scale of 100 belongs to whoever uses the panel.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from operator import attrgetter

KINDS = ("points", "measurement", "judgement")
TRIMS = ("none", "sheet", "criterion")
TOP_LEVEL = 3
HIGHEST, LOWEST, NOT_MIDDLE = "去最高", "去最低", "非中间分"


class TooFewSheets(ValueError):
    """Fewer sheets were handed in than the panel needs; carries `submitted` and `needed`."""

    def __init__(self, submitted: int, needed: int):
        super().__init__(f"有效评分表只有 {submitted} 份，至少需要 {needed} 份。")
        self.submitted = submitted
        self.needed = needed


@dataclass(frozen=True)
class CriterionRule:
    """One line of the rubric; `step` is for points only, `partial` (部分达标) for measurements only."""

    key: Hashable
    name: str
    maximum: Decimal
    kind: str = "points"
    step: Decimal = Decimal("0.5")
    partial: Decimal | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"评分项“{self.name}”的评分方式无效。")
        if self.maximum <= 0:
            raise ValueError(f"评分项“{self.name}”的满分必须大于 0。")
        if self.kind == "points":
            if self.step <= 0:
                raise ValueError(f"评分项“{self.name}”的评分步长必须大于 0。")
            if Fraction(self.maximum) % Fraction(self.step):
                raise ValueError(f"评分项“{self.name}”的满分不是评分步长的整数倍，无法打出满分。")
        if self.partial is not None and not 0 <= self.partial <= self.maximum:
            raise ValueError(f"评分项“{self.name}”的部分达标分必须在 0 和满分之间。")

    @property
    def denominator(self) -> int:
        """The denominator over which every possible worth of this criterion is a whole number."""
        if self.kind == "judgement":
            return (Fraction(self.maximum) / TOP_LEVEL).denominator
        if self.kind == "points":
            return Fraction(self.step).denominator
        return lcm(Fraction(self.maximum).denominator, Fraction(self.partial or 0).denominator)


@dataclass(frozen=True)
class PanelRule:
    """How a panel marks: its rubric and how the sheets become one score.

    `min_judges` is normally the number of seats. `trim_from` sheets are needed before any are dropped.
    """

    criteria: tuple[CriterionRule, ...]
    min_judges: int
    trim: str = "sheet"
    trim_from: int = 5
    middle_of_three: bool = False

    def __post_init__(self):
        if not self.criteria:
            raise ValueError("评分表至少要有一个评分项。")
        if len({criterion.key for criterion in self.criteria}) < len(self.criteria):
            raise ValueError("评分项重复。")
        if self.min_judges < 1:
            raise ValueError("最少裁判人数不能小于 1。")
        if self.trim not in TRIMS:
            raise ValueError("去分方式无效。")
        if self.trim != "none" and self.trim_from < 3:
            raise ValueError("去掉最高分和最低分至少需要 3 份评分表。")

    @property
    def maximum(self) -> Decimal:
        """The most a sheet can be worth, in points."""
        return sum((criterion.maximum for criterion in self.criteria), Decimal(0))

    @cached_property
    def denominator(self) -> int:
        """The denominator over which every possible sum of marks is a whole number."""
        return lcm(*(criterion.denominator for criterion in self.criteria))

    @cached_property
    def known_units(self) -> tuple[tuple[CriterionRule, dict], ...]:
        """Each criterion with the marks met so far and their worth in 1/denominator; filled as marks come."""
        return tuple((criterion, {}) for criterion in self.criteria)


@dataclass(frozen=True)
class MarkedSheet:
    """One judge's marks for one candidate: points, or for a judgement its level 0–3; None is not marked.

    `deductions` are points, each greater than 0.
    """

    seat: int
    label: str
    marks: Mapping[Hashable, Decimal | int | None]
    deductions: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class SheetShare:
    """What became of one sheet: its total, whether it is in the mean, and why not (去最高, 去最低, 非中间分)."""

    seat: int
    label: str
    total: Fraction
    counted: bool = True
    note: str = ""


@dataclass(frozen=True)
class CriterionShare:
    """One criterion under `trim = criterion`; the deductions come last as one more, with `key` None.

    `units` are the judges' values in seat order, in 1/denominator points. `notes` says beside each whether it was
    dropped.
    """

    key: Hashable | None
    name: str
    units: tuple[int, ...]
    denominator: int
    notes: tuple[str, ...]

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The judges' values in points, in seat order."""
        return tuple(Fraction(unit, self.denominator) for unit in self.units)

    @property
    def mean(self) -> Fraction:
        """The mean of the values not dropped, in points."""
        kept = [unit for unit, note in zip(self.units, self.notes, strict=True) if not note]
        return Fraction(sum(kept), self.denominator * len(kept))


@dataclass(frozen=True)
class PanelScore:
    """A panel's score: `raw` of `maximum` points, with each sheet's part in it, in seat order.

    `counted` is over how many sheets (under `trim = criterion`: values of each criterion) the mean was taken. Under
    `trim = criterion` nothing is dropped sheet by sheet: every share says counted and `criteria` holds the working.
    """

    raw: Fraction
    maximum: Decimal
    shares: tuple[SheetShare, ...]
    counted: int
    criteria: tuple[CriterionShare, ...] = ()


def exact_text(value: Fraction | Decimal | int, least_places: int = 0) -> str:
    """Return a number as people write it: exactly if it ends, else cut (not rounded) after 4 places with “…”.

    `least_places` pads a number that ends, so that a column of totals lines up (92.0, 93.5).
    """
    exact = Fraction(value)
    places = decimal_places(exact)
    cut, tail = (4, "…") if places is None else (max(places, least_places), "")
    whole, rest = divmod(abs(exact.numerator) * 10**cut // exact.denominator, 10**cut)
    sign = "-" if exact < 0 else ""
    return f"{sign}{whole}.{rest:0{cut}d}{tail}" if cut else f"{sign}{whole}"


def decimal_places(value: Fraction) -> int | None:
    """Return how many decimal places write `value` exactly, or None if its decimals never end."""
    rest, powers = value.denominator, {2: 0, 5: 0}
    for prime in powers:
        while rest % prime == 0:
            rest //= prime
            powers[prime] += 1
    return max(powers.values()) if rest == 1 else None


def check_mark(criterion: CriterionRule, value: Decimal | int | None) -> None:
    """Raise ValueError with a Chinese sentence unless `value` is a mark this criterion allows (rule 1, Mark).

    Blank is not marked, never zero, so None is refused here too.
    """
    name = criterion.name
    if value is None:
        raise ValueError(f"“{name}”尚未打分；空白不等于 0 分，得 0 分请填 0。")
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise ValueError(f"“{name}”的分数不是有效的数字。")
    if criterion.kind == "judgement":
        if value not in range(TOP_LEVEL + 1):
            raise ValueError(f"“{name}”按等级评定，只能选 0、1、2、3 级。")
    elif criterion.kind == "measurement":
        allowed = sorted({0, criterion.maximum} | ({criterion.partial} - {None}))
        if value not in allowed:
            raise ValueError(f"“{name}”只能记 {'、'.join(exact_text(mark) for mark in allowed)} 分中的一个。")
    elif not 0 <= value <= criterion.maximum:
        raise ValueError(f"“{name}”应在 0 到 {exact_text(criterion.maximum)} 分之间。")
    elif Fraction(value) % Fraction(criterion.step):
        raise ValueError(f"“{name}”以 {exact_text(criterion.step)} 分为一档，不能记 {exact_text(value)} 分。")


def mark_worth(criterion: CriterionRule, value: Decimal | int) -> Fraction:
    """Return the points a mark is worth (a judgement level: maximum × level ÷ 3); ValueError as `check_mark`."""
    check_mark(criterion, value)
    if criterion.kind == "judgement":
        return Fraction(criterion.maximum) * int(value) / TOP_LEVEL
    return Fraction(value)


def sheet_total(rule: PanelRule, sheet: MarkedSheet) -> Fraction:
    """Return the sum of the marks less the deductions, in points, not below 0 (rule 2, Sheet total).

    Raises ValueError naming the criteria still blank, or the mark that its criterion does not allow.
    """
    return _total(rule, sheet, _units(rule, sheet))


def panel_score(rule: PanelRule, sheets: Sequence[MarkedSheet]) -> PanelScore:
    """Return the panel's score from its submitted, not recused, not set aside sheets (rule 3, Panel).

    The order of the sheets does not matter. Raises TooFewSheets below `min_judges`, ValueError as `sheet_total`.
    """
    if len(sheets) < rule.min_judges:
        raise TooFewSheets(len(sheets), rule.min_judges)
    in_seat_order = sorted(sheets, key=attrgetter("seat", "label"))
    units = [_units(rule, sheet) for sheet in in_seat_order]
    totals = [_total(rule, sheet, marks) for sheet, marks in zip(in_seat_order, units, strict=True)]
    criteria = ()
    if rule.middle_of_three and len(totals) == 3:
        notes = _notes_of_middle(totals)
    elif rule.trim == "criterion":
        notes = [""] * len(totals)
        criteria = _criterion_shares(rule, in_seat_order, units)
    else:
        notes = _notes_of_trim(totals, is_trimmed=rule.trim == "sheet" and len(totals) >= rule.trim_from)
    shares = tuple(
        SheetShare(sheet.seat, sheet.label, total, not note, note)
        for sheet, total, note in zip(in_seat_order, totals, notes, strict=True)
    )
    if criteria:
        raw, counted = max(sum(share.mean for share in criteria), Fraction(0)), criteria[0].notes.count("")
    else:
        kept = [share.total for share in shares if share.counted]
        raw, counted = sum(kept) / len(kept), len(kept)
    return PanelScore(raw, rule.maximum, shares, counted, criteria)


def criterion_mean(rule: PanelRule, sheets: Sequence[MarkedSheet], key: Hashable) -> Fraction:
    """Return the mean worth of one criterion over all the sheets given, nothing trimmed, in points.

    This is the value a criterion has in a tie chain. Raises ValueError without sheets or with a blank mark.
    """
    if not sheets:
        raise ValueError("没有有效的评分表。")
    criterion = next(criterion for criterion in rule.criteria if criterion.key == key)
    return sum(mark_worth(criterion, sheet.marks.get(key)) for sheet in sheets) / len(sheets)


def describe_panel(rule: PanelRule, judges: int | None) -> str:
    """Return how the sheets become a score, as a Chinese fragment; `judges` is the number of seats, None if unknown.

    For example 由 5 名裁判评分，去掉一个最高分和一个最低分后取平均.
    """
    who = f"由 {judges} 名裁判评分" if judges else "由裁判评分"
    may_trim = rule.trim != "none"
    notes = _notes_on_fewer(rule, judges)
    if judges == 1 and rule.min_judges == 1:
        how, notes = "以该裁判评分为准", []
    elif judges == 3 and rule.middle_of_three:
        how = "取三个总分的中间分"
    else:
        is_trimmed = may_trim and (judges is None or judges >= rule.trim_from)
        how = _words_of_mean(
            rule, f"满 {rule.trim_from} 份时" if judges is None else "", is_trimmed=is_trimmed
        )
        if may_trim and not is_trimmed:
            notes.insert(0, f"不足 {rule.trim_from} 名裁判，不去最高分和最低分")
    return f"{who}，{how}" + (f"（{'；'.join(notes)}）" if notes else "")


def _units(rule: PanelRule, sheet: MarkedSheet) -> list[int]:
    """Return the worth of each mark in 1/denominator points, in the order of the criteria."""
    units = []
    for criterion, known in rule.known_units:
        value = sheet.marks.get(criterion.key)
        if value is None:
            blanks = [each.name for each in rule.criteria if sheet.marks.get(each.key) is None]
            raise ValueError(f"{sheet.label}的评分表还有未评的评分项：{'、'.join(blanks)}。")
        worth = known.get(value)
        if worth is None:
            worth = known[value] = int(mark_worth(criterion, value) * rule.denominator)
        units.append(worth)
    return units


def _total(rule: PanelRule, sheet: MarkedSheet, units: Sequence[int]) -> Fraction:
    earned = Fraction(sum(units), rule.denominator)
    return max(earned - _deducted(sheet), Fraction(0)) if sheet.deductions else earned


def _deducted(sheet: MarkedSheet) -> Fraction | int:
    if not sheet.deductions:
        return 0
    if any(points <= 0 for points in sheet.deductions):
        raise ValueError(f"{sheet.label}的评分表中，扣分必须大于 0。")
    return sum(map(Fraction, sheet.deductions))


def _notes_of_trim(values: Sequence, *, is_trimmed: bool) -> list[str]:
    """Return a note per value: one lowest and one highest are dropped, among equals by place in the list."""
    notes = [""] * len(values)
    if is_trimmed:
        order = sorted(range(len(values)), key=values.__getitem__)
        notes[order[0]], notes[order[-1]] = LOWEST, HIGHEST
    return notes


def _notes_of_middle(totals: Sequence[Fraction]) -> list[str]:
    middle = sorted(range(3), key=totals.__getitem__)[1]
    return ["" if place == middle else NOT_MIDDLE for place in range(3)]


def _criterion_shares(
    rule: PanelRule, sheets: Sequence[MarkedSheet], units: Sequence[Sequence[int]]
) -> tuple[CriterionShare, ...]:
    """Trim criterion by criterion; the deductions are one more, negative, criterion (rule 2)."""

    def notes(column):
        return tuple(_notes_of_trim(column, is_trimmed=len(sheets) >= rule.trim_from))

    shares = [
        CriterionShare(criterion.key, criterion.name, column, rule.denominator, notes(column))
        for criterion, column in zip(rule.criteria, zip(*units, strict=True), strict=True)
    ]
    deducted = [_deducted(sheet) for sheet in sheets]
    if any(deducted):
        denominator = lcm(*(points.denominator for points in deducted))
        column = tuple(-int(points * denominator) for points in deducted)
        shares.append(CriterionShare(None, "扣分", column, denominator, notes(column)))
    return tuple(shares)


def _words_of_mean(rule: PanelRule, condition: str, *, is_trimmed: bool) -> str:
    trimmed = f"{condition}去掉一个最高分和一个最低分后" if is_trimmed else ""
    if rule.trim == "criterion":
        mean = "取平均" if is_trimmed else "取全部裁判评分的平均"
        return f"逐个评分项{trimmed}{mean}再相加，扣分视同一个评分项，合计不低于 0 分"
    return f"{trimmed}取平均" if is_trimmed else "取全部裁判评分的平均"


def _notes_on_fewer(rule: PanelRule, judges: int | None) -> list[str]:
    """Say what happens with fewer sheets than seats, where the rule allows fewer."""
    if judges is not None and rule.min_judges >= judges:
        return []
    notes = []
    if rule.trim != "none" and rule.min_judges < rule.trim_from <= (judges or rule.trim_from):
        notes.append(f"有效评分表不足 {rule.trim_from} 份时取全部平均")
    if rule.middle_of_three and judges != 3 and rule.min_judges <= 3:
        notes.append("恰有 3 份时取中间总分")
    elif rule.middle_of_three and judges == 3:
        notes.append("不足 3 份时取平均")
    return [*notes, f"有效评分表不少于 {rule.min_judges} 份"]
