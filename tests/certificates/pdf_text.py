"""Reads the text of the PDFs that Typst makes: what somebody who marks and copies all of it would get, unspaced."""

import re
import zlib

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
BARE = rb"(?:\\.|[^\\()])"
# Brackets inside a string are escaped, or in pairs.
SHOWN = re.compile(rb"\((?P<text>(?:%b|\(%b*\))*)\)|<(?P<hex>[0-9A-Fa-f]+)>" % (BARE, BARE), re.S)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def streams(content):
    """Every stream of a PDF, unpacked."""
    for found in STREAM.finditer(content):
        try:
            yield zlib.decompressobj().decompress(found[1])  # its last byte may look like the end of a line
        except zlib.error:
            yield found[1]


def unescaped(match):
    mark = match[1]
    return bytes([int(mark, 8)]) if mark.isdigit() else LETTERS.get(mark, mark)


def glyphs_of(part):
    """The characters of one ToUnicode table by glyph number."""
    glyphs = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", part, re.S):
        for glyph, text in PAIR.findall(block):
            glyphs[int(glyph, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", part, re.S):
        for first, last, text in RANGE.findall(block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                glyphs[int(first, 16) + step] = chr(int(text, 16) + step)
    return glyphs


def text_of(content):
    """Return the text of all pages of a PDF set in one font, without spaces."""
    unpacked = list(streams(content))
    tables = [glyphs for part in unpacked if (glyphs := glyphs_of(part))]
    assert len(tables) == 1, "one font, one table of its glyphs"
    text = ""
    for part in unpacked:
        for block in re.findall(rb"BT\b(.*?)\bET\b", part, re.S):
            for shown in SHOWN.finditer(block):
                codes = (
                    bytes.fromhex(shown["hex"].decode())
                    if shown["hex"]
                    else ESCAPE.sub(unescaped, shown["text"])
                )
                pairs = zip(codes[::2], codes[1::2], strict=True)
                text += "".join(tables[0][high * 256 + low] for high, low in pairs)
    return text.replace(" ", "")


def page_count(content):
    return max(
        int(count) for part in (content, *streams(content)) for count in re.findall(rb"/Count (\d+)", part)
    )
