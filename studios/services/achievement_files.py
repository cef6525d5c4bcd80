"""Achievements from Excel as drafts, and to Excel; a secret one leaves the house in no list."""

from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from studios.models import Achievement, Contribution, Studio
from studios.services.ledger_rows import LedgerRow, find_list
from unionportal.audit.services import record
from unionportal.common.identity import match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import Column
from unionportal.people.models import Sector

STUDIO = Column("studio", "工作室", ("工作室名称",))
YEAR = Column("year", "年度", ("年份",))
KIND = Column("kind", "类别", ("成果类别",))
TITLE = Column("title", "成果名称", ("名称",))
SECTOR = Column("sector", "产业/行业", ("行业",))
PROBLEM = Column("problem", "解决的问题", ("问题",))
SOLUTION = Column("solution", "解决办法", ("办法",))
IN_USE = Column("in_use_since", "投入使用日期", ("使用日期",))
BENEFIT = Column("benefit_yuan", "经济效益（元）", ("经济效益",))
BASIS = Column("benefit_basis", "效益测算依据", ("测算依据",))
CERTIFIED = Column("certified_by", "效益证明单位", ("证明单位",))
PATENT_KIND = Column("patent_kind", "专利类型")
PATENT = Column("patent_number", "专利号", ("专利号（标准号）", "标准号"))
PATENT_ON = Column("patent_on", "授权日期")
PEOPLE = Column("people", "完成人", ("主要完成人",))
SECRECY = Column("confidentiality", "保密", ("保密级别",))
REQUIRED = (STUDIO, YEAR, KIND, TITLE)
OPTIONAL = (
    *(SECTOR, PROBLEM, SOLUTION, IN_USE, BENEFIT, BASIS, CERTIFIED),
    *(PATENT_KIND, PATENT, PATENT_ON, PEOPLE, SECRECY),
)
PLAIN = [column.key for column in (*REQUIRED, *OPTIONAL) if column not in (PEOPLE, STUDIO)]


@dataclass
class AchievementReport:
    """What an import does or did."""

    made: int = 0
    unchanged: int = 0
    refused: list = field(default_factory=list)


def _read(row, titles, known):
    found = LedgerRow(row, titles)
    found.read(STUDIO, found.known, known["studios"])
    found.read(YEAR, found.year)
    found.read(KIND, found.choice, Achievement.Kind.choices)
    found.read(TITLE, found.text, 100, True)
    found.read(SECTOR, found.known, known["sectors"])
    for column, limit in ((PROBLEM, 5000), (SOLUTION, 5000), (BASIS, 300), (CERTIFIED, 100), (PATENT, 50)):
        found.read(column, found.text, limit)
    found.read(PEOPLE, found.text, 500)
    found.read(BENEFIT, found.yuan)
    found.read(IN_USE, found.day)
    found.read(PATENT_ON, found.day)
    found.read(PATENT_KIND, found.choice, Achievement.PatentKind.choices)
    # Nothing becomes public because a cell was left blank.
    secrecy = Achievement.Confidentiality
    found.read(SECRECY, found.choice, secrecy.choices, secrecy.INTERNAL)
    if not found.problems:
        _check(found)
    return found


def _check(row):
    given = row.fields
    if given["studio"] is None:
        row.refuse(STUDIO, "工作室为空", "请填写台账中的工作室名称")
    if not given["kind"]:
        row.refuse(KIND, "类别为空", "请填写成果类别")
    if given["kind"] == Achievement.Kind.PATENT and not (given["patent_number"] and given["patent_kind"]):
        row.refuse(PATENT, "专利缺专利类型或专利号", "请填写这两列")
    if given["benefit_yuan"] and not given["benefit_basis"]:
        row.refuse(BASIS, "有经济效益而没有测算依据", "请填写测算依据")


def _known():
    studios = {}
    for studio in Studio.objects.all():
        studios.setdefault(studio.match_key, []).append(studio)
    return {
        # A name that two units share leads to neither.
        "studios": {key: found[0] for key, found in studios.items() if len(found) == 1},
        "sectors": {match_key(item.name): item for item in Sector.objects.all()},
    }


@transaction.atomic
def import_achievements(*, workbook, actor, source=""):
    """Make a draft of every good row and return an AchievementReport; known titles of a studio's year are left."""
    table, known = find_list(workbook, REQUIRED, OPTIONAL), _known()
    rows = [_read(row, table.titles, known) for row in table]
    report = AchievementReport()
    held = {
        (studio, year, match_key(title))
        for studio, year, title in Achievement.objects.values_list("studio", "year", "title")
    }
    for row in rows:
        if row.problems:
            continue
        given = row.fields
        key = given["studio"].pk, given["year"], match_key(given["title"])
        if key in held:
            report.unchanged += 1
            continue
        row.take(partial(_make, given))
        if not row.problems:
            held.add(key)
            report.made += 1
    report.refused = [row.as_problem() for row in rows if row.problems]
    if report.made:
        record(
            actor,
            "studios.achievements_imported",
            None,
            written=report.made,
            refused=len(report.refused),
            source=source,
        )
    return report


def _make(given):
    item = Achievement(studio=given["studio"], **{name: given[name] for name in PLAIN})
    item.full_clean()
    item.save()
    names = given["people"].replace("，", "、").replace(",", "、").replace("；", "、").split("、")
    names = [name.strip()[:50] for name in names if name.strip()]
    Contribution.objects.bulk_create(
        Contribution(achievement=item, position=place, name=name) for place, name in enumerate(names, 1)
    )


def write_blank(target):
    """Write the empty workbook that an import takes, headers and a sheet on how to fill it in."""
    kinds = "、".join(Achievement.Kind.labels)
    hints = [
        ("工作室", "台账中的工作室名称。"),
        ("类别", f"{kinds}之一。"),
        ("完成人", "按次序，用顿号隔开，如 张三、李四。"),
        ("保密", "可公开、内部或涉密；留空按内部。涉密内容不要写入本表。"),
        ("经济效益（元）", "填数字；填了效益的，须填测算依据。"),
    ]
    columns = [ColumnData(column.title, 18) for column in (*REQUIRED, *OPTIONAL)]
    told = SheetData("填写说明", [ColumnData("列", 16), ColumnData("说明", 60)], hints)
    write_workbook(target, [SheetData("创新成果", columns, []), told])


@transaction.atomic
def export_achievements(*, achievements, actor, target):
    """Write achievements as a workbook; secret ones stay behind. Leaves an audit line; returns how many."""
    columns = [
        ColumnData(column.title, 18, "number" if column in (YEAR, BENEFIT) else "text")
        for column in (*REQUIRED, *OPTIONAL)
    ]
    columns.append(ColumnData("状态", 10))
    found = achievements.exclude(confidentiality=Achievement.Confidentiality.SECRET)
    found = list(found.select_related("studio", "sector").prefetch_related("contributions"))
    write_workbook(target, [SheetData("创新成果", columns, [_line(item) for item in found])])
    record(actor, "studios.achievements_exported", None, count=len(found))
    return len(found)


def _line(item):
    people = "、".join(contribution.name for contribution in item.contributions.all())
    return (
        *(item.studio.name, item.year, item.get_kind_display(), item.title, item.sector and item.sector.name),
        *(item.problem, item.solution, str(item.in_use_since or ""), item.benefit_yuan, item.benefit_basis),
        *(item.certified_by, item.get_patent_kind_display(), item.patent_number, str(item.patent_on or "")),
        *(people, item.get_confidentiality_display(), item.get_status_display()),
    )
