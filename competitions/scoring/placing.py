"""The order of a stage: published total, tie chain, shared ranks, decisions, the cut (scoring rules, Order)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from competitions.scoring.results import Blocker, Competitor, ResultLine, names
from competitions.scoring.rules import StageRule, TieKey
from unionportal.common.ranking import rank_by_keys, round_half_up
from unionportal.panels.scoring import criterion_mean, exact_text


@dataclass
class Placing:
    """The order of some competitors, all lists in the order they were given.

    `keys` start with the published total, then one value per tie key (0 where nothing was tied any more; a time is
    negative so that bigger is better), last the chief judge's decision, which counts only where ranks are not shared.
    `untimed` are groups that hang on a time nobody recorded, `undecided` other groups equal on the whole key.
    """

    ranks: list[int]
    keys: list[tuple]
    untimed: list[list[int]]
    undecided: list[list[int]]

    @property
    def hung(self) -> set[int]:
        """Everybody whose order hangs on a missing time."""
        return {each for group in self.untimed for each in group}


def place(rule: StageRule, competitors: Sequence[Competitor], lines: Sequence[ResultLine]) -> Placing:
    """Return the placing of people who all have a total; `competitors` and `lines` go in pairs."""
    keys = [(line.total,) for line in lines]
    untimed, hung = [], set()
    for tie in rule.ties:
        column = [0] * len(keys)
        for group in _tied_groups(keys):
            if group[0] in hung:
                continue
            values = [_tie_value(rule, tie, competitors[each], lines[each]) for each in group]
            if None in values:
                untimed.append(group)
                hung.update(group)
                continue
            for each, value in zip(group, values, strict=True):
                column[each] = value
        keys = [(*key, value) for key, value in zip(keys, column, strict=True)]
    decided, undecided = _decisions(
        competitors, [group for group in _tied_groups(keys) if group[0] not in hung]
    )
    keys = [(*key, value) for key, value in zip(keys, decided, strict=True)]
    ranks = rank_by_keys([key[:-1] for key in keys] if rule.ranks_shared else keys)
    return Placing(ranks, keys, untimed, undecided)


def cut(
    rule: StageRule, placing: Placing, may_advance: Sequence[bool]
) -> tuple[list[bool | None], list[int]]:
    """Return who advances (None: a tie at the cut is open) and the group that leaves it open, often empty.

    People who may not advance (below a pass line) take no place. With `tied = all` everyone sharing the key of the last
    place goes through; with `tied = chain` a recorded decision may still part them.
    """
    advances: list[bool | None] = [False] * len(may_advance)
    runners = [each for each, may in enumerate(may_advance) if may]
    by_decision = rule.tied == "chain"
    places = rank_by_keys(
        [placing.keys[each] if by_decision else placing.keys[each][:-1] for each in runners]
    )
    for each, position in zip(runners, places, strict=True):
        advances[each] = position <= rule.advance
    going = [each for each in runners if advances[each]]
    if len(going) <= rule.advance:
        return advances, []
    last = max(position for position in places if position <= rule.advance)
    straddling = [each for each, position in zip(runners, places, strict=True) if position == last]
    is_untimed = straddling[0] in placing.hung
    if not by_decision and not is_untimed:
        return advances, []
    for each in straddling:
        advances[each] = None
    return advances, [] if is_untimed else straddling


def tie_blockers(rule: StageRule, placing: Placing, competitors: Sequence[Competitor]) -> list[Blocker]:
    """Return the blockers that come from ties: missing_time, and unshared_tie where ranks are not shared."""
    blockers = []
    for group in placing.untimed:
        people = [competitors[each] for each in group]
        lacking = [each for each in people if each.seconds is None]
        text = (
            f"{names([each.label for each in people])}须比较用时才能排出先后，"
            f"但{names([each.label for each in lacking])}没有用时记录。请按赛场记录补录用时。"
        )
        blockers.append(Blocker("missing_time", None, tuple(each.key for each in lacking), text))
    for group in placing.undecided if not rule.ranks_shared else ():
        text = (
            f"{names([competitors[each].label for each in group])}总分和各比较项全部相同，本轮次名次不并列。"
            "请裁判长裁定先后并记录理由。"
        )
        blockers.append(Blocker("unshared_tie", None, tuple(competitors[each].key for each in group), text))
    return blockers


def cut_blocker(rule: StageRule, group: Sequence[Competitor]) -> Blocker:
    """Return the tie_at_cut blocker for people whom the whole chain leaves equal at the last place."""
    text = (
        f"{names([each.label for each in group])}总分和各比较项全部相同，正好处在前 {rule.advance} 名的晋级线上。"
        "请裁判长裁定先后并记录理由。"
    )
    return Blocker("tie_at_cut", None, tuple(each.key for each in group), text)


def tie_notes(rule: StageRule, placing: Placing) -> list[str]:
    """Return for each a Chinese note on what parted or joined people of the same total, empty where nothing did."""
    columns = ["总分", *(rule.tie_name(tie) for tie in rule.ties)]
    shown_keys = [key[:-1] for key in placing.keys] if rule.ranks_shared else placing.keys
    first_of = {}
    for each in sorted(range(len(shown_keys)), key=placing.ranks.__getitem__):
        first_of.setdefault(placing.ranks[each], each)
    leaders = [None, *first_of.values(), None]
    position = {rank: number for number, rank in enumerate(first_of, start=1)}
    notes = [[] for _ in shown_keys]
    hung = placing.hung
    for group in _tied_groups(shown_keys):
        note = _shared_note(rule, placing.ranks[group[0]], columns, is_untimed=group[0] in hung)
        for each in group:
            notes[each].append(note)
    for each, rank in enumerate(placing.ranks):
        for other, word in ((leaders[position[rank] - 1], "列后"), (leaders[position[rank] + 1], "列前")):
            if other is not None and shown_keys[other][0] == shown_keys[each][0]:
                text = _difference(rule, shown_keys[each], shown_keys[other], columns)
                notes[each].append(f"与第 {placing.ranks[other]} 名{text}，{word}")
    return ["；".join(parts) for parts in notes]


def _tied_groups(keys: Sequence[tuple]) -> list[list[int]]:
    """Return the indexes of equal keys, only where two or more are equal."""
    groups = {}
    for each, key in enumerate(keys):
        groups.setdefault(key, []).append(each)
    return [group for group in groups.values() if len(group) > 1]


def _tie_value(
    rule: StageRule, tie: TieKey, competitor: Competitor, line: ResultLine
) -> Decimal | int | None:
    """Return the value at the precision it is published at, bigger is better; None for a time nobody recorded."""
    if tie.kind == "time":
        return None if competitor.seconds is None else -competitor.seconds
    if tie.kind == "module":
        return line.modules[tie.module].shown
    mean = criterion_mean(rule.module(tie.module).panel, competitor.sheets[tie.module], tie.criterion)
    return round_half_up(mean, rule.decimals)


def _decisions(
    competitors: Sequence[Competitor], groups: list[list[int]]
) -> tuple[list[int], list[list[int]]]:
    """Return the chief judge's decision as the last column of the key, and the groups it does not settle.

    A decision settles a group only if it gives exactly the places 1, 2, … to its members.
    """
    column = [0] * len(competitors)
    undecided = []
    for group in groups:
        places = [competitors[each].decided_place for each in group]
        if set(places) != set(range(1, len(group) + 1)):
            undecided.append(group)
            continue
        for each, decided in zip(group, places, strict=True):
            column[each] = -decided
    return column, undecided


def _shared_note(rule: StageRule, rank: int, columns: list[str], *, is_untimed: bool) -> str:
    if is_untimed:
        return f"暂并列第 {rank} 名：尚缺用时记录"
    same = "、".join(columns) + ("均相同" if len(columns) > 1 else "相同")
    return f"并列第 {rank} 名：{same}" + ("" if rule.ranks_shared else "，待裁判长裁定")


def _difference(rule: StageRule, mine: tuple, theirs: tuple, columns: list[str]) -> str:
    """Return 总分、实操比赛均相同，用时短 30 秒: what is equal, and the first thing that is not."""
    first = next(place for place, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1])
    same = "、".join(columns[:first]) + ("均相同" if first > 1 else "相同")
    if first == len(columns):
        return f"{same}，裁判长裁定"
    gap = mine[first] - theirs[first]
    if rule.ties[first - 1].kind == "time":
        return f"{same}，{columns[first]}{'短' if gap > 0 else '长'} {abs(gap)} 秒"
    return f"{same}，{columns[first]}{'高' if gap > 0 else '低'} {exact_text(abs(gap))}"
