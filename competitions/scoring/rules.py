"""The settings a stage is calculated by: modules, weights, rounding, tie chain, awards. They check themselves."""

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from unionportal.panels.scoring import CriterionRule, PanelRule, exact_text

SOURCES = ("exam", "panel")
TIE_KINDS = ("module", "criterion", "time")
ROUND_AT = ("total", "module")
TIED = ("all", "chain")
AWARD_ROUNDINGS = ("cumulative", "floor", "ceiling")
MOST_DECIMALS = 6


@dataclass(frozen=True)
class ModuleRule:
    """One module of a stage; `weight` in percent, `judges` the number of seats, `pass_line` on the scale of 100."""

    key: Hashable
    name: str
    source: str
    weight: Decimal
    panel: PanelRule | None = None
    judges: int | None = None
    pass_line: Decimal | None = None

    def __post_init__(self):
        if self.source not in SOURCES:
            raise ValueError(f"模块“{self.name}”的成绩来源无效。")
        if (self.source == "panel") != (self.panel is not None):
            raise ValueError(f"模块“{self.name}”由裁判评分才有评分表，考试模块没有。")
        if not 0 <= self.weight <= 100:
            raise ValueError(f"模块“{self.name}”的权重必须在 0 到 100 之间。")
        if self.pass_line is not None and not 0 <= self.pass_line <= 100:
            raise ValueError(f"模块“{self.name}”的合格线必须在 0 到 100 之间。")


@dataclass(frozen=True)
class TieKey:
    """One link of the tie chain: a module higher, a criterion (of a panel module) higher, or the time shorter."""

    kind: str
    module: Hashable | None = None
    criterion: Hashable | None = None
    name: str = ""

    def __post_init__(self):
        if self.kind not in TIE_KINDS:
            raise ValueError("总分相同时的比较项无效。")


@dataclass(frozen=True)
class AwardBand:
    """One prize: a fixed `count` of places or a `share` in percent of those who competed, one of the two."""

    name: str
    count: int | None = None
    share: Decimal | None = None

    def __post_init__(self):
        if (self.count is None) == (self.share is None):
            raise ValueError(f"奖项“{self.name}”的名额或比例必须且只能填一个。")
        if self.count is not None and self.count < 0:
            raise ValueError(f"奖项“{self.name}”的名额不能小于 0。")
        if self.share is not None and not 0 < self.share <= 100:
            raise ValueError(f"奖项“{self.name}”的比例必须大于 0，不超过 100。")


@dataclass(frozen=True)
class StageRule:
    """Everything a stage's result depends on besides marks and times; raises ValueError in Chinese if inconsistent.

    `mixed_sheets` holds the panel modules where different numbers of sheets were decided to stand; `decisions_text`
    is printed with the rule.
    """

    modules: tuple[ModuleRule, ...]
    decimals: int = 2
    round_at: str = "total"
    ties: tuple[TieKey, ...] = ()
    ranks_shared: bool = True
    pass_line: Decimal | None = None
    advance: int | None = None
    tied: str = "all"
    awards: tuple[AwardBand, ...] = ()
    award_rounding: str = "cumulative"
    mixed_sheets: frozenset = frozenset()
    decisions_text: tuple[str, ...] = ()

    def __post_init__(self):
        self._check_settings()
        self._check_modules()
        for tie in self.ties:
            self._check_tie(tie)
        if len({(tie.kind, tie.module, tie.criterion) for tie in self.ties}) < len(self.ties):
            raise ValueError("总分相同时的比较项重复。")
        if sum(Fraction(band.share or 0) for band in self.awards) > 100:
            raise ValueError("各奖项比例之和不能超过 100%。")
        if len({band.name for band in self.awards}) < len(self.awards):
            raise ValueError("奖项名称重复。")

    def module(self, key: Hashable) -> ModuleRule:
        """Return the module of that key; KeyError if the stage has none."""
        for module in self.modules:
            if module.key == key:
                return module
        raise KeyError(key)

    def criterion(self, tie: TieKey) -> CriterionRule:
        """Return the criterion a tie key of that kind means; KeyError if its module has none such."""
        for criterion in self.module(tie.module).panel.criteria:
            if criterion.key == tie.criterion:
                return criterion
        raise KeyError(tie.criterion)

    def tie_name(self, tie: TieKey) -> str:
        """Return what people call a tie key: its own name, else that of the module or criterion, else 用时."""
        if tie.name:
            return tie.name
        if tie.kind == "module":
            return self.module(tie.module).name
        return self.criterion(tie).name if tie.kind == "criterion" else "用时"

    def _check_settings(self):
        if not isinstance(self.decimals, int) or not 0 <= self.decimals <= MOST_DECIMALS:
            raise ValueError(f"保留小数位数必须在 0 到 {MOST_DECIMALS} 之间。")
        if (
            self.round_at not in ROUND_AT
            or self.tied not in TIED
            or self.award_rounding not in AWARD_ROUNDINGS
        ):
            raise ValueError("舍入方式、晋级并列处理或奖项名额取整方式无效。")
        if self.pass_line is not None and not 0 <= self.pass_line <= 100:
            raise ValueError("总分合格线必须在 0 到 100 之间。")
        if self.advance is not None and self.advance < 1:
            raise ValueError("晋级名额不能小于 1。")

    def _check_modules(self):
        keys = {module.key for module in self.modules}
        if len(keys) < len(self.modules):
            raise ValueError("模块重复。")
        weights = sum(Fraction(module.weight) for module in self.modules)
        if weights != 100:
            raise ValueError(f"各模块权重之和必须正好是 100，现在是 {exact_text(weights)}。")
        if not self.mixed_sheets <= {module.key for module in self.modules if module.panel}:
            raise ValueError("只有裁判评分的模块才能决定按不同份数的评分表计算。")

    def _check_tie(self, tie: TieKey):
        if tie.kind == "time":
            return
        try:
            module = self.module(tie.module)
            if tie.kind == "criterion":
                if module.panel is None:
                    raise KeyError(tie.criterion)
                self.criterion(tie)
        except KeyError:
            raise ValueError(
                f"总分相同时的比较项“{tie.name or tie.criterion or tie.module}”不属于本轮次。"
            ) from None
