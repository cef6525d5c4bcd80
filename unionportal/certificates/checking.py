"""Whether a certificate can be printed as asked: seen before anything is issued, said by person."""

import re

from unionportal.certificates import wording
from unionportal.common.pdf import glyph_name, missing_glyphs

# What fits on one page at the smallest type, in either direction (tests/certificates/test_paper.py).
BODY_LIMIT = 300
LINE_LIMIT = 60
# Numbers that have no business on a certificate: 18-digit identity numbers, mobile numbers.
PRIVATE_NUMBER = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


def line_problems(design, lines):
    """Return what keeps these CertificateLines from being printed, one Chinese sentence each; empty when nothing does."""
    return [
        f"{line.holder or '（无姓名）'}：{problem}" for line in lines for problem in _problems(design, line)
    ]


def _problems(design, line):
    facts = line.all_facts()
    if unknown := [key for key in facts if key not in wording.FACTS]:
        yield f"证书上没有“{'、'.join(unknown)}”这一项。"
        return
    if lacking := [key for key in design.needed_facts() if not facts.get(key)]:
        labels = "、".join(wording.FACTS[key] for key in lacking)
        yield f"版式“{design}”要印{labels}，但没有填。"
        return
    if not line.holder.strip():
        yield "没有持证人姓名。"
    words = wording.words_of(design, facts)
    text = "".join([*facts.values(), *map("".join, words.values())])
    if absent := missing_glyphs(text):
        yield (
            f"字库里没有{'、'.join(map(glyph_name, absent))}，印出来会是空白。"
            "请核对是否写错；确为生僻字的，请用通行写法签发，或另行手写制作。"
        )
    if PRIVATE_NUMBER.search(text):
        yield "证书事项里有身份证号或手机号，证书会公开查验，请删去。"
    if sum(map(len, words["body"])) > BODY_LIMIT:
        yield f"正文超过 {BODY_LIMIT} 字，一页印不下，请缩短事由。"
    if max(len(words[part]) for part in ("salutation", "highlight")) > LINE_LIMIT:
        yield f"抬头或突出的一行超过 {LINE_LIMIT} 字，请缩短。"
