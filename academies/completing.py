"""Whether somebody completes a run: exact shares of attendance, and the score. Pure: no database, no Django."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from unionportal.common.ranking import round_half_up

CAME, LATE, LEAVE = "present", "late", "leave"
# Lessons that a learner need not have come to: they count neither for nor against.
UNCOUNTED = ("excused", "not_yet_enrolled")


@dataclass(frozen=True)
class RunRule:
    """What a run asks for; percentages are whole numbers of 100."""

    attendance_percent: int
    late_counts_percent: int = 100
    leave_counts_percent: int = 0
    has_exam: bool = False
    pass_score: Decimal = Decimal(60)
    signs_out: bool = False


@dataclass(frozen=True)
class LessonLine:
    """A learner's lesson: its hours, the status of attendance or None while unmarked, and whether they signed out."""

    hours: Decimal
    status: str | None
    has_signed_out: bool = True


@dataclass(frozen=True)
class Outcome:
    """Whether somebody completes, the share of attendance in percent to two places, and what is lacking."""

    passes: bool
    share: Decimal
    reasons: tuple


def credit(rule, line):
    """Return the share of a lesson's hours that counts as attended, as a Fraction."""
    if line.status not in (CAME, LATE, LEAVE):
        return Fraction(0)
    if rule.signs_out and line.status != LEAVE and not line.has_signed_out:
        return Fraction(0)
    percent = {CAME: 100, LATE: rule.late_counts_percent, LEAVE: rule.leave_counts_percent}[line.status]
    return Fraction(percent, 100)


def attendance_share(rule, lines):
    """Return the exact share of attended hours, a Fraction of 1; a learner of no counted lesson attended all of them."""
    counted = [line for line in lines if line.status not in UNCOUNTED]
    hours = sum((Fraction(line.hours) for line in counted), Fraction(0))
    if not hours:
        return Fraction(1)
    return sum((Fraction(line.hours) * credit(rule, line) for line in counted), Fraction(0)) / hours


def outcome(rule, lines, score):
    """Return the Outcome of a learner; the share is compared exactly and only shown rounded."""
    share = attendance_share(rule, lines)
    shown = round_half_up(share * 100, 2)
    reasons = []
    if any(line.status is None for line in lines):
        reasons.append("有课次尚未结束考勤")
    if share * 100 < rule.attendance_percent:
        reasons.append(f"出勤率 {shown}%，要求 {rule.attendance_percent}%")
    if rule.has_exam and score is None:
        reasons.append("没有考核成绩")
    elif rule.has_exam and score < rule.pass_score:
        reasons.append(f"考核 {score} 分，及格线 {rule.pass_score} 分")
    return Outcome(not reasons, shown, tuple(reasons))
