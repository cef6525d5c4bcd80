"""The cells of Excel lists of studios and achievements, read one by one; what is wrong in a row is told at once."""

import re
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.services.honour_rows import Refused, date_of
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheets import EXCEL_ERRORS, RowProblem, WorkbookProblem, find_table

MOST_ROWS = 2000


def find_list(workbook, required, optional):
    """Return the Table of a list: the first visible sheet that has its columns."""
    problem = WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    for sheet in workbook.visible_sheets:
        try:
            return find_table(sheet, required, optional, max_rows=MOST_ROWS)
        except WorkbookProblem as error:
            problem = error
    raise problem


class LedgerRow:
    """One row of a list: its `fields` by name, or `problems` as (column title, problem, remedy)."""

    def __init__(self, row, titles):
        self.number, self.cells, self.titles = row.number, row.cells, titles
        self.fields, self.problems = {}, []
        for key, value in row.cells.items():
            if value in EXCEL_ERRORS:
                self.problems.append((titles[key], f"单元格是错误值 {value}", "请改正公式或直接填写"))

    def read(self, column, rule, *arguments):
        """Set a field to what the rule makes of its cell, or note why it cannot be taken."""
        try:
            self.fields[column.key] = rule(column, *arguments)
        except Refused as refused:
            self.refuse(refused.column, refused.problem, refused.remedy)

    def refuse(self, column, problem, remedy):
        self.problems.append((self.titles.get(column.key, column.title), problem, remedy))

    def as_problem(self):
        """Return one RowProblem that names every column in trouble."""
        columns, problems, remedies = zip(*self.problems, strict=True)
        names = "、".join(dict.fromkeys(columns))
        return RowProblem(self.number, names, "；".join(problems), "；".join(dict.fromkeys(remedies)))

    def take(self, work):
        """Do what writes this row, or nothing of it: what the records themselves refuse is told like the rest."""
        try:
            with transaction.atomic():
                work()
        except ValidationError as error:
            self.problems.append(("整行", "；".join(error.messages), "请核对后再上传"))

    def text(self, column, limit, needed=False):
        """Return the text of a cell."""
        text = clean_text(self.cells.get(column.key, ""))
        if needed and not text:
            raise Refused(column, f"{column.title}为空", f"请填写{column.title}")
        if len(text) > limit:
            raise Refused(column, f"超过 {limit} 个字", "请缩短后再上传")
        return text

    def day(self, column):
        """Return the date of a cell, None for a blank one."""
        value = self.cells.get(column.key, "")
        text = clean_text(value)
        if not text:
            return None
        try:
            return date_of(value)
        except ValueError as error:
            raise Refused(column, f"日期“{text}”无法识别", "请填写如 2025-06-18") from error

    def choice(self, column, choices, default=""):
        """Return the value of a choice by its words; the default for a blank cell."""
        text = clean_text(self.cells.get(column.key, ""))
        if not text:
            return default
        known = {match_key(label): value for value, label in choices}
        known |= {match_key(label.removesuffix("创新工作室")): value for value, label in choices}
        if match_key(text) not in known:
            words = "、".join(str(label) for _, label in choices)
            raise Refused(column, f"“{text}”无法识别", f"请填写：{words}")
        return known[match_key(text)]

    def known(self, column, index):
        """Return a record by its name, None for a blank cell."""
        text = clean_text(self.cells.get(column.key, ""))
        if text and match_key(text) not in index:
            raise Refused(column, f"没有“{text}”", "请填写后台已登记的名称，或留空")
        return index[match_key(text)] if text else None

    def yuan(self, column):
        """Return an amount of money, None for a blank cell."""
        text = clean_text(self.cells.get(column.key, "")).replace(",", "").removesuffix("元")
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation as error:
            raise Refused(column, f"金额“{text}”无法识别", "请填写数字，单位为元") from error
        if not amount.is_finite() or amount < 0 or amount >= Decimal("1e12"):
            raise Refused(column, f"金额“{text}”不合理", "请填写数字，单位为元")
        return amount.quantize(Decimal("0.01"))

    def year(self, column):
        """Return a year of four digits."""
        text = clean_text(self.cells.get(column.key, "")).removesuffix("年").strip()
        if not re.fullmatch(r"(?:19|20)[0-9]{2}", text):
            raise Refused(column, f"年度“{text}”无法识别", "请填写四位年份，如 2025")
        return int(text)
