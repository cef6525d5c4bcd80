"""The working-day clock: start, last day, stops, and the days that are left."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.notices.notices import draft, running, set_clock
from unionportal.notices import clock
from unionportal.notices.clock import Gap, counted_days
from unionportal.notices.models import Holiday, NoticeStop, PublicNotice
from unionportal.notices.services import lifecycle

D = date.fromisoformat


def span(notice):
    return str(notice.starts_on), str(notice.last_on)


@pytest.mark.parametrize(
    ("now", "starts_on", "days", "expected"),
    [
        (
            "2025-09-28 10:00",
            None,
            5,
            ("2025-09-29", "2025-10-11"),
        ),  # over the National Day, ends on a Saturday
        (
            "2025-09-28 10:00",
            D("2025-09-28"),
            5,
            ("2025-09-28", "2025-10-10"),
        ),  # a working Sunday as first day
        ("2025-09-30 23:59", None, 5, ("2025-10-09", "2025-10-14")),
        ("2026-09-30 09:00", None, 5, ("2026-10-08", "2026-10-13")),
        ("2025-07-04 16:00", None, 1, ("2025-07-07", "2025-07-07")),
        ("2026-12-28 09:00", None, 5, ("2026-12-29", "2027-01-04")),  # 2027 by Monday to Friday
    ],
)
def test_the_first_and_the_last_day(staff, monkeypatch, now, starts_on, days, expected):
    set_clock(monkeypatch, now)
    assert span(running(staff, starts_on, days=days)) == expected


@pytest.mark.parametrize("day", ["2025-09-27", "2025-10-01", "2025-09-26"])
def test_a_first_day_is_a_working_day_that_has_not_gone(staff, monkeypatch, day):
    set_clock(monkeypatch, "2025-09-27 10:00")
    notice = draft(staff)
    with pytest.raises(ValidationError):
        lifecycle.start_notice(notice=notice, actor=staff, starts_on=D(day))
    notice.refresh_from_db()
    assert (notice.status, notice.published_at) == ("draft", None)


def test_it_runs_until_the_midnight_after_its_last_day(staff, monkeypatch):
    set_clock(monkeypatch, "2025-09-28 10:00")
    notice = running(staff)
    for moment, expected in (
        ("2025-09-28 10:01", (True, False)),  # published, before the first counted day
        ("2025-10-05 12:00", (True, False)),
        ("2025-10-11 23:59", (True, False)),
        ("2025-10-12 00:00", (False, True)),
    ):
        set_clock(monkeypatch, moment)
        assert (notice.is_running(), notice.is_over()) == expected, moment
        assert PublicNotice.objects.running().exists() is expected[0]
        assert PublicNotice.objects.ended().exists() is expected[1]


def test_a_stop_takes_its_own_day_out_and_the_rest_is_counted_on(staff, monkeypatch):
    set_clock(monkeypatch, "2025-09-26 10:00")
    notice = running(staff)  # 28 (working Sunday), 29, 30 September, 9, 10 October
    assert span(notice) == ("2025-09-28", "2025-10-10")
    set_clock(monkeypatch, "2025-09-30 15:00")
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查材料")
    set_clock(monkeypatch, "2025-10-20 09:00")
    notice.refresh_from_db()
    assert (notice.is_running(), notice.is_over()) == (False, False)
    notice = lifecycle.resume_notice(notice=notice, actor=staff)
    assert str(notice.last_on) == "2025-10-23"  # 28 and 29 counted; 21, 22, 23 are left
    assert [str(day) for day in notice.counted_days({})] == [
        "2025-09-28", "2025-09-29", "2025-10-21", "2025-10-22", "2025-10-23",
    ]  # fmt: skip


def test_it_may_go_on_the_very_day_and_be_stopped_again(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff, D("2025-11-03"))
    set_clock(monkeypatch, "2025-11-04 10:00")
    lifecycle.stop_notice(notice=notice, actor=staff, reason="一")
    set_clock(monkeypatch, "2025-11-05 09:00")
    notice = lifecycle.resume_notice(notice=notice, actor=staff, continues_on=D("2025-11-05"))
    assert str(notice.last_on) == "2025-11-10"
    set_clock(monkeypatch, "2025-11-10 09:00")
    lifecycle.stop_notice(notice=notice, actor=staff, reason="二")
    notice = lifecycle.resume_notice(notice=notice, actor=staff)
    assert str(notice.last_on) == "2025-11-11"  # one day was left
    assert notice.stops.count() == 2


def test_a_stop_before_the_first_day_costs_nothing(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff, D("2025-11-12"))
    lifecycle.stop_notice(notice=notice, actor=staff, reason="勘误")
    set_clock(monkeypatch, "2025-11-04 10:00")
    with pytest.raises(ValidationError, match="不能早于公示首日"):
        lifecycle.resume_notice(notice=notice, actor=staff, continues_on=D("2025-11-05"))
    notice = lifecycle.resume_notice(notice=notice, actor=staff)
    assert span(notice) == ("2025-11-12", "2025-11-18")


@pytest.mark.parametrize(("day", "message"), [("2025-11-07", "早于今天"), ("2025-11-16", "不是工作日")])
def test_it_cannot_go_on_in_the_past_or_on_a_sunday(staff, monkeypatch, day, message):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
    set_clock(monkeypatch, "2025-11-10 10:00")
    with pytest.raises(ValidationError, match=message):
        lifecycle.resume_notice(notice=notice, actor=staff, continues_on=D(day))
    assert NoticeStop.objects.get().resumed_at is None


def test_only_a_running_notice_is_stopped_and_it_says_why(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    with pytest.raises(ValidationError, match="原因"):
        lifecycle.stop_notice(notice=notice, actor=staff, reason=" ")
    set_clock(monkeypatch, "2025-11-11 00:00")
    with pytest.raises(ValidationError, match="公示期内"):
        lifecycle.stop_notice(notice=notice, actor=staff, reason="迟了")
    with pytest.raises(ValidationError, match="已中止"):
        lifecycle.resume_notice(notice=notice, actor=staff)


def test_a_day_off_announced_later_makes_it_longer_and_never_shorter(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    assert str(notice.last_on) == "2025-11-10"
    with pytest.raises(ValidationError, match="无需顺延"):
        lifecycle.extend_notice(notice=notice, actor=staff)
    Holiday.objects.create(on=D("2025-11-06"), name="临时放假")
    assert str(lifecycle.extend_notice(notice=notice, actor=staff).last_on) == "2025-11-11"
    Holiday.objects.all().delete()
    Holiday.objects.create(on=D("2025-11-08"), is_workday=True, name="临时上班")
    with pytest.raises(ValidationError, match="无需顺延"):
        lifecycle.extend_notice(notice=notice, actor=staff)


def test_the_strip_says_of_every_date_what_it_is():
    counted = counted_days(D("2025-09-30"), 3, [Gap(D("2025-10-10"), D("2025-10-13"))], {})
    days = clock.strip(D("2025-09-30"), counted[-1], counted, {}, today=D("2025-10-10"))
    kinds = {str(day.on)[5:]: (day.kind, day.number) for day in days}
    assert kinds["09-30"] == ("counted", 1)
    assert kinds["10-01"] == ("rest", None)
    assert kinds["10-09"] == ("counted", 2)
    assert kinds["10-10"] == ("stopped", None)
    assert kinds["10-13"] == ("counted", 3)
    assert [day.is_today for day in days].index(True) == 10


@given(
    start=st.dates(D("2015-01-01"), D("2026-06-01")),
    number=st.integers(1, 12),
    stops=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=4),
)
def test_whatever_the_stops_the_same_number_of_working_days_counts_and_none_in_a_gap(start, number, stops):
    gaps, day = [], start
    for ahead, length in stops:
        stopped_on = day + timedelta(days=ahead)
        gaps.append(Gap(stopped_on, stopped_on + timedelta(days=length)))
        day = gaps[-1].continues_on
    counted = counted_days(start, number, gaps, {})
    assert len(counted) == len(set(counted)) == number
    assert counted == sorted(counted)
    assert not [day for day in counted for gap in gaps if gap.stopped_on <= day < gap.continues_on]
