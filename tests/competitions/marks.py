"""Files of marks for the tests, and what is to be seen after they were taken or refused."""

import pytest
from django.core.exceptions import ValidationError

from competitions.models import Appearance, ModuleScore
from competitions.services import exam_marks, panel_marks
from competitions.services.marks_files import ImportRefused
from tests.competitions.played import (
    table_texts,
    two_part_final,
)
from tests.factories import (
    make_competition,
    make_entry,
    workbook,
)
from unionportal.common.spreadsheets import WorkbookProblem

EXAM_HEAD = ("赛项", "姓名", "单位", "理论成绩")
PAPER_HEAD = ("姓名", "裁判", "总评（100）", "用时（秒）")


def take_exam(competition, rows, root, *, head=EXAM_HEAD, enter=True, stage="决赛"):
    return exam_marks.import_exam_marks(
        competition=competition, stage_name=stage, workbook=workbook({"理论": [head, *rows]}), actor=root, enter=enter
    )  # fmt: skip


def take_paper(competition, sheets, root):
    return panel_marks.import_panel_marks(
        competition=competition, stage_name="决赛", workbook=workbook(sheets), actor=root
    )


def faults(call):
    """[(row, column, problem)] of a refused file, of which nothing may be in any table."""
    before = table_texts()
    with pytest.raises(ImportRefused) as error:
        call()
    assert table_texts() == before
    assert all(problem.remedy for problem in error.value.problems)
    return [(problem.row, problem.column, problem.problem) for problem in error.value.problems]


def refusal(call):
    """The sentence of a file refused whole, of which nothing may be in any table."""
    before = table_texts()
    with pytest.raises((WorkbookProblem, ValidationError)) as error:
        call()
    assert table_texts() == before
    return str(error.value)


def exam_marks_now():
    return set(
        ModuleScore.objects.exclude(exam_score=None).values_list(
            "attempt__appearance__entry__person__name", "module__name", "exam_score"
        )
    )


def statuses():
    return dict(Appearance.objects.values_list("entry__person__name", "status"))


def two_events(root, final=None):
    """A competition of two events, 焊接 with 甲 and 钳工 with 丙."""
    final = {"name": "决赛", **(final or two_part_final())}
    events = [
        {"name": name, "code": code, "stages": [final]} for name, code in (("焊接", "HJ"), ("钳工", "QG"))
    ]
    competition = make_competition(root, events=events)
    for name, event in zip(("甲", "丙"), competition.events.all(), strict=True):
        make_entry(event, name, number=f"{event.code}-001")
    return competition
