"""Paper: Typst sources of ours, filled with data, as PDF and as pictures; QR codes; characters the fonts lack.

What somebody typed reaches a source only as data: `json(bytes(sys.inputs.data))` gives strings, which Typst shows and
never reads as markup. Fonts come from one package and from nowhere else, so that a page is the same on every machine.
The same source and data give the same bytes.
"""

import io
import json
import tempfile
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import segno
import typst
from fontTools.ttLib import TTFont

FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
FONT_FILES = {SERIF: "NotoSerifSC-Regular.otf", SANS: "NotoSansSC-Regular.otf"}
SPACES = frozenset(" \n")


@cache
def _fonts():
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def render_pdf(source, data, *, on, pictures=None):
    """Return the PDF of a Typst source (a Path) filled with `data`, dated `on`.

    `data` is anything JSON can say. `pictures` is {file name: bytes}; the source finds them as `image("/" + name)`.
    """
    made = datetime.combine(on, time(), UTC)
    return _compile(source, data, pictures, format="pdf", timestamp=made)


def render_pictures(source, data, *, ppi=144, pictures=None):
    """Return the same pages as PNG, a list of bytes, one for each page."""
    made = _compile(source, data, pictures, format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]


def _compile(source, data, pictures, **options):
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        for name, content in (pictures or {}).items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return typst.compile(
            source.read_bytes(),
            root=folder,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            **options,
        )


@cache
def _characters(family):
    with TTFont(FONTS / FONT_FILES[family], lazy=True) as font:
        return SPACES.union(map(chr, font.getBestCmap()))


def missing_glyphs(text, *, family=SERIF):
    """Return the characters of a text that the font cannot draw, each once, in their order."""
    known = _characters(family)
    return [character for character in dict.fromkeys(text) if character not in known]


def glyph_name(character):
    """Return how a message names a character: itself and its code point, such as 𠮷（U+20BB7）."""
    code = f"U+{ord(character):04X}"
    return f"{character}（{code}）" if character.isprintable() else code


def qr_svg(text):
    """Return a QR code as SVG text (error correction M, no quiet zone: the page leaves one)."""
    return segno.make(text, error="m", boost_error=False).svg_inline(border=0)


def qr_png(text, *, scale=8):
    """Return a QR code as PNG bytes with its quiet zone."""
    target = io.BytesIO()
    segno.make(text, error="m").save(target, kind="png", scale=scale, border=4)
    return target.getvalue()
