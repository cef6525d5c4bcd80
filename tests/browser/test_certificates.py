"""Certificates as people meet them: the check page on a phone, and a design drawn while it is typed."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.looks import NARROW, overflow, violations
from unionportal.accounts.models import User
from unionportal.certificates.models import Certificate, CertificateDesign
from unionportal.certificates.services import reissue_certificate, revoke_certificate
from unionportal.demo import loading

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


@pytest.fixture
def three():
    """A valid, a replaced and a revoked certificate of the demo."""
    cache.clear()
    valid, replaced, revoked = Certificate.objects.order_by("serial")[:3]
    actor = User.objects.get(username="admin")
    reissue_certificate(certificate=replaced, reason="遗失", actor=actor)
    revoke_certificate(certificate=revoked, ground="误", actor=actor)
    return valid, replaced, revoked


def test_the_check_page_reads_well_on_a_phone_in_every_mode(open_page, three):
    found = {}
    for certificate, state in zip(three, ("有效", "已换发", "已撤销"), strict=True):
        for size in (NARROW, PHONE, DESK):
            page = open_page(certificate.get_absolute_url(), size)
            assert page.get_by_role("heading", level=1).inner_text() == state
            if overflow(page) > 0:
                found[state, size["width"]] = "too wide"
        for name, value in (("text", "normal"), ("theme", "dark"), ("contrast", "high"), ("text", "large")):
            page.evaluate(f"document.documentElement.setAttribute('data-{name}', '{value}')")
            if problems := violations(page):
                found[state, value] = problems
            page.evaluate(f"document.documentElement.removeAttribute('data-{name}')")
    assert found == {}


def test_somebody_checks_a_certificate_by_number_and_name_on_a_phone(open_page, three):
    valid = three[0]
    page = open_page("/check/", PHONE)
    assert overflow(page) <= 0
    assert violations(page) == []
    page.get_by_label("证书编号").fill(valid.number.lower())
    page.get_by_label("持证人").fill("别人")
    page.get_by_role("button", name="查验").click()
    assert "没有查到这张证书" in page.locator("main").inner_text()
    assert page.get_by_label("证书编号").input_value() == valid.number.lower()
    assert violations(page) == []
    page.get_by_label("持证人").fill(valid.holder)
    page.get_by_role("button", name="查验").click()
    assert page.get_by_role("heading", level=1).inner_text() == "有效"
    assert page.url.endswith("/check/")
    targets = page.locator("main a.btn, main button").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 44


def test_the_sample_of_a_design_follows_what_is_typed(open_page):
    design = CertificateDesign.objects.get(name="第三届工匠杯获奖证书")
    path = f"/staff/certificates/certificatedesign/{design.pk}/change/"
    page = open_page(f"/account/login/?next={path}", DESK)
    page.get_by_label("登录名").fill("jingsai")
    page.get_by_label("密码").fill(loading.PASSWORD)
    page.get_by_role("button", name="登录").click()
    # The script listens from here on; its own name holds the word "preview" too.
    page.wait_for_load_state("load")
    picture = page.locator("[data-preview] img")
    assert picture.get_attribute("src").endswith("sample.png")
    with page.expect_response(re.compile("/preview/$")) as answer:
        page.get_by_label("证书标题").fill("荣誉证书")
    assert answer.value.status == 200
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
    assert picture.evaluate("image => image.naturalWidth") > 900
    page.get_by_label("正文", exact=False).first.fill("{phone}")
    expect(page.locator("[data-preview] .why")).to_contain_text("不认识 {phone}")
    assert overflow(page) <= 0
