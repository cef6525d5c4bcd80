"""The poster of a craftsman's page as a PNG, to be pressed and sent in WeChat.

Drawn when it is asked for and kept in the process's own cache under a hash of all it shows: a changed page is a new
poster. Whether the page may be seen at all is asked before, on every request.
"""

import hashlib
import io
import json
import re
from pathlib import Path

from django.core.cache import cache
from PIL import Image

from craftsmen.presenting import family_name, leading_honour
from unionportal.common.pdf import missing_glyphs, qr_png, render_pictures

SOURCE = Path(__file__).parent / "poster.typ"
PPI = 305  # 90 mm wide: 1080 pixels
COLOURS = 64  # enough for a page without a photograph, at a third of the size
KEPT_FOR = 24 * 60 * 60
SITE = "密云区总工会　工匠风采"
LINE = 16  # characters of the sentence in one line


def can_draw(profile):
    """Tell whether the font has every character of the name; a poster with a blank in a name is none."""
    return not missing_glyphs(profile.person.name)


def in_lines(sentence):
    """Return a sentence as at most two lines, broken after the punctuation that is nearest to its middle."""
    if len(sentence) <= LINE:
        return [sentence] if sentence else []
    places = [found.end() for found in re.finditer("[，、；：。]", sentence[:-1])]
    place = min(places, key=lambda end: abs(2 * end - len(sentence)), default=0)
    if not place or max(place, len(sentence) - place) > LINE + 1:
        return [sentence]
    return [sentence[:place], sentence[place:]]


def facts(profile, honours):
    """Return what a poster says."""
    leading = leading_honour(honours)
    name, unit, headline = profile.person.name, leading.unit_name, profile.headline
    return {
        "site": SITE,
        "name": name,
        "family": family_name(name),
        "size": 42 if len(name) <= 4 else max(14, 190 // len(name)),
        "title": leading.title.name,
        "year": f"{leading.year} 年",
        "unit": "" if missing_glyphs(unit) else unit,
        "headline": [] if missing_glyphs(headline) else in_lines(headline),
        "photo": f"photo{profile.photo.extension}" if profile.photo else None,
    }


def poster(profile, honours, url):
    """Return the PNG of a poster whose QR code leads to `url`."""
    told = facts(profile, honours)
    shown = json.dumps([told, url, profile.photo and profile.photo.sha256], ensure_ascii=False)
    key = f"craftsmen.poster:{hashlib.sha256(shown.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: draw(profile, told, url), KEPT_FOR)


def draw(profile, told, url):
    """Return the PNG, drawn now."""
    pictures = {"qr.png": qr_png(url)}
    if profile.photo is None:
        return _in_few_colours(render_pictures(SOURCE, told, ppi=PPI, pictures=pictures)[0])
    with profile.photo.file.open("rb") as file:
        pictures[told["photo"]] = file.read()
    return render_pictures(SOURCE, told, ppi=PPI, pictures=pictures)[0]


def _in_few_colours(png):
    target = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        flat = image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.save(target, "PNG")
    return target.getvalue()
