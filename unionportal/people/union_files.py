"""Union bodies from Excel: good rows are written, bad ones listed by row and column."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from unionportal.audit.services import record
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import Column, RowProblem, WorkbookProblem, find_table
from unionportal.people.models import UnionBody
from unionportal.people.services import unit_index

NAME = Column("name", "名称", ("工会名称", "工会"))
KIND = Column("kind", "层级", ("类别", "类型"))
PARENT = Column("parent", "上级工会", ("上级", "所属上级"))
PHONE = Column("phone", "联系电话", ("电话",))
UNITS = Column("units", "覆盖单位", ("单位", "所含单位"))
COLUMNS = (NAME, KIND, PARENT, PHONE, UNITS)
KINDS = {match_key(label): code for code, label in UnionBody.Kind.choices}
# Who stands above is written first.
ORDER = [UnionBody.Kind.DISTRICT, *UnionBody.BRANCHES]


@dataclass
class UnionReport:
    """What an import does or did to the union bodies."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list = field(default_factory=list)


class UnionReader:
    """Checks rows one by one against the bodies known so far, and writes the good ones."""

    def __init__(self, table):
        self.table, self.report = table, UnionReport()
        self.bodies = {match_key(body.name): body for body in UnionBody.objects.prefetch_related("units")}
        self.units, self.seen = unit_index(), {}

    def refuse(self, row, column, problem, remedy):
        title = self.table.titles.get(column.key, column.title)
        self.report.refused.append(RowProblem(row.number, title, problem, remedy))

    def read(self, row):
        """Write one row, or note what is wrong with it."""
        cells = {column.key: clean_text(row.cells.get(column.key, "")) for column in COLUMNS}
        key, kind = match_key(cells["name"]), KINDS.get(match_key(cells["kind"]))
        if not key or len(cells["name"]) > 100:
            return self.refuse(row, NAME, "名称为空或超过 100 个字", "请填写工会全称")
        if key in self.seen:
            return self.refuse(row, NAME, f"与第 {self.seen[key]} 行重复", "请删去重复的一行")
        self.seen[key] = row.number
        if kind is None:
            return self.refuse(
                row, KIND, f"不认识的层级“{cells['kind']}”", f"请填写：{'、'.join(UnionBody.Kind.labels)}"
            )
        parent = self.bodies.get(match_key(cells["parent"]))
        if cells["parent"] and parent is None:
            return self.refuse(
                row, PARENT, f"没有“{cells['parent']}”这个工会", "请核对名称，或把它也列入本表"
            )
        names = [
            name for name in cells["units"].replace("，", "、").replace(",", "、").split("、") if name.strip()
        ]
        unknown = [name for name in names if match_key(name) not in self.units]
        if unknown:
            return self.refuse(
                row,
                UNITS,
                f"没有登记的单位：{'、'.join(unknown)}",
                "请先在“用人单位”中登记，或改为已登记的名称",
            )
        return self._write(row, cells, kind, parent, [self.units[match_key(name)] for name in names])

    def _write(self, row, cells, kind, parent, units):
        known = self.bodies.get(match_key(cells["name"]))
        body = known or UnionBody(name=cells["name"])
        wanted = {"kind": kind, "parent": parent, "contact_phone": cells["phone"] or body.contact_phone}
        covered = {unit.pk for unit in units} - ({unit.pk for unit in body.units.all()} if known else set())
        if known and not covered and all(getattr(body, name) == value for name, value in wanted.items()):
            self.report.unchanged += 1
            return None
        for name, value in wanted.items():
            setattr(body, name, value)
        try:
            body.full_clean(exclude=["pinyin"])
        except ValidationError as error:
            return self.refuse(row, KIND, "；".join(error.messages).rstrip("。"), "请核对层级和上级工会")
        body.save()
        body.units.add(*covered)
        self.bodies[match_key(body.name)] = body
        self.report.added += not known
        self.report.changed += bool(known)
        return None


@transaction.atomic
def import_union_bodies(*, workbook, actor, source=""):
    """Add and change union bodies by their names and return a UnionReport; units are added, never taken away."""
    if not workbook.visible_sheets:
        raise WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    table = find_table(workbook.visible_sheets[0], (NAME, KIND), (PARENT, PHONE, UNITS))
    reader = UnionReader(table)

    def height(row):
        kind = KINDS.get(match_key(clean_text(row.cells.get("kind", ""))))
        return ORDER.index(kind) if kind in ORDER else len(ORDER)

    for row in sorted(table, key=height):
        reader.read(row)
    report = reader.report
    report.refused.sort(key=lambda problem: problem.row)
    if report.added or report.changed:
        counts = {"added": report.added, "updated": report.changed, "unchanged": report.unchanged}
        record(
            actor, "people.union_bodies_imported", None, source=source, refused=len(report.refused), **counts
        )
    return report


def write_union_bodies(target):
    """Write the union bodies as they stand: the form to fill in and the export in one."""
    bodies = UnionBody.objects.select_related("parent").prefetch_related("units")
    rows = [
        (
            body.name,
            body.get_kind_display(),
            body.parent.name if body.parent else "",
            body.contact_phone,
            "、".join(unit.name for unit in body.units.all()),
        )
        for body in bodies
    ]
    columns = [
        ColumnData(column.title, width) for column, width in zip(COLUMNS, (30, 12, 24, 16, 60), strict=True)
    ]
    write_workbook(target, [SheetData("所属工会", columns, rows)])
