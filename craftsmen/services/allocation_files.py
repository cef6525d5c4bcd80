"""Places per branch from Excel: one row a town or system union, one column a title. The whole file or nothing."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.models import Allocation
from craftsmen.services.setup import branches, set_allocations
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import Column, RowProblem, WorkbookProblem, decimal_cell, find_table

BODY = Column("body", "镇街、系统工会", ("镇街工会", "系统工会", "工会", "名称"))
MOST = 999


class AllocationsRefused(ValidationError):
    """A file with faults; `problems` lists them as RowProblem. Nothing was written."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(f"文件中有 {len(problems)} 处问题，整份未导入。")


@dataclass
class AllocationReport:
    """What an import did: rows read, numbers changed, sums as (title, sum, quota)."""

    rows: int
    changed: int
    sums: list


def grid(selection, offers):
    """Return [(body, [places or None per offer])] of every branch."""
    known = {
        (row.offer_id, row.body_id): row.places
        for row in Allocation.objects.filter(offer__selection=selection)
    }
    return [(body, [known.get((offer.pk, body.pk)) for offer in offers]) for body in branches()]


@transaction.atomic
def import_allocations(*, selection, workbook, actor, source=""):
    """Set the places of the branches in the file and return an AllocationReport; others keep theirs."""
    if not workbook.visible_sheets:
        raise WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    offers = list(selection.offers.select_related("title"))
    columns = [Column(f"offer{offer.pk}", offer.title.name) for offer in offers]
    table = find_table(workbook.visible_sheets[0], (BODY, *columns))
    bodies = {match_key(body.name): body for body in branches()}
    problems, places, seen = [], {}, {}
    for row in table:
        name = clean_text(row.cells.get("body", ""))
        if match_key(name) == match_key("合计"):
            continue
        body = bodies.get(match_key(name))
        if body is None:
            problems.append(
                RowProblem(row.number, BODY.title, f"没有“{name}”这个镇街或系统工会", "请核对名称")
            )
            continue
        if body.pk in seen:
            problems.append(
                RowProblem(row.number, BODY.title, f"与第 {seen[body.pk]} 行重复", "请合并为一行")
            )
        seen[body.pk] = row.number
        for offer, column in zip(offers, columns, strict=True):
            number = _number(row, column, problems)
            places[offer.pk, body.pk] = number
    if problems:
        raise AllocationsRefused(problems)
    changed = set_allocations(selection=selection, places=places, actor=actor, source=source)
    table_now = grid(selection, offers)
    sums = [sum(numbers[i] or 0 for _, numbers in table_now) for i in range(len(offers))]
    told = [(offer.title.name, total, offer.quota) for offer, total in zip(offers, sums, strict=True)]
    return AllocationReport(len(seen), changed, told)


def _number(row, column, problems):
    try:
        number = decimal_cell(row.cells.get(column.key, "")) or 0
    except ValueError as error:
        problems.append(
            RowProblem(row.number, column.title, str(error).rstrip("。"), "请填写整数，没有名额的留空")
        )
        return 0
    if number != int(number) or not 0 <= number <= MOST:
        problems.append(
            RowProblem(row.number, column.title, f"{number} 不是 0 到 {MOST} 的整数", "请填写整数")
        )
        return 0
    return int(number)


def write_allocations(target, selection):
    """Write the places as they stand: the form to fill in and the export in one."""
    offers = list(selection.offers.select_related("title"))
    rows = [(body.name, *numbers) for body, numbers in grid(selection, offers)]
    columns = [ColumnData(BODY.title, 30), *(ColumnData(offer.title.name, 14, "number") for offer in offers)]
    write_workbook(target, [SheetData("推荐名额", columns, rows)])
