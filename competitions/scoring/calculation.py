"""From module scores to totals, ranks, advancement and awards of one stage."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from competitions.scoring.awards import award_seats, awards_by_rank
from competitions.scoring.placing import Placing, cut, cut_blocker, place, tie_blockers, tie_notes
from competitions.scoring.results import (
    STATUSES,
    Blocker,
    Competitor,
    ModuleResult,
    ResultLine,
    StageResult,
    names,
)
from competitions.scoring.rules import ModuleRule, StageRule
from unionportal.common.ranking import round_half_up
from unionportal.panels.scoring import TooFewSheets, panel_score


def calculate(rule: StageRule, competitors: Iterable[Competitor]) -> StageResult:
    """Return the lines of everybody, best first, and what still blocks sealing.

    Scores are on the scale of 100. Whoever cannot be computed yet has a line without a total and is named by a
    blocker. The order of `competitors` changes nothing. Raises ValueError for a key given twice, or for a sheet with
    a blank or an impossible mark, which cannot have been submitted.
    """
    people = sorted(competitors, key=lambda each: each.sort_key)
    if len({each.key for each in people}) < len(people):
        raise ValueError("同一选手出现了两次。")
    lines = {each.key: _scored_line(rule, each) for each in people}
    blockers = _score_blockers(rule, people, lines)
    ranked = [each for each in people if lines[each.key].total is not None]
    official = [each for each in ranked if not each.is_guest]
    placing = place(rule, official, [lines[each.key] for each in official])
    blockers += tie_blockers(rule, placing, official)
    for each, rank, note in zip(official, placing.ranks, tie_notes(rule, placing), strict=True):
        lines[each.key] = replace(lines[each.key], rank=rank, tie_note=note)
    blockers += _advance(rule, official, placing, lines)
    _award(rule, people, lines)
    guests = [each for each in ranked if each.is_guest]
    for each, rank in zip(
        guests, place(rule, guests, [lines[each.key] for each in guests]).ranks, strict=True
    ):
        lines[each.key] = replace(lines[each.key], rank=rank)
    return StageResult(tuple(sorted(lines.values(), key=_list_position)), tuple(blockers))


def _scored_line(rule: StageRule, competitor: Competitor) -> ResultLine:
    """Return the line with scores and total, not yet placed; nobody but those present has any."""
    modules = _module_results(rule, competitor) if competitor.status == "present" else {}
    exact = total = None
    if len(modules) == len(rule.modules):
        exact = sum(_weighted(rule, module, modules[module.key]) for module in rule.modules)
        total = round_half_up(exact, rule.decimals)
    return ResultLine(
        key=competitor.key,
        label=competitor.label,
        status=competitor.status,
        is_guest=competitor.is_guest,
        modules=modules,
        exact_total=exact,
        total=total,
        passed=total is not None and _passes(rule, modules, total),
        advances=None if rule.advance is None else False,
    )


def _module_results(rule: StageRule, competitor: Competitor) -> dict:
    """Return the module scores that can be computed, by module key."""
    results = {}
    for module in rule.modules:
        panel = None
        if module.source == "exam":
            score = competitor.exam.get(module.key)
            if score is None:
                continue
            exact = Fraction(score)
        else:
            try:
                panel = panel_score(module.panel, competitor.sheets.get(module.key, ()))
            except TooFewSheets:
                continue
            exact = panel.raw * 100 / Fraction(panel.maximum)
        results[module.key] = ModuleResult(exact, round_half_up(exact, rule.decimals), panel)
    return results


def _weighted(rule: StageRule, module: ModuleRule, result: ModuleResult) -> Fraction:
    score = result.exact if rule.round_at == "total" else Fraction(result.shown)
    return score * Fraction(module.weight) / 100


def _passes(rule: StageRule, modules: dict, total) -> bool:
    """Compare published values with the pass lines, so that a printed 60.00 never fails a line of 60."""
    if rule.pass_line is not None and total < rule.pass_line:
        return False
    return all(
        module.pass_line is None or modules[module.key].shown >= module.pass_line for module in rule.modules
    )


def _advance(rule: StageRule, official: Sequence[Competitor], placing: Placing, lines: dict) -> list[Blocker]:
    """Write into `lines` who advances; return the blocker of an open tie at the cut, if there is one."""
    if rule.advance is None:
        return []
    advances, open_group = cut(rule, placing, [lines[each.key].passed for each in official])
    for each, goes in zip(official, advances, strict=True):
        lines[each.key] = replace(lines[each.key], advances=goes)
    return [cut_blocker(rule, [official[each] for each in open_group])] if open_group else []


def _award(rule: StageRule, people: Sequence[Competitor], lines: dict) -> None:
    """Write the awards into `lines`. Shares count all who competed, but only those who passed take a place."""
    competed = sum(each.status == "present" and not each.is_guest for each in people)
    winners = [line for line in lines.values() if line.rank is not None and line.passed]
    seats = award_seats(rule.awards, rule.award_rounding, competed)
    awards = awards_by_rank(rule.awards, seats, [line.rank for line in winners])
    for line, award in zip(winners, awards, strict=True):
        lines[line.key] = replace(line, award=award)


def _score_blockers(rule: StageRule, people: Sequence[Competitor], lines: dict) -> list[Blocker]:
    """Return too_few_sheets, missing_exam and unequal_sheets, module by module; guests' appearances count too."""
    present = [each for each in people if each.status == "present"]
    blockers = []
    for module in rule.modules:
        lacking = [each for each in present if module.key not in lines[each.key].modules]
        if lacking and module.source == "exam":
            text = f"{module.name}：{names([each.label for each in lacking])}没有成绩。请补录成绩，未到场的请登记为缺考。"
            blockers.append(Blocker("missing_exam", module.key, tuple(each.key for each in lacking), text))
        if lacking and module.source == "panel":
            blockers.append(_too_few_sheets(module, lacking))
        if module.source == "panel" and module.key not in rule.mixed_sheets:
            blockers += _unequal_sheets(
                module, [each for each in present if module.key in lines[each.key].modules]
            )
    return blockers


def _too_few_sheets(module: ModuleRule, lacking: Sequence[Competitor]) -> Blocker:
    listed = names([f"{each.label}（{len(each.sheets.get(module.key, ()))} 份）" for each in lacking])
    text = (
        f"{module.name}：{listed}的有效评分表不足 {module.panel.min_judges} 份。"
        "请催交评分表，裁判离场或回避的请安排替补裁判补评。"
    )
    return Blocker("too_few_sheets", module.key, tuple(each.key for each in lacking), text)


def _unequal_sheets(module: ModuleRule, scored: Sequence[Competitor]) -> list[Blocker]:
    """Return a blocker if the numbers of sheets differ, naming those who have another number than most."""
    numbers = Counter(len(each.sheets[module.key]) for each in scored)
    if len(numbers) < 2:
        return []
    usual = max(numbers, key=lambda number: (numbers[number], number))
    others = [each for each in scored if len(each.sheets[module.key]) != usual]
    listed = names([f"{each.label}（{len(each.sheets[module.key])} 份）" for each in others])
    text = (
        f"{module.name}：有效评分表份数不一致，{listed}，其余 {usual} 份，直接比较不公平。"
        "请裁判长会同监督员决定并记录理由，三选一：由替补裁判补评；将缺评裁判的评分表对全部选手不计（保留备查）；"
        "维持不同份数计算。"
    )
    return [Blocker("unequal_sheets", module.key, tuple(each.key for each in others), text)]


def _list_position(line: ResultLine) -> tuple:
    """Those ranked, those still blocked, guests, then absent, withdrawn, disqualified; equals keep their listing."""
    if line.status != "present":
        section = 3 + STATUSES.index(line.status)
    elif line.is_guest:
        section = 2
    else:
        section = 0 if line.rank is not None else 1
    return section, line.rank is None, line.rank or 0
