"""Drawing paper: what people typed is never read as markup, and the same input gives the same bytes."""

import io
import random
from datetime import date

import pytest
from PIL import Image

from tests.certificates.pdf_text import page_count, text_of
from unionportal.common import pdf

DAY = date(2025, 5, 30)
SOURCE = """#let data = json(bytes(sys.inputs.data))
#set page(width: 200mm, height: 100mm)
#set text(font: "Noto Serif SC", size: 12pt, fallback: false)
#data.text
#if "more" in data { pagebreak(); data.more }
#if "picture" in data { image("/" + data.picture, width: 40mm) }
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "page.typ"
    path.write_text(SOURCE, "utf-8")
    return path


@pytest.mark.parametrize(
    "typed",
    [
        '#read("/etc/passwd")',
        "*粗*_斜_$x^2$",
        "#image(sys.inputs.data)",
        '"]}#panic("破")',
        "\\u{41}#sym.arrow",
        "= 标题",
        "<label>@ref",
        "https://a.cn//注释/**/",
        "#{while true {}}",
        "~---'\"`raw`",
    ],
)
def test_what_is_typed_is_printed_as_typed(source, typed):
    printed = text_of(pdf.render_pdf(source, {"text": typed}, on=DAY))
    # Quotes are set as quotation marks of the language.
    straight = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
    assert printed.translate(straight) == typed.replace(" ", "").translate(straight)


def test_any_text_of_the_font_is_printed_as_it_is(source):
    dice = random.Random(7)  # noqa: S311 — the same text in every run
    characters = [chr(code) for code in range(0x4E00, 0x9FA6) if not pdf.missing_glyphs(chr(code))]
    assert len(characters) > 20_000
    typed = "".join(dice.sample(characters, 300)) + "·（）《》〔〕—…0123456789ABCxyz"
    assert text_of(pdf.render_pdf(source, {"text": typed}, on=DAY)) == typed


def test_the_same_input_gives_the_same_bytes_and_another_day_gives_others(source):
    made = [pdf.render_pdf(source, {"text": "一样"}, on=DAY) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != pdf.render_pdf(source, {"text": "一样"}, on=date(2025, 6, 1))
    drawn = [pdf.render_pictures(source, {"text": "一样"}) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_each_page_is_a_picture_of_the_size_asked_for(source):
    pictures = pdf.render_pictures(source, {"text": "一", "more": "二"}, ppi=127)
    assert [Image.open(io.BytesIO(picture)).size for picture in pictures] == [(1000, 500)] * 2
    assert page_count(pdf.render_pdf(source, {"text": "一", "more": "二"}, on=DAY)) == 2


def test_a_picture_is_found_by_its_name(source):
    square = pdf.qr_png("https://portal.example.cn/check/abc/")
    plain = pdf.render_pdf(source, {"text": "一"}, on=DAY)
    shown = pdf.render_pdf(source, {"text": "一", "picture": "qr.png"}, on=DAY, pictures={"qr.png": square})
    assert b"/Subtype/Image" in shown
    assert b"/Subtype/Image" not in plain


def test_no_font_of_the_machine_takes_part(source, tmp_path):
    (path := tmp_path / "system.typ").write_text(SOURCE.replace("Noto Serif SC", "DejaVu Sans"), "utf-8")
    # Neither the machine's fonts nor those inside Typst: nothing can be drawn at all.
    assert b"/FontFile" not in pdf.render_pdf(path, {"text": "abc"}, on=DAY)


def test_missing_glyphs_are_named_once_and_in_order():
    assert pdf.missing_glyphs("阿卜杜热合曼·买买提 䶮堃喆 2025") == []
    assert pdf.missing_glyphs("𠮷田\u200b𠮷🙂") == ["𠮷", "\u200b", "🙂"]
    assert pdf.missing_glyphs("བོད", family=pdf.SANS) == ["བ", "ོ", "ད"]
    assert [pdf.glyph_name(character) for character in "𠮷\u200b"] == ["𠮷（U+20BB7）", "U+200B"]
