"""What the imports of marks share: finding the entry a row means, faults, and the report."""

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError

from competitions.models import Appearance, Entry
from competitions.services import stages
from unionportal.common import crypto, identity
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheets import (
    ID_NUMBER,
    NAME,
    UNIT,
    Column,
    RowProblem,
    WorkbookProblem,
    find_table,
)
from unionportal.people.services import unit_index

NUMBER = Column("number", "参赛编号", ("报名编号", "选手编号"))
ABSENT_WORDS = {"缺考", "缺赛", "未到", "缺席"}


class ImportRefused(ValidationError):
    """A marks file with faults; `problems` lists them as RowProblem. Nothing was written."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(f"文件中有 {len(problems)} 处问题，整份未导入。")


@dataclass
class MarksReport:
    """What an import of marks did."""

    entered: int = 0
    written: int = 0
    unchanged: int = 0
    timed: int = 0
    absent: int = 0


class RowRefused(Exception):
    """A row that cannot be taken; carries its RowProblem."""

    def __init__(self, row, column, problem, remedy):
        super().__init__(problem)
        self.problem = RowProblem(row, column, problem, remedy)


class EntryFinder:
    """Finds the entry a row means: by number, by ID number, else by event, name and unit."""

    def __init__(self, competition):
        self.units = unit_index()
        self.by_number, self.by_id, self.by_name = {}, {}, {}
        entries = Entry.objects.live().filter(event__competition=competition, status=Entry.Status.ACCEPTED)
        for entry in entries.select_related("person", "event", "unit"):
            self.by_number[entry.event_id, match_key(entry.number)] = entry
            if entry.person:
                self.by_id[entry.event_id, entry.person.id_number_hash] = entry
            self.by_name.setdefault((entry.event_id, match_key(entry.label)), []).append(entry)

    def find(self, event, row, titles):
        """Return the entry that a row means; raises RowRefused saying why there is none, or more than one."""
        name = clean_text(row.cells.get(NAME.key, ""))
        number = match_key(clean_text(row.cells.get(NUMBER.key, "")))
        if number:
            entry = self.by_number.get((event.pk, number))
            fault = NUMBER, f"“{event}”没有这个参赛编号", "请对照报名名单核对编号"
        elif clean_text(row.cells.get(ID_NUMBER.key, "")):
            entry, fault = self._by_id_number(event, row.cells[ID_NUMBER.key])
        else:
            entry, fault = self._by_name(event, name, clean_text(row.cells.get(UNIT.key, "")))
        if entry is not None and name and match_key(name) != match_key(entry.label):
            # A slip in a number must not give somebody else's marks away.
            column = NUMBER if number else ID_NUMBER
            entry, fault = (
                None,
                (column, f"{column.title}是“{entry.label}”的，本行姓名为“{name}”", "请核对二者"),
            )
        if entry is None:
            column, problem, remedy = fault
            raise RowRefused(row.number, titles.get(column.key, column.title), problem, remedy)
        return entry

    def _by_id_number(self, event, value):
        try:
            id_number = identity.clean_id_number(value)
        except identity.IdentityProblem as problem:
            return None, (ID_NUMBER, problem.problem, problem.remedy)
        fault = ID_NUMBER, f"“{event}”没有这个身份证号的选手", "请核对身份证号和赛项"
        return self.by_id.get((event.pk, crypto.keyed_hash(id_number))), fault

    def _by_name(self, event, name, unit_name):
        found = self.by_name.get((event.pk, match_key(name)), [])
        if not found:
            problem = f"“{event}”的选手中没有“{name}”" if name else "姓名为空"
            return None, (NAME, problem, "请核对姓名和赛项；未报名的先导入名册")
        if unit_name:
            found = [entry for entry in found if self._is_of(entry, unit_name)]
        if not found:
            problem = f"“{name}”报名时的单位不是“{unit_name}”"
            return None, (UNIT, problem, "请填写报名时的单位全称、简称或曾用名")
        if len(found) > 1:
            problem = f"有 {len(found)} 名选手叫“{name}”，分不清是哪一位"
            return None, (NAME, problem, "请加一列“参赛编号”或“身份证号”")
        return found[0], None

    def _is_of(self, entry, unit_name):
        key = match_key(unit_name)
        if key == match_key(entry.unit_name):
            return True
        named, own = self.units.get(key), self.units.get(match_key(entry.unit.name))
        return named is not None and own is not None and named.pk == own.pk


def visible_tables(workbook, required, optional):
    """Return the tables of all visible sheets that are not blank."""
    sheets = [
        sheet
        for sheet in workbook.visible_sheets
        if any(str(cell).strip() for row in sheet.rows for cell in row)
    ]
    if not sheets:
        raise WorkbookProblem("工作簿是空的，请填写后再上传。")
    return [find_table(sheet, required, optional) for sheet in sheets]


def where_in(table, tables):
    """Return the prefix that names a sheet where a workbook has several."""
    return f"“{table.sheet}”表：" if len(tables) > 1 else ""


def refuse_error_cells(tables):
    """Raise ImportRefused if any cell holds an Excel error, naming its sheet where there are several."""
    problems = [
        replace(problem, problem=where_in(table, tables) + problem.problem)
        for table in tables
        for problem in table.error_cells()
    ]
    if problems:
        raise ImportRefused(problems)


def set_absent(appearance, word, actor):
    """Record somebody as absent because the file says so; returns 1 if that is new, else 0."""
    if appearance.status == Appearance.Status.ABSENT:
        return 0
    stages.set_appearance_status(
        appearance=appearance, status=Appearance.Status.ABSENT, reason=f"成绩表登记为{word}", actor=actor
    )
    return 1
