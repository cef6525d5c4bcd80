"""What experts read of a nominee: the deeds under headings, and the same without name and unit."""

import re

from craftsmen import dossier

PERSON, UNIT = "该同志", "某单位"
SHORTEST = 2  # a single character would take half of every text away


def brief_of(nomination):
    """Return the material of a nomination for a panel that marks by name; a line in 【】 is a heading."""
    facts = ("unit_name", "occupation", "post", "skill_level", "trade_since")
    lines = [
        f"{dossier.label_of(nomination, name)}：{text}"
        for name in facts
        if (text := dossier.shown(nomination, name))
    ]
    return _assembled("基本情况", lines, nomination)


def blind_brief_of(nomination, names):
    """Return the material with every one of `names` (see names_of) replaced; somebody has to read it all the same."""
    facts = ("occupation", "skill_level", "trade_since")
    lines = [
        f"{dossier.label_of(nomination, name)}：{text}"
        for name in facts
        if (text := dossier.shown(nomination, name))
    ]
    return blinded(_assembled("基本情况", lines, nomination), names)


def _assembled(heading, lines, nomination):
    parts = [f"【{heading}】", *lines] if lines else []
    for item in dossier.texts(nomination, dossier.DEEDS):
        parts += [f"【{item.label}】", item.text]
    return "\n".join(parts)


def names_of(nomination):
    """Return {word: what stands for it} of everything that gives a nominee away; needs unit and body at hand."""
    unit, body = nomination.unit, nomination.body
    units = [nomination.unit_name]
    if unit:
        units += [unit.name, unit.short_name, *(former.name for former in unit.former_names.all())]
    if body:
        units.append(body.name)
    words = {unit: UNIT for unit in units if len(unit) >= SHORTEST}
    return words | ({nomination.person.name: PERSON} if len(nomination.person.name) >= SHORTEST else {})


def _pattern(word):
    """Match the word also with spaces between its characters, as names of two characters are often set."""
    return r"\s*".join(map(re.escape, "".join(word.split())))


def blinded(text, names):
    """Return the text with these words replaced, the longest first."""
    for word in sorted(names, key=len, reverse=True):
        text = re.sub(_pattern(word), names[word], text, flags=re.IGNORECASE)
    return text


def given_away(text, names):
    """Return which of these words still stand in the text."""
    return [word for word in names if re.search(_pattern(word), text, re.IGNORECASE)]
