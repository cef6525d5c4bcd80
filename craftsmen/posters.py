"""The poster of a craftsman's page as a PNG, to be pressed and sent in WeChat.

Drawn when it is asked for and kept in the process's own cache under a hash of all it shows: a changed page is a new
poster. Whether the page may be seen at all is asked before, on every request.
"""

import hashlib
import json
from pathlib import Path

from django.core.cache import cache

from craftsmen.presenting import family_name
from unionportal.common.pdf import missing_glyphs, qr_png, render_pictures

SOURCE = Path(__file__).parent / "poster.typ"
PPI = 305  # 90 mm wide: 1080 pixels
KEPT_FOR = 24 * 60 * 60
SITE = "密云区总工会　工匠风采"


def can_draw(profile):
    """Tell whether the font has every character of the name; a poster with a blank in a name is none."""
    return not missing_glyphs(profile.person.name)


def facts(profile, honours):
    """Return what a poster says: strings only."""
    leading = min(honours, key=lambda item: (item.title.position, -item.year))
    name, unit = profile.person.name, leading.unit_name
    return {
        "site": SITE,
        "name": name,
        "person": name,
        "family": family_name(name),
        "size": 40 if len(name) <= 4 else max(16, 160 // len(name)),
        "title": leading.title.name,
        "year": f"{leading.year} 年",
        "unit": unit if not missing_glyphs(unit) else "",
        "headline": profile.headline if not missing_glyphs(profile.headline) else "",
        "photo": f"photo{profile.photo.extension}" if profile.photo else None,
    }


def poster(profile, honours, url):
    """Return the PNG of a poster whose QR code leads to `url`."""
    told = facts(profile, honours)
    shown = json.dumps([told, url, profile.photo and profile.photo.sha256], ensure_ascii=False)
    key = f"craftsmen.poster:{hashlib.sha256(shown.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: draw(profile, told, url), KEPT_FOR)


def draw(profile, told, url):
    pictures = {"qr.png": qr_png(url)}
    if profile.photo:
        with profile.photo.file.open("rb") as file:
            pictures[told["photo"]] = file.read()
    return render_pictures(SOURCE, told, ppi=PPI, pictures=pictures)[0]
