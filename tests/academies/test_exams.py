"""The exam on line: order, limits under threads, marking, and that nothing right leaks before handing in."""

import json
import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from academies import marking
from academies.models import CourseRun, QuizAttempt
from academies.services import completion, exams
from tests.academies import learning as scene
from tests.portal.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner():
    user, enrolment = scene.make_learner(has_exam=True, exam_attempts=3, pass_score=60)
    scene.make_questions(enrolment.run)
    enrolment.user = user
    return enrolment


def start(learner):
    return exams.start_attempt(enrolment=learner, actor=learner.user)


def submit(attempt, answers):
    return exams.submit_attempt(attempt=attempt, answers=answers, actor=None)


def only(run, *kinds):
    """The right answers to the questions of these kinds, and nothing to the others."""
    kept = {str(key) for key in run.questions.filter(kind__in=kinds).values_list("pk", flat=True)}
    return {key: chosen for key, chosen in scene.right_answers(run).items() if key in kept}


class TestMarking:
    @pytest.mark.parametrize(
        ("kinds", "score"),
        [
            ((), "0.00"),
            (("single",), "25.00"),
            (("multiple",), "50.00"),
            (("single", "true_false"), "50.00"),
            (("single", "multiple", "true_false"), "100.00"),
        ],
    )
    def test_the_mark_is_the_share_of_the_points_out_of_100(self, learner, kinds, score):
        attempt = submit(start(learner), only(learner.run, *kinds))
        assert attempt.score == Decimal(score)

    def test_a_multiple_choice_that_is_half_right_earns_nothing(self, learner):
        question = learner.run.questions.get(kind="multiple")
        right = list(question.choices.filter(is_right=True).values_list("pk", flat=True))
        wrong = list(question.choices.values_list("pk", flat=True))
        for chosen in (right[:1], wrong):
            assert submit(start(learner), {str(question.pk): chosen}).score == 0

    def test_thirds_are_rounded_once(self):
        questions = [
            {"id": n, "points": "1.00", "kind": "single", "choices": [{"id": n, "is_right": True}]}
            for n in (1, 2, 3)
        ]
        assert marking.mark(questions, {"1": [1]}) == Decimal("33.33")
        assert marking.mark(questions, {"1": [1], "2": [2]}) == Decimal("66.67")

    def test_choices_of_another_question_and_two_where_one_is_asked_are_no_answers(self, learner):
        single, multiple, _ = learner.run.questions.all()
        both = list(single.choices.values_list("pk", flat=True))
        strange = list(multiple.choices.values_list("pk", flat=True))
        attempt = exams.keep_answers(
            attempt=start(learner),
            answers={str(single.pk): both[:2], str(multiple.pk): [*both, 10**9], "99": strange},
        )
        assert attempt.answers == {}

    def test_the_best_mark_becomes_the_score_and_a_worse_one_does_not(self, learner):
        for kinds, best in ((("single",), 25), (("multiple", "single"), 75), ((), 75)):
            submit(start(learner), only(learner.run, *kinds))
            learner.refresh_from_db()
            assert learner.score == best


class TestAttempts:
    def test_the_order_is_fixed_for_an_attempt_and_differs_between_attempts(self):
        _, learner = scene.make_learner(has_exam=True)
        for number in range(12):
            scene.ask(
                learner.run, "single", f"题 {number}", {str(choice): choice == 0 for choice in range(6)}
            )
        learner.user = None
        attempt = start(learner)
        orders = set()
        for _ in range(4):
            again = start(learner)
            assert again.pk == attempt.pk
            assert again.questions == attempt.questions
            orders.add(json.dumps([[q["id"], [c["id"] for c in q["choices"]]] for q in attempt.questions]))
            submit(attempt, {})
            attempt = start(learner)
        assert len(orders) == 4

    def test_true_and_false_keep_their_order(self, learner):
        for _ in range(3):
            attempt = start(learner)
            (question,) = [one for one in attempt.questions if one["kind"] == "true_false"]
            assert [choice["text"] for choice in question["choices"]] == ["正确", "错误"]
            submit(attempt, {})

    def test_what_staff_change_of_a_question_changes_no_attempt_that_has_begun(self, learner):
        attempt, answers = start(learner), scene.right_answers(learner.run)
        question = learner.run.questions.get(kind="single")
        question.choices.update(is_right=False)
        question.delete()
        assert submit(attempt, answers).score == 100

    def test_beyond_the_limit_there_is_no_attempt(self, learner):
        for _ in range(3):
            submit(start(learner), {})
        with pytest.raises(ValidationError, match="共 3 次"):
            start(learner)

    def test_after_handing_in_nothing_changes(self, learner):
        attempt = submit(start(learner), {})
        assert submit(attempt, scene.right_answers(learner.run)).score == 0
        with pytest.raises(ValidationError, match="已经交卷"):
            exams.keep_answers(attempt=attempt, answers=scene.right_answers(learner.run))

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"has_exam": False}, "没有考核"),
            ({"status": "completed"}, "已结束"),
            ({"starts_on": 5}, "开班后"),
        ],
    )
    def test_outside_its_time_there_is_no_exam(self, learner, change, words):
        if "starts_on" in change:
            change = {"starts_on": timezone.localdate() + timedelta(days=change["starts_on"])}
        for name, value in change.items():
            setattr(learner.run, name, value)
        learner.run.save()
        with pytest.raises(ValidationError, match=words):
            start(learner)

    def test_a_run_without_questions_says_so(self):
        _, learner = scene.make_learner(has_exam=True)
        learner.user = None
        with pytest.raises(ValidationError, match="没有准备好"):
            start(learner)


class TestPages:
    @pytest.fixture(autouse=True)
    def signed_in(self, client, learner):
        client.force_login(learner.user)

    def begin(self, client, learner):
        return client.post(reverse("academies:exam_detail", args=[learner.key]))["Location"]

    def test_no_page_and_no_answer_tells_what_is_right_before_handing_in(self, client, learner):
        url = self.begin(client, learner)
        kept = client.post(
            f"{url}answers/", json.dumps({"answers": only(learner.run, "single")}), "application/json"
        )
        assert set(kept.json()) == {"saved_at", "left"}
        half = client.post(url, {f"q-{key}": chosen for key, chosen in only(learner.run, "single").items()})
        for response in (
            client.get(url),
            half,
            client.get(reverse("academies:exam_detail", args=[learner.key])),
        ):
            page = response.content.decode()
            assert "解析之" not in page
            assert "is_right" not in page
            assert "正确答案" not in page
        assert QuizAttempt.objects.get().submitted_at is None

    def test_handing_in_marks_at_once_and_explains(self, client, learner):
        url = self.begin(client, learner)
        sent = {f"q-{key}": chosen for key, chosen in scene.right_answers(learner.run).items()}
        page = client.post(url, sent, follow=True).content.decode()
        assert "100.00" in page
        assert "及格" in page
        for number in (1, 2, 3):
            assert f"解析之{number}" in page

    def test_blank_questions_are_asked_about_first_and_what_was_answered_stays(self, client, learner):
        url = self.begin(client, learner)
        sent = {f"q-{key}": chosen for key, chosen in only(learner.run, "multiple").items()}
        page = client.post(url, sent).content.decode()
        assert "还有 2 题没有答完" in page
        assert page.count("checked") == 2
        assert client.post(url, sent | {"anyway": "1"}).status_code == 302
        assert QuizAttempt.objects.get().score == 50

    def test_what_was_kept_stands_again_on_another_device(self, client, learner):
        url = self.begin(client, learner)
        answers = only(learner.run, "single", "multiple")
        client.post(f"{url}answers/", json.dumps({"answers": answers}), "application/json")
        assert client.get(url).content.decode().count("checked") == 3

    @pytest.mark.parametrize(
        "body", ["", "[]", '{"answers": 1}', '{"answers": {"x": [1]}}', '{"answers": {"1": 2}}']
    )
    def test_answers_that_cannot_be_read_are_refused(self, client, learner, body):
        url = self.begin(client, learner)
        assert client.post(f"{url}answers/", body, "application/json").status_code == 400

    def test_an_attempt_of_somebody_else_does_not_exist(self, client, learner):
        url = self.begin(client, learner)
        client.force_login(scene.make_learner(name="别人")[0])
        assert client.get(url).status_code == 404
        assert client.post(url, {"anyway": "1"}).status_code == 404


@pytest.mark.django_db(transaction=True)
class TestThreads:
    def test_twenty_starts_at_once_are_one_attempt(self, learner):
        found = in_threads(*[lambda: start(learner)] * 20)
        assert {attempt.number for attempt in found} == {1}
        assert QuizAttempt.objects.count() == 1

    def test_the_limit_holds_when_many_start_and_hand_in_until_they_are_refused(self, learner):
        def sit():
            while True:
                submit(start(learner), {})

        refused = in_threads(*[sit] * 10)
        assert all("共 3 次" in str(error) for error in refused)
        assert list(QuizAttempt.objects.order_by("number").values_list("number", "score")) == [
            (1, 0),
            (2, 0),
            (3, 0),
        ]

    def test_of_one_attempt_handed_in_twice_at_once_one_handing_in_counts(self, learner):
        attempt = start(learner)
        answers = scene.right_answers(learner.run)
        marks = in_threads(lambda: submit(attempt, answers).score, lambda: submit(attempt, {}).score)
        assert len(set(marks)) == 1
        learner.refresh_from_db()
        assert learner.score == marks[0]


@pytest.mark.parametrize("name", ["lesson_progress", "attempt_answers"])
def test_a_script_that_sends_nests_without_end_is_refused(client, learner, name):
    client.force_login(learner.user)
    last = scene.make_online(learner.run).key if name == "lesson_progress" else start(learner).number
    url = reverse(f"academies:{name}", args=[learner.key, last])
    assert client.post(url, "[" * 100_000, content_type="application/json").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_paper_handed_in_while_the_run_is_completed_counts_or_is_refused(learner):
    today = timezone.localdate()
    CourseRun.objects.filter(pk=learner.run_id).update(ends_on=today)
    attempt, answers = start(learner), scene.right_answers(learner.run)
    is_handed_in = threading.Event()

    def hand_in():
        with transaction.atomic():
            submit(attempt, answers)
            is_handed_in.set()
            time.sleep(0.5)  # until the other has asked for what is locked here

    def complete():
        is_handed_in.wait(10)
        return completion.complete_run(run=learner.run, actor=None)

    assert not any(isinstance(result, Exception) for result in in_threads(hand_in, complete))
    learner.refresh_from_db()
    assert (learner.score, learner.status) == (100, "completed")
