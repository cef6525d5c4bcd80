"""What a notice may do next and why not, its clock as a strip, and its list as it will be printed: for staff."""

from django.utils import timezone

from unionportal.audit.admin_steps import Step
from unionportal.common.strokes import stroke_counts
from unionportal.common.workdays import is_workday, uncovered_years
from unionportal.notices import clock
from unionportal.notices.models import Holiday, PublicNotice
from unionportal.notices.ordering import in_order
from unionportal.notices.services import lifecycle

Status = PublicNotice.Status
STRIP_LIMIT = 120  # dates; a longer clock is told in words only


def planned_days(notice, exceptions, today):
    """Return the dates that count, for a draft those that would count if it were published today."""
    if notice.status != Status.DRAFT:
        return notice.counted_days(exceptions)
    starts_on = notice.starts_on or clock.default_start(today, exceptions)
    return clock.counted_days(starts_on, notice.days, [], exceptions)


def standing(notice):
    """Return everything that the page of a notice shows above its form."""
    today, exceptions = timezone.localdate(), Holiday.exceptions()
    days = planned_days(notice, exceptions, today)
    last_on = notice.last_on or days[-1]
    first_on = notice.starts_on or days[0]
    is_short = (last_on - first_on).days < STRIP_LIMIT
    return {
        "first_on": first_on,
        "last_on": last_on,
        "strip": clock.strip(first_on, last_on, days, exceptions, today) if is_short else [],
        "days_left": sum(day >= today for day in days) if notice.is_running() else 0,
        "unknown_years": uncovered_years(first_on, last_on, exceptions),
        "steps": steps(notice, days, exceptions, today),
        "list": printed_list(notice),
        "stops": notice.stops.all(),
    }


def steps(notice, days, exceptions, today):
    """Return the Steps of a notice in its state."""
    if notice.withdrawn_at:
        return []
    withdraw = Step(
        "withdraw", "撤下公示", reason="撤下的原因", hint="公示页不再显示；未办结的公示随之作废。"
    )
    if notice.status == Status.DRAFT:
        why_not = lifecycle.obstacles_to_start(notice)
        if notice.starts_on and notice.starts_on < today:
            why_not.append(f"公示首日 {notice.starts_on:%Y-%m-%d} 已过，请改期或留空。")
        elif notice.starts_on and not is_workday(notice.starts_on, exceptions):
            why_not.append(f"公示首日 {notice.starts_on:%Y-%m-%d} 不是工作日。")
        span = f"{days[0]:%Y-%m-%d} 至 {days[-1]:%Y-%m-%d}，共 {notice.days} 个工作日。发布后名单和正文不能再改。"
        return [Step("start", "发布公示", why_not, is_main=True, hint=span)]
    if notice.status == Status.STOPPED:
        is_free = [] if is_workday(today, exceptions) else ["今天不是工作日。"]
        return [
            Step("resume", "恢复公示，下一个工作日起续算", is_main=True),
            Step("resume-today", "恢复公示，今天起续算", is_free),
            withdraw,
        ]
    if notice.status == Status.CLOSED:
        return [withdraw]
    close = Step("close", "办结公示", lifecycle.obstacles_to_close(notice), is_main=notice.is_over())
    if notice.is_over():
        return [close, withdraw]
    stop = Step(
        "stop",
        "中止公示",
        reason="中止的原因（公示页会列出）",
        hint="中止当天不计入；恢复后续算余下的工作日。",
    )
    extend = Step("extend", f"按节假日表顺延到 {days[-1]:%Y-%m-%d}", is_main=True)
    return [*([extend] if days[-1] > notice.last_on else []), close, stop, withdraw]


def printed_list(notice):
    """Return [(place, line, strokes as text)] in the order in which the list is or will be printed."""
    lines = list(notice.lines.all())
    if notice.status == Status.DRAFT:
        lines = in_order(notice.order_rule, lines)
    shows_strokes = notice.order_rule == PublicNotice.OrderRule.STROKES
    return [(place, line, strokes_text(line) if shows_strokes else "") for place, line in enumerate(lines, 1)]


def strokes_text(line):
    """Return the strokes of a line's characters, such as “马 3　飚 12”, with a question mark for an unknown one."""
    counted = stroke_counts(line.name, line.stroke_override)
    return "　".join(f"{character} {count or '？'}" for character, count in counted)
