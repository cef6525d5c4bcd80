"""Ordering names 按姓氏笔画: fewer strokes first, then 横竖撇点折, character by character.

stroke_order.txt holds the characters of GB 13000.1 in the order of GF 3003-1999, line n those of n strokes (from
cn_sort 0.14 by bmxbmx3, MIT licence, with 达 put right). What is not in it, such as 㛃 or 𠮷, has its number of strokes
from Unihan (package strokes) and comes after the standard's characters of that number.
"""

import re
import unicodedata
from pathlib import Path

from strokes import strokes as unihan_count

_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LINES = (Path(__file__).parent / "stroke_order.txt").read_text("utf-8").splitlines()
_PLACES = {
    character: (count, place) for count, line in enumerate(_LINES, 1) for place, character in enumerate(line)
}
# Unihan counts 䶮 as if it were written 龑.
_COUNTS = {"䶮": 9, "〇": 1}
_BEYOND_THE_STANDARD = 100_000
_NOT_HAN = 1_000


def _characters(name):
    """Return the characters of a name that count: no spaces, no “·”."""
    return [
        character
        for character in unicodedata.normalize("NFKC", name)
        if character not in "·•・" and not character.isspace()
    ]


def stroke_count(character):
    """Return the number of strokes of a character; None where nothing is known or it is no Han character."""
    if not _HAN.match(character):
        return None
    if character in _PLACES:
        return _PLACES[character][0]
    return _COUNTS.get(character) or unihan_count(character) or None


def stroke_counts(name, override=""):
    """Return [(character, number of strokes or None)] of a name; `override` such as "7 5" puts the first ones right."""
    by_hand = [int(number) for number in override.split()]
    characters = _characters(name)
    return [
        (character, by_hand[index] if index < len(by_hand) else stroke_count(character))
        for index, character in enumerate(characters)
    ]


def unknown_characters(name, override=""):
    """Return the Han characters of a name whose strokes have to be counted by hand."""
    return [
        character
        for character, count in stroke_counts(name, override)
        if count is None and _HAN.match(character)
    ]


def stroke_key(name, override=""):
    """Return the sort key of a name: strokes and place of each character, other letters after all characters."""
    return [
        (
            count or _NOT_HAN,
            _PLACES.get(character, (0, _BEYOND_THE_STANDARD + ord(character)))[1],
        )
        for character, count in stroke_counts(name, override)
    ]
