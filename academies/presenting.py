"""What people are told of a run: its state, seats, days and hours. Computed, never stored; nothing here asks the database.

A run handed in carries `waiting`, how many are on its list, and `completed`, how many completed it (see catalogue.py).
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils import timezone

from academies.models import Course, CourseRun


class State(TextChoices):
    """What the public is told of a run."""

    OPEN = "open", "报名中"
    WAITING = "waiting", "候补"
    UPCOMING = "upcoming", "即将报名"
    FULL = "full", "已满"
    PENDING = "pending", "待开班"
    RUNNING = "running", "开班中"
    ENDED = "ended", "已结束"
    CANCELLED = "cancelled", "已取消"


OVER = (State.ENDED, State.CANCELLED)
ORDER = list(State)


@dataclass(frozen=True)
class Action:
    """What somebody can do about a run now."""

    label: str
    is_enrolling: bool = False
    is_main: bool = False


ACTIONS = {
    State.OPEN: Action("报名", is_enrolling=True, is_main=True),
    State.WAITING: Action("排候补", is_enrolling=True),
    State.UPCOMING: Action("看安排"),
    State.FULL: Action("看安排"),
    State.PENDING: Action("看课表"),
    State.RUNNING: Action("看课表"),
    State.ENDED: Action("看课程和评价"),
    State.CANCELLED: Action("看说明"),
}


def public_state(run, now):
    """Return the State of a run at a moment.

    Enrolment may go on after the start where its window says so; a list that moves no more is not offered then.
    """
    today = timezone.localdate(now)
    if run.status == CourseRun.Status.CANCELLED:
        return State.CANCELLED
    if run.status == CourseRun.Status.COMPLETED or today > run.ends_on:
        return State.ENDED
    has_started = today >= run.starts_on
    if now > run.closes_at:
        return State.RUNNING if has_started else State.PENDING
    if run.enrolment_opens_at and now < run.enrolment_opens_at:
        return State.RUNNING if has_started else State.UPCOMING
    is_full = run.capacity is not None and run.taken >= run.capacity
    if not is_full and not run.waiting:
        return State.OPEN
    if has_started and not run.promotes_after_start:
        return State.RUNNING
    return State.WAITING if run.has_waiting_list else State.FULL


def staff_words(run, now):
    """Return what staff are told of a run: as the public where it is announced, and that its completion waits."""
    if run.status != CourseRun.Status.ANNOUNCED:
        return run.get_status_display()
    state = public_state(run, now)
    return "待结业" if state == State.ENDED else state.label


def seat_words(run, state):
    """Return what is said of the seats, short enough for the corner of a card."""
    room = "不限名额" if run.capacity is None else f"共 {run.capacity} 席"
    words = {
        State.OPEN: room if run.capacity is None else f"余 {run.capacity - run.taken} 席，{room}",
        State.UPCOMING: room,
        State.WAITING: f"{room}，前面 {run.waiting} 人候补" if run.waiting else f"{room}已满，可候补",
        State.FULL: f"{room}已满",
        State.PENDING: f"{run.taken} 人入班",
        State.RUNNING: f"{run.taken} 人在学",
        State.ENDED: f"{run.completed} 人结业" if run.completed else "",
    }
    return words.get(state, "")


def days_words(first, last, this_year):
    """Return a period in words, as short as it can be: 8 月 11 日—22 日."""
    year = f"{first.year} 年 " if first.year != this_year else ""
    start = f"{year}{first.month} 月 {first.day} 日"
    if first == last:
        return start
    if last.year != first.year:
        return f"{start}—{last.year} 年 {last.month} 月 {last.day} 日"
    if last.month != first.month:
        return f"{start}—{last.month} 月 {last.day} 日"
    return f"{start}—{last.day} 日"


def number(value):
    """Return a decimal without needless zeros."""
    return f"{Decimal(value).normalize():f}"


def hours_words(course):
    """Return the hours of study in words, with how they are taught: 线下 40 学时，其中实操 32."""
    words = f"{course.get_delivery_display()} {number(course.hours)} 学时"
    if course.theory_hours and course.practice_hours:
        words += f"，其中实操 {number(course.practice_hours)}"
    return words if course.hours else course.get_delivery_display()


def fee_words(run):
    """Return what a run costs in words."""
    words = f"收费 {number(run.fee)} 元" if run.fee else "免费"
    return f"{words}，{run.fee_note}" if run.fee_note else words


def dress(run, now):
    """Give a run what its cards and pages show and return it: state, seats, days, hours, what one can do."""
    run.state = public_state(run, now)
    run.action = ACTIONS[run.state]
    run.seats = seat_words(run, run.state)
    today = timezone.localdate(now)
    run.has_started = run.starts_on <= today
    days = days_words(run.starts_on, run.ends_on, today.year)
    run.days = f"{days}，{run.schedule_note}" if run.schedule_note else days
    run.hours_text, run.fee_text = hours_words(run.course), fee_words(run)
    return run


def urgency(run):
    """Return the key by which the best of several dressed runs comes first: what one can still join, the nearest first."""
    is_past = run.state in OVER
    day = run.starts_on.toordinal()
    return ORDER.index(run.state), run.has_started and not is_past, -day if is_past else day, run.pk


# What is drawn where a course has no picture: by the first word that its name, trade or sector holds.
ART = {
    "媒体": "media",
    "民宿": "inn",
    "酒店": "inn",
    "文旅": "wall",
    "讲解": "wall",
    "护理": "care",
    "康养": "care",
    "养老": "care",
    "母婴": "care",
    "应急": "helmet",
    "安全": "helmet",
    "矿": "machine",
    "智能装备": "arm",
    "智能": "arm",
    "数控": "arm",
    "机器人": "arm",
    "电工": "spark",
    "焊": "spark",
    "蜂": "bee",
    "农": "bee",
    "家政": "home",
    "收纳": "home",
    "烹饪": "home",
    "装备": "machine",
    "机械": "machine",
    "旅": "wall",
}


def art_of(course):
    """Return the name of the drawing that stands for a course without a picture."""
    sector = course.sector.name if course.sector_id else ""
    for text in (course.name, course.occupation, sector):
        for word, art in ART.items():
            if word in text:
                return art
    return "media" if course.delivery == Course.Delivery.ONLINE else "book"
