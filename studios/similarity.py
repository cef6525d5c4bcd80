"""How alike two titles are, so that staff see what may have been handed in twice."""

from difflib import SequenceMatcher

from unionportal.common.identity import match_key

ALIKE = 0.75


def likeness(one, other):
    """Return how alike two titles are, from 0 to 1, whatever their spaces and brackets."""
    return SequenceMatcher(None, match_key(one), match_key(other), autojunk=False).ratio()


def alike(title, others):
    """Return [(likeness, other)] of the (key, title) pairs that may be the same thing, the most alike first."""
    found = [(likeness(title, other[1]), other) for other in others]
    return sorted((item for item in found if item[0] >= ALIKE), key=lambda item: -item[0])
