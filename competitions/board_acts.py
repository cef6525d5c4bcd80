"""What can be done on the board: each act's form, its service, and what is told afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from competitions import board_forms as forms
from competitions.services import chief


@dataclass(frozen=True)
class Act:
    """An act on the board. `needs_seal`: the right to seal, not only the chief judge's seat."""

    form: type
    service: Callable
    done: str
    needs_seal: bool = False


ACTS = {
    "spread": Act(forms.SpreadForm, chief.answer_spread, "已记录分差说明。"),
    "reopen": Act(forms.ReopenForm, chief.reopen_sheet, "评分表已退回裁判修改。"),
    "aside": Act(forms.AsideForm, chief.set_judge_aside, "已裁定：这名裁判的评分对全部选手不计。"),
    "again": Act(forms.AsideForm, chief.count_judge_again, "已恢复计入这名裁判的评分。"),
    "mixed": Act(forms.MixedForm, chief.accept_mixed_numbers, "已裁定：裁判人数不一的成绩有效。"),
    "tie": Act(forms.TieForm, chief.decide_tie, "已记录同分裁定。"),
    "status": Act(forms.StatusForm, chief.set_status, "已登记出场状态。"),
    "close": Act(forms.CloseForm, chief.close_marking, "评分已截止，进入统分复核。"),
    "resume": Act(forms.ResumeForm, chief.resume_marking, "已恢复评分，裁判可以继续打分。"),
    "withdraw": Act(forms.WithdrawForm, chief.withdraw_decisions, "已撤销同分与人数不一的裁定。"),
    "seal": Act(forms.SealForm, chief.seal_stage, "成绩已锁定，形成成绩册，尚未对外发布。", needs_seal=True),
}


class BoardForms:
    """The forms of a board's page; the one that was refused keeps what was typed and says why."""

    def __init__(self, board, failed=None):
        self.board = board
        self.failed = failed  # (act, target, form)

    def make(self, act, target="", data=None, initial=None):
        """Return the form of an act for one target, bound if data is given."""
        if data is None and self.failed and self.failed[:2] == (act, target):
            return self.failed[2]
        options = {}
        if act == "tie":
            found = [tie for tie in self.board.ties if tie.target == target]
            options["rows"] = found[0].rows if found else ()
        if act in ("aside", "again"):
            panel = next((panel for panel in self.board.panels.values() if str(panel.pk) == target), None)
            seats = self.board.aside if act == "again" else self.board.counting_seats(panel) if panel else ()
            options["seats"] = seats
        return ACTS[act].form(
            data,
            stage=self.board.stage,
            auto_id=f"{act}-{target}-%s",
            initial={"target": target, **(initial or {})},
            **options,
        )

    def alarms(self):
        """(alarm, form) of every alarm that nobody has answered."""
        return [(alarm, self.make("spread", alarm.candidate)) for alarm in self.board.open_alarms]

    def ties(self):
        """(tie, form) of every open tie."""
        return [(tie, self.make("tie", tie.target)) for tie in self.board.ties]

    def unequal(self):
        """(text, form to set a judge aside, form to let it stand) of every panel whose judges differ in number."""
        return [
            (text, self.make("aside", str(panel.pk)), self.make("mixed", str(panel.pk)))
            for panel, text, _ in self.board.unequal
        ]

    def of_row(self, row):
        """{act: form} of one appearance, and its sheets as (cell, form to give it back or None)."""
        sheets = [
            (
                cell,
                self.make("reopen", str(cell.sheet.uuid)) if cell.total and not cell.seat.ended_at else None,
            )
            for cell in row.cells
            if cell.state != "none"
        ]
        status = self.make(
            "status",
            row.key,
            initial={"status": row.appearance.status, "reason": row.appearance.status_reason},
        )
        return {"status": status, "sheets": sheets}
