"""A worker enrols on a phone: from the catalogue through signing in to the seat, and gives it back; a liaison enrols several."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.academies.learners import make_learner, make_liaison
from tests.academies.runs import make_lesson, make_run
from tests.browser.conftest import PHONE
from tests.browser.looks import NARROW, overflow, violations

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page, user):
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", user.username)
    page.click("main button[type=submit]")


def is_sound(page):
    """Nothing for axe to find, and nothing wider than the narrowest phone."""
    found = violations(page)
    page.set_viewport_size(NARROW)
    return found == [] and overflow(page) <= 0


def test_a_worker_enrols_on_a_phone_and_the_public_page_then_knows_it(open_page, transactional_db):
    run, person = make_run(capacity=2, venue="实训楼"), make_learner()
    make_lesson(run, starts_in=timedelta(days=15))
    page = open_page("/academies/courses/", size=PHONE)
    page.get_by_role("link", name="报名：").click()
    expect(page.locator("#now")).to_contain_text("余 2 席，共 2 席")
    page.locator("#now").get_by_role("link", name="报名", exact=True).click()
    sign_in(page, person.user)
    page.get_by_role("button", name="确认报名").click()
    expect(page.get_by_role("status")).to_have_text("报名成功，您已被录取。")
    assert is_sound(page)
    page.goto(page.url.split("/academies/")[0] + run.get_absolute_url())
    expect(page.locator("#now")).to_contain_text("下一课：")
    assert is_sound(page)
    page.get_by_role("link", name="看我的报名").click()
    page.get_by_text("取消报名").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_role("status")).to_have_text("报名已取消，名额已让出。")
    run.refresh_from_db()
    assert run.taken == 0


def test_without_script_the_same_road_is_open(open_page, transactional_db):
    run, person = make_run(), make_learner()
    page = open_page(run.get_absolute_url(), size=PHONE, java_script_enabled=False)
    page.locator("#now").get_by_role("link", name="报名", exact=True).click()
    sign_in(page, person.user)
    page.get_by_role("button", name="确认报名").click()
    expect(page.get_by_role("status")).to_contain_text("录取")


def test_a_liaison_ticks_people_on_a_phone(open_page, transactional_db):
    liaison, _, _ = make_liaison("安一", "白二", "陈三")
    run = make_run(capacity=1)
    page = open_page(f"{run.get_absolute_url()}enrol/people/", size=PHONE)
    sign_in(page, liaison)
    page.get_by_label("白二").check()
    page.get_by_label("陈三").check()
    assert is_sound(page)
    page.get_by_role("button", name="报名", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("已报名：1 人已录取，1 人候补中。")
    assert is_sound(page)
