"""A rubric from Excel: the whole file or nothing, and only until the first mark is in."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from unionportal.audit.services import record
from unionportal.common.identity import clean_text
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import Column, RowProblem, WorkbookProblem, decimal_cell, find_table
from unionportal.panels.models import Criterion
from unionportal.panels.services.seats import lock_panel, refuse_when_locked

GROUP = Column("group", "分组", ("类别", "模块"))
NAME = Column("name", "评分项", ("评分项目", "项目", "内容"))
CLAUSE = Column("clause", "依据条款", ("条款", "依据", "标准条款"))
MAXIMUM = Column("maximum", "满分", ("分值", "配分"))
STEP = Column("step", "分档", ("最小分档", "步长"))
KIND = Column("kind", "类型", ("评分方式", "方式"))
COLUMNS = (GROUP, NAME, CLAUSE, MAXIMUM, STEP, KIND)
KINDS = {label.partition("（")[0]: code for code, label in Criterion.Kind.choices} | {
    "": Criterion.Kind.POINTS,
    "打分": Criterion.Kind.POINTS,
    "测量": Criterion.Kind.MEASUREMENT,
    "评判": Criterion.Kind.JUDGEMENT,
}
DEFAULT_STEP = Decimal("0.5")


class RubricRefused(ValidationError):
    """A rubric with faults; `problems` lists them as RowProblem. Nothing was written."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(f"文件中有 {len(problems)} 处问题，整份未导入。")


@dataclass
class RubricReport:
    """What an import of a rubric did: criteria new, changed, as they were, dropped; points in all."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    dropped: int = 0
    total: Decimal = Decimal(0)


class RubricReader:
    """Reads rows into the fields of criteria, or problems."""

    def __init__(self, table):
        self.table, self.rows, self.problems = table, {}, []
        for row in table:
            self._read(row)

    def _refuse(self, row, column, problem, remedy):
        title = self.table.titles.get(column.key, column.title)
        self.problems.append(RowProblem(row.number, title, problem, remedy))

    def _read(self, row):
        texts = {column.key: clean_text(row.cells.get(column.key, "")) for column in COLUMNS}
        name = texts["name"]
        if not name or len(name) > 100:
            return self._refuse(row, NAME, "评分项为空或超过 100 个字", "请填写评分项的名称")
        if name in self.rows:
            return self._refuse(row, NAME, f"“{name}”重复", "同一评审组内评分项不能同名")
        if texts["kind"].partition("（")[0] not in KINDS:
            remedy = f"请填写：{'、'.join(label for _, label in Criterion.Kind.choices)}"
            self._refuse(row, KIND, f"不认识的类型“{texts['kind']}”", remedy)
        maximum, step = self._number(row, MAXIMUM, None), self._number(row, STEP, DEFAULT_STEP)
        for column, most in ((GROUP, 50), (CLAUSE, 200)):
            if len(texts[column.key]) > most:
                self._refuse(row, column, f"超过 {most} 个字", "请缩短")
        self.rows[name] = {
            "position": len(self.rows) + 1,
            "group": texts["group"],
            "clause": texts["clause"],
            "maximum": maximum,
            "step": step,
            "kind": KINDS.get(texts["kind"].partition("（")[0]),
        }
        return None

    def _number(self, row, column, default):
        try:
            number = decimal_cell(row.cells.get(column.key, ""))
        except ValueError as error:
            return self._refuse(row, column, str(error).rstrip("。"), "请填写大于 0 的数字")
        number = default if number is None else number
        if number is None or not 0 < number < 10000 or number != number.quantize(Decimal("0.01")):
            return self._refuse(row, column, "应为大于 0、最多两位小数的数字", "请对照评分标准填写")
        return number


@transaction.atomic
def import_rubric(*, panel, workbook, actor, source=""):
    """Make a panel's criteria those of the file, known by their names, and return a RubricReport.

    Raises WorkbookProblem, RubricRefused, or ValidationError; then nothing is written.
    """
    panel = lock_panel(panel)
    refuse_when_locked(panel)
    if not workbook.visible_sheets:
        raise WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    table = find_table(workbook.visible_sheets[0], (NAME, MAXIMUM), (GROUP, CLAUSE, STEP, KIND))
    problems = table.error_cells()
    reader = RubricReader(table) if not problems else None
    if problems or reader.problems:
        raise RubricRefused(problems or reader.problems)
    if not reader.rows:
        raise WorkbookProblem("文件里没有评分项，请填写后再上传。")
    report = _write_rubric(panel, reader.rows)
    record(actor, "panels.rubric_imported", panel, source=source, written=report.added + report.changed)
    return report


def write_rubric(target, panel):
    """Write a panel's criteria as they stand: the form to fill in and the export in one."""
    rows = [
        (item.group, item.name, item.clause, item.maximum, item.step, item.get_kind_display())
        for item in panel.criteria.all()
    ]
    numbers = (MAXIMUM, STEP)
    columns = [ColumnData(column.title, 20, "number" if column in numbers else "text") for column in COLUMNS]
    write_workbook(target, [SheetData("评分标准", columns, rows)])


def _write_rubric(panel, rows):
    known = {criterion.name: criterion for criterion in panel.criteria.all()}
    report = RubricReport(total=sum(fields["maximum"] for fields in rows.values()))
    try:
        report.dropped = len([item.delete() for name, item in known.items() if name not in rows])
    except ProtectedError as error:
        raise ValidationError("原有评分项已被同分规则引用，请先修改同分规则再导入。") from error
    for name, fields in rows.items():
        criterion = known.get(name) or Criterion(panel=panel, name=name)
        before = {key: getattr(criterion, key) for key in fields}
        if criterion.pk and before == fields:
            report.unchanged += 1
            continue
        report.added, report.changed = report.added + (not criterion.pk), report.changed + bool(criterion.pk)
        for key, value in fields.items():
            setattr(criterion, key, value)
        if criterion.kind != Criterion.Kind.MEASUREMENT or (criterion.partial or 0) >= criterion.maximum:
            criterion.partial = None
        criterion.save()
    return report
