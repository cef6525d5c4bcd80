"""The rows of an Excel list of honours, read one by one; whatever is wrong in a row is told at once."""

import datetime
import re

from unionportal.common import identity
from unionportal.common.identity import IdentityProblem, clean_text, match_key
from unionportal.common.spreadsheets import EXCEL_ERRORS, NAME, Column, RowProblem

TITLE = Column("title", "称号", ("荣誉称号", "荣誉名称"))
YEAR = Column("year", "年度", ("年份", "授予年度"))
HOLDER = Column("name", NAME.title, (*NAME.aliases, "获奖者", "获得者"))
ID_NUMBER = Column("id_number", "身份证号", ("身份证号码", "公民身份号码"))
UNIT = Column("unit_name", "单位", ("单位名称", "工作单位", "所在单位"))
TEAM = Column("team_name", "集体名称", ("班组名称", "集体（班组）名称"))
DOCUMENT = Column("document_number", "文号", ("决定文号", "发文字号"))
CONFERRED = Column("document_on", "授予日期", ("授予时间", "成文日期", "表彰时间"))
DOCUMENT_TITLE = Column("document_title", "决定名称", ("表彰决定",))
CEREMONY = Column("ceremony_on", "表彰大会日期")
OCCUPATION = Column("occupation", "工种", ("岗位", "工种（岗位）", "职务"))
SECTOR = Column("sector", "产业/行业", ("行业", "产业"))
CITATION = Column("citation", "授奖词")
PUBLIC = Column("is_public", "公开展示", ("是否公开",))
REQUIRED = (TITLE, YEAR, DOCUMENT, CONFERRED)
OPTIONAL = (
    *(HOLDER, ID_NUMBER, UNIT, TEAM),
    *(DOCUMENT_TITLE, CEREMONY, OCCUPATION, SECTOR, CITATION, PUBLIC),
)
IN_ORDER = (TITLE, YEAR, *OPTIONAL[:4], DOCUMENT, CONFERRED, *OPTIONAL[4:])
YES_NO = {"": False, "否": False, "不公开": False, "是": True, "公开": True}
_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?")


class Refused(Exception):
    """A cell that cannot be taken: what is wrong with it and what to do."""

    def __init__(self, column, problem, remedy):
        super().__init__(problem)
        self.column, self.problem, self.remedy = column, problem, remedy


def date_of(value):
    """Return the date of a cell: a date, or words such as 2025-04-28 and 2025年4月28日; ValueError otherwise."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    found = _DATE.fullmatch(clean_text(value))
    if not found:
        raise ValueError(value)
    return datetime.date(*map(int, found.groups()))


class HonourRow:
    """One row of the list: `fields` of the honour by name, or `problems` as (column title, problem, remedy)."""

    def __init__(self, row, titles, known):
        self.number, self.cells, self.titles = row.number, row.cells, titles
        self.fields, self.problems = {}, []
        for key, value in row.cells.items():
            if value in EXCEL_ERRORS:
                self.problems.append((titles[key], f"单元格是错误值 {value}", "请改正公式或直接填写"))
        self.read(TITLE, self._title, known.titles)
        self.read(YEAR, self._year)
        self.read(HOLDER, self._name)
        self.read(ID_NUMBER, self._id_number)
        for column, limit in ((UNIT, 100), (TEAM, 100), (DOCUMENT_TITLE, 200), (OCCUPATION, 50)):
            self.read(column, self._text, column, limit)
        self.read(CITATION, self._text, CITATION, 300)
        self.read(DOCUMENT, self._document)
        self.read(CONFERRED, self._date, CONFERRED)
        self.read(CEREMONY, self._date, CEREMONY)
        self.read(SECTOR, self._sector, known.sectors)
        self.read(PUBLIC, self._is_public)
        if not self.problems:
            self.read(HOLDER, self._whose)

    def read(self, column, rule, *arguments):
        """Set a field to what the rule makes of the row, or note why it cannot be taken."""
        try:
            self.fields[column.key] = rule(*arguments)
        except Refused as refused:
            self.refuse(refused.column, refused.problem, refused.remedy)

    def refuse(self, column, problem, remedy):
        self.problems.append((self.titles.get(column.key, column.title), problem, remedy))

    def as_problem(self):
        """Return one RowProblem that names every column in trouble."""
        columns, problems, remedies = zip(*self.problems, strict=True)
        names = "、".join(dict.fromkeys(columns))
        return RowProblem(self.number, names, "；".join(problems), "；".join(dict.fromkeys(remedies)))

    def _text(self, column, limit):
        text = clean_text(self.cells.get(column.key, ""))
        if len(text) > limit:
            raise Refused(column, f"超过 {limit} 个字", "请缩短后再上传")
        return text

    def _title(self, titles):
        text = self._text(TITLE, 60)
        if match_key(text) in titles:
            return titles[match_key(text)]
        problem = f"没有“{text}”这个称号" if text else "称号为空"
        raise Refused(TITLE, problem, "请先在“荣誉称号”中登记，或改成已登记的名称")

    def _year(self):
        text = clean_text(self.cells.get(YEAR.key, "")).removesuffix("年").strip()
        if not re.fullmatch(r"(?:19|20)[0-9]{2}", text):
            raise Refused(YEAR, f"年度“{text}”无法识别", "请填写四位年份，如 2025")
        return int(text)

    def _name(self):
        if not clean_text(self.cells.get(HOLDER.key, "")):
            return ""
        try:
            return identity.clean_name(self.cells[HOLDER.key])
        except IdentityProblem as problem:
            raise Refused(HOLDER, problem.problem, problem.remedy) from problem

    def _id_number(self):
        try:
            return identity.clean_id_number(self.cells.get(ID_NUMBER.key) or "", allow_blank=True)
        except IdentityProblem as problem:
            raise Refused(ID_NUMBER, problem.problem, problem.remedy) from problem

    def _document(self):
        text = self._text(DOCUMENT, 50)
        if not text:
            raise Refused(DOCUMENT, "文号为空", "请填写授予决定的文号")
        return text

    def _date(self, column):
        value = self.cells.get(column.key, "")
        text = clean_text(value)
        if not text and column is CEREMONY:
            return None
        try:
            return date_of(value)
        except ValueError as error:
            problem = f"日期“{text}”无法识别" if text else "日期为空"
            raise Refused(column, problem, "请填写如 2025-04-28") from error

    def _sector(self, sectors):
        text = self._text(SECTOR, 50)
        if text and match_key(text) not in sectors:
            raise Refused(SECTOR, f"没有“{text}”这个行业", "请填写已登记的行业，或留空")
        return sectors[match_key(text)] if text else None

    def _is_public(self):
        text = self._text(PUBLIC, 10)
        if text not in YES_NO:
            raise Refused(PUBLIC, f"“{text}”无法识别", "请填写“是”或“否”；留空即不公开")
        return YES_NO[text]

    def _whose(self):
        """Check that the row has one holder of a kind its title is given to; returns the name unchanged."""
        found, title = self.fields, self.fields["title"]
        name, team, unit = found["name"], found["team_name"], found["unit_name"]
        if name and team:
            raise Refused(TEAM, "既填了姓名又填了集体名称", "个人荣誉留空集体名称，集体荣誉留空姓名")
        if not match_key(unit) and not found["id_number"]:
            raise Refused(UNIT, "单位为空", "请填写单位全称；个人也可只填身份证号")
        if not name and not match_key(unit):
            raise Refused(HOLDER, "姓名为空", "请填写姓名")
        kind, allowed = ("个人", title.to_person) if name else ("单位", title.to_unit)
        if team:
            kind, allowed = "集体", title.to_team
        if not allowed:
            raise Refused(TITLE, f"“{title}”不授予{kind}", "请核对称号，以及姓名、集体名称两列")
        if found["document_on"] > datetime.date.today():
            raise Refused(CONFERRED, "授予日期晚于今天", "请核对日期")
        return name
