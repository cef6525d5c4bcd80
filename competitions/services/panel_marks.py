"""Paper mark sheets typed into Excel: a file is written whole or not at all."""

import re
from decimal import Decimal

from django.db import transaction

from competitions.models import Appearance, Attempt, ModuleScore, Stage
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
from unionportal.common.spreadsheets import (
    ID_NUMBER,
    NAME,
    UNIT,
    Column,
    RowProblem,
    WorkbookProblem,
    decimal_cell,
)
from unionportal.panels import scoring as panel_scoring
from unionportal.panels.models import Criterion
from unionportal.panels.services.marks import PaperSheet, enter_paper_sheets

JUDGE = Column("judge", "裁判", ("裁判员", "评委"))
TIME = Column("time", "用时（秒）", ("用时", "用时秒", "时间（秒）"))
LONGEST = 24 * 60 * 60
LABEL_LENGTH = 50
MAXIMUM_IN_TITLE = re.compile(r"^(.*?)\s*[（(]\s*(\d+(?:\.\d+)?)\s*分?\s*[）)]$")


@transaction.atomic
def import_panel_marks(*, competition, stage_name, workbook, actor, source=""):
    """Write paper mark sheets of a stage and return a MarksReport; each work sheet is one event.

    Judges are the seats that the file names. Raises WorkbookProblem, ImportRefused, or ValidationError; then
    nothing is written.
    """
    locked = stages.lock_stages(competition=competition, name=stage_name)
    tables = visible_tables(workbook, (NAME, JUDGE), (UNIT, NUMBER, ID_NUMBER, EVENT, TIME))
    refuse_error_cells(tables)
    finder, readers, problems, books = EntryFinder(competition), [], [], {}
    for table in tables:
        stage = _stage_of(table, locked)
        stages.refuse_unless_marking(stage)
        reader = PaperReader(stage, table, finder, where_in(table, tables), books)
        reader.read()
        readers.append(reader)
        problems += reader.problems
    if problems:
        raise ImportRefused(problems)
    report = MarksReport()
    for reader in readers:
        _write_paper(reader, actor, report)
    if report.written or report.timed or report.absent:
        record(
            actor,
            "competitions.panel_marks_imported",
            competition,
            stage=stage_name,
            source=source,
            **vars(report),
        )
    return report


def _stage_of(table, locked):
    """Return the stage that a work sheet is about: its title names the event."""
    key = match_key(table.sheet)
    for stage in locked:
        if key in (
            match_key(stage.event.name),
            match_key(stage.event.code),
            match_key(f"{stage.event.name}{stage.name}"),
        ):
            return stage
    beginning = [stage for stage in locked if key.startswith(match_key(stage.event.name))]
    if beginning:
        return max(beginning, key=lambda stage: len(stage.event.name))
    if len(locked) == 1 and len(table.rows):
        return locked[0]
    names = "、".join(stage.event.name for stage in locked)
    raise WorkbookProblem(f"工作表“{table.sheet}”对不上赛项，请把工作表改名为赛项名：{names}。")


class PaperReader:
    """Reads one work sheet into PaperSheets and elapsed times, or problems.

    `books` is shared by the readers of a file: who has been read for a module, and the times of a stage.
    """

    def __init__(self, stage, table, finder, where, books):
        self.stage, self.table, self.finder, self.where = stage, table, finder, where
        self.titles = table.titles
        self.module, self.columns = self._find_module()
        self.rules = {criterion: criterion.rule() for criterion in self.columns}
        self.appearances = {item.entry_id: item for item in stage.appearances.select_related("entry__person")}
        self.sheets, self.absent, self.problems = [], {}, []
        self.seen, self.labels = books.setdefault(("module", self.module.pk), ({}, {}))
        self.times = books.setdefault(("times", stage.pk), {})

    def _find_module(self):
        modules = [module for module in self.stage.modules.select_related("panel") if module.panel]
        if not modules:
            raise WorkbookProblem(f"“{self.stage}”没有由裁判评分的模块，不收评分表。")
        titles = {}
        for title in self.titles.values():
            named = MAXIMUM_IN_TITLE.match(title)
            titles[match_key(named[1] if named else title)] = (title, Decimal(named[2]) if named else None)
        missing = {}
        for module in modules:
            criteria = list(module.panel.criteria.all())
            missing[module] = [item.name for item in criteria if match_key(item.name) not in titles]
            if not missing[module]:
                columns = {item: titles[match_key(item.name)] for item in criteria}
                self._check_maxima(columns)
                return module, {item: title for item, (title, _) in columns.items()}
        nearest = min(modules, key=lambda module: len(missing[module]))
        raise WorkbookProblem(
            f"工作表“{self.table.sheet}”缺少评分项：{'、'.join(missing[nearest])}，请在表头中补上。"
        )

    def _check_maxima(self, columns):
        for criterion, (title, maximum) in columns.items():
            if maximum is not None and maximum != criterion.maximum:
                raise WorkbookProblem(
                    f"工作表“{self.table.sheet}”的“{title}”满分与评分标准（{criterion.maximum.normalize():f} 分）不一致，请核对。"
                )

    def _refuse(self, row, title, problem, remedy):
        self.problems.append(RowProblem(row.number, title, self.where + problem, remedy))

    def read(self):
        for row in self.table:
            self._read_row(row)
        for appearance, (word, row) in self.absent.items():
            if any(key == appearance.pk for key, _, _ in self.sheets):
                problem = f"“{appearance.entry.label}”登记为{word}，同表又有评分"
                self._refuse(row, self.titles[JUDGE.key], problem, "请核对后只留一种")
        panel = self.module.panel
        seated = panel.assignments.filter(ended_at=None, is_marking=True)
        taken = {seat.label for seat in seated} | set(self.labels)
        if len(taken) > panel.seats:
            label, row = list(self.labels.items())[-1]
            self._refuse(
                row,
                self.titles[JUDGE.key],
                f"共有 {len(taken)} 名裁判，多于设定的 {panel.seats} 个席位",
                f"请核对“{label}”等裁判的写法是否一致",
            )

    def _read_row(self, row):
        label = clean_text(row.cells[JUDGE.key])
        try:
            appearance = self._find_appearance(row, label)
        except RowRefused as refused:
            problem = refused.problem
            return self._refuse(row, problem.column, problem.problem, problem.remedy)
        if label in ABSENT_WORDS:
            self.absent[appearance] = (label, row)
            return None
        self.seen[appearance.pk, label] = f"{self.where}第 {row.number} 行"
        self.labels.setdefault(label, row)
        self._read_time(row, appearance)
        marks = {item.pk: self._mark(row, item, title) for item, title in self.columns.items()}
        return self.sheets.append((appearance.pk, label, marks))

    def _find_appearance(self, row, label):
        """Return the appearance that a row marks; raises RowRefused when this judge may not mark it."""
        entry = self.finder.find(self.stage.event, row, self.titles)
        appearance = self.appearances.get(entry.pk)
        name, judge = self.titles[NAME.key], self.titles[JUDGE.key]
        if appearance is None:
            remedy = "请先导入本轮理论成绩（--enter）或在后台安排出场"
            raise RowRefused(row.number, name, f"“{entry.label}”没有进入“{self.stage}”", remedy)
        if label in ABSENT_WORDS:
            return appearance
        if not label or len(label) > LABEL_LENGTH:
            raise RowRefused(row.number, judge, "没有写明是哪位裁判", "请填写裁判席位，如“裁判1”")
        if appearance.status != Appearance.Status.PRESENT:
            problem = f"“{entry.label}”已登记为{appearance.get_status_display()}"
            raise RowRefused(row.number, name, problem, "请删去这一行，或先恢复其出场状态")
        if (appearance.pk, label) in self.seen:
            problem = f"{label}给“{entry.label}”的评分与{self.seen[appearance.pk, label]}重复"
            raise RowRefused(row.number, judge, problem, "请删去重复的一行")
        return appearance

    def _mark(self, row, criterion, title):
        value = row.cells[title]
        try:
            mark = decimal_cell(value)
            if mark is None:
                return self._refuse(row, title, "没有打分", "请补上得分；确为零分的填 0")
            if criterion.kind == Criterion.Kind.JUDGEMENT:
                if mark != int(mark):
                    return self._refuse(row, title, f"级别应为 0–3 的整数，现为 {mark}", "请核对后改正")
                mark = int(mark)
            panel_scoring.check_mark(self.rules[criterion], mark)
        except ValueError as error:
            return self._refuse(row, title, str(error).rstrip("。"), "请对照纸质评分表核对后改正")
        return mark

    def _read_time(self, row, appearance):
        title = self.titles.get(TIME.key)
        if title is None or clean_text(row.cells[TIME.key]) == "":
            return
        seconds = _seconds(row.cells[TIME.key])
        if seconds is None:
            self._refuse(
                row,
                title,
                f"用时“{clean_text(row.cells[TIME.key])}”无法识别",
                "请填写整数秒，如 1329，或分:秒，如 22:09",
            )
        elif self.times.setdefault(appearance.pk, seconds) != seconds:
            self._refuse(
                row,
                title,
                f"“{appearance.entry.label}”的用时前后不一（{self.times[appearance.pk]} 与 {seconds} 秒）",
                "同一选手各行用时应相同，请核对",
            )


def _seconds(value):
    """Return whole seconds from a number or from 分:秒 text, None when it is neither."""
    if isinstance(value, str) and (parts := re.fullmatch(r"\s*(\d{1,3})\s*[:：]\s*([0-5]\d)\s*", value)):
        return int(parts[1]) * 60 + int(parts[2])
    try:
        number = decimal_cell(value)
    except ValueError:
        return None
    return int(number) if number is not None and number == int(number) and 0 <= number < LONGEST else None


def _write_paper(reader, actor, report):
    stage = reader.stage
    if stage.status in stages.BEFORE_SCORING:
        moved = stages.move_stage(stage=stage, to=Stage.Status.SCORING, actor=actor, reason="录入纸质评分表")
        # The next work sheet may be about the same stage.
        stage.status = moved.status
    stages.prepare_candidates(stage=stage)
    scores = ModuleScore.objects.filter(module=reader.module, attempt__is_counted=True)
    candidates = dict(scores.values_list("attempt__appearance", "candidate"))
    sheets = [PaperSheet(candidates[appearance], label, marks) for appearance, label, marks in reader.sheets]
    written, unchanged = enter_paper_sheets(panel=reader.module.panel, sheets=sheets, actor=actor)
    report.written += written
    report.unchanged += unchanged
    timed = _write_times(reader.times)
    report.timed += timed
    if written or timed:
        stages.forget_tie_decisions(stage)
    for appearance, (word, _) in reader.absent.items():
        report.absent += set_absent(appearance, word, actor)


def _write_times(times):
    """Write {appearance pk: seconds} and return how many are new or changed."""
    attempts = [
        attempt
        for attempt in Attempt.objects.filter(appearance__in=times, is_counted=True)
        if attempt.seconds != times[attempt.appearance_id]
    ]
    for attempt in attempts:
        attempt.seconds = times[attempt.appearance_id]
    Attempt.objects.bulk_update(attempts, ["seconds"])
    return len(attempts)
