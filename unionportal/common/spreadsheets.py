"""Excel files in and out: refuse what is dangerous, find the table in a sheet, write sheets that compute nothing.

Reading is by calamine, which is fast but loses number formats, formulas (their stored values remain), hidden rows
and columns, the difference between 3 and 3.0 (whole numbers come back as int) and error values. It also allocates
rows × columns up to the farthest cell and aborts the whole process when memory ends. So every part is checked
first, error values are turned into text such as "#REF!", and calamine gets a fresh archive of the checked bytes.
"""

import dataclasses
import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_csv, write_workbook

__all__ = [
    "ID_NUMBER", "NAME", "PHONE", "UNIT", "Column", "ColumnData", "Row", "RowProblem", "Sheet", "SheetData", "Table",
    "Workbook", "WorkbookProblem", "decimal_cell", "find_table", "open_workbook", "write_csv", "write_workbook",
]  # fmt: skip

MEGABYTE = 1024 * 1024
MAX_MEMBERS = 1_000
MAX_UNPACKED = 64 * MEGABYTE
MAX_RATIO = 200  # of unpacked to packed; only asked above 8 MB, small sheets of equal rows pack very well
MAX_CELLS = 2_000_000  # rows × columns up to the farthest filled cell, all sheets together
HEADER_ROWS = 10
EXCEL_ERRORS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
_RESAVE = "请用 Excel 或 WPS 打开后另存为新的 .xlsx 文件再上传。"

# A cell whose tag is spelt as every writer spells it and has one reference; or, with empty groups, any other cell.
# Not possessive: until Python 3.11.5 the re module drops groups after a possessive repeat.
_OTHER = rb"(?:\s+(?!r=)[^\s<>=/\"']+=\"[^\"<>]*\")*"
_CELL = re.compile(
    rb"<(?:[^\s<>/]*:)?c(?:%b\s+r=\"([A-Za-z]{1,9})([0-9]{1,9})\"%b\s*/?>|(?=[\s/>]))" % (_OTHER, _OTHER)
)
_EMPTY_CELL = re.compile(rb"<c(?:\s+[^\s<>=/\"']+=\"[^\"<>]*\")*\s*(?:/>|>\s*</c>)")
_COUNT = re.compile(rb"uniqueCount\s*=\s*[\"']([^\"']*)")
_ERROR_CELL = re.compile(rb"(<(?:[^\s<>/]*:)?c\s[^<>]*?\bt=)\"e\"")


class WorkbookProblem(ValueError):
    """A file or sheet that cannot be taken, with one Chinese sentence that names the remedy."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A work sheet: `rows` begin at row 1 of Excel, each a list of str, int, float, bool, date/time; blank is ""."""

    name: str
    rows: list
    is_hidden: bool = False


@dataclasses.dataclass(frozen=True)
class Workbook:
    """The work sheets of a file in their order, hidden ones too."""

    sheets: list

    @property
    def visible_sheets(self):
        """Return the sheets a person sees when opening the file."""
        return [sheet for sheet in self.sheets if not sheet.is_hidden]


def open_workbook(source, *, max_bytes=20 * MEGABYTE):
    """Return the Workbook of an .xlsx given as a Path or a binary file; WorkbookProblem for everything else.

    A bomb is refused from the zip directory, before anything is unpacked.
    """
    data = _read(source, max_bytes)
    if not data.startswith(b"PK\x03\x04"):
        raise WorkbookProblem(_what_it_is(data))
    checked = _checked_archive(data)
    try:
        return Workbook(_load_sheets(checked))
    except WorkbookProblem:
        raise
    except BaseException as error:  # a panic in Rust is no Exception, and would end the server process
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise WorkbookProblem(f"工作簿内容已损坏，无法读取，{_RESAVE}") from error


def _read(source, max_bytes):
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return _read(file, max_bytes)
    source.seek(0)
    data = source.read(max_bytes + 1)
    if not data:
        raise WorkbookProblem("文件是空的，请重新选择填好的 .xlsx 文件。")
    if len(data) > max_bytes:
        raise WorkbookProblem(f"文件超过 {max_bytes // MEGABYTE} MB，请删去图片和多余的工作表后再上传。")
    return data


def _what_it_is(data):
    """Return the sentence for a file that is no zip archive at all."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return "工作簿设有打开密码，请取消密码后再上传。"
        return f"这是旧版 .xls 或 .et 文件（即使改名为 .xlsx 也一样），{_RESAVE}"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"这是网页或 XML 文件，只是改名为 .xlsx，{_RESAVE}"
    if b"\0" not in data[:4096]:
        return f"这是 .csv 或文本文件，不是 Excel 工作簿，{_RESAVE}"
    return f"这不是 Excel 工作簿（.xlsx），{_RESAVE}"


def _checked_archive(data):
    """Return a new uncompressed archive of the XML parts, each of them checked; WorkbookProblem otherwise."""
    if data.count(b"PK\x01\x02") > 2 * MAX_MEMBERS:  # before zipfile builds an object for each
        raise WorkbookProblem(f"工作簿内部文件过多，{_RESAVE}")
    target, area = io.BytesIO(), 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(target, "w") as checked:
            members = archive.infolist()
            _check_directory(members)
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    part, cells = _checked_part(archive.read(member))
                    area += cells
                    _check_area(area)
                    checked.writestr(member.filename, part)
    except WorkbookProblem:
        raise
    except Exception as error:  # zipfile raises a dozen kinds on damaged files
        raise WorkbookProblem(f"文件不完整或已损坏，请重新下载或保存后再上传；仍不行时，{_RESAVE}") from error
    target.seek(0)
    return target


def _check_directory(members):
    """Judge an archive by its directory alone; a directory that lies is found when its parts are read."""
    names = {member.filename.lower() for member in members}
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if any(member.flag_bits & 1 for member in members):
        raise WorkbookProblem("文件设有密码，请取消密码后再上传。")
    if len(members) > MAX_MEMBERS or len(names) < len(members):
        raise WorkbookProblem(f"工作簿内部文件过多或重名，{_RESAVE}")
    if unpacked > MAX_UNPACKED or (unpacked > 8 * MEGABYTE and unpacked > MAX_RATIO * packed):
        size = unpacked // MEGABYTE
        raise WorkbookProblem(
            f"工作簿解压后过大（{size} MB），请删去图片、多余的行列和工作表，另存后再上传。"
        )
    if any(name.endswith("vbaproject.bin") for name in names):
        raise WorkbookProblem("工作簿带有宏，请另存为不带宏的 .xlsx 文件再上传。")
    if "xl/workbook.xml" not in {name.replace("\\", "/") for name in names}:
        raise WorkbookProblem(f"这不是 .xlsx 工作簿（可能是 .xlsb、.ods、Word 文档或压缩包），{_RESAVE}")


def _checked_part(part):
    """Return (the part as it may be read, the cells it will take in memory)."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in part[:200]:
        raise WorkbookProblem(f"工作簿使用了少见的文字编码，{_RESAVE}")
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise WorkbookProblem(f"工作簿中含有不允许的外部实体声明，{_RESAVE}")
    if b"macroEnabled" in part and b"ContentType" in part:
        raise WorkbookProblem("工作簿带有宏，请另存为不带宏的 .xlsx 文件再上传。")
    for count in _COUNT.findall(part):  # calamine allocates room for as many strings before it reads one
        if not count.isdigit() or len(count) > 9 or int(count) > len(part):
            raise WorkbookProblem(f"工作簿的文字表已损坏，{_RESAVE}")
    if b"sheetData" not in part:
        return part, 0
    if b't="e"' in part:
        part = _ERROR_CELL.sub(rb'\1"str"', part)
    area = _area(part)
    if area > MAX_CELLS:  # borders drawn down to the last row: cells without a value take no memory
        part = _EMPTY_CELL.sub(b"", part)
        area = _area(part)
    return part, area


def _area(part):
    """Return rows × columns up to the farthest cell. Every cell must carry its reference, as Excel writes it."""
    last_row = last_column = start = 0
    while start < len(part):
        end = part.find(b"<", start + MEGABYTE)  # between two tags; no list of all cells at once
        end = len(part) if end < 0 else end
        found = _CELL.findall(part, start, end)
        start = end
        columns = {column for column, _ in found}
        if b"" in columns:
            raise WorkbookProblem(f"工作表的单元格没有标明位置，{_RESAVE}")
        last_column = max([last_column, *map(_column_number, columns)])
        last_row = max([last_row, *map(int, {row for _, row in found})])
    return last_row * last_column


def _column_number(letters):
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _check_area(area):
    if area > MAX_CELLS:
        raise WorkbookProblem(
            "工作表最后一个有内容的单元格太远，占用的行列过多，请删去数据以外的行和列，另存后再上传。"
        )


def _load_sheets(archive):
    sheets, area = [], 0
    with CalamineWorkbook.from_filelike(archive) as book:
        for number, about in enumerate(book.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            rows = book.get_sheet_by_index(number).to_python(skip_empty_area=False)
            area += len(rows) * len(rows[0]) if rows else 0
            _check_area(area)  # a workbook may name one part as many sheets
            rows = [[_whole(value) for value in row] for row in rows]
            sheets.append(Sheet(about.name, rows, about.visible != SheetVisibleEnum.Visible))
    return sheets


def _whole(value):
    return int(value) if type(value) is float and value.is_integer() and abs(value) < 1e15 else value


@dataclasses.dataclass(frozen=True)
class Column:
    """A column looked for: the key of its cells, its title in the template, other titles people use."""

    key: str
    title: str
    aliases: Sequence[str] = ()


NAME = Column("name", "姓名", ("选手姓名", "参赛选手", "学员姓名", "职工姓名"))
ID_NUMBER = Column("id_number", "身份证号", ("身份证号码", "公民身份号码", "居民身份证号", "身份证"))
PHONE = Column("phone", "手机号", ("手机号码", "手机", "联系电话", "联系方式", "电话", "移动电话"))
UNIT = Column("unit", "单位", ("单位名称", "工作单位", "所在单位", "用人单位", "选送单位", "参赛单位"))


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A data row: its number as Excel shows it, and its values by column key, other columns by their title."""

    number: int
    cells: dict


@dataclasses.dataclass(frozen=True)
class RowProblem:
    """What is wrong with one cell, in Chinese, and what to do about it; `column` is the title in the file."""

    row: int
    column: str
    problem: str
    remedy: str

    def as_dict(self):
        """Return the four fields as a dict of plain values."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Table:
    """The table found in a sheet: `titles` are the header texts of the file by cell key."""

    sheet: str
    header_row: int
    titles: dict
    rows: list

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def error_cells(self):
        """Return a RowProblem for every cell that holds an Excel error such as #REF! or #N/A."""
        return [
            RowProblem(
                row.number, self.titles[key], f"单元格是 Excel 错误值 {value}", "请改正公式或直接填写内容"
            )
            for row in self.rows
            for key, value in row.cells.items()
            if value in EXCEL_ERRORS
        ]


def find_table(sheet, required, optional=(), *, max_rows=50_000, max_columns=200):
    """Return the Table whose header stands in the first ten rows of the sheet and names every required Column.

    Titles match by match_key() and aliases; a title goes before an alias. Wholly blank rows and rows with
    nothing but a 序号 are left out. Raises WorkbookProblem: empty sheet, titles missing (all at once) or
    doubled, no data rows, over the limits.
    """
    if not any(map(_is_filled, sheet.rows)):
        raise WorkbookProblem(f"工作表“{sheet.name}”是空的，请填写后再上传。")
    if len(sheet.rows[0]) > max_columns:
        raise WorkbookProblem(f"工作表“{sheet.name}”超过 {max_columns} 列，请删去多余的列。")
    header_row, found = _header(sheet.rows, [*required, *optional])
    missing = [column.title for column in required if column.key not in found]
    if missing:
        remedy = f"请在前 {HEADER_ROWS} 行内的表头中补上（可对照模板）"
        raise WorkbookProblem(f"工作表“{sheet.name}”缺少列：{'、'.join(missing)}，{remedy}。")
    header = sheet.rows[header_row]
    positions = _all_positions(sheet.name, header, found)
    rows = _data_rows(sheet.rows, header_row, positions)
    if not rows:
        raise WorkbookProblem(f"工作表“{sheet.name}”只有表头，没有数据，请填写后再上传。")
    if len(rows) > max_rows:
        raise WorkbookProblem(
            f"工作表“{sheet.name}”有 {len(rows)} 行数据，最多 {max_rows} 行，请分成几个文件上传。"
        )
    titles = {key: clean_text(header[position]) for key, position in positions.items()}
    return Table(sheet.name, header_row + 1, titles, rows)


def _is_filled(row):
    return any(value != "" and not (isinstance(value, str) and value.isspace()) for value in row)


def _header(rows, columns):
    """Return (index of the row with most of the columns, {key: positions of that title or, without it, alias})."""
    best = 0, {}
    for index, row in enumerate(rows[:HEADER_ROWS]):
        keys = [_title_key(value) for value in row]
        found = {}
        for column in columns:
            exact = [position for position, key in enumerate(keys) if key == match_key(column.title)]
            aliases = set(map(match_key, column.aliases))
            positions = exact or [position for position, key in enumerate(keys) if key in aliases]
            if positions:
                found[column.key] = positions
        if len(found) > len(best[1]):
            best = index, found
    return best


def _title_key(value):
    return re.sub(r"(?<=.)(?:必填项?|选填项?|可不填)$", "", match_key(clean_text(value)))


def _all_positions(sheet_name, header, found):
    """Return {cell key: position} in the order of the header: extra columns under their own title."""
    known = {position for positions in found.values() for position in positions}
    extra = {}
    for position, value in enumerate(header):
        if position not in known and _title_key(value):
            extra.setdefault(_title_key(value), []).append(position)
    doubled = [positions for positions in [*found.values(), *extra.values()] if len(positions) > 1]
    if doubled:
        names = "；".join(
            "、".join(f"“{clean_text(header[p])}”（{get_column_letter(p + 1)} 列）" for p in positions)
            for positions in doubled
        )
        raise WorkbookProblem(f"工作表“{sheet_name}”的表头重复：{names}，请只保留一列或改名。")
    own = {clean_text(header[positions[0]]): positions[0] for positions in extra.values()}
    own.update({key: positions[0] for key, positions in found.items()})
    return dict(sorted(own.items(), key=lambda item: item[1]))


def _data_rows(rows, header_row, positions):
    pairs = list(positions.items())
    counting = {position for key, position in pairs if match_key(key) in ("序号", "no", "行号")}
    told = [position for _, position in pairs if position not in counting]
    return [
        Row(index + 1, {key: row[position] for key, position in pairs})
        for index, row in enumerate(rows)
        if index > header_row and _is_filled([row[position] for position in told])
    ]


def decimal_cell(value):
    """Return the exact Decimal of a number cell or of digits typed as text (full width too), None for blank.

    A float counts as the shortest decimal that reads back as itself. Raises ValueError with a Chinese sentence
    for words (缺考), dates, true/false, nan and infinity.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", clean_text(value)).replace("\u2212", "-").replace(" ", "")
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    else:
        text = str(value)
    if not text:
        return None
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})", text):
        raise ValueError(f"“{text[:20]}”不是数字，请只填写数字。")
    return Decimal(text)
