"""Finding the table in untidy sheets, and exact numbers in its cells."""

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionportal.common.spreadsheets import (
    ID_NUMBER,
    NAME,
    PHONE,
    UNIT,
    Column,
    RowProblem,
    Sheet,
    WorkbookProblem,
    decimal_cell,
    find_table,
    open_workbook,
)


def table(rows, required=(NAME,), optional=(), **limits):
    return find_table(Sheet("名册", rows), required, optional, **limits)


def table_refusal(rows, *arguments, **limits):
    with pytest.raises(WorkbookProblem) as caught:
        table(rows, *arguments, **limits)
    return str(caught.value)


def test_the_header_is_found_below_merged_titles_and_rows_keep_their_excel_numbers():
    made = openpyxl.Workbook()
    page = made.active
    page["A1"] = "第三届“工匠杯”报名表"
    page.merge_cells("A1:D1")
    page["A2"] = "单位（盖章）"
    for position, title in enumerate(["序号", "选手姓名 ", "工作 单位", "备注"], 1):
        page.cell(3, position, title)
    page["B4"], page["C4"], page["D4"] = "张三", "一厂", "新"
    page["A5"], page["A6"], page["B6"] = 2, 3, "李四"
    target = io.BytesIO()
    made.save(target)
    found = find_table(open_workbook(target).sheets[0], [NAME, UNIT], [PHONE])
    assert found.header_row == 3
    assert found.titles == {"序号": "序号", "name": "选手姓名", "unit": "工作 单位", "备注": "备注"}
    assert [(row.number, row.cells) for row in found] == [
        (4, {"序号": "", "name": "张三", "unit": "一厂", "备注": "新"}),
        (6, {"序号": 3, "name": "李四", "unit": "", "备注": ""}),
    ]


@pytest.mark.parametrize("title", ["姓名", " 姓　名 ", "*姓名", "姓名（必填）", "选手姓名", "姓名："])
def test_titles_match_however_they_are_typed(title):
    assert [row.cells["name"] for row in table([[title], ["张三"]])] == ["张三"]


def test_a_full_width_title_matches_its_half_width_form():
    mark = Column("mark", "沐浴与抚触（25）")
    assert [row.cells["mark"] for row in table([["沐浴与抚触(２５)"], [23.5]], [mark])] == [23.5]


def test_all_missing_titles_are_named_at_once():
    message = table_refusal([["姓名", "备注"], ["张三", ""]], [NAME, ID_NUMBER, PHONE])
    assert "缺少列：身份证号、手机号" in message


@pytest.mark.parametrize(
    "header", [["姓名", "备注", "姓 名"], ["选手姓名", "学员姓名"], ["姓名", "备注（一）", "备注(一)"]]
)
def test_doubled_titles_are_refused(header):
    message = table_refusal([header, ["张三"] * len(header)])
    assert "表头重复" in message
    assert "列）" in message


def test_a_title_goes_before_an_alias():
    found = table([["联系电话", "姓名", "手机号"], ["010-69041234", "张三", "13800001111"]], [NAME, PHONE])
    assert [row.cells for row in found] == [
        {"联系电话": "010-69041234", "name": "张三", "phone": "13800001111"}
    ]


def test_rows_without_anything_are_skipped():
    rows = [["序号", "姓名", "备注"], [1, "张三", ""], [2, "", " "], ["", "\u3000", ""], [4, "", "只有备注"]]
    assert [row.number for row in table(rows)] == [2, 5]


@pytest.mark.parametrize("rows", [[], [["", " "]]])
def test_an_empty_sheet_is_a_clear_message(rows):
    assert "是空的" in table_refusal(rows)


def test_a_sheet_without_data_rows_is_a_clear_message():
    assert "没有数据" in table_refusal([["姓名"], [""]])


def test_limits_of_rows_and_columns_are_one_message():
    assert "有 3 行数据，最多 2 行" in table_refusal([["姓名"], ["甲"], ["乙"], ["丙"]], max_rows=2)
    assert "超过 3 列" in table_refusal([["姓名", "a", "b", "c"], ["甲", "", "", ""]], max_columns=3)


def test_error_cells_are_listed_with_row_and_column():
    found = table([["姓名", "单位名称"], ["张三", "#N/A"]], [NAME, UNIT])
    assert found.error_cells() == [
        RowProblem(2, "单位名称", "单元格是 Excel 错误值 #N/A", "请改正公式或直接填写内容")
    ]
    assert found.error_cells()[0].as_dict()["row"] == 2


# Numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (9, "9"),
        (9.5, "9.5"),
        (77.6, "77.6"),
        ("８．５", "8.5"),
        (" 8.50 ", "8.50"),
        ("－3", "-3"),
        (Decimal("1.20"), "1.20"),
    ],
)
def test_numbers_are_exact(value, expected):
    assert str(decimal_cell(value)) == expected


@pytest.mark.parametrize("value", [None, "", " ", "\u3000\u200b"])
def test_blank_is_no_number(value):
    assert decimal_cell(value) is None


@pytest.mark.parametrize(
    "value",
    ["缺考", "1e5", "nan", "1,329", "5%", "--1", ".", float("nan"), float("inf"), Decimal("nan"), True]
    + [datetime.date(2025, 1, 9), datetime.time(9, 5), "#REF!", "٣", "1" * 40],
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="不是数字，请只填写数字"):
        decimal_cell(value)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_typed_in_excel_comes_back_as_typed(number):
    assert decimal_cell(float(number)) == number
    assert decimal_cell(str(number)) == number
