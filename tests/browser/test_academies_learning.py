"""Learning in a browser: a lesson taken up again and finished, a video that resumes, an exam up to its pass."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from academies.models import Progress, QuizAttempt
from tests.academies import learning as scene
from tests.browser.academies import phone
from tests.browser.conftest import DESK
from tests.browser.looks import NARROW, overflow, violations

__all__ = ["phone"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def learner(transactional_db):
    user, enrolment = scene.make_learner(has_exam=True, exam_attempts=3)
    enrolment.user = user
    return enrolment


def lesson_path(learner, lesson):
    return reverse("academies:lesson_detail", args=[learner.key, lesson.key])


def test_a_lesson_is_taken_up_where_it_was_left_and_finished_at_its_end(phone, learner):
    lesson = scene.make_online(learner.run)
    page = phone(lesson_path(learner, lesson), learner.user)
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    assert overflow(page) <= 0
    assert violations(page) == []
    page.get_by_text("第 14 段").evaluate("(one) => one.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(300)
    page.get_by_role("link", name="我的学习").first.click()
    page.wait_for_url("**/learning/")
    page.wait_for_timeout(500)  # the last report leaves with the page
    page.go_back()
    expect(page.get_by_text("上次读到这里，接着读。")).to_be_visible()
    block = Progress.objects.get().trail["block"]
    assert 12 <= block <= 20
    expect(page.get_by_text(f"第 {block + 1} 段")).to_be_in_viewport()
    expect(page.locator("[data-done]")).to_have_text("学习中")
    page.locator("[data-end]").scroll_into_view_if_needed()
    expect(page.locator("[data-done]")).to_have_text("已学完", timeout=8000)
    assert Progress.objects.get().completed_at


PLAY = """(video, [from, to]) => {
    Object.defineProperty(video, "paused", { value: false, configurable: true });
    for (let second = from; second <= to; second += 1) {
        Object.defineProperty(video, "currentTime", { value: second, configurable: true, writable: true });
        video.dispatchEvent(new Event("timeupdate"));
    }
    video.dispatchEvent(new Event("pause"));
}"""


def test_a_video_counts_no_faster_than_the_clock_and_goes_on_where_it_stopped(phone, learner):
    lesson = scene.make_online(learner.run, text="", video=100)
    page = phone(lesson_path(learner, lesson), learner.user, size=DESK)
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    video = page.locator("video")
    with page.expect_response("**/progress/"):
        video.evaluate(PLAY, [0, 60])
    expect(page.locator("[data-watched]")).not_to_contain_text("已看 0")
    progress = Progress.objects.get()
    assert 0 < progress.watched_seconds < 15
    assert progress.second == 60
    assert progress.completed_at is None
    page.reload()
    assert page.locator("video").get_attribute("data-at") == "60"
    expect(page.locator("[data-lacking]")).to_contain_text("看满 90%")
    assert violations(page) == []


def choose(page, question, *choices):
    box = page.locator("[data-question]", has_text=question)
    for words in choices:
        box.get_by_label(words, exact=True).check()


def test_an_exam_is_kept_on_the_way_failed_once_and_passed(phone, learner):
    scene.make_questions(learner.run)
    page = phone(reverse("academies:exam_detail", args=[learner.key]), learner.user)
    page.get_by_role("button", name="开始考核").click()
    choose(page, "灭火器", "绿区")
    choose(page, "防护用品", "安全帽")
    expect(page.locator("[data-saved]")).to_contain_text("还有 1 题未答")
    page.reload()
    expect(page.get_by_label("绿区")).to_be_checked()
    expect(page.get_by_label("安全帽")).to_be_checked()
    assert violations(page) == []
    page.get_by_role("button", name="交卷", exact=True).click()
    expect(page.get_by_text("还有 1 题没有答完，未交卷。")).to_be_visible()
    page.get_by_role("button", name="仍然交卷").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("25.00 分，未及格")
    expect(page.get_by_text("解析之3")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="再考一次").click()
    page.get_by_role("button", name="再考一次").click()
    choose(page, "灭火器", "绿区")
    choose(page, "防护用品", "安全帽", "护目镜")
    page.context.set_offline(True)
    choose(page, "带电作业", "错误")
    expect(page.locator("[data-saved]")).to_contain_text("未联网")
    page.context.set_offline(False)
    expect(page.locator("[data-saved]")).to_contain_text("已全部作答", timeout=8000)
    page.get_by_role("button", name="交卷", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("100.00 分，及格")
    learner.refresh_from_db()
    assert learner.score == 100
    assert QuizAttempt.objects.count() == 2


def test_the_pages_of_a_class_are_clean_on_narrow_and_wide_screens(phone, learner, live_server):
    scene.make_online(learner.run)
    page = phone(reverse("academies:learning_list"), learner.user, size=NARROW)
    for size in (NARROW, DESK):
        page.set_viewport_size(size)
        for name in ("learning_run", "pass_detail", "feedback_new", "exam_detail"):
            page.goto(live_server.url + reverse(f"academies:{name}", args=[learner.key]))
            assert overflow(page) <= 0, (name, size)
            assert violations(page) == [], (name, size)
