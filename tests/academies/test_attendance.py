import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from academies.codes import SLOT_SECONDS, VALID_SLOTS, CodeProblem, make_code, read_code
from academies.models import Attendance, MakeUpRequest
from academies.services import attendance
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make_run(late_after_minutes=10, opens_minutes_before=30, make_up_hours=48)


def scan(lesson, direction="in", at=None):
    now = at or time.time()
    return read_code(make_code(lesson.key, direction, now), now)


def sign(lesson, enrolment, direction="in", at=None):
    return attendance.sign(scan=scan(lesson, direction, at), person=enrolment.person, actor=None)


class TestCodes:
    def test_a_code_is_valid_for_a_minute_and_no_longer(self, run):
        key, shown = make_lesson(run).key, 1_700_000_000 // SLOT_SECONDS * SLOT_SECONDS
        code = make_code(key, "in", shown)
        assert read_code(code, shown + VALID_SLOTS * SLOT_SECONDS - 1).lesson_key == str(key)
        with pytest.raises(CodeProblem, match="已过期"):
            read_code(code, shown + VALID_SLOTS * SLOT_SECONDS)

    def test_a_code_of_a_time_to_come_or_a_forged_one_is_refused(self, run):
        key = make_lesson(run).key
        with pytest.raises(CodeProblem, match="已过期"):
            read_code(make_code(key, "in", 1000), 1000 - SLOT_SECONDS)
        good = make_code(key, "in", 1000)
        for wrong in (good[:-1] + ("A" if good[-1] != "A" else "B"), "x", ""):
            with pytest.raises(CodeProblem, match="无效"):
                read_code(wrong, 1000)

    def test_the_code_changes_with_every_slot(self, run):
        key = make_lesson(run).key
        assert make_code(key, "in", 0) == make_code(key, "in", 14.9) != make_code(key, "in", 15)


class TestSigning:
    def test_who_comes_in_time_is_present_and_who_comes_after_ten_minutes_is_late(self, run):
        first, second = enrol_all(run, make_people(2))
        early, late = make_lesson(run), make_lesson(run, starts_in=timedelta(minutes=-11))
        assert sign(early, first).status == "present"
        assert sign(late, second).status == "late"

    def test_what_counts_is_when_the_link_was_opened(self, run):
        (enrolment,) = enrol_all(run, make_people(1))
        lesson = make_lesson(run, starts_in=timedelta(minutes=-11))
        opened = (lesson.starts_at + timedelta(minutes=9)).timestamp()
        assert sign(lesson, enrolment, at=opened).status == "present"

    def test_scanning_twice_keeps_the_first_time(self, run):
        (enrolment,) = enrol_all(run, make_people(1))
        lesson = make_lesson(run)
        first = sign(lesson, enrolment).signed_in_at
        assert sign(lesson, enrolment).signed_in_at == first
        assert Attendance.objects.count() == 1

    @pytest.mark.parametrize(
        ("starts_in", "words"), [(timedelta(hours=1), "起可以签到"), (timedelta(hours=-3), "结束")]
    )
    def test_outside_the_window_a_scan_is_refused_with_its_times(self, run, starts_in, words):
        (enrolment,) = enrol_all(run, make_people(1))
        with pytest.raises(ValidationError, match=words):
            sign(make_lesson(run, starts_in=starts_in), enrolment)

    def test_somebody_of_another_run_is_refused(self, run):
        (stranger,) = enrol_all(make_run(), make_people(1))
        with pytest.raises(ValidationError, match="没有被"):
            sign(make_lesson(run), stranger)

    def test_somebody_who_only_waits_is_refused(self):
        run = make_run(capacity=1)
        _, waiting = enrol_all(run, make_people(2))
        with pytest.raises(ValidationError, match="没有被"):
            sign(make_lesson(run), waiting)

    def test_signing_out_follows_signing_in(self, run):
        first, second = enrol_all(run, make_people(2))
        lesson = make_lesson(run)
        sign(lesson, first)
        assert sign(lesson, first, "out").signed_out_at
        with pytest.raises(ValidationError, match="还没有在"):
            sign(lesson, second, "out")


class TestListAndClosing:
    def test_the_list_touches_only_those_it_names(self, run):
        first, second = enrol_all(run, make_people(2))
        lesson = make_lesson(run)
        sign(lesson, second)
        marks = {str(first.key): "leave"}
        assert attendance.mark_list(lesson=lesson, marks=marks, actor=None) == 1
        assert attendance.mark_list(lesson=lesson, marks=marks, actor=None) == 0
        assert dict(Attendance.objects.values_list("enrolment", "status")) == {
            first.pk: "leave",
            second.pk: "present",
        }

    def test_a_list_with_a_stranger_is_refused_whole(self, run):
        (first,) = enrol_all(run, make_people(1))
        (stranger,) = enrol_all(make_run(), make_people(1))
        marks = {str(first.key): "present", str(stranger.key): "present"}
        with pytest.raises(ValidationError, match="1 人"):
            attendance.mark_list(lesson=make_lesson(run), marks=marks, actor=None)
        assert Attendance.objects.count() == 0

    def test_closing_marks_the_rest_absent_and_late_joiners_not_yet_enrolled(self, run):
        lesson = make_lesson(run, starts_in=timedelta(hours=-4))
        came, missed = enrol_all(run, make_people(2))
        type(came).objects.update(approved_at=timezone.now() - timedelta(days=1))
        (joined,) = enrol_all(run, make_people(1))
        attendance.mark_list(lesson=lesson, marks={str(came.key): "present"}, actor=None)
        attendance.close_lesson(lesson=lesson, actor=None)
        assert dict(Attendance.objects.values_list("enrolment", "status")) == {
            came.pk: "present",
            missed.pk: "absent",
            joined.pk: "not_yet_enrolled",
        }
        with pytest.raises(ValidationError, match="已结束"):
            attendance.mark_list(lesson=lesson, marks={str(missed.key): "present"}, actor=None)

    def test_reopening_takes_back_what_closing_filled_in_and_nothing_else(self, run):
        came, _ = enrol_all(run, make_people(2))
        lesson = make_lesson(run)
        sign(lesson, came)
        attendance.close_lesson(lesson=lesson, actor=None)
        attendance.reopen_lesson(lesson=lesson, actor=None, reason="漏点一人")
        assert list(Attendance.objects.values_list("enrolment", flat=True)) == [came.pk]

    def test_a_lesson_that_has_not_begun_cannot_be_closed(self, run):
        with pytest.raises(ValidationError, match="还没有开始"):
            attendance.close_lesson(lesson=make_lesson(run, starts_in=timedelta(hours=1)), actor=None)


class TestMakingUp:
    def ask(self, lesson, enrolment, **options):
        return attendance.request_make_up(
            lesson=lesson, enrolment=enrolment, reason="手机没电", actor=None, **options
        )

    def test_a_granted_request_makes_present_and_keeps_its_reason(self, run):
        (enrolment,) = enrol_all(run, make_people(1))
        lesson, teacher = make_lesson(run), factories.make_user()
        attendance.close_lesson(lesson=lesson, actor=None)
        request = self.ask(lesson, enrolment)
        attendance.decide_make_up(request=request, is_granted=True, reason="课堂照片可证", actor=teacher)
        assert Attendance.objects.get().status == "present"
        with pytest.raises(ValidationError, match="不能再处理"):
            attendance.decide_make_up(request=request, is_granted=False, reason="再议", actor=teacher)

    def test_a_request_after_its_time_or_beside_a_record_is_refused(self, run):
        first, second = enrol_all(run, make_people(2))
        lesson = make_lesson(run)
        with pytest.raises(ValidationError, match="截止"):
            self.ask(lesson, first, now=lesson.ends_at + timedelta(hours=49))
        sign(lesson, second)
        with pytest.raises(ValidationError, match="已有出勤记录"):
            self.ask(lesson, second)

    def test_asking_twice_asks_once(self, run):
        (enrolment,) = enrol_all(run, make_people(1))
        lesson = make_lesson(run)
        assert self.ask(lesson, enrolment) == self.ask(lesson, enrolment)
        assert MakeUpRequest.objects.count() == 1
