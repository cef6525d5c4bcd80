"""What unionportal.common.spreadsheets writes: nothing in it is ever computed."""

import csv
import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionportal.common.spreadsheets import ColumnData, SheetData, open_workbook, write_csv, write_workbook

COLUMNS = [
    ColumnData("姓名", 10),
    ColumnData("身份证号", 22),
    ColumnData("得分", 8, "number", 2),
    ColumnData("日期", kind="date"),
]
ROWS = [
    ["=HYPERLINK(1)", "110118198806192883", Decimal("9.50"), datetime.date(2025, 5, 23)],
    ["@甲", "+86", "缺考", datetime.datetime(2025, 5, 23, 9, 30)],
    ["\tq", "#REF!", None, None],
    ["_x0041_", "-1", 0, "=1"],
    ["坏\x00字\ud800", 12, True, None],
]


def written(*sheets):
    target = io.BytesIO()
    write_workbook(target, sheets)
    return target


def test_what_is_written_reads_back_as_text_and_computes_nothing():
    made = written(SheetData("成绩", COLUMNS, ROWS, ("成绩册", "=说明")))
    sheet = open_workbook(made).sheets[0]
    assert (sheet.rows[0][0], sheet.rows[1][0]) == ("成绩册", "=说明")
    assert sheet.rows[2:] == [
        ["姓名", "身份证号", "得分", "日期"],
        ["=HYPERLINK(1)", "110118198806192883", 9.5, datetime.date(2025, 5, 23)],
        ["@甲", "+86", "缺考", datetime.datetime(2025, 5, 23, 9, 30)],
        ["\tq", "#REF!", "", ""],
        ["_x0041_", "-1", 0, "=1"],
        ["坏字", "12", "是", ""],
    ]
    for _ in range(2):  # also after another program has loaded and saved it
        loaded = openpyxl.load_workbook(made)
        assert not [cell for row in loaded.active for cell in row if cell.data_type in "fe"]
        starters = [
            cell for row in loaded.active for cell in row if str(cell.value)[:1] in ("=", "+", "-", "@", "\t")
        ]
        assert len(starters) == 7
        assert all(cell.quotePrefix and cell.number_format == "@" for cell in starters)
        made = io.BytesIO()
        loaded.save(made)


def test_numbers_and_dates_show_as_asked_and_id_numbers_stay_text():
    page = openpyxl.load_workbook(written(SheetData("成绩", COLUMNS, ROWS))).active
    assert [page[cell].number_format for cell in ("A2", "B2", "C2", "D2", "D3")] == [
        "@", "@", "0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm",
    ]  # fmt: skip
    assert page["B2"].data_type == "s"


def test_a_sheet_is_ready_to_print():
    page = openpyxl.load_workbook(written(SheetData("成绩", COLUMNS, ROWS, ("成绩册",)))).active
    assert page["A2"].font.bold
    assert page.freeze_panes == "A3"
    assert page.print_title_rows == "$2:$2"
    assert (page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in page.oddFooter.center.text
    assert page.column_dimensions["B"].width == 22


def test_sheet_titles_are_made_legal_and_unique():
    titles = ["成绩/一[组]:*?", "成绩 一 组", "", "长" * 40, "长" * 50, "'a'", "A"]
    made = written(*(SheetData(title, COLUMNS, []) for title in titles))
    assert openpyxl.load_workbook(made).sheetnames == [
        "成绩 一 组", "成绩 一 组（2）", "工作表", "长" * 31, "长" * 28 + "（2）", "a", "A（2）",
    ]  # fmt: skip


def test_aware_times_are_written_in_local_time(settings):
    settings.TIME_ZONE, settings.USE_TZ = "Asia/Shanghai", True
    moment = datetime.datetime(2025, 5, 23, 1, 30, tzinfo=datetime.UTC)
    made = written(
        SheetData("日程", [ColumnData("时间", kind="date"), ColumnData("文字")], [[moment, moment]])
    )
    assert open_workbook(made).sheets[0].rows[1] == [
        datetime.datetime(2025, 5, 23, 9, 30),
        "2025-05-23 09:30",
    ]


def test_a_number_that_is_none_stops_the_export():
    with pytest.raises(ValueError, match="有限数"):
        written(SheetData("成绩", COLUMNS, [["甲", "", float("nan"), None]]))


def test_overlong_text_is_cut_visibly():
    made = written(SheetData("成绩", [ColumnData("事迹")], [["长" * 40_000]]))
    text = open_workbook(made).sheets[0].rows[1][0]
    assert (len(text), text[-2:]) == (32_767, "长…")


def test_csv_has_a_mark_for_excel_and_neutral_cells(tmp_path):
    path = tmp_path / "成绩.csv"
    write_csv(path, COLUMNS, [*ROWS, ["＝1", '引"号,', -1.5, None], [" =1", "两\n行", Decimal("1E+2"), None]])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))) == [
        ["姓名", "身份证号", "得分", "日期"],
        ["'=HYPERLINK(1)", "110118198806192883", "9.50", "2025-05-23"],
        ["'@甲", "'+86", "缺考", "2025-05-23 09:30"],
        ["'\tq", "#REF!", "", ""],
        ["_x0041_", "'-1", "0.00", "'=1"],
        ["坏字", "12", "是", ""],
        ["'＝1", '引"号,', "-1.50", ""],
        ["' =1", "两\n行", "100.00", ""],
    ]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_survives_writing_and_reading(texts):
    """But for control characters and the white space the reader trims."""
    sheet = SheetData("文字", [ColumnData("标题")], [[f"字{text}字"] for text in texts])
    read = [row[0] for row in open_workbook(written(sheet)).sheets[0].rows[1:]]
    clean = [
        f"字{''.join(c for c in text if c >= ' ' or c in chr(9) + chr(10) + chr(13))}字" for text in texts
    ]
    plain = str.maketrans("", "", "\r\n\ufffe\uffff")
    assert [text.translate(plain) for text in read] == [text.translate(plain) for text in clean]
