"""Real attack files and untidy workbooks against unionportal.common.spreadsheets."""

import datetime
import io
import subprocess
import sys
import time
import zipfile

import openpyxl
import pytest

from unionportal.common.identity import IdentityProblem, clean_id_number
from unionportal.common.spreadsheets import (
    ID_NUMBER,
    NAME,
    WorkbookProblem,
    find_table,
    open_workbook,
)

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
PARTS = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{RELATIONS}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="名册" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATIONS}/worksheet" '
    f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{RELATIONS}/sharedStrings" '
    'Target="sharedStrings.xml"/></Relationships>',
}
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def archive(parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return target


def raw_book(cells, **others):
    """An .xlsx written by hand: `cells` is the XML inside <sheetData>."""
    return archive(PARTS | {SHEET: f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"} | others)


def book(*rows, title="名册", state="visible"):
    """An .xlsx as openpyxl writes it."""
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    made.active.sheet_state = state
    if state != "visible":
        made.create_sheet("封面")
    target = io.BytesIO()
    made.save(target)
    return target


def refusal(source):
    with pytest.raises(WorkbookProblem) as caught:
        open_workbook(source)
    return str(caught.value)


# What is no workbook


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版 .xls"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页或 XML"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "网页或 XML"),
        ("姓名,单位\r\n张三,一厂\r\n".encode("gbk"), ".csv 或文本"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "这不是 Excel 工作簿"),
        (b"PK\x03\x04" + b"not really a zip" * 20, "不完整或已损坏"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_by_its_content(data, words):
    message = refusal(io.BytesIO(data))
    assert words in message
    assert "请" in message


def test_a_file_over_the_size_limit_is_refused():
    with pytest.raises(WorkbookProblem, match="文件超过 1 MB"):
        open_workbook(io.BytesIO(b"x" * 1_100_000), max_bytes=1024 * 1024)


def test_a_half_downloaded_workbook_is_refused():
    data = book(["姓名"], ["张三"]).getvalue()
    assert "不完整" in refusal(io.BytesIO(data[: len(data) // 2]))


def test_another_zip_is_refused():
    assert "不是 .xlsx 工作簿" in refusal(archive({"word/document.xml": "<w/>"}))


def test_a_path_is_read_like_a_file(tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(book(["姓名"], ["张三"]).getvalue())
    assert open_workbook(path).sheets[0].rows == [["姓名"], ["张三"]]


# Attacks


def test_a_zip_bomb_is_refused_in_milliseconds():
    bomb = raw_book("", **{STRINGS: b" " * 300_000_000})
    assert len(bomb.getvalue()) < 400_000
    started = time.process_time()
    message = refusal(bomb)
    assert time.process_time() - started < 0.1
    assert "解压后过大" in message


def test_a_small_part_that_packs_too_well_is_refused():
    assert "解压后过大" in refusal(raw_book("", **{STRINGS: b" " * 20_000_000}))


def test_a_directory_that_lies_about_sizes_is_refused():
    data = bytearray(raw_book("", **{STRINGS: b" " * 100_000_000}).getvalue())
    entry = data.rindex(b"PK\x01\x02")
    assert data[entry + 46 :].startswith(STRINGS.encode())
    data[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    assert "不完整或已损坏" in refusal(io.BytesIO(bytes(data)))


def test_too_many_members_are_refused():
    assert "内部文件过多" in refusal(
        raw_book("", **{f"xl/media/{number}.png": b"" for number in range(1_200)})
    )
    assert "内部文件过多" in refusal(
        raw_book("", **{f"xl/media/{number}.png": b"" for number in range(3_000)})
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused():
    made = raw_book("")
    with zipfile.ZipFile(made, "a") as file:
        file.writestr(SHEET, "<worksheet/>")
    assert "重名" in refusal(made)


def test_an_encrypted_member_is_refused():
    data = bytearray(raw_book("").getvalue())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    assert "密码" in refusal(io.BytesIO(bytes(data)))


def test_two_far_cells_cannot_make_the_reader_abort_the_process():
    made = raw_book(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    assert "太远" in refusal(made)


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        '<c s="0" r="XFD1048576"><v>1</v></c>',
        '<c x="/>" r="XFD1048576"><v>1</v></c>',
        "<c r='XFD1048576'><v>1</v></c>",
        '<c r = "XFD1048576"><v>1</v></c>',
        '<c\n\tr="XFD1048576"><v>1</v></c>',
        '<x:c r="XFD1048576"><x:v>1</x:v></x:c>',
        '<c r="XFD1048576"><!-- --><v>1</v></c>',
        '<c r="XFD1048576">text<v>1</v></c>',
        '<c r="A99999999999999999999"><v>1</v></c>',
        '<c r="ZZZZZZZZZZZZ1"><v>1</v></c>',
        '<c r="A1" r="XFD1048576"><v>1</v></c>',
        '<c r="A1" x=">" r="XFD1048576"><v>1</v></c>',
        '<c r="A1" x=\'>\' r="XFD1048576"><v>1</v></c>',
        '<c r="A1"\tr="XFD1048576"><v>1</v></c>',
        '<c r="A1" r ="XFD1048576"><v>1</v></c>',
        '<c r="A1"r="XFD1048576"><v>1</v></c>',
        "<c><v>1</v></c>",
    ],
)
def test_no_spelling_of_a_far_cell_gets_past(cell):
    message = refusal(raw_book(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{cell}</row>'))
    assert "太远" in message or "没有标明位置" in message


def test_one_part_named_as_many_sheets_is_refused():
    sheets = "".join(f'<sheet name="s{n}" sheetId="{n + 1}" r:id="r1"/>' for n in range(5))
    workbook = f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>'
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="500000"><c r="B500000"><v>1</v></c></row>'
    assert "太远" in refusal(raw_book(cells, **{"xl/workbook.xml": workbook}))


def test_a_dimension_that_claims_a_million_rows_costs_nothing():
    sheet = f'<worksheet {MAIN}><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    made = raw_book("", **{SHEET: f"{sheet}</sheetData></worksheet>"})
    assert open_workbook(made).sheets[0].rows == [[1]]


@pytest.mark.parametrize("count", ["4000000000", "&#52;000000000", "1e9", "-1"])
def test_a_string_table_that_claims_billions_cannot_abort_the_process(count):
    strings = f'<sst {MAIN} count="1" uniqueCount="{count}"><si><t>a</t></si></sst>'
    assert "文字表已损坏" in refusal(raw_book("", **{STRINGS: strings}))


def test_borders_drawn_down_to_the_last_row_do_no_harm():
    styled = '<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"></c></row>'
    made = raw_book(f'<row r="1"><c r="A1"><v>1</v></c></row>{styled}')
    assert open_workbook(made).sheets[0].rows == [[1]]


def test_macros_are_refused_under_any_name():
    assert "带有宏" in refusal(raw_book("", **{"xl/vbaProject.bin": b"\xcc\x61"}))
    types = '<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    assert "带有宏" in refusal(raw_book("", **{"[Content_Types].xml": types}))


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
    ],
)
def test_entities_are_refused(doctype):
    strings = f'<?xml version="1.0"?>{doctype}<sst {MAIN}><si><t>&a;</t></si></sst>'
    made = raw_book('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', **{STRINGS: strings})
    assert "外部实体" in refusal(made)


def test_utf_16_cannot_hide_anything():
    sheet = f'<?xml version="1.0" encoding="UTF-16"?><worksheet {MAIN}><sheetData/></worksheet>'
    assert "文字编码" in refusal(raw_book("", **{SHEET: sheet.encode("utf-16")}))


def test_broken_xml_is_a_clear_message():
    assert "已损坏" in refusal(raw_book("", **{SHEET: f"<worksheet {MAIN}><sheetData><row"}))


# Cells


def test_every_kind_of_cell_keeps_its_kind():
    made = openpyxl.Workbook()
    row = ["12", 12, 12.5, True, datetime.date(2025, 5, 23), datetime.datetime(2025, 5, 23, 9, 30), "", "x"]
    made.active.append(row)
    target = io.BytesIO()
    made.save(target)
    (cells,) = open_workbook(target).sheets[0].rows
    assert cells == row
    assert [type(cell) for cell in cells] == [type(cell) for cell in row]


def test_formulas_give_their_stored_values_and_errors_their_names():
    made = raw_book(
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+1</f></c>'
        '<c r="C1" s="0" t="e"><f>X1</f><v>#REF!</v></c><c r="D1" t="str"><f>T(1)</f><v>字</v></c></row>'
    )
    assert open_workbook(made).sheets[0].rows == [[2, "", "#REF!", "字"]]


def test_an_id_number_typed_as_a_number_is_told_from_text():
    made = book(["姓名", "身份证号"], ["张三", 110118198806192883], ["李四", "110118198806192883"])
    first, second = find_table(open_workbook(made).sheets[0], [NAME, ID_NUMBER])
    with pytest.raises(IdentityProblem) as caught:
        clean_id_number(first.cells["id_number"])
    assert caught.value.code == "numeric_id"
    assert clean_id_number(second.cells["id_number"]) == "110118198806192883"


def test_hidden_sheets_are_marked():
    sheets = open_workbook(book(["姓名"], ["张三"], state="hidden"))
    assert [(sheet.name, sheet.is_hidden) for sheet in sheets.sheets] == [("名册", True), ("封面", False)]
    assert [sheet.name for sheet in sheets.visible_sheets] == ["封面"]


def test_reading_20000_rows_stays_within_150_megabytes():
    """Measured in a process of its own: peak memory never goes down again."""
    program = """
import io, resource
from unionportal.common.spreadsheets import *
target = io.BytesIO()
rows = ([str(10**17 + n), f"职工{n}", f"单位{n % 300}", *[n] * 7] for n in range(20_000))
titles = ["身份证号", "姓名", "单位", *"abcdefg"]
write_workbook(target, [SheetData("名册", [ColumnData(title) for title in titles], rows)])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(find_table(open_workbook(target).sheets[0], [NAME, UNIT])) == 20_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150 * 1024
