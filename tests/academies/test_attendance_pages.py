"""The pages of attendance: scanning before and after signing in, the teacher's list, the code on the wall, 补签."""

import json
import re
import time
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from academies import codes
from academies.codes import make_code
from academies.models import Attendance, MakeUpRequest
from academies.services import attendance
from tests import factories
from tests.academies import learning as scene
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from unionportal import roles
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def teacher():
    return factories.make_user(name="班老师")


@pytest.fixture
def run(teacher):
    today = timezone.localdate()
    return make_run(
        head_teacher=teacher,
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=3),
        late_after_minutes=10,
    )


@pytest.fixture
def lesson(run):
    return make_lesson(run)


@pytest.fixture
def learner(run):
    return scene.make_learner(run)


def scan_url(lesson, way="in", at=None):
    return reverse("academies:scan", args=[make_code(lesson.key, way, at or time.time())])


def page(response):
    return response.content.decode()


class TestScanning:
    def test_a_scan_by_somebody_signed_in_counts_by_one_button(self, client, lesson, learner):
        client.force_login(learner[0])
        response = client.get(scan_url(lesson), follow=True)
        assert "确认签到" in page(response)
        assert not Attendance.objects.exists()
        response = client.post(response.redirect_chain[-1][0], follow=True)
        assert "签到成功" in page(response)
        assert Attendance.objects.get().status == "present"

    def test_a_scan_counts_from_when_it_was_opened_though_signing_in_comes_between(
        self, client, run, learner, monkeypatch
    ):
        client_class = type(client)
        lesson = make_lesson(run, starts_in=timedelta(minutes=-9, seconds=-30))
        opened = time.time()
        url = scan_url(lesson)
        assert "/account/phone/?next=/academies/sign/" in unquote(page(client.get(url)))
        monkeypatch.setattr(time, "time", lambda: opened + 20 * 60)
        assert "扫码时间已记下" in page(client.get(url))
        other = client_class().get(url)
        assert (other.status_code, "已过期" in page(other)) == (400, True)
        user = learner[0]
        sent = {"username": user.username, "password": user.username, "next": "/academies/sign/"}
        client.post(reverse("accounts:login"), sent)
        client.post(reverse("academies:sign"))
        mark = Attendance.objects.get()
        assert mark.status == "present"
        assert abs(mark.signed_in_at.timestamp() - opened) < 5

    def test_a_scan_that_waited_longer_than_half_an_hour_is_refused(
        self, client, lesson, learner, monkeypatch
    ):
        opened = time.time()
        client.get(scan_url(lesson))
        monkeypatch.setattr(time, "time", lambda: opened + codes.KEPT_SECONDS + 1)
        client.force_login(learner[0])
        response = client.post(reverse("academies:sign"))
        assert response.status_code == 400
        assert "重新扫描" in page(response)
        assert not Attendance.objects.exists()

    def test_an_expired_code_is_refused_and_leaves_nothing_to_confirm(self, client, lesson, learner):
        client.force_login(learner[0])
        response = client.get(scan_url(lesson, at=time.time() - 120))
        assert response.status_code == 400
        assert "已过期" in page(response)
        assert "再扫一次" in page(response)
        assert "没有待确认的签到" in page(client.post(reverse("academies:sign")))

    def test_a_link_used_again_counts_once_and_a_confirmation_used_again_is_refused(
        self, client, lesson, learner
    ):
        client.force_login(learner[0])
        url = scan_url(lesson)
        for _ in range(2):
            client.get(url)
            assert client.post(reverse("academies:sign")).status_code == 302
        assert Attendance.objects.count() == 1
        replay = client.post(reverse("academies:sign"))
        assert replay.status_code == 400
        assert "重新扫描" in page(replay)

    def test_a_code_of_another_lesson_is_refused_with_words(self, client, learner):
        client.force_login(learner[0])
        client.get(scan_url(make_lesson(make_run())))
        response = client.post(reverse("academies:sign"))
        assert response.status_code == 400
        assert "没有被" in page(response)
        assert not Attendance.objects.exists()

    @pytest.mark.parametrize(
        ("starts_in", "words"), [(timedelta(hours=1), "起可以签到"), (timedelta(hours=-3), "申请补签")]
    )
    def test_outside_its_window_a_scan_says_when_and_what_to_do(self, client, run, learner, starts_in, words):
        client.force_login(learner[0])
        lesson = make_lesson(run, starts_in=starts_in)
        client.get(scan_url(lesson))
        response = client.post(reverse("academies:sign"))
        assert words in page(response)
        assert reverse("academies:make_up_new", args=[learner[1].key, lesson.key]) in page(response)

    def test_an_account_without_a_record_is_told_what_to_do(self, client, lesson):
        client.force_login(factories.make_user())
        client.get(scan_url(lesson))
        assert "还没有对应到职工档案" in page(client.get(reverse("academies:sign")))
        assert client.post(reverse("academies:sign")).status_code == 200
        assert not Attendance.objects.exists()

    def test_a_cancelled_run_takes_no_signatures(self, client, lesson, learner):
        type(lesson.run).objects.update(status="cancelled", cancel_reason="人数不足")
        client.force_login(learner[0])
        client.get(scan_url(lesson))
        assert "不用签到" in page(client.post(reverse("academies:sign")))

    def test_what_was_counted_is_shown_to_its_owner_only(self, client, lesson, learner):
        client.force_login(learner[0])
        client.get(scan_url(lesson))
        url = client.post(reverse("academies:sign"))["Location"]
        client.force_login(scene.make_learner(lesson.run, name="别人")[0])
        assert client.get(url).status_code == 404


class TestWall:
    def test_the_screen_shows_a_code_that_signs_in_and_how_many_have(
        self, client, lesson, learner, teacher, monkeypatch
    ):
        monkeypatch.setattr("academies.attendance_presenting.segno", Recorder)
        client.force_login(teacher)
        screen = page(client.get(reverse("academies:lesson_screen", args=[lesson.key, "in"])))
        assert "data:image/svg+xml" in screen
        client.force_login(learner[0])
        client.get(Recorder.address.removeprefix("http://testserver"))
        client.post(reverse("academies:sign"))
        client.force_login(teacher)
        code = client.get(reverse("academies:lesson_code", args=[lesson.key, "in"])).json()
        assert (code["signed"], code["expected"], code["is_closed"]) == (1, 1, False)
        assert 1 <= code["left"] <= 15

    def test_the_pages_of_a_lesson_cost_few_statements(
        self, client, run, lesson, teacher, django_assert_max_num_queries
    ):
        enrol_all(run, make_people(20))
        client.force_login(teacher)
        for name, most in (("lesson_sheet", 9), ("lesson_state", 7)):
            with django_assert_max_num_queries(most):
                assert client.get(reverse(f"academies:{name}", args=[lesson.key])).status_code == 200
        with django_assert_max_num_queries(7):
            client.get(reverse("academies:lesson_code", args=[lesson.key, "in"]))
        with django_assert_max_num_queries(5):
            assert "第 1 讲" in page(client.get(reverse("academies:lesson_list")))


class Recorder:
    """Stands in for the QR library and remembers what was drawn."""

    address = ""

    @classmethod
    def make(cls, address, **options):
        cls.address = address
        return cls()

    def svg_data_uri(self, **options):
        return "data:image/svg+xml,x"


class TestKeepers:
    def test_head_teacher_teacher_of_the_lesson_and_staff_keep_a_lesson_and_nobody_else_does(
        self, client, run, lesson, teacher
    ):
        lecturer, other = factories.make_user(), factories.make_user()
        staff = factories.make_user(roles.ACADEMY_STAFF, is_staff=True)
        lesson.teacher_user = lecturer
        lesson.save()
        second = make_lesson(run)
        url, second_url = (reverse("academies:lesson_sheet", args=[one.key]) for one in (lesson, second))
        for user, sees in (
            (teacher, (200, 200)),
            (lecturer, (200, 404)),
            (staff, (200, 200)),
            (other, (404, 404)),
        ):
            client.force_login(user)
            assert (client.get(url).status_code, client.get(second_url).status_code) == sees


class TestList:
    def send(self, client, lesson, marks):
        url = reverse("academies:lesson_save", args=[lesson.key])
        return client.post(url, json.dumps({"marks": marks}), "application/json")

    def test_marks_are_saved_with_a_receipt_and_sending_again_changes_nothing(
        self, client, run, lesson, teacher
    ):
        first, second = enrol_all(run, make_people(2))
        client.force_login(teacher)
        marks = {str(first.key): ["present", ""], str(second.key): ["leave", ""]}
        for _ in range(2):
            answer = self.send(client, lesson, marks).json()
            assert answer["clashing"] == {}
            assert answer["saved_at"]
            assert {key: row[0] for key, row in answer["rows"].items()} == {
                str(first.key): "present",
                str(second.key): "leave",
            }
        assert Attendance.objects.count() == 2

    def test_what_somebody_else_wrote_meanwhile_stays_and_the_rest_is_saved(
        self, client, run, lesson, teacher
    ):
        late, absent = enrol_all(run, make_people(2))
        at = lesson.starts_at.timestamp() + 11 * 60
        scan = codes.read_code(make_code(lesson.key, "in", at), at)
        attendance.sign(scan=scan, person=late.person, actor=None)
        client.force_login(teacher)
        marks = {str(late.key): ["absent", ""], str(absent.key): ["absent", ""]}
        assert self.send(client, lesson, marks).json()["clashing"] == {str(late.key): "late"}
        assert Attendance.objects.get(enrolment=late).status == "late"
        assert Attendance.objects.get(enrolment=absent).status == "absent"
        again = self.send(client, lesson, {str(late.key): ["leave", "late"]})
        assert again.json()["clashing"] == {}
        assert Attendance.objects.get(enrolment=late).status == "leave"

    @pytest.mark.parametrize(
        "marks", [[], {"x": []}, {"x": ["gone", ""]}, {"x": ["not_yet_enrolled", ""]}, {"x": 1}]
    )
    def test_a_list_that_cannot_be_read_is_refused(self, client, lesson, teacher, marks):
        client.force_login(teacher)
        assert self.send(client, lesson, marks).status_code == 400

    def test_a_closed_lesson_takes_no_marks_and_says_why(self, client, run, lesson, teacher):
        (one,) = enrol_all(run, make_people(1))
        attendance.close_lesson(lesson=lesson, actor=teacher)
        client.force_login(teacher)
        response = self.send(client, lesson, {str(one.key): ["present", "absent"]})
        assert response.status_code == 400
        assert "已结束" in response.json()["message"]

    def test_without_script_the_form_saves_what_differs(self, client, run, lesson, teacher):
        first, second = enrol_all(run, make_people(2))
        client.force_login(teacher)
        sent = {f"mark-{first.key}": "late", f"seen-{first.key}": "", f"seen-{second.key}": ""}
        response = client.post(reverse("academies:lesson_sheet", args=[lesson.key]), sent, follow=True)
        assert "已保存" in page(response)
        assert list(Attendance.objects.values_list("enrolment", "status")) == [(first.pk, "late")]

    def test_closing_and_opening_again_with_a_reason(self, client, run, lesson, teacher):
        enrol_all(run, make_people(1))
        client.force_login(teacher)

        def act(name, **sent):
            return page(
                client.post(reverse("academies:lesson_act", args=[lesson.key, name]), sent, follow=True)
            )

        assert "记为缺勤" in act("close")
        assert "理由" in act("reopen")
        lesson.refresh_from_db()
        assert lesson.closed_at
        assert "已重新打开" in act("reopen", reason="漏点一人")
        assert not Attendance.objects.exists()

    def test_a_teacher_signs_out_whoever_is_still_signed_in(self, client, run, lesson, teacher):
        run.signs_out = True
        run.save()
        came, _ = enrol_all(run, make_people(2))
        client.force_login(teacher)
        self.send(client, lesson, {str(came.key): ["present", ""]})
        url = reverse("academies:lesson_act", args=[lesson.key, "sign-out"])
        assert "1 人" in page(client.post(url, follow=True))
        assert Attendance.objects.get().signed_out_at


class TestMakingUp:
    @pytest.fixture
    def asked(self, client, lesson, learner):
        user, enrolment = learner
        client.force_login(user)
        url = reverse("academies:make_up_new", args=[enrolment.key, lesson.key])
        response = client.post(url, {"reason": "手机没电，同桌可证"}, follow=True)
        assert "已提交" in page(response)
        return MakeUpRequest.objects.get()

    def decide(self, client, asked, teacher, **sent):
        client.force_login(teacher)
        url = reverse("academies:make_up_decide", args=[asked.lesson.key, asked.pk])
        return page(client.post(url, sent, follow=True))

    def test_the_teacher_hears_of_a_request_and_the_learner_of_the_decision(
        self, client, asked, teacher, learner
    ):
        to_teacher = Message.objects.get(user=teacher)
        assert "手机没电" in to_teacher.body
        assert client.get(to_teacher.url).status_code == 404  # the learner's own session
        shown = self.decide(client, asked, teacher, decision="granted", reason="课堂照片可证")
        assert "已同意补签" in shown
        message = Message.objects.get(user=learner[0], kind="academies.make_up_granted")
        assert "课堂照片可证" in message.body
        client.force_login(learner[0])
        assert "出勤" in page(client.get(message.url))
        assert Attendance.objects.get().status == "present"

    def test_a_decision_without_a_reason_decides_nothing(self, client, asked, teacher):
        assert "请写明处理的理由" in self.decide(client, asked, teacher, decision="granted", reason="")
        asked.refresh_from_db()
        assert asked.decision == "waiting"

    def test_a_refusal_is_shown_with_its_reason_and_one_may_ask_again(self, client, asked, teacher, learner):
        self.decide(client, asked, teacher, decision="refused", reason="名单上没有您")
        client.force_login(learner[0])
        shown = page(client.get(reverse("academies:learning_run", args=[learner[1].key])))
        assert "名单上没有您" in shown
        assert "申请补签" in shown

    def test_what_is_granted_counts_as_whole_where_signing_out_is_asked(self, run, lesson, learner, teacher):
        run.signs_out = True
        run.save()
        asked = attendance.request_make_up(
            lesson=lesson, enrolment=learner[1], reason="没电", actor=learner[0]
        )
        attendance.decide_make_up(request=asked, is_granted=True, reason="属实", actor=teacher)
        assert Attendance.objects.get().signed_out_at

    def test_for_somebody_elses_enrolment_nobody_asks(self, client, lesson, learner):
        client.force_login(scene.make_learner(lesson.run, name="别人")[0])
        url = reverse("academies:make_up_new", args=[learner[1].key, lesson.key])
        assert client.post(url, {"reason": "代他申请"}).status_code == 404

    def test_too_late_says_until_when(self, client, run, learner):
        lesson = make_lesson(run, starts_in=timedelta(days=-5))
        client.force_login(learner[0])
        url = reverse("academies:make_up_new", args=[learner[1].key, lesson.key])
        response = client.post(url, {"reason": "手机没电"})
        assert response.status_code == 400
        assert re.search(r"补签申请已于 \d\d-\d\d \d\d:\d\d 截止", page(response))
        assert "手机没电" in page(response)


def test_the_service_signs_nobody_out_before_the_lesson(run):
    with pytest.raises(ValidationError, match="还没有开始"):
        attendance.sign_out_rest(lesson=make_lesson(run, starts_in=timedelta(hours=1)), actor=None)


@pytest.mark.parametrize("ends_at", [None, timezone.now() + timedelta(hours=1)])
def test_an_online_lesson_has_no_attendance_to_make_up(client, run, learner, ends_at):
    user, enrolment = learner
    lesson = make_lesson(run, kind="online", ends_at=ends_at)
    client.force_login(user)
    url = reverse("academies:make_up_new", args=[enrolment.key, lesson.key])
    response = client.post(url, {"reason": "没有信号"})
    assert response.status_code == 400
    assert "不记考勤" in page(response)
    assert not MakeUpRequest.objects.exists()


def test_a_list_loaded_before_the_lesson_was_opened_again_is_written(client, lesson, learner, teacher):
    _, enrolment = learner
    attendance.close_lesson(lesson=lesson, actor=teacher)
    attendance.reopen_lesson(lesson=lesson, actor=teacher, reason="漏点一人")
    client.force_login(teacher)
    url = reverse("academies:lesson_save", args=[lesson.key])
    sent = {"marks": {str(enrolment.key): ["present", "absent"]}}
    response = client.post(url, json.dumps(sent), content_type="application/json")
    assert response.json()["clashing"] == {}
    assert Attendance.objects.get().status == "present"
