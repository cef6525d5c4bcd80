"""The rule of a stage said in Chinese, from the same settings that calculate it (scoring rules, Said in words)."""

from competitions.scoring.rules import ModuleRule, StageRule, TieKey
from unionportal.panels.scoring import describe_panel, exact_text

PLACES = {1: "一位小数", 2: "两位小数", 3: "三位小数", 4: "四位小数", 5: "五位小数", 6: "六位小数"}
AWARD_ROUNDINGS = {
    "cumulative": "名额按累计比例四舍五入",
    "floor": "各奖项名额舍去小数",
    "ceiling": "各奖项名额有小数即进一",
}


def describe(rule: StageRule) -> str:
    """Return the rule in Chinese, printed with results and the 成绩册: how scores are made, ties, prizes, decisions."""
    panels = [_panel(rule, module) for module in rule.modules if module.panel]
    sentences = [
        [*_weights(rule), *panels, *_rounding(rule)],
        _ties(rule),
        [*_pass_lines(rule), *_advance(rule), *_awards(rule)],
        [text.strip().rstrip("。；") for text in rule.decisions_text],
    ]
    return "".join(f"{'；'.join(filter(None, clauses))}。" for clauses in sentences if any(clauses))


def _weights(rule: StageRule) -> list[str]:
    if len(rule.modules) == 1:
        return [f"{rule.modules[0].name}成绩即为总分"]
    shares = [
        f"{module.name}占 {exact_text(module.weight)}%" if module.weight else f"{module.name}不计入总分"
        for module in rule.modules
    ]
    return ["，".join(shares)]


def _panel(rule: StageRule, module: ModuleRule) -> str:
    subject = "" if len(rule.modules) == 1 else module.name
    words = f"{subject}{describe_panel(module.panel, module.judges)}"
    if module.panel.maximum != 100:
        words += f"，再由满分 {exact_text(module.panel.maximum)} 分折算为百分制"
    if module.key in rule.mixed_sheets:
        words += "，各选手有效评分表份数不同，经裁判长会同监督员决定按各自份数计算"
    return words


def _rounding(rule: StageRule) -> list[str]:
    to_places = f"四舍五入保留{PLACES[rule.decimals]}" if rule.decimals else "四舍五入取整数"
    if rule.round_at == "module" and len(rule.modules) > 1:
        return [f"各模块成绩先{to_places}，再按权重合计，总分{to_places}"]
    return [f"总分{to_places}"]


def _ties(rule: StageRule) -> list[str]:
    """With a chain: 总分相同，实操比赛成绩高者列前；再相同，用时短者列前；仍相同，名次并列…"""
    clauses = [
        f"{'再相同' if position else '总分相同'}，{_tie(rule, tie)}列前"
        for position, tie in enumerate(rule.ties)
    ]
    when = "仍相同" if rule.ties else "总分相同"
    if rule.ranks_shared:
        return [*clauses, f"{when}，名次并列，并列之后的名次相应后移"]
    return [*clauses, f"{when}，由裁判长裁定先后，名次不并列"]


def _tie(rule: StageRule, tie: TieKey) -> str:
    name = rule.tie_name(tie)
    if tie.kind == "time":
        return f"{name}短者"
    if tie.kind == "module":
        return f"{name.removesuffix('成绩')}成绩高者"
    return f"“{name}”全部裁判平均分高者"


def _pass_lines(rule: StageRule) -> list[str]:
    lines = [
        f"{module.name}不低于 {exact_text(module.pass_line)} 分"
        for module in rule.modules
        if module.pass_line is not None
    ]
    if rule.pass_line is not None:
        lines.append(f"总分不低于 {exact_text(rule.pass_line)} 分")
    if not lines:
        return []
    return [f"{'、'.join(lines)}为合格，不合格者保留名次，不获奖、不晋级，也不占名额"]


def _advance(rule: StageRule) -> list[str]:
    if rule.advance is None:
        return []
    if rule.tied == "all":
        same = "总分及以上各项" if rule.ties else "总分"
        return [f"前 {rule.advance} 名晋级，与第 {rule.advance} 名{same}均相同者一并晋级"]
    return [f"前 {rule.advance} 名晋级，按以上规则仍不能区分的由裁判长裁定"]


def _awards(rule: StageRule) -> list[str]:
    if not rule.awards:
        return []
    bands = [
        f"{band.name}占参赛人数的 {exact_text(band.share)}%"
        if band.share is not None
        else f"{band.name} {band.count} 名"
        for band in rule.awards
    ]
    clauses = [f"设{'、'.join(bands)}"]
    if any(band.share is not None for band in rule.awards):
        clauses.append(AWARD_ROUNDINGS[rule.award_rounding])
        if rule.awards[0].share is not None:
            clauses[-1] += f"，{rule.awards[0].name}至少 1 名"
    if len(rule.awards) > 1 and rule.ranks_shared:
        clauses.append("并列者跨两个奖项的，都评较高奖项，后一奖项相应减少名额")
    return clauses
