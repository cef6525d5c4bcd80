"""The whole way of a learner: enrolled on a phone, signed in by the code on the wall, taught, examined, certified.

The codes are read from the pictures themselves, as a phone's camera would.
"""

import io
from datetime import timedelta

import pytest
import zxingcpp
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from academies.models import CourseRun, Enrolment
from tests import factories
from tests.academies import learning as scene
from tests.academies.runs import make_lesson, make_run
from tests.academies.test_staff_pages import make_paper
from tests.browser.academies import phone
from tests.browser.conftest import DESK
from tests.browser.test_academies_learning import choose
from unionportal import roles
from unionportal.accounts.models import User
from unionportal.people.models import Milestone

__all__ = ["phone"]
pytestmark = pytest.mark.django_db(transaction=True)


def read_code(picture):
    """Return the text of the one QR code in a picture (bytes)."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return found.text


@pytest.fixture
def worker(transactional_db):
    user = factories.make_user(roles.WORKER, name="李学员")
    factories.make_person("李学员", user=user)
    return user


@pytest.fixture
def staff(transactional_db):
    user = User.objects.create_user("xueyuan", "学院业务", "xueyuan", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.ACADEMY_STAFF))
    return user


@pytest.fixture
def run(staff):
    """A run that can be joined and starts tomorrow: one lesson on line, one in a room, an exam."""
    design, series = make_paper()
    tomorrow = timezone.localdate() + timedelta(days=1)
    run = make_run(
        head_teacher=factories.make_user(name="班老师"),
        starts_on=tomorrow,
        ends_on=tomorrow,
        has_exam=True,
        certificate_design=design,
        certificate_series=series,
    )
    scene.make_online(run)
    scene.make_questions(run)
    return run


def enrol(phone, run, worker):
    page = phone(run.course.get_absolute_url())
    page.get_by_role("link", name=run.name).first.click()
    page.get_by_role("link", name="报名", exact=True).click()
    page.get_by_role("link", name="登录名和密码").click()
    page.fill("[name=username]", worker.username)
    page.fill("[name=password]", worker.username)
    page.click("main button[type=submit]")
    page.get_by_role("button", name="确认报名").click()
    expect(page.locator("main")).to_contain_text("已录取")
    return page


def scan_the_wall(phone, page, lesson, teacher):
    wall = phone(reverse("academies:lesson_screen", args=[lesson.key, "in"]), teacher, size=DESK)
    page.goto(read_code(wall.locator("[data-image]").screenshot()))
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    expect(wall.locator("[data-signed]")).to_have_text("1", timeout=25000)
    wall.goto(wall.url.replace("/screen/in/", "/"))
    wall.get_by_role("button", name="结束本课考勤").click()
    expect(wall.get_by_text("重新打开考勤")).to_be_visible()


def learn(page, live_server):
    page.goto(live_server.url + reverse("academies:learning_list"))
    page.get_by_role("link", name="课程").first.click()
    page.get_by_role("link", name="线上第一课").click()
    page.locator("[data-end]").scroll_into_view_if_needed()
    expect(page.locator("[data-done]")).to_have_text("已学完", timeout=8000)


def pass_the_exam(page, live_server, enrolment):
    page.goto(live_server.url + reverse("academies:exam_detail", args=[enrolment.key]))
    page.get_by_role("button", name="开始考核").click()
    choose(page, "灭火器", "绿区")
    choose(page, "防护用品", "安全帽", "护目镜")
    choose(page, "带电作业", "错误")
    expect(page.locator("[data-saved]")).to_contain_text("已全部作答", timeout=8000)
    page.get_by_role("button", name="交卷", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("100.00 分，及格")


def complete(phone, run, staff):
    page = phone(reverse("admin:academies_courserun_completion", args=[run.pk]), staff, size=DESK)
    page.get_by_role("button", name="确认结业：1 人结业，0 人不结业").click()
    page.get_by_role("button", name="签发 1 张结业证书").click()
    expect(page.locator(".messagelist")).to_contain_text("结业证书已全部签发，共 1 张")


def test_a_learner_enrols_scans_learns_passes_and_holds_a_certificate_that_can_be_checked(
    phone, run, worker, staff, live_server
):
    page = enrol(phone, run, worker)
    enrolment = Enrolment.objects.get()
    assert (enrolment.status, enrolment.channel) == ("approved", "self")
    # The day after.
    CourseRun.objects.update(starts_on=timezone.localdate(), ends_on=timezone.localdate())
    lesson = make_lesson(run)
    scan_the_wall(phone, page, lesson, run.head_teacher)
    learn(page, live_server)
    pass_the_exam(page, live_server, enrolment)
    complete(phone, run, staff)
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.attendance_share, enrolment.score) == ("completed", 100, 100)
    assert Milestone.objects.get().person == enrolment.person
    page.goto(live_server.url + "/my/")
    certificate = enrolment.certificate
    expect(page.locator("main")).to_contain_text(certificate.number)
    picture = page.request.get(
        live_server.url + page.get_by_role("link", name="存图片").get_attribute("href")
    )
    page.goto(read_code(picture.body()))
    expect(page.get_by_role("heading", level=1)).to_contain_text("有效")
    expect(page.locator("main")).to_contain_text(certificate.number)
    expect(page.locator("main")).to_contain_text("李学员")
