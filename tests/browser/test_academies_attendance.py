"""Attendance in a browser: scanning with signing in between, refusals in words, the list without a network, the wall."""

import re
import time

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from academies import attendance_presenting, codes
from academies.models import Attendance
from academies.services import attendance
from tests import factories
from tests.academies.learning import make_learner, timedelta
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.browser.academies import phone, sign_in
from tests.browser.conftest import DESK
from tests.browser.looks import NARROW, overflow, violations
from tests.browser.waiting import until

__all__ = ["phone"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def teacher(transactional_db):
    return factories.make_user(name="班老师")


@pytest.fixture
def run(teacher):
    today = timezone.localdate()
    return make_run(
        head_teacher=teacher, starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=3)
    )


@pytest.fixture
def lesson(run):
    return make_lesson(run)


def scan_path(lesson, at=None):
    return reverse("academies:scan", args=[codes.make_code(lesson.key, "in", at or time.time())])


def sheet_path(lesson):
    return reverse("academies:lesson_sheet", args=[lesson.key])


def test_a_phone_scans_signs_in_and_is_counted_from_the_scan(phone, run, lesson):
    user, _ = make_learner(run)
    page = phone(scan_path(lesson))
    expect(page.get_by_role("heading", name="扫码时间已记下")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="手机号登录").click()
    page.get_by_role("link", name="登录名和密码").click()
    expect(page.get_by_label("登录名")).to_be_visible()
    scanned = time.time()
    page.wait_for_timeout(1200)
    sign_in(page, user)
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    mark = Attendance.objects.get()
    assert mark.status == "present"
    assert mark.signed_in_at.timestamp() <= scanned
    assert violations(page) == []
    assert overflow(page) <= 0


def test_an_old_code_one_of_another_class_and_a_used_one_are_refused_with_words(
    phone, run, lesson, live_server
):
    user, _ = make_learner(run)
    page = phone(reverse("account_home"), user)
    page.goto(live_server.url + scan_path(lesson))
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    page.goto(live_server.url + reverse("academies:sign"))  # the confirmation again, without a scan
    expect(page.get_by_role("alert")).to_contain_text("没有待确认的签到")
    page.goto(live_server.url + scan_path(lesson, time.time() - 90))
    expect(page.get_by_role("alert")).to_contain_text("二维码已过期")
    expect(page.get_by_text("请教师在名单上点您的名")).to_be_visible()
    page.goto(live_server.url + scan_path(make_lesson(make_run())))
    expect(page.get_by_role("alert")).to_contain_text("没有被")
    assert Attendance.objects.count() == 1
    assert violations(page) == []


def mark(page, name, word):
    row = page.locator("[data-row]", has=page.get_by_text(name, exact=True))
    row.locator(".att-mark", has_text=word).click()


def says(page, words):
    expect(page.locator("[data-conn] b")).to_contain_text(re.compile(words), timeout=15000)


def ready(page):
    """Wait until the worker keeps this list and its files."""
    until(
        page,
        """async () => {
            await navigator.serviceWorker.ready;
            const files = await (await caches.open("desk-files")).keys();
            return files.length >= 6 && Boolean(await caches.match(location.href));
        }"""
    )


def test_a_list_is_kept_without_a_network_and_merged_when_it_is_back(phone, run, lesson, teacher):
    first, second, third, _ = enrol_all(run, make_people(4))
    page = phone(sheet_path(lesson), teacher)
    mark(page, "学员0", "出勤")
    says(page, "已保存")
    ready(page)
    page.context.set_offline(True)
    mark(page, "学员1", "请假")
    mark(page, "学员2", "缺勤")
    says(page, "已存本机 2 项")
    at = time.time()
    scan = codes.read_code(codes.make_code(lesson.key, "in", at), at)
    attendance.sign(scan=scan, person=third.person, actor=None)
    page.reload()
    says(page, "已存本机 2 项")
    expect(page.locator("[data-tally]")).to_contain_text("未标 1")
    page.context.set_offline(False)
    says(page, "已保存")
    expect(page.get_by_text("您标的是“缺勤”，期间已另记为“出勤”，未改动")).to_be_visible()
    statuses = dict(Attendance.objects.values_list("enrolment", "status"))
    assert statuses == {first.pk: "present", second.pk: "leave", third.pk: "present"}
    mark(page, "学员2", "迟到")
    says(page, "已保存")
    until(page, "() => !Object.keys(localStorage).some((name) => name.endsWith('.list'))")
    assert Attendance.objects.get(enrolment=third).status == "late"


def test_the_rest_is_present_by_one_tap_and_a_scan_appears_by_itself(phone, run, lesson, teacher):
    enrol_all(run, make_people(3))
    page = phone(sheet_path(lesson), teacher, size=NARROW)
    assert overflow(page) <= 0
    mark(page, "学员1", "请假")
    page.get_by_role("button", name="其余未标的记出勤").click()
    says(page, "已保存")
    expect(page.locator("[data-tally]")).to_contain_text("已到 2")
    page.get_by_label("只看未标").check()
    expect(page.locator("[data-row]:visible")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="结束本课考勤").click()
    expect(page.get_by_role("heading", name="考勤已于")).to_be_visible()
    assert Attendance.objects.filter(status="present").count() == 2


def test_the_wall_changes_its_code_and_counts(phone, run, lesson, teacher, monkeypatch):
    for module in (codes, attendance_presenting):
        monkeypatch.setattr(module, "SLOT_SECONDS", 2)
    _, enrolment = make_learner(run)
    page = phone(reverse("academies:lesson_screen", args=[lesson.key, "in"]), teacher, size=DESK)
    image = page.locator("[data-image]")
    first = image.get_attribute("src")
    attendance.mark_list(lesson=lesson, marks={str(enrolment.key): "present"}, actor=None)
    expect(page.locator("[data-signed]")).to_have_text("1", timeout=8000)
    expect(image).not_to_have_attribute("src", first, timeout=8000)
    assert image.evaluate("(one) => one.complete && one.naturalWidth > 0")
    assert violations(page) == []
    page.context.set_offline(True)
    expect(page.get_by_text("没有连上网络，码已停止更新")).to_be_visible(timeout=10000)
