"""One person's arithmetic laid open: every judge's total, what was dropped, mean, scale of 100, weight, sum."""

from collections.abc import Sequence
from fractions import Fraction

from competitions.scoring.results import ModuleResult, ResultLine
from competitions.scoring.rules import ModuleRule, StageRule
from unionportal.panels.scoring import CriterionShare, PanelScore, decimal_places, exact_text

CUT = "带“…”的数后面还有小数，这里只写到四位"
SHOWN_ONLY = "“≈”后是四舍五入后的显示值；总分用未舍入的成绩计算，只在最后舍入一次"
ROUNDED_FIRST = "各模块成绩先四舍五入，总分按舍入后的成绩计算，再舍入一次"


def working(rule: StageRule, line: ResultLine) -> dict:
    """Return what a page needs to show the arithmetic of one total, JSON-ready: every number is a string.

    `modules` holds, for each module that has a score: key, name, source, weight (percent), judges (seat, label,
    total, counted, note), criteria (under `trim = criterion`: name, values, mean as an expression), mean and
    conversion as expressions ("" where there is none), score as published, contribution as an expression. `total` is
    the last expression ("" while there is no total), `notes` says in Chinese what was rounded or cut.
    """
    modules = [
        _module(rule, module, line.modules[module.key])
        for module in rule.modules
        if module.key in line.modules
    ]
    total = "" if line.exact_total is None else _total(rule, line)
    notes = [ROUNDED_FIRST if rule.round_at == "module" else SHOWN_ONLY] if len(rule.modules) > 1 else []
    if "…" in total or any(
        "…" in text for module in modules for text in module.values() if isinstance(text, str)
    ):
        notes.append(CUT)
    return {"label": line.label, "status": line.status, "modules": modules, "total": total, "notes": notes}


def _module(rule: StageRule, module: ModuleRule, result: ModuleResult) -> dict:
    panel = result.panel
    is_converted = panel is not None and panel.maximum != 100
    mean = _mean(panel) if panel else ""
    conversion = ""
    if is_converted:
        conversion = (
            f"{exact_text(panel.raw)} ÷ {exact_text(panel.maximum)} × 100 = {exact_text(result.exact)}"
        )
    rounded = "" if result.exact == Fraction(result.shown) else f" ≈ {result.shown}"
    score = Fraction(result.shown) if rule.round_at == "module" else result.exact
    product = score * Fraction(module.weight) / 100
    return {
        "key": str(module.key),
        "name": module.name,
        "source": module.source,
        "weight": exact_text(module.weight),
        "judges": _judges(panel) if panel else [],
        "criteria": [_criterion(share) for share in panel.criteria] if panel else [],
        "mean": mean if is_converted or not panel else mean + rounded,
        "conversion": conversion + rounded if is_converted else "",
        "score": str(result.shown),
        "contribution": f"{exact_text(score)} × {exact_text(module.weight)}% = {exact_text(product)}",
    }


def _total(rule: StageRule, line: ResultLine) -> str:
    parts = []
    for module in rule.modules:
        result = line.modules[module.key]
        score = Fraction(result.shown) if rule.round_at == "module" else result.exact
        parts.append(exact_text(score * Fraction(module.weight) / 100))
    if line.exact_total == Fraction(line.total):
        return " + ".join(parts) + (
            f" = {line.total}" if len(parts) > 1 or parts[0] != str(line.total) else ""
        )
    whole = [exact_text(line.exact_total)] if len(parts) > 1 else []
    return " = ".join([" + ".join(parts), *whole]) + f" ≈ {line.total}"


def _judges(panel: PanelScore) -> list[dict]:
    totals = _aligned([share.total for share in panel.shares])
    return [
        {
            "seat": str(share.seat),
            "label": share.label,
            "total": total,
            "counted": share.counted,
            "note": share.note,
        }
        for share, total in zip(panel.shares, totals, strict=True)
    ]


def _criterion(share: CriterionShare) -> dict:
    values = _aligned(share.values)
    kept = [value for value, note in zip(values, share.notes, strict=True) if not note]
    return {
        "name": share.name,
        "values": [
            {"value": value, "counted": not note, "note": note}
            for value, note in zip(values, share.notes, strict=True)
        ],
        "mean": _mean_of(kept, share.mean),
    }


def _mean(panel: PanelScore) -> str:
    """Return the step from the judges' totals to the panel's score, (92.0 + 91.0 + 93.5) ÷ 3 = 92.1666…"""
    if panel.criteria:
        means = [share.mean for share in panel.criteria]
        text = " + ".join(_term(mean) for mean in means) + f" = {exact_text(sum(means))}"
        return text if sum(means) >= 0 else f"{text}，不足 0 分按 0 分计"
    totals = _aligned([share.total for share in panel.shares])
    kept = [total for share, total in zip(panel.shares, totals, strict=True) if share.counted]
    return _mean_of(kept, panel.raw)


def _mean_of(kept: Sequence[str], mean: Fraction) -> str:
    if len(kept) == 1:
        return kept[0]
    terms = " + ".join(f"({text})" if text.startswith("-") else text for text in kept)
    return f"({terms}) ÷ {len(kept)} = {exact_text(mean)}"


def _term(value: Fraction) -> str:
    return f"({exact_text(value)})" if value < 0 else exact_text(value)


def _aligned(values: Sequence[Fraction]) -> list[str]:
    """Return the texts with as many decimals as the longest of those that end."""
    most = max(decimal_places(value) or 0 for value in values)
    return [exact_text(value, most) for value in values]
