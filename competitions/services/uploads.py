"""Workbooks that staff upload: what a file would change, and the same file applied."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from competitions.services import exam_marks, panel_marks, roster
from competitions.services.marks_files import ImportRefused
from unionportal.common.spreadsheets import ColumnData, SheetData, WorkbookProblem, write_workbook
from unionportal.files.models import StoredFile
from unionportal.files.services import discard_file
from unionportal.panels.services import rubric_files

# Uploads hold ID numbers: what nobody confirms within this time goes with the next upload.
KEPT_FOR = timedelta(hours=24)
KINDS = {"roster": "参赛名册", "exam": "理论成绩", "panel": "纸质评分表", "rubric": "评分标准"}
# What the fields of the reports are called, in the order in which they are told.
FACTS = {
    "accepted": "写入行数",
    "updated": "其中更新原有报名",
    "entered": "进入本轮",
    "written": "写入成绩",
    "timed": "写入用时",
    "absent": "登记缺考、缺赛",
    "added": "新增评分项",
    "changed": "修改评分项",
    "dropped": "删去评分项",
    "total": "满分合计",
    "unchanged": "与现有一致",
}
WRITING = ("accepted", "entered", "written", "timed", "absent", "added", "changed", "dropped")


@dataclass
class Preview:
    """What a file would do: (name, number) facts, units it would make, faults by row, or why it is refused whole."""

    facts: list = field(default_factory=list)
    new_units: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    teams: list = field(default_factory=list)
    writes: bool = False


def run(*, kind, competition, workbook, actor, options, source=""):
    """Import a workbook of this kind and return its report; raises what the import raises."""
    common = {"workbook": workbook, "actor": actor, "source": source}
    if kind == "roster":
        return roster.import_roster(competition=competition, **common)
    if kind == "exam":
        return exam_marks.import_exam_marks(
            competition=competition, stage_name=options["stage"], enter=options["enter"], **common
        )
    if kind == "panel":
        return panel_marks.import_panel_marks(competition=competition, stage_name=options["stage"], **common)
    return rubric_files.import_rubric(panel=options["module"].panel, **common)


@transaction.atomic
def apply(*, stored, actor, **arguments):
    """Import an uploaded file and delete it; its SHA-256 stays in the audit. Raises what run() raises."""
    if not StoredFile.objects.select_for_update().filter(pk=stored.pk).exists():
        raise ValidationError("这份文件刚才已经导入。")
    report = run(actor=actor, source=stored.name, **arguments)
    discard_file(stored=stored, actor=actor, reason="导入完成")
    return report


def discard_forgotten(*, actor):
    """Delete uploads that nobody has confirmed in time; returns how many."""
    purposes = Q()
    for kind in KINDS:
        purposes |= Q(purpose__startswith=f"{kind}:")
    old = list(StoredFile.objects.filter(purposes, created_at__lt=timezone.now() - KEPT_FOR))
    for stored in old:
        discard_file(stored=stored, actor=actor, reason="上传后 24 小时未确认导入")
    return len(old)


def preview(**arguments):
    """Import the file in a transaction that is rolled back, and return what it came to as a Preview."""
    try:
        with transaction.atomic():
            report = run(**arguments)
            transaction.set_rollback(True)
    except (ImportRefused, rubric_files.RubricRefused) as error:
        return Preview(problems=error.problems, refusals=error.messages)
    except WorkbookProblem as problem:
        return Preview(refusals=[str(problem)])
    except ValidationError as error:
        return Preview(refusals=error.messages)
    return told(report)


def told(report):
    """Return a report as a Preview."""
    values = vars(report)
    return Preview(
        facts=[(name, values[key]) for key, name in FACTS.items() if key in values],
        new_units=list(values.get("new_units", ())),
        problems=list(values.get("refused", ())),
        teams=list(values.get("teams", ())),
        writes=any(values.get(key) for key in WRITING),
    )


def write_blank(target, *, kind, modules=()):
    """Write the empty workbook of a kind, headers only; for marks by the modules of the stage."""
    write_workbook(target, list(_blank_sheets(kind, modules)))


def _blank_sheets(kind, modules):
    marks = [ColumnData("参赛编号", 16), ColumnData("姓名", 12), ColumnData("单位", 30)]
    if kind == "roster":
        columns = (*roster.REQUIRED, *roster.OPTIONAL)
        yield SheetData("参赛名册", [ColumnData(column.title, 20) for column in columns], [])
        yield SheetData("填写说明", [ColumnData("列", 16), ColumnData("怎么填", 90)], roster.GUIDE)
    elif kind == "rubric":
        yield SheetData("评分标准", [ColumnData(item.title, 20) for item in rubric_files.COLUMNS], [])
    elif kind == "exam":
        names = dict.fromkeys(module.name for module in modules if module.panel is None)
        titles = ["理论成绩"] if len(names) <= 1 else list(names)
        scores = [ColumnData(title, 14, "number") for title in titles]
        yield SheetData("理论成绩", [ColumnData("赛项", 16), *marks, *scores], [])
    else:
        for module in modules:
            if module.panel is not None:
                criteria = [ColumnData(str(item), 16, "number") for item in module.panel.criteria.all()]
                columns = [*marks, ColumnData("裁判", 12), *criteria, ColumnData("用时（秒）", 12)]
                yield SheetData(module.stage.event.name, columns, [])


def write_problems(target, problems):
    """Write faults by row and column as a workbook, to be worked through beside the file."""
    columns = [
        ColumnData("行", 8, "number"),
        ColumnData("列", 16),
        ColumnData("问题", 50),
        ColumnData("怎么改", 50),
    ]
    rows = [(item["row"], item["column"], item["problem"], item["remedy"]) for item in problems]
    write_workbook(target, [SheetData("问题清单", columns, rows)])
