"""How alike two titles are, so that staff see what may have been handed in twice."""

from difflib import SequenceMatcher

from unionportal.common.identity import match_key

ALIKE = 0.75


def alike(title, others):
    """Return [(likeness, other)] of the (key, title) pairs that may be the same thing, the most alike first."""
    matcher, found = SequenceMatcher(None, autojunk=False), []
    matcher.set_seq2(match_key(title))
    for other in others:
        matcher.set_seq1(match_key(other[1]))
        # Cheap upper bounds first: of ten thousand titles nearly all end there.
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
            found.append((matcher.ratio(), other))
    return sorted((item for item in found if item[0] >= ALIKE), key=lambda item: -item[0])
