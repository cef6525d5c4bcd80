"""Exam marks from Excel: a file is written whole or not at all."""

from decimal import Decimal

from django.db import transaction

from competitions.models import Appearance, Attempt, Module, ModuleScore, Stage
from competitions.services import stages
from competitions.services.marks_files import (
    ABSENT_WORDS,
    NUMBER,
    EntryFinder,
    ImportRefused,
    MarksReport,
    RowRefused,
    refuse_error_cells,
    set_absent,
    visible_tables,
    where_in,
)
from competitions.services.roster import EVENT
from unionportal.audit.services import record
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheets import ID_NUMBER, NAME, UNIT, RowProblem, WorkbookProblem, decimal_cell

EXAM = "理论成绩"


@transaction.atomic
def import_exam_marks(*, competition, stage_name, workbook, actor, enter=False, source=""):
    """Write exam marks (0–100, two decimals) of a stage and return a MarksReport.

    With `enter` the people named are put into the stage first. Raises WorkbookProblem, ImportRefused, or
    ValidationError; then nothing is written.
    """
    by_event = {
        stage.event_id: stage for stage in stages.lock_stages(competition=competition, name=stage_name)
    }
    tables = visible_tables(workbook, (EVENT, NAME), (UNIT, NUMBER, ID_NUMBER))
    refuse_error_cells(tables)
    reader = ExamReader(competition, by_event, enter)
    for table in tables:
        reader.read(table, where_in(table, tables))
    if reader.problems:
        raise ImportRefused(reader.problems)
    report = MarksReport()
    for stage in by_event.values():
        lines = [line for line in reader.lines if line[0].event_id == stage.event_id]
        if lines:
            _write_exam_marks(stage, lines, actor, enter, report)
    if report.written or report.entered or report.absent:
        record(
            actor,
            "competitions.exam_marks_imported",
            competition,
            stage=stage_name,
            source=source,
            **vars(report),
        )
    return report


class ExamReader:
    """Reads rows into (entry, {module: Decimal}, nothing for the absent) lines, or problems.

    Raises ValidationError at the first row of a stage that takes no marks; other stages do not matter.
    """

    def __init__(self, competition, by_event, enter):
        self.finder = EntryFinder(competition)
        self.events = {}
        for stage in by_event.values():
            self.events[match_key(stage.event.name)] = self.events[match_key(stage.event.code)] = stage
        self.modules = {
            stage.pk: list(stage.modules.filter(source=Module.Source.EXAM)) for stage in by_event.values()
        }
        appearances = Appearance.objects.filter(stage__in=by_event.values())
        self.appearances = {appearance.entry_id: appearance for appearance in appearances}
        self.enter, self.known = enter, _marks_of_the_missing(appearances)
        self.lines, self.problems, self.seen = [], [], {}

    def read(self, table, where):
        self.where, self.titles = where, table.titles
        for row in table:
            self._read_row(row)

    def _refuse(self, row, title, problem, remedy):
        self.problems.append(RowProblem(row.number, title, self.where + problem, remedy))

    def _read_row(self, row):
        stage = self.events.get(match_key(clean_text(row.cells[EVENT.key])))
        if stage is None:
            names = "、".join(dict.fromkeys(item.event.name for item in self.events.values()))
            return self._refuse(
                row,
                self.titles[EVENT.key],
                f"没有“{clean_text(row.cells[EVENT.key])}”这个赛项",
                f"请填写：{names}",
            )
        try:
            entry = self.finder.find(stage.event, row, self.titles)
        except RowRefused as refused:
            problem = refused.problem
            return self._refuse(row, problem.column, problem.problem, problem.remedy)
        stages.refuse_unless_marking(stage)
        marks = self._marks(row, stage)
        fault = self._fault(stage, entry, marks)
        if fault:
            return self._refuse(row, self.titles[NAME.key], *fault)
        self.seen[entry.pk] = row.number
        if marks is not None:
            self.lines.append((entry, marks))
        return None

    def _fault(self, stage, entry, marks):
        """Return (problem, remedy) where this entry may not have these marks, else None."""
        appearance = self.appearances.get(entry.pk)
        if appearance is None and not self.enter:
            return f"“{entry.label}”没有进入“{stage}”", "请先让其进入本轮（命令行加 --enter）"
        if entry.pk in self.seen:
            return f"“{entry.label}”与第 {self.seen[entry.pk]} 行重复", "请删去重复的一行"
        is_missing = appearance is not None and appearance.status != Appearance.Status.PRESENT
        if is_missing and any(
            self.known.get((entry.pk, module.pk)) != marks[module] for module in marks or ()
        ):
            problem = f"“{entry.label}”已登记为{appearance.get_status_display()}"
            return problem, "请删去这一行，或先恢复其出场状态"
        return None

    def _columns(self, stage):
        """Return {module: title of its column}; a single exam module may be headed 理论成绩."""
        modules = self.modules[stage.pk]
        titles = {match_key(title): title for title in self.titles.values()}
        found = {}
        for module in modules:
            for name in (module.name, f"{module.name}成绩", *([EXAM] if len(modules) == 1 else [])):
                if match_key(name) in titles:
                    found[module] = titles[match_key(name)]
                    break
            else:
                wanted = EXAM if len(modules) == 1 else module.name
                raise WorkbookProblem(f"缺少列：{wanted}，请在表头中补上。")
        if not found:
            raise WorkbookProblem(f"“{stage}”没有考试模块，不收理论成绩。")
        return found

    def _marks(self, row, stage):
        marks = {}
        for module, title in self._columns(stage).items():
            value = row.cells[title]
            if clean_text(value) in ABSENT_WORDS:
                return {}
            try:
                mark = decimal_cell(value)
            except ValueError as error:
                return self._refuse(
                    row, title, str(error).rstrip("。"), "请填写 0–100 的分数；缺考请填“缺考”"
                )
            if mark is None:
                return self._refuse(row, title, "没有成绩", "请填写分数；缺考请填“缺考”，不要留空或填 0")
            if not 0 <= mark <= 100 or mark != mark.quantize(Decimal("0.01")):
                return self._refuse(
                    row, title, f"成绩 {mark} 不在 0–100 之间，或多于两位小数", "请核对后改正"
                )
            marks[module] = mark
        return marks


def _marks_of_the_missing(appearances):
    """Return {(entry pk, module pk): mark} of those not present: the same marks once more are no contradiction."""
    missing = appearances.exclude(status=Appearance.Status.PRESENT)
    scores = ModuleScore.objects.filter(
        attempt__appearance__in=missing, attempt__is_counted=True, candidate=None
    )
    rows = scores.values_list("attempt__appearance__entry", "module", "exam_score")
    return {(entry, module): mark for entry, module, mark in rows}


def _write_exam_marks(stage, lines, actor, enter, report):
    if stage.status in stages.BEFORE_SCORING and not stages.stage_panels(stage):
        stages.move_stage(stage=stage, to=Stage.Status.SCORING, actor=actor, reason="录入考试成绩")
    if enter:
        report.entered += stages.enter_stage(stage=stage, entries=[entry for entry, _ in lines], actor=actor)
    appearances = {appearance.entry_id: appearance for appearance in stage.appearances.all()}
    attempts = {
        attempt.appearance_id: attempt
        for attempt in Attempt.objects.filter(appearance__stage=stage, is_counted=True)
    }
    present = {
        (score.attempt_id, score.module_id): score
        for score in ModuleScore.objects.filter(attempt__in=attempts.values(), candidate=None)
    }
    new, changed = [], []
    for entry, marks in lines:
        appearance = appearances[entry.pk]
        if not marks:
            report.absent += set_absent(appearance, "缺考", actor)
        for module, mark in marks.items():
            attempt = attempts[appearance.pk]
            score = present.get((attempt.pk, module.pk))
            if score is None:
                new.append(ModuleScore(attempt=attempt, module=module, exam_score=mark))
            elif score.exam_score == mark:
                report.unchanged += 1
            else:
                score.exam_score = mark
                changed.append(score)
    ModuleScore.objects.bulk_create(new)
    ModuleScore.objects.bulk_update(changed, ["exam_score"])
    if new or changed:
        stages.forget_tie_decisions(stage)
    report.written += len(new) + len(changed)
