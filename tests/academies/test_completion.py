import threading
import time
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from academies.completing import LessonLine, RunRule, attendance_share, outcome
from academies.models import CourseRun, Enrolment
from academies.services import attendance, completion
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.portal.threads import in_threads, only_error
from unionportal.certificates.models import Certificate, Line
from unionportal.inbox.models import Message
from unionportal.people.models import Milestone

RULE = RunRule(attendance_percent=80, late_counts_percent=50)
quick = settings(deadline=None, max_examples=80)
lines = st.lists(
    st.builds(
        LessonLine,
        st.integers(1, 16).map(lambda half: Decimal(half) / 2),
        st.sampled_from(["present", "late", "leave", "absent", "excused", "not_yet_enrolled"]),
    ),
    max_size=12,
)


def of(*statuses):
    return [LessonLine(Decimal(2), status) for status in statuses]


class TestShares:
    def test_hours_weigh_and_late_counts_as_the_run_says(self):
        assert attendance_share(RULE, of("present", "late", "absent", "present")) == Fraction(5, 8)

    def test_excused_lessons_and_those_before_joining_count_neither_way(self):
        assert attendance_share(RULE, of("present", "excused", "not_yet_enrolled")) == 1

    def test_exactly_the_line_passes(self):
        assert outcome(RULE, of(*["present"] * 4, "absent"), None).passes

    def test_a_third_is_compared_exactly_and_shown_rounded(self):
        result = outcome(RunRule(attendance_percent=67), of("present", "present", "absent"), None)
        assert (result.passes, result.share) == (False, Decimal("66.67"))

    def test_an_unmarked_lesson_keeps_everybody_from_passing(self):
        assert outcome(RULE, of("present", None), None).reasons[0] == "有课次尚未结束考勤"

    def test_without_signing_out_a_lesson_is_not_attended_where_the_run_asks_for_it(self):
        rule = RunRule(attendance_percent=80, signs_out=True)
        assert not outcome(rule, [LessonLine(Decimal(2), "present", has_signed_out=False)], None).passes

    @pytest.mark.parametrize(("score", "passes"), [(None, False), ("59.99", False), ("60", True)])
    def test_an_exam_is_passed_from_its_line_on(self, score, passes):
        rule = RunRule(attendance_percent=0, has_exam=True, pass_score=Decimal(60))
        assert outcome(rule, [], score and Decimal(score)).passes is passes

    @quick
    @given(lines)
    def test_the_share_lies_between_nothing_and_all(self, drawn):
        assert 0 <= attendance_share(RULE, drawn) <= 1

    @quick
    @given(lines, st.data())
    def test_coming_to_one_more_lesson_never_lowers_the_share(self, drawn, data):
        missed = [place for place, line in enumerate(drawn) if line.status == "absent"]
        if missed:
            place = data.draw(st.sampled_from(missed))
            better = [*drawn[:place], LessonLine(drawn[place].hours, "present"), *drawn[place + 1 :]]
            assert attendance_share(RULE, better) >= attendance_share(RULE, drawn)


@pytest.fixture
def actor(db):
    return factories.make_superuser()


@pytest.fixture
def held(db, actor):
    """A run that ended today: one of its two learners came."""
    today = timezone.localdate()
    run = make_run(
        starts_on=today,
        ends_on=today,
        certificate_design=factories.make_design(
            Line.ACADEMIES, body="完成{title}（{event}）学习，计{hours}学时", highlight="", kind="completion"
        ),
        certificate_series=factories.make_series(Line.ACADEMIES),
    )
    lesson = make_lesson(run, starts_in=timedelta(hours=-3))
    came, missed = enrol_all(run, make_people(2))
    Enrolment.objects.update(approved_at=timezone.now() - timedelta(days=1))
    attendance.mark_list(lesson=lesson, marks={str(came.key): "present"}, actor=actor)
    attendance.close_lesson(lesson=lesson, actor=actor)
    return run, came, missed


class TestCompleting:
    def test_the_preview_says_who_fails_and_why_and_writes_nothing(self, held):
        run, came, missed = held
        assert [(item.enrolment, item.outcome.passes) for item in completion.preview(run)] == [
            (missed, False),
            (came, True),
        ]
        assert completion.preview(run)[0].outcome.reasons == ("出勤率 0.00%，要求 80%",)
        assert set(run.enrolments.values_list("status", flat=True)) == {"approved"}

    def test_completing_writes_outcomes_and_growth_records_once(self, held, actor):
        run, came, missed = held
        for _ in range(2):
            completion.complete_run(run=run, actor=actor)
        assert list(run.enrolments.order_by("pk").values_list("status", "attendance_share")) == [
            ("completed", Decimal(100)),
            ("failed", Decimal(0)),
        ]
        assert Milestone.objects.get().person == came.person

    def test_an_open_lesson_or_a_run_that_still_goes_on_blocks(self, actor):
        run = make_run()
        make_lesson(run)
        enrol_all(run, make_people(1))
        with pytest.raises(ValidationError) as refused:
            completion.complete_run(run=run, actor=actor)
        assert len(refused.value.messages) == 2
        assert CourseRun.objects.get(pk=run.pk).status == CourseRun.Status.ANNOUNCED

    def test_certificates_are_issued_once_and_never_print_a_skill_level(self, held, actor):
        run, came, _ = held
        came.person.skill_level = "senior_technician"
        came.person.save()
        completion.complete_run(run=run, actor=actor)
        first = completion.issue_run_certificates(run=run, actor=actor)
        assert completion.issue_run_certificates(run=run, actor=actor) == first
        (certificate,) = Certificate.objects.all()
        assert certificate.holder == came.person.name
        assert "技师" not in str(certificate.facts) + str(certificate.words)

    def test_certificates_wait_for_the_completion(self, held, actor):
        with pytest.raises(ValidationError, match="尚未办理结业"):
            completion.issue_run_certificates(run=held[0], actor=actor)

    def test_a_completion_taken_back_revokes_certificate_and_growth_record(self, held, actor):
        run, came, _ = held
        completion.complete_run(run=run, actor=actor)
        completion.issue_run_certificates(run=run, actor=actor)
        completion.revoke_completion(enrolment=came, actor=actor, reason="代人上课")
        assert Certificate.objects.get().status == "revoked"
        assert not Milestone.objects.exists()
        assert Enrolment.objects.get(pk=came.pk).status == "failed"

    def test_learners_are_told_once_what_came_of_it_and_why(self, held, actor):
        run, came, missed = held
        (waiting,) = enrol_all(run, make_people(1))
        Enrolment.objects.filter(pk=waiting.pk).update(status="waitlisted", queued_at=timezone.now())
        for enrolment in (came, missed, waiting):
            enrolment.person.user = factories.make_user()
            enrolment.person.save()
        Message.objects.all().delete()
        for _ in range(2):
            completion.complete_run(run=run, actor=actor)
            completion.issue_run_certificates(run=run, actor=actor)
        completion.revoke_completion(enrolment=came, actor=actor, reason="代人上课")
        told = {
            enrolment: [message.kind.removeprefix("academies.") for message in mine]
            for enrolment in (came, missed, waiting)
            for mine in [Message.objects.filter(user=enrolment.person.user).order_by("pk")]
        }
        assert told == {
            came: ["completed", "certified", "completion_revoked"],
            missed: ["failed"],
            waiting: ["cancelled"],
        }
        assert "出勤率 0.00%" in Message.objects.get(kind="academies.failed").body


def one_after_the_other(first, second):
    """Run both in threads, the second while the first has done its work and not yet committed; returns the results."""
    is_done = threading.Event()

    def begin():
        with transaction.atomic():
            result = first()
            is_done.set()
            time.sleep(0.5)  # until the other has asked for what is locked here
        return result

    def follow():
        is_done.wait(10)
        return second()

    return in_threads(begin, follow)


@pytest.mark.django_db(transaction=True)
class TestCompletingWhileATeacherCorrects:
    def scene(self):
        today = timezone.localdate()
        run = make_run(starts_on=today - timedelta(days=1), ends_on=today, make_up_hours=48)
        (enrolment,) = enrol_all(run, make_people(1))
        Enrolment.objects.update(approved_at=timezone.now() - timedelta(days=1))
        lesson = make_lesson(run, starts_in=timedelta(hours=-3))
        asked = attendance.request_make_up(lesson=lesson, enrolment=enrolment, reason="手机没电", actor=None)
        attendance.close_lesson(lesson=lesson, actor=None)
        return run, enrolment, lesson, asked

    def test_what_is_granted_before_counts(self):
        run, enrolment, _, asked = self.scene()
        results = one_after_the_other(
            lambda: attendance.decide_make_up(request=asked, is_granted=True, reason="属实", actor=None),
            lambda: completion.complete_run(run=run, actor=None),
        )
        assert not any(isinstance(result, Exception) for result in results)
        enrolment.refresh_from_db()
        assert enrolment.status == Enrolment.Status.COMPLETED

    def test_what_comes_after_is_refused(self):
        run, _, lesson, asked = self.scene()
        results = one_after_the_other(
            lambda: completion.complete_run(run=run, actor=None),
            lambda: attendance.decide_make_up(request=asked, is_granted=True, reason="属实", actor=None),
        )
        assert "已结业，考勤不能再改" in str(only_error(results))
        assert lesson.attendance.get().status == "absent"
