"""Addresses in plain letters for records with Chinese names."""

from unionportal.common.pinyin import pinyin_slug

LONGEST = 50


def free_slug(records, *words, otherwise):
    """Return a slug of these words (None and blank ones left out) that no record of the queryset has yet.

    Words give their pinyin; where nothing can be transliterated the slug is `otherwise`. Taken ones get -2, -3, …
    """
    parts = [pinyin_slug(str(word)) for word in words if word]
    base = "-".join(filter(None, parts))[:LONGEST].strip("-") or otherwise
    taken = set(records.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbered) if slug not in taken)
