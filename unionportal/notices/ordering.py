"""Putting the list of a notice in the order that it prints: by score, strokes, pinyin, or as given."""

from unionportal.common.pinyin import pinyin_key
from unionportal.common.strokes import stroke_key, unknown_characters
from unionportal.notices.models import PublicNotice

Rule = PublicNotice.OrderRule


def in_order(rule, lines):
    """Return the lines in the order of the rule; equals stay as they were entered."""
    entered = sorted(lines, key=lambda line: line.pk)
    keys = {
        Rule.SCORE: lambda line: line.position or 0,
        Rule.STROKES: lambda line: (stroke_key(line.name, line.stroke_override), line.unit_name),
        Rule.PINYIN: lambda line: (pinyin_key(line.name), line.unit_name),
    }
    given = sorted(entered, key=lambda line: (line.position is None, line.position or 0))
    return sorted(entered, key=keys[rule]) if rule in keys else given


def obstacles_to_order(rule, lines):
    """Return why the lines cannot be put in this order, as Chinese sentences that say what to do."""
    if rule == Rule.SCORE and any(line.position is None for line in lines):
        return ["按成绩排序须逐行填写序号。"]
    if rule != Rule.STROKES:
        return []
    return [
        f"查不到“{line.name}”中“{'、'.join(unknown)}”的笔画数，请在该行填写手工笔画数。"
        for line in lines
        if (unknown := unknown_characters(line.name, line.stroke_override))
    ]
