"""Learning on line: what progress counts, who sees a lesson, and what a lesson lets through."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from academies import watching
from academies.models import Feedback, Progress
from academies.services import learning
from tests import factories
from tests.academies import learning as scene
from tests.academies.runs import make_run
from tests.files.test_sending import fetch
from tests.files.test_storing import PDF
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def keep(enrolment, lesson, now=None, **report):
    report = {"ranges": [], "second": 0, **report}
    progress = learning.keep_progress(enrolment=enrolment, lesson=lesson, report=report, actor=None, now=now)
    if now:  # auto_now knows nothing of a test's clock
        Progress.objects.filter(pk=progress.pk).update(updated_at=now)
    return progress


class TestWatching:
    @pytest.mark.parametrize(
        ("known", "reported", "allowed", "kept"),
        [
            ([], [[0, 10]], 100, [[0, 10]]),
            ([], [[0, 10]], 4, [[0, 4]]),
            ([[0, 10]], [[0, 10]], 100, [[0, 10]]),
            ([[0, 10]], [[5, 20]], 100, [[0, 20]]),
            ([[0, 10]], [[5, 20]], 3, [[0, 13]]),
            ([[0, 10], [20, 30]], [[0, 40]], 15, [[0, 35]]),
            ([[0, 10]], [[30, 40], [12, 14]], 100, [[0, 10], [12, 14], [30, 40]]),
            ([[0, 10]], [[20, 30]], 0, [[0, 10]]),
            ([[0, 10]], [[20, 30]], -5, [[0, 10]]),
        ],
    )
    def test_only_what_is_new_and_allowed_is_added(self, known, reported, allowed, kept):
        assert watching.add(known, reported, allowed) == kept


class TestProgress:
    @pytest.fixture
    def learner(self):
        return scene.make_learner()[1]

    def test_a_video_adds_no_more_than_the_time_that_has_passed(self, learner):
        lesson = scene.make_online(learner.run, text="", video=100)
        video, start = lesson.materials.get().pk, timezone.now()
        assert keep(learner, lesson, start, material=video, ranges=[[0, 100]]).watched_seconds == 0
        later = keep(learner, lesson, start + timedelta(seconds=10), material=video, ranges=[[0, 100]])
        assert later.watched_seconds == 10 + watching.SLACK
        again = keep(
            learner, lesson, start + timedelta(seconds=20), material=video, ranges=[[0, 22]], second=22
        )
        assert (again.watched_seconds, again.second, again.material_id) == (22, 22, video)
        assert again.completed_at is None

    def test_watching_the_same_ten_seconds_over_and_over_is_watching_ten_seconds(self, learner):
        lesson = scene.make_online(learner.run, text="", video=100)
        video, now = lesson.materials.get().pk, timezone.now()
        for minute in range(12):
            progress = keep(
                learner, lesson, now + timedelta(minutes=minute), material=video, ranges=[[0, 10]]
            )
        assert progress.watched_seconds == 10

    def test_a_night_between_two_reports_does_not_pay_for_a_long_video(self, learner):
        lesson = scene.make_online(learner.run, text="", video=7200)
        video, start = lesson.materials.get().pk, timezone.now()
        keep(learner, lesson, start)
        later = keep(learner, lesson, start + timedelta(hours=12), material=video, ranges=[[0, 7200]])
        assert later.watched_seconds == watching.MOST_AT_ONCE

    def test_nine_tenths_of_a_video_are_a_lesson_and_less_is_none(self, learner):
        lesson = scene.make_online(learner.run, text="", video=100)
        video, start = lesson.materials.get().pk, timezone.now()
        keep(learner, lesson, start)
        most = keep(learner, lesson, start + timedelta(minutes=3), material=video, ranges=[[0, 89]])
        assert most.completed_at is None
        enough = keep(learner, lesson, start + timedelta(minutes=4), material=video, ranges=[[89, 90]])
        assert enough.completed_at

    def test_a_text_is_done_when_its_end_was_seen_and_with_a_video_both_are_asked(self, learner):
        text = scene.make_online(learner.run)
        assert keep(learner, text, block=4).completed_at is None
        assert keep(learner, text, read=True).completed_at
        both = scene.make_online(learner.run, video=100)
        assert keep(learner, both, read=True).completed_at is None

    def test_the_place_stays_when_a_report_does_not_name_it(self, learner):
        lesson = scene.make_online(learner.run, video=100)
        video, start = lesson.materials.get().pk, timezone.now()
        keep(learner, lesson, start, block=7)
        keep(learner, lesson, start + timedelta(seconds=30), material=video, second=25, ranges=[[0, 25]])
        progress = keep(learner, lesson, start + timedelta(seconds=40), read=True)
        assert (progress.trail["block"], progress.second, progress.watched_seconds) == (7, 25, 25)

    def test_beginning_and_finishing_leave_a_line_each_and_nothing_else_does(self, learner):
        lesson = scene.make_online(learner.run)
        before = AuditEntry.objects.count()
        for report in ({}, {"block": 2}, {"read": True}, {"block": 3}):
            keep(learner, lesson, **report)
        actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)[before:]
        assert list(actions) == ["academies.lesson_begun", "academies.lesson_finished"]

    def test_before_the_run_begins_and_after_it_is_over_nothing_counts(self, learner):
        lesson = scene.make_online(learner.run)
        with pytest.raises(ValidationError, match="起可以学习"):
            keep(learner, lesson, timezone.now() - timedelta(days=5))
        learner.status = "completed"
        with pytest.raises(ValidationError, match="已结束"):
            keep(learner, lesson)


class TestPages:
    @pytest.fixture
    def learner(self, client):
        user, enrolment = scene.make_learner()
        client.force_login(user)
        return enrolment

    def url(self, name, enrolment, *more):
        return reverse(f"academies:{name}", args=[enrolment.key, *more])

    def test_a_lesson_shows_its_text_cleaned_its_files_and_links_and_embeds_nothing(self, client, learner):
        text = "<p>正文</p><script>alert(1)</script><iframe src='https://v.example'></iframe><img src='https://x.example/a.png'>"
        lesson = scene.make_online(learner.run, text=text)
        image, paper, _ = scene.make_materials(lesson)
        page = client.get(self.url("lesson_detail", learner, lesson.key)).content.decode()
        assert "正文" in page
        assert "alert(1)" not in page
        assert "<iframe" not in page
        assert "x.example" not in page
        assert 'href="https://example.org/v/1"' in page
        assert "noopener noreferrer" in page
        for material, start in ((paper, PDF), (image, b"\xff\xd8")):
            sent = fetch(client, self.url("material_file", learner, material.pk, "file"))
            assert sent.status_code == 200
            assert sent.body.startswith(start)
        assert client.get(self.url("material_file", learner, image.pk, "poster")).status_code == 404

    def test_a_video_is_sent_in_parts_to_the_admitted_only(self, client, learner):
        lesson = scene.make_online(learner.run, video=100)
        url = self.url("material_file", learner, lesson.materials.get().pk, "file")
        response = client.get(url, headers={"Range": "bytes=0-99"})
        assert response.status_code == 206
        assert len(b"".join(response.streaming_content)) == 100
        client.force_login(scene.make_learner(name="别人")[0])
        assert client.get(url, headers={"Range": "bytes=0-99"}).status_code == 404

    def test_a_material_of_another_run_is_not_to_be_had_by_the_own_key(self, client, learner):
        other = scene.make_online(make_run(), video=100).materials.get()
        assert client.get(self.url("material_file", learner, other.pk, "file")).status_code == 404

    @pytest.mark.parametrize("status", ["applied", "waitlisted", "cancelled", "rejected"])
    def test_whoever_was_not_admitted_sees_no_lesson(self, client, learner, status):
        lesson = scene.make_online(learner.run)
        type(learner).objects.update(status=status, queued_at=timezone.now())
        for name, more in (
            ("learning_run", ()),
            ("lesson_detail", (lesson.key,)),
            ("exam_detail", ()),
            ("pass_picture", ()),
        ):
            assert client.get(self.url(name, learner, *more)).status_code == 404, name

    def test_a_lesson_that_is_not_open_shows_when_it_opens_and_sends_no_file(self, client, learner):
        lesson = scene.make_online(learner.run, video=100)
        lesson.starts_at = timezone.now() + timedelta(days=2)
        lesson.save()
        page = client.get(self.url("lesson_detail", learner, lesson.key)).content.decode()
        assert "还没有开放" in page
        assert "操作要领" not in page
        assert (
            client.get(self.url("material_file", learner, lesson.materials.get().pk, "file")).status_code
            == 404
        )

    def test_the_script_gets_a_receipt_and_what_is_lacking(self, client, learner):
        lesson = scene.make_online(learner.run, video=100)
        send = lambda report: client.post(  # noqa: E731
            self.url("lesson_progress", learner, lesson.key), json.dumps(report), "application/json"
        )
        first = send({"read": True}).json()
        assert first["is_done"] is False
        assert "《讲解》看满 90%" in first["lacking"]
        assert first["saved_at"]
        page = client.get(self.url("lesson_detail", learner, lesson.key)).content.decode()
        assert "看满 90%" in page

    @pytest.mark.parametrize(
        "report",
        [
            [],
            "x",
            {"ranges": "ab"},
            {"ranges": [[5, 1]]},
            {"second": -1},
            {"material": "x"},
            {"ranges": [[0, 10**9]]},
            {"ranges": [[0, 1]] * 500},
            {"block": -2},
            {"second": float("inf")},
        ],
    )
    def test_a_report_that_cannot_be_is_refused_and_writes_nothing(self, client, learner, report):
        lesson = scene.make_online(learner.run, video=100)
        url = self.url("lesson_progress", learner, lesson.key)
        assert client.post(url, json.dumps(report), "application/json").status_code == 400
        assert not Progress.objects.exists()

    def test_without_script_a_text_is_finished_by_its_button(self, client, learner):
        lesson = scene.make_online(learner.run)
        client.post(self.url("lesson_detail", learner, lesson.key))
        assert Progress.objects.get().completed_at

    def test_the_pages_cost_few_statements(self, client, learner, django_assert_max_num_queries):
        for number in range(6):
            lesson = scene.make_online(learner.run, title=f"课 {number}")
        with django_assert_max_num_queries(9):
            client.get(self.url("learning_run", learner))
        with django_assert_max_num_queries(9):
            client.get(self.url("lesson_detail", learner, lesson.key))
        with django_assert_max_num_queries(5):
            client.get(reverse("academies:learning_list"))

    def test_the_pass_is_a_picture_that_changes_with_the_class(self, client, learner):
        first = client.get(self.url("pass_picture", learner))
        assert first["Content-Type"] == "image/png"
        assert first.content.startswith(b"\x89PNG")
        assert client.get(self.url("pass_picture", learner)).content == first.content
        learner.run.venue = "学院一楼报告厅"
        learner.run.save()
        assert client.get(self.url("pass_picture", learner)).content != first.content
        assert "学院一楼报告厅" in client.get(self.url("pass_detail", learner)).content.decode()


class TestFeedback:
    good = {"content": "5", "teacher": "4", "usefulness": "3", "words": "实用"}

    def test_it_is_given_once_after_the_end(self, client):
        today = timezone.localdate()
        user, enrolment = scene.make_learner(ends_on=today)
        client.force_login(user)
        url = reverse("academies:feedback_new", args=[enrolment.key])
        assert client.post(url, self.good).status_code == 400
        assert not Feedback.objects.exists()
        enrolment.run.ends_on = today - timedelta(days=1)
        enrolment.run.save()
        assert client.post(url, self.good).status_code == 302
        client.post(url, self.good | {"words": "改主意"})
        feedback = Feedback.objects.get()
        assert (feedback.content, feedback.teacher, feedback.usefulness) == (5, 4, 3)
        assert (feedback.words, feedback.is_shown) == ("实用", False)

    def test_what_is_missing_is_named_and_what_was_typed_stays(self, client):
        user, enrolment = scene.make_learner(ends_on=timezone.localdate() - timedelta(days=1))
        client.force_login(user)
        response = client.post(reverse("academies:feedback_new", args=[enrolment.key]), {"words": "很有用"})
        assert response.status_code == 400
        assert "很有用" in response.content.decode()
        assert not Feedback.objects.exists()


def test_somebody_without_a_record_has_an_empty_list(client):
    client.force_login(factories.make_user())
    assert "还没有录取的班次" in client.get(reverse("academies:learning_list")).content.decode()
