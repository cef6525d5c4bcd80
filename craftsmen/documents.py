"""The union's Word forms, filled in: 推荐审批表 of one nominee, 推荐汇总表 of a branch. What nobody has filled in stays blank.

Built here and not from a template file, so that a field and its box cannot drift apart. Fonts are named, not carried:
every Chinese office machine has 仿宋, 黑体 and 宋体.
"""

import io

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT as VERTICAL
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from craftsmen.models import Nomination
from unionportal.audit.services import record
from unionportal.people.services import reveal_identity

BODY, HEAD, TITLE = "仿宋", "黑体", "宋体"
WIDTHS = (24, 23, 24, 25, 22, 22, 28)  # mm, seven columns between margins of 21 mm
PHOTO_WIDTH = 25


def set_font(run, name=BODY, size=12, *, bold=False):
    """Give a run a Chinese font; Word takes Chinese characters from the east Asian name only."""
    run.font.name, run.font.size, run.font.bold = name, Pt(size), bold
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(kind), name)


def write(cell, text, *, font=BODY, size=12, align=ALIGN.CENTER, vertical=VERTICAL.CENTER):
    """Put text into a cell, a paragraph a line."""
    cell.vertical_alignment = vertical
    for number, line in enumerate(str(text or "").split("\n")):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = Pt(size + 7)
        if align == ALIGN.LEFT and line:
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        set_font(paragraph.add_run(line), font, size)


def add_heading(document, text, size=20, after=10):
    """Add a centred title in bold Song."""
    paragraph = document.add_paragraph()
    paragraph.alignment = ALIGN.CENTER
    paragraph.paragraph_format.space_after = Pt(after)
    set_font(paragraph.add_run(text), TITLE, size, bold=True)


def add_line(document, text, *, align=ALIGN.LEFT, after=4):
    """Add a line outside the table."""
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(after)
    set_font(paragraph.add_run(text))


def new_document(*, landscape=False, margin=21):
    """Return an empty A4 document."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Mm(margin)
    section.top_margin, section.bottom_margin = Mm(22), Mm(18)
    return document


def add_table(document, widths):
    """Add a ruled table of fixed column widths (mm), without rows."""
    table = document.add_table(rows=0, cols=len(widths))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def add_row(table, height=11, *, may_break=False):
    """Add a row of at least this height (mm); a short one is never torn between pages."""
    row = table.add_row()
    row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    for cell, column in zip(row.cells, table.columns, strict=True):
        cell.width = column.width
    if not may_break:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return row


def add_pairs(table, pairs, height=11):
    """Add a row of (label, text, columns of the text)."""
    row, at = add_row(table, height), 0
    for label, text, span in pairs:
        write(row.cells[at], label, font=HEAD, size=11)
        cell = row.cells[at + 1]
        if span > 1:
            cell = cell.merge(row.cells[at + span])
        write(cell, text, size=11 if len(str(text or "")) > 8 * span else 12)
        at += 1 + span
    return row


def add_long(table, label, text, height=24):
    """Add a row with a label and a long text, which may run over pages."""
    row = add_row(table, height, may_break=True)
    write(row.cells[0], label, font=HEAD, size=11)
    cell = row.cells[1].merge(row.cells[len(row.cells) - 1])
    write(cell, text, align=ALIGN.LEFT, vertical=VERTICAL.TOP)


def add_stamp(table, label, text, notes=()):
    """Add a box for an opinion with room for signature and stamp."""
    row = add_row(table, 50)
    write(row.cells[0], label, font=HEAD, size=11)
    cell = row.cells[1].merge(row.cells[len(row.cells) - 1])
    write(cell, "\n".join([text or "", *notes]), align=ALIGN.LEFT, vertical=VERTICAL.TOP)
    for line, before in (("负责人签字：　　　　　　　　（盖章）　　　", 34), ("年　　　月　　　日　　　", 4)):
        paragraph = cell.add_paragraph()
        paragraph.alignment = ALIGN.RIGHT
        paragraph.paragraph_format.space_before = Pt(before)
        paragraph.paragraph_format.space_after = Pt(2)
        set_font(paragraph.add_run(line))


def place_photo(cell, nomination):
    """Put the photograph into its cell, or say what belongs there."""
    if nomination.photo_id is None:
        write(cell, "照\n片", font=HEAD, size=11)
        return
    cell.vertical_alignment = VERTICAL.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = ALIGN.CENTER
    with nomination.photo.file.open("rb") as picture:
        paragraph.add_run().add_picture(io.BytesIO(picture.read()), width=Mm(PHOTO_WIDTH))


def month(day):
    """Return a date as year and month, blank where there is none."""
    return f"{day:%Y.%m}" if day else ""


def yes_no(value):
    """Return 是 or 否, blank where nobody has said."""
    return "" if value is None else "是" if value else "否"


def masked(number):
    """Return an ID number with its middle starred."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if number else ""


def print_form(*, nomination, actor, shows_number):
    """Return the 推荐审批表 of a nomination as .docx bytes; the full ID number only where the caller may read it."""
    person = nomination.person
    number = reveal_identity(person=person, actor=actor)[0] if shows_number else masked(person.id_number)
    record(
        actor,
        "craftsmen.nomination_form_printed",
        nomination,
        note="含完整身份证号" if shows_number else "号码已遮盖",
    )
    document = new_document()
    add_heading(document, f"“{nomination.offer.title}”推荐审批表")
    add_line(document, f"{nomination.offer.selection}　　推荐渠道：{nomination.get_channel_display()}")
    table = add_table(document, WIDTHS)
    _write_person(table, nomination, number)
    _write_deeds(table, nomination)
    _write_opinions(table, nomination)
    return _bytes(document)


def _write_person(table, nomination, number):
    person = nomination.person
    first = add_pairs(
        table, [("姓　名", person.name, 1), ("性　别", person.gender, 1), ("民　族", nomination.ethnicity, 1)]
    )
    add_pairs(
        table,
        [
            ("出生年月", month(person.birth_date), 1),
            ("政治面貌", nomination.get_political_display(), 1),
            ("学　历", nomination.get_education_display(), 1),
        ],
    )
    add_pairs(
        table,
        [
            ("参加工作\n时　　间", month(nomination.worked_since), 1),
            ("职业技能\n等　　级", nomination.get_skill_level_display(), 1),
            ("职　务\n职　称", nomination.post, 1),
        ],
    )
    last = add_pairs(table, [("身份证号", number, 3), ("联系电话", "", 1)])
    place_photo(first.cells[6].merge(last.cells[6]), nomination)
    add_pairs(
        table,
        [("单位名称", nomination.unit_name, 3), ("单位性质", nomination.get_unit_nature_display(), 2)],
    )
    add_pairs(
        table,
        [
            ("工　种\n（岗位）", nomination.occupation, 1),
            ("从事本工\n种 时 间", month(nomination.trade_since), 1),
            ("在本区\n工作时间", month(nomination.district_since), 2),
        ],
    )
    add_pairs(
        table,
        [
            ("工会会员", yes_no(nomination.is_union_member), 1),
            ("一线职工", yes_no(nomination.is_front_line), 1),
            ("用工类别", nomination.get_worker_kind_display(), 2),
        ],
    )


def _write_deeds(table, nomination):
    rows = (
        ("个人简历", nomination.resume, 40),
        ("所获荣誉", nomination.honours, 24),
        ("奖惩情况", nomination.rewards_and_penalties, 16),
        ("事迹简介\n（500 字\n以内）", nomination.short_deeds, 60),
        ("绝技绝活", nomination.unique_skill, 20),
        ("创新成果", nomination.achievements, 20),
        ("传承带徒", nomination.apprentices, 20),
        ("详细事迹\n（2,000 字\n以内）", nomination.full_deeds, 90),
    )
    for label, text, height in rows:
        add_long(table, label, text, height)


def _write_opinions(table, nomination):
    notes = []
    if nomination.unit_notice_from and nomination.unit_notice_to:
        first, last = nomination.unit_notice_from, nomination.unit_notice_to
        notes = [f"公示时间：{first} 至 {last}；公示结果：{nomination.unit_notice_result}"]
    add_stamp(table, "单　位\n意　见", nomination.unit_opinion, notes)
    add_stamp(table, "镇街、系\n统 工 会\n意　见", nomination.branch_opinion)
    add_stamp(table, "区总工会\n意　见", "")


SUMMARY = (
    ("排序", 12),
    ("姓名", 20),
    ("性别", 12),
    ("出生年月", 20),
    ("政治面貌", 24),
    ("学历", 22),
    ("单位名称", 52),
    ("工种（岗位）", 30),
    ("职业技能等级", 26),
    ("一线", 12),
    ("推荐渠道", 26),
)


def print_summary(*, offer, branch, actor):
    """Return the 推荐汇总表 of a branch as .docx bytes: what it has ranked or sent up, in its order."""
    rows = list(
        Nomination.objects.filter(offer=offer, branch=branch, branch_rank__isnull=False)
        .exclude(status__in=[Nomination.Status.WITHDRAWN, Nomination.Status.INELIGIBLE])
        .select_related("person")
        .order_by("branch_rank")
    )
    document = new_document(landscape=True, margin=18)
    add_heading(document, f"“{offer.title}”推荐汇总表")
    add_line(document, f"推荐单位（盖章）：{branch}　　　　　　共 {len(rows)} 名")
    table = add_table(document, [width for _, width in SUMMARY])
    head = add_row(table, 10)
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, (title, _) in zip(head.cells, SUMMARY, strict=True):
        write(cell, title, font=HEAD, size=11)
    for nomination in rows:
        for cell, text in zip(add_row(table, 10).cells, _summary_row(nomination), strict=True):
            write(cell, text, size=11)
    if not rows:
        write(add_row(table, 10).cells[0].merge(table.rows[-1].cells[-1]), "（尚未排序）")
    add_line(document, "")
    tail = "　　　　".join(("负责人签字：", "填表人：", "联系电话：", "　　年　　月　　日"))
    add_line(document, tail)
    record(actor, "craftsmen.summary_printed", offer, branch=str(branch), written=len(rows))
    return _bytes(document)


def _summary_row(nomination):
    person = nomination.person
    return (
        nomination.branch_rank,
        person.name,
        person.gender,
        month(person.birth_date),
        nomination.get_political_display(),
        nomination.get_education_display(),
        nomination.unit_name,
        nomination.occupation,
        nomination.get_skill_level_display(),
        yes_no(nomination.is_front_line),
        nomination.get_channel_display(),
    )


def _bytes(document):
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
