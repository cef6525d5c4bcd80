"""Results as files: JSON for programs, the 成绩册 in Excel for people. Both read the sealed sheets, never the marks."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from competitions.models import Appearance, Competition, ResultSheet
from competitions.services.stages import lock_stages
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook

SCOPES = Competition.PublicScope


@transaction.atomic
def latest_sheets(*, competition, stage_name):
    """Return the newest ResultSheet, sealed or published, of this stage of every event that has one."""
    stages = lock_stages(competition=competition, name=stage_name)
    return list(
        ResultSheet.objects.filter(stage__in=stages)
        .select_related("stage__event__competition")
        .order_by("stage__event__position", "stage__event_id", "-version")
        .distinct("stage__event__position", "stage__event_id")
    )


def as_mapping(sheets):
    """Return event name → list of {rank, name, unit, modules, total, status, award}; scores are strings as printed."""
    return {
        sheet.stage.event.name: [
            {
                "rank": row.rank,
                "name": row.name,
                "unit": row.unit_name,
                "modules": {module["name"]: module["score"] for module in row.module_scores},
                "total": row.total_text or None,
                "status": row.status,
                "award": row.award or None,
            }
            for row in sheet.rows.all()
        ]
        for sheet in sheets
    }


def visible_rows(sheet, scope):
    """Return the rows that this scope lets everybody see; absent, withdrawn and disqualified are never among them."""
    rows = sheet.rows.filter(status=Appearance.Status.PRESENT)
    return rows.exclude(award="") if scope == SCOPES.AWARDS else rows


def write_result_book(target, sheets, scope=SCOPES.FULL, *, for_public=False):
    """Write the 成绩册 of these sheets to a path or file; for the public it holds what the scope allows."""
    write_workbook(target, [_page(sheet, scope, for_public) for sheet in sheets])


def _page(sheet, scope, for_public):
    rows = list(visible_rows(sheet, scope) if for_public else sheet.rows.all())
    shows_ranks, shows_scores = scope != SCOPES.AWARDS, scope == SCOPES.FULL
    judges = _judges(rows) if shows_scores and not for_public else []
    modules = [module["name"] for module in sheet.modules] if shows_scores else []
    columns = [ColumnData("名次", 8, "number")] if shows_ranks else []
    columns += [ColumnData("姓名", 12), ColumnData("单位", 30)]
    columns += [ColumnData(f"{module}·{judge}", 12, "number", 2) for module, judge in judges]
    columns += [
        ColumnData(f"{module['name']}（{module['weight']}%）", 14, "number", 2)
        for module in sheet.modules
        if modules
    ]
    if shows_scores:
        columns += [ColumnData("用时", 10), ColumnData("总分", 10, "number", sheet.stage.decimals)]
    columns.append(ColumnData("奖项", 12))
    if shows_ranks:
        columns.append(ColumnData("备注", 30))
    return SheetData(
        title=sheet.stage.event.name,
        columns=columns,
        rows=[
            _line(row, judges, modules, shows_ranks=shows_ranks, shows_scores=shows_scores) for row in rows
        ],
        caption=_caption(sheet),
    )


def _caption(sheet):
    stage = sheet.stage
    state = (
        f"{timezone.localtime(sheet.published_at):%Y年%m月%d日}公布"
        if sheet.published_at
        else "未公布，仅供内部核对"
    )
    lines = [
        f"{stage.event.competition.title} {stage.event.name} {stage.name}成绩册",
        f"第 {sheet.version} 版　{state}　参赛 {sheet.contestants} 人",
        f"计分规则：{sheet.rule_text}",
    ]
    return [*lines, f"更正理由：{sheet.reason}"] if sheet.reason else lines


def _judges(rows):
    """Return (module, judge) pairs over all rows, in the order they first appear."""
    pairs = {}
    for row in rows:
        for module in (row.working or {}).get("modules", []):
            for judge in module.get("judges", []):
                pairs[module["name"], judge["label"]] = None
    return list(pairs)


def _line(row, judges, modules, *, shows_ranks, shows_scores):
    given = {
        (module["name"], judge["label"]): judge["total"]
        for module in (row.working or {}).get("modules", [])
        for judge in module.get("judges", [])
    }
    scores = {module["name"]: Decimal(module["score"]) for module in row.module_scores}
    # How a tie was parted tells scores.
    tie_note = row.tie_note if shows_scores else ""
    remark = tie_note if row.status == Appearance.Status.PRESENT else row.get_status_display()
    if row.is_guest:
        remark = f"表演赛，不计名次　{remark}".strip()
    line = ["" if row.rank is None else row.rank] if shows_ranks else []
    line += [row.name, row.unit_name]
    line += [_number(given.get(pair)) for pair in judges]
    line += [scores.get(module, "") for module in modules]
    if shows_scores:
        line += [row.elapsed, Decimal(row.total_text) if row.total_text else ""]
    return [*line, row.award, remark] if shows_ranks else [*line, row.award]


def _number(text):
    """Return a judge's total as a number where it is a finite decimal, else as the text it is."""
    try:
        return Decimal(text) if text else ""
    except ArithmeticError:
        return text
