"""The letter to another department (征求意见函) as a Word file, the list of nominees attached."""

import re
from datetime import date

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
SONG, FANG, HEI = "宋体", "仿宋", "黑体"
COLUMNS = (
    ("序号", 1.2),
    ("拟评称号", 2.6),
    ("姓名", 2.2),
    ("性别", 1.3),
    ("单位", 5.4),
    ("职务、工种", 3.6),
    ("意见", 2.6),
)


def write_letter(consultation, lines, target):
    """Write the letter about these lines (each with nomination, person and offer at hand) to a binary file."""
    document = Document()
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    section.top_margin, section.bottom_margin = Cm(3.4), Cm(3)
    selection = consultation.selection
    _paragraph(document, "密云区总工会", SONG, 22, WD_ALIGN_PARAGRAPH.CENTER, is_bold=True)
    _paragraph(
        document, f"关于征求{selection}人选意见的函", SONG, 22, WD_ALIGN_PARAGRAPH.CENTER, is_bold=True
    )
    if consultation.number:
        _paragraph(document, consultation.number, FANG, 16, WD_ALIGN_PARAGRAPH.CENTER)
    _paragraph(document, f"{consultation.department}：", FANG, 16)
    for text in _body(consultation, len(lines)):
        _paragraph(document, text, FANG, 16, indent=True)
    _paragraph(document, "附件：征求意见人选名单", FANG, 16, indent=True)
    for text in ("密云区总工会", _dated(consultation.sent_on)):
        _paragraph(document, text, FANG, 16, WD_ALIGN_PARAGRAPH.RIGHT)
    if selection.contact_phone:
        _paragraph(document, f"（联系电话：{selection.contact_phone}）", FANG, 16, indent=True)
    document.add_page_break()
    _list(document, consultation, lines)
    document.save(target)


def _body(consultation, count):
    selection = consultation.selection
    basis = f"根据{selection.basis}，" if selection.basis else ""
    yield (
        f"{basis}我会组织开展了{selection}。经单位推荐和资格审查，现有 {count} 名人选进入评审。"
        "为确保评选质量，现就附件所列人选征求贵单位意见。"
    )
    by = f"请于 {_dated(consultation.due_on)}前" if consultation.due_on else "请"
    yield (
        f"{by}书面函复我会。对全部人选无不同意见的，可统一答复；"
        "对个别人选有不同意见的，请注明姓名和具体情况，并加盖公章。"
    )


def _dated(day: date):
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _paragraph(document, text, font, size, alignment=None, *, indent=False, is_bold=False):
    paragraph = document.add_paragraph()
    paragraph.alignment = alignment
    paragraph.paragraph_format.line_spacing = Pt(size * 1.8)
    paragraph.paragraph_format.space_after = Pt(0)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    _run(paragraph, text, font, size, is_bold=is_bold)


def _run(paragraph, text, font, size, *, is_bold=False):
    run = paragraph.add_run(CONTROL.sub("", text))
    run.font.name, run.font.size, run.bold = font, Pt(size), is_bold
    # Word takes the font of Chinese characters from here alone.
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)


def _list(document, consultation, lines):
    _paragraph(document, "附件", HEI, 16)
    _paragraph(document, "征求意见人选名单", SONG, 20, WD_ALIGN_PARAGRAPH.CENTER, is_bold=True)
    table = document.add_table(rows=1, cols=len(COLUMNS), style="Table Grid")
    table.autofit = False
    _fill(table.rows[0], [title for title, _ in COLUMNS], HEI)
    for number, line in enumerate(lines, 1):
        nomination = line.nomination
        person = nomination.person
        post = nomination.post or nomination.occupation
        texts = (
            str(number),
            nomination.offer.title.name,
            person.name,
            person.gender,
            nomination.unit_name,
            post,
            "",
        )
        _fill(table.add_row(), texts, FANG)
    # Word repeats a header row on every page of the table.
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(header.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


def _fill(row, texts, font):
    for cell, text, (_, width) in zip(row.cells, texts, COLUMNS, strict=True):
        cell.width = Cm(width)
        _run(cell.paragraphs[0], text, font, 12)
