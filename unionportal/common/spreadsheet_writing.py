"""Writing tables as .xlsx or .csv so that nothing in them is ever computed.

In .xlsx a text cell is stored as a string with the format “文本” and the quote prefix: no program computes it, not
even after somebody edits it, and it reads as typed. A .csv has no cell types, so there an apostrophe goes in front.
"""

import csv
import dataclasses
import datetime
import io
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

A4 = 9  # the number of the paper size in OOXML
CELL_LIMIT = 32_767  # characters Excel keeps in a cell
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads _x0041_ as A
_THIN = Side(style="thin", color="BFBFBF")
_GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


@dataclasses.dataclass(frozen=True)
class ColumnData:
    """A column to write: width in characters; kind text, number or date; decimal places shown for numbers."""

    title: str
    width: float = 14
    kind: str = "text"
    places: int | None = None


@dataclasses.dataclass(frozen=True)
class SheetData:
    """A sheet to write: caption lines stand above the header, the first of them as its title."""

    title: str
    columns: Sequence[ColumnData]
    rows: Iterable[Sequence[Any]]
    caption: Sequence[str] = ()


def write_workbook(target, sheets):
    """Write the SheetData as one .xlsx to a Path or a binary file (an HttpResponse too); return nothing.

    Text columns are text cells whatever is put in them. Number columns take int, float, Decimal and words such
    as 缺考; date columns take date and datetime (aware ones in the current time zone). ValueError for nan.
    """
    book = Workbook(write_only=True)
    book.properties.creator = ""
    buffer = io.BytesIO()
    try:
        used = set()
        for sheet in sheets:
            _write_sheet(book.create_sheet(_sheet_title(sheet.title, used)), sheet)
        book.save(buffer)
    except BaseException:
        _abandon(book)
        raise
    _deliver(target, buffer.getvalue())


def _write_sheet(page, sheet):
    _set_up_page(page, sheet)
    _write_head(page, sheet)
    templates = [_templates(page, column) for column in sheet.columns]
    for row in sheet.rows:
        page.append([_cell(*pair, value) for pair, value in zip(templates, row, strict=True)])


def _abandon(book):
    """Close and remove the temporary files of the sheets begun."""
    for page in book.worksheets:
        if not page.closed:
            page.close()
        Path(page._writer.out).unlink(missing_ok=True)


def write_csv(target, columns, rows):
    """Write one table as .csv (UTF-8 with BOM, CRLF) to a Path or a binary file; return nothing.

    Formula starters get an apostrophe in front. Excel shortens ID numbers when it opens a .csv: give people
    write_workbook() where there are any.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([_csv_text(column.title) for column in columns])
    for row in rows:
        writer.writerow([_csv_value(column, value) for column, value in zip(columns, row, strict=True)])
    _deliver(target, buffer.getvalue().encode("utf-8-sig"))


def _deliver(target, data):
    if isinstance(target, str | Path):
        Path(target).write_bytes(data)
    else:
        target.write(data)


def _sheet_title(title, used):
    """Return the title as Excel allows it: no []:*?/\\, 31 UTF-16 units, unlike any other in the book."""
    clean = re.sub(r"[\[\]:*?/\\\s]+", " ", _ILLEGAL.sub("", str(title))).strip(" '") or "工作表"
    candidate, number = _shortened(clean, ""), 1
    while candidate.casefold() in used:
        number += 1
        candidate = _shortened(clean, f"（{number}）")
    used.add(candidate.casefold())
    return candidate


def _shortened(title, suffix):
    while len((title + suffix).encode("utf-16-le")) > 62:
        title = title[:-1]
    return title.strip(" '") + suffix


def _set_up_page(page, sheet):
    """Set what a write-only sheet must know before its first row: widths, frozen head, printing on A4 landscape."""
    header = len(sheet.caption) + 1
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.freeze_panes = f"A{header + 1}"
    page.print_title_rows = f"{header}:{header}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.oddFooter.center.text = "第 &P 页，共 &N 页"


def _write_head(page, sheet):
    for number, line in enumerate(sheet.caption):
        cell = _text_cell(page, line)
        cell.font = Font(bold=number == 0, size=14 if number == 0 else 11)
        page.append([cell])
    titles = []
    for column in sheet.columns:
        cell = _text_cell(page, column.title)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="F2F2F2")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _GRID
        titles.append(cell)
    page.append(titles)


def _text_cell(page, text):
    cell = WriteOnlyCell(page)
    cell.number_format, cell.quotePrefix = "@", 1
    return _filled(cell, _text(text))


def _filled(cell, text):
    cell.value = text
    cell.data_type = "s"  # openpyxl would take "=…" for a formula and "#REF!" for an error
    return cell


def _templates(page, column):
    """Return the column's cells by use. A write-only sheet writes a row at once, so they serve every row."""
    formats = {
        "plain": "@",
        "quoted": "@",
        "number": "General",
        "date": "yyyy-mm-dd",
        "moment": "yyyy-mm-dd hh:mm",
    }
    if column.places is not None:
        formats["number"] = ("0." + "0" * column.places).rstrip(".")
    cells = {}
    for use, number_format in formats.items():
        cells[use] = WriteOnlyCell(page)
        cells[use].border = _GRID
        cells[use].number_format = number_format
    cells["quoted"].quotePrefix = 1
    return column.kind, cells


def _cell(kind, cells, value):
    if value is None or value == "":
        cells["plain"].value = None
        return cells["plain"]
    value = _plain_value(value)
    if kind == "number" and isinstance(value, int | float | Decimal):
        use = "number"
    elif kind == "date" and isinstance(value, datetime.date):
        use = "moment" if isinstance(value, datetime.datetime) else "date"
    else:
        text = _text(value)
        return _filled(cells["quoted" if _FORMULA.match(text) else "plain"], _ESCAPE.sub("_x005F_", text))
    cells[use].value = value
    return cells[use]


def _plain_value(value):
    """Return the value without time zone and bool; ValueError for nan and infinity."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise ValueError("导出的数字不是有限数，请先核对成绩计算。")
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        return timezone.make_naive(value)
    return value


def _text(value):
    """Return the value as text that Excel can hold: no control characters, at most 32,767 characters."""
    value = _plain_value(value)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = _ILLEGAL.sub("", str(value))
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"


def _csv_value(column, value):
    if value is None:
        return ""
    value = _plain_value(value)
    if column.kind == "number" and isinstance(value, int | float | Decimal):
        return format(Decimal(str(value)), "f" if column.places is None else f".{column.places}f")
    return _csv_text(value)


def _csv_text(value):
    text = _text(value)
    return f"'{text}" if _FORMULA.match(text) else text
