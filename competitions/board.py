"""What the chief judge's board of a stage shows: judges × appearances as they stand now, in six statements."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef, Subquery
from django.db.models.functions import Cast, JSONObject

from competitions import scoring
from competitions.models import (
    Appearance,
    Attempt,
    AwardRule,
    Module,
    ModuleScore,
    ResultSheet,
    Stage,
    TieBreak,
)
from competitions.services.calculation import rule_of, stage_modules
from competitions.services.results import SEALABLE, SEALED_OR_LATER
from unionportal.panels.models import Sheet
from unionportal.panels.scoring import exact_text
from unionportal.panels.services.overview import overview

PRESENT = Appearance.Status.PRESENT
WORDS = {
    "submitted": "已提交",
    "draft": "草稿",
    "reopened": "退回修改",
    "not_started": "未开始",
    "recused": "回避",
    "aside": "不计",
    "none": "无须评",
}


@dataclass
class Cell:
    """One judge and one appearance: a state of WORDS, the sheet's total as text, and what was dropped (去最高 …)."""

    seat: object
    state: str
    total: str = ""
    note: str = ""
    sheet: Sheet | None = None
    candidate: str = ""

    @property
    def word(self):
        """The state in Chinese."""
        return WORDS[self.state]


@dataclass
class Row:
    """One appearance: `name` is its code while the stage is blind; `key` names it in addresses and forms.

    What stands in its cells is worked out when it is asked for: the page of one appearance asks for one row.
    """

    board: object = field(repr=False)
    appearance: Appearance
    name: str
    key: str
    unit: str
    candidates: dict
    line: scoring.ResultLine | None = None

    @cached_property
    def by_panel(self):
        """{panel pk: what this appearance has there}."""
        modules = (module for module in self.board.modules if module.pk in self.candidates)
        return {module.panel_id: self.candidates[module.pk] for module in modules}

    @cached_property
    def scores(self):
        """(module, score as shown) of every module."""
        results = self.line.modules if self.line else {}
        return [
            (module.name, str(results[module.pk].shown) if results.get(module.pk) else "")
            for module in self.board.modules
        ]

    @cached_property
    def cells(self):
        """A Cell for every seat of the board."""
        return self.board.cells_of(self)

    @cached_property
    def is_wide(self):
        """Whether some panel's judges lie further apart here than it allows."""
        return any(self.board.is_wide(panel, score) for panel, score in self.by_panel.items())

    @property
    def is_present(self):
        """Whether this person competes."""
        return self.appearance.status == PRESENT

    @property
    def total_text(self):
        """The total as published, or nothing."""
        return "" if self.line is None or self.line.total is None else str(self.line.total)


@dataclass
class Alarm:
    """A candidate whose counted totals lie further apart than the panel allows."""

    row: Row
    module: Module
    candidate: str
    spread: str
    totals: list
    answer: str


@dataclass
class Tie:
    """People whom the whole chain leaves equal where somebody must decide."""

    rows: list
    text: str

    @property
    def target(self):
        """The group in a form."""
        return ",".join(sorted(row.key for row in self.rows))


class Board:
    """Reads a stage once; everything the pages show hangs here."""

    def __init__(self, stage):
        self.stage = stage
        self.modules = stage_modules(stage)
        self.panels = {module.panel_id: module.panel for module in self.modules if module.panel}
        self.is_sealed = stage.status in SEALED_OR_LATER
        # Once published the names are known, and stay so while a correction is made; the desk keeps to codes.
        is_known = self.is_sealed or stage.was_published
        self.is_blind = not is_known and any(panel.is_blind for panel in self.panels.values())
        self.view = overview(panels=list(self.panels))
        self.rows = [self._row(item) for item in _appearances(stage)]
        self.rows.sort(key=self._place)
        self.by_pk = {row.appearance.pk: row for row in self.rows}
        self.problem, self.rule, self.blockers = "", None, ()
        self._calculate()
        handed = {
            pair[1] for pair, sheet in self.view.sheets.items() if sheet.status == Sheet.Status.SUBMITTED
        }
        self.seats = [
            seat for seat in self.view.seats if seat.pk in handed or (seat.is_marking and not seat.ended_at)
        ]
        self.texts = {}

    def _row(self, item):
        candidates = {score["module"]: score for score in item.scores if score["candidate"]}
        code = item.code or next((score["code"] for score in candidates.values() if score["code"]), "")
        key = next((score["uuid"] for score in candidates.values()), str(item.pk))
        # Not a running number: it would follow the roster.
        name = (code or f"未编号 {key[:6]}") if self.is_blind else item.entry.label
        return Row(self, item, name, key, "" if self.is_blind else item.entry.unit_name, candidates)

    def _place(self, row):
        """Order of appearance; without one by number, while blind by code, which says nothing of the person."""
        order = row.appearance.order
        return order is None, order or 0, row.name if self.is_blind else row.appearance.entry.number

    def _calculate(self):
        people = [self._competitor(row) for row in self.rows]
        try:
            self.rule = rule_of(self.stage, self.modules, **self._ties_and_awards())
            result = scoring.calculate(self.rule, people)
        except ValueError as error:
            self.problem = str(error)
            return
        self.blockers = result.blockers
        for line in result.lines:
            self.by_pk[line.key].line = line

    def _ties_and_awards(self):
        """Return the tie-breaks and prizes that were read with the stage."""
        modules = {module.pk: module for module in self.modules}
        criteria = {item.pk: item for panel in self.panels.values() for item in panel.criteria.all()}
        return {
            "ties": [
                TieBreak(
                    kind=row["kind"],
                    module=modules.get(row["module"]),
                    criterion=criteria.get(row["criterion"]),
                )
                for row in self.stage.tie_rows
            ],
            "awards": [
                AwardRule(name=row["name"], count=row["count"], share=row["share"] and Decimal(row["share"]))
                for row in self.stage.award_rows
            ],
        }

    def _competitor(self, row):
        return scoring.Competitor(
            key=row.appearance.pk,
            label=row.name,
            status=row.appearance.status,
            is_guest=row.appearance.entry.is_guest,
            exam={
                score["module"]: Decimal(score["exam"])
                for score in row.appearance.scores
                if not score["candidate"]
            },
            sheets={
                module: self.view.counting.get(score["candidate"], ())
                for module, score in row.candidates.items()
            },
            seconds=row.appearance.seconds,
            decided_place=row.appearance.decided_place,
        )

    def cells_of(self, row):
        """Return the Cells of a row, one per seat."""
        results = row.line.modules if row.line else {}
        notes = {}
        for module in self.modules:
            result = results.get(module.pk)
            if result and result.panel:
                notes |= {
                    (module.panel_id, share.seat, share.label): share.note for share in result.panel.shares
                }
        return [self._cell(row, seat, row.by_panel.get(seat.panel_id), notes) for seat in self.seats]

    def _cell(self, row, seat, score, notes):
        candidate = score["candidate"] if score else None
        sheet = self.view.sheets.get((candidate, seat.pk))
        cell = Cell(seat, "none", sheet=sheet, candidate=score["uuid"] if score else "")
        if sheet and sheet.status == Sheet.Status.SUBMITTED:
            if sheet.total_thirds not in self.texts:
                self.texts[sheet.total_thirds] = exact_text(Fraction(sheet.total_thirds) / 3)
            cell.total = self.texts[sheet.total_thirds]
            cell.note = notes.get((seat.panel_id, seat.seat, seat.label), "")
            cell.state = "submitted" if self.view.counts(candidate, seat) and row.is_present else "aside"
        elif row.is_present and (candidate, seat.pk) in self.view.recused:
            cell.state = "recused"
        elif row.is_present and self.view.is_wanted(candidate, seat):
            cell.state = sheet.status if sheet else "not_started"
        return cell

    def is_wide(self, panel, score):
        """Tell whether the counted totals that a candidate has on a panel lie further apart than it allows."""
        limit = self.panels[panel].spread_limit
        return limit is not None and self.view.spread(score["candidate"]) > 3 * limit

    @cached_property
    def alarms(self):
        """Every Alarm of somebody who competes, the unanswered first."""
        found = []
        for row in self.rows:
            for module in self.modules if row.is_wide and row.is_present else ():
                score = row.candidates.get(module.pk)
                if score and self.is_wide(module.panel_id, score):
                    spread = exact_text(Fraction(self.view.spread(score["candidate"])) / 3)
                    totals = [
                        (cell.seat.label, cell.total)
                        for cell in row.cells
                        if cell.seat.panel_id == module.panel_id and cell.state == "submitted"
                    ]
                    found.append(Alarm(row, module, score["uuid"], spread, totals, score["answer"]))
        return sorted(found, key=lambda alarm: bool(alarm.answer))

    @cached_property
    def open_alarms(self):
        """The alarms nobody has answered."""
        return [alarm for alarm in self.alarms if not alarm.answer]

    @cached_property
    def ties(self):
        """The ties that somebody must decide."""
        return [
            Tie([self.by_pk[key] for key in blocker.competitors], blocker.text)
            for blocker in self.blockers
            if blocker.kind in ("unshared_tie", "tie_at_cut")
        ]

    @cached_property
    def unequal(self):
        """(panel, text, seats that mark there) of each panel whose counted judges differ in number."""
        panels = {module.pk: module.panel for module in self.modules}
        return [
            (panels[blocker.module], blocker.text, self.counting_seats(panels[blocker.module]))
            for blocker in self.blockers
            if blocker.kind == "unequal_sheets"
        ]

    def counting_seats(self, panel):
        """Return the seats of a panel that are not set aside."""
        return [seat for seat in self.seats if seat.panel_id == panel.pk and not seat.set_aside_at]

    @cached_property
    def missing(self):
        """[(seat, rows it still owes)] of the judges who have not handed everything in."""
        owed = [
            (
                seat,
                [row for row in self.rows if row.cells[place].state in ("draft", "reopened", "not_started")],
            )
            for place, seat in enumerate(self.seats)
        ]
        return [(seat, rows) for seat, rows in owed if rows]

    @cached_property
    def progress(self):
        """The figures at the head of the board."""
        states = [cell.state for row in self.rows for cell in row.cells if row.is_present]
        owed = sum(len(rows) for _, rows in self.missing)
        present = [row for row in self.rows if row.is_present]
        return {
            "handed_in": states.count("submitted"),
            "wanted": states.count("submitted") + owed,
            "done": sum(1 for row in present if row.total_text),
            "present": len(present),
        }

    @cached_property
    def obstacles(self):
        """What keeps the stage from being sealed, in sentences that name nobody whom the stage hides."""
        if self.is_sealed:
            return []
        if self.stage.status not in SEALABLE:
            return [f"本轮次现为“{self.stage.get_status_display()}”，开始评分后才能锁定成绩。"]
        if not self.rows:
            return ["本轮次还没有选手。"]
        lines = [self.problem] if self.problem else [blocker.text for blocker in self.blockers]
        return lines + [
            f"{alarm.module.name}：{alarm.row.name}的裁判评分相差 {alarm.spread} 分，"
            f"超过 {exact_text(alarm.module.panel.spread_limit)} 分，请裁判长说明。"
            for alarm in self.open_alarms
        ]

    @cached_property
    def decided(self):
        """What has been decided so far: (what, reason)."""
        lines = [(f"{seat.label}的评分全部不计", seat.set_aside_reason) for seat in self.aside]
        lines += [
            (f"“{panel}”裁判人数不一仍有效", panel.mixed_numbers_reason)
            for panel in self.panels.values()
            if panel.mixed_numbers_reason
        ]
        placed = [row for row in self.rows if row.appearance.decided_place]
        placed.sort(key=lambda row: (-(row.line.total or 0), row.appearance.decided_place))
        return lines + [
            (f"同分裁定：{row.name}列第 {row.appearance.decided_place}", row.appearance.decided_reason)
            for row in placed
        ]

    @property
    def aside(self):
        """The seats whose sheets do not count."""
        return [seat for seat in self.view.seats if seat.set_aside_at]

    def row(self, key):
        """Return the row of this key, or None."""
        return next((row for row in self.rows if row.key == key), None)


def board_stages(user):
    """Return the queryset that the stage of a board is fetched from: those this user may open, with their rules.

    `tie_rows`, `award_rows` and `was_published` come with the stage, so that they cost no further statement.
    """
    ties = TieBreak.objects.filter(stage=OuterRef("pk")).order_by("position")
    awards = AwardRule.objects.filter(stage=OuterRef("pk")).order_by("position")
    published = ResultSheet.objects.filter(stage=OuterRef("pk")).exclude(published_at=None)
    return (
        Stage.objects.boards_for(user)
        .select_related("event__competition")
        .annotate(
            tie_rows=ArraySubquery(
                ties.values(json=JSONObject(kind="kind", module="module_id", criterion="criterion_id"))
            ),
            award_rows=ArraySubquery(
                awards.values(json=JSONObject(name="name", count="count", share=Cast("share", CharField())))
            ),
            was_published=Exists(published),
        )
    )


def _appearances(stage):
    """Return the appearances with `seconds` and `scores` of their counted attempt, in one statement."""
    counted = Attempt.objects.filter(appearance=OuterRef("pk"), is_counted=True)
    scores = ModuleScore.objects.filter(attempt__appearance=OuterRef("pk"), attempt__is_counted=True)
    return (
        Appearance.objects.filter(stage=stage)
        .select_related("entry__person")
        .annotate(
            seconds=Subquery(counted.values("seconds")[:1]),
            scores=ArraySubquery(
                scores.values(
                    json=JSONObject(
                        module="module_id",
                        # As text: JSON numbers would come back as floats.
                        exam=Cast("exam_score", CharField()),
                        candidate=F("candidate_id"),
                        uuid="candidate__uuid",
                        code="candidate__code",
                        answer="candidate__spread_answer",
                    )
                )
            ),
        )
        .order_by("pk")
    )


def by_rank(rows):
    """Return the rows best first, those without a rank last."""
    return sorted(
        rows,
        key=lambda row: (
            not row.is_present,
            row.line is None or row.line.rank is None,
            row.line.rank if row.line and row.line.rank else 0,
            row.name,
        ),
    )


def is_open(stage):
    """Tell whether the chief judge may still decide anything in this stage."""
    return stage.status in {Stage.Status.SCORING, Stage.Status.PAUSED, Stage.Status.CHECKING}
