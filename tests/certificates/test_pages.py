"""The check pages, open to everybody: what is printed and whether it is valid, and nothing else. The picture: not."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.factories import id_number, make_certificate, make_person, make_superuser, make_user
from unionportal import roles
from unionportal.accounts.models import SiteSettings
from unionportal.certificates import services, views
from unionportal.certificates.models import Line

pytestmark = pytest.mark.django_db
CHECK = "/check/"
ID_NUMBER, PHONE = id_number(7), "13812345678"


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    cache.clear()


@pytest.fixture
def root():
    return make_superuser()


@pytest.fixture
def person():
    return make_person("李红霞", id_number=ID_NUMBER, phone=PHONE, user=make_user(username="holder"))


@pytest.fixture
def issued(root, person):
    return make_certificate(root, "李红霞", person=person, unit="家政公司")


def text_of(response):
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_valid_certificate_shows_its_facts_and_state(client, issued, django_assert_num_queries):
    with django_assert_num_queries(2):
        response = client.get(issued.get_absolute_url())
    assert response.status_code == 200
    text = text_of(response)
    for words in ("有效", issued.number, "李红霞", "家政公司", "第三届工匠杯", "一等奖", "密云区总工会"):
        assert words in text
    assert "二〇二五年五月二十三日" in text


def test_a_replaced_one_says_so_and_leads_nowhere(client, issued, root):
    new = services.reissue_certificate(certificate=issued, reason="家中失火，证书烧毁", actor=root)
    page = client.get(issued.get_absolute_url()).content.decode()
    assert "已换发" in page
    assert "不再有效" in page
    for hidden in (new.number, new.code, "失火"):
        assert hidden not in page
    assert "有效</h1>" in client.get(new.get_absolute_url()).content.decode()


def test_a_revoked_one_says_so_with_the_date_and_not_why(client, issued, root):
    services.revoke_certificate(certificate=issued, ground="冒名顶替", document_number="内部1号", actor=root)
    issued.refresh_from_db()
    page = client.get(issued.get_absolute_url()).content.decode()
    day = issued.revoked_at.astimezone()
    assert "已撤销" in page
    assert f"{day.year} 年 {day.month} 月 {day.day} 日撤销" in page
    assert "冒名" not in page
    assert "内部1号" not in page


def test_no_check_page_tells_of_numbers_accounts_or_codes(client, issued):
    pages = [
        client.get(issued.get_absolute_url()),
        client.post(CHECK, {"number": issued.number, "holder": issued.holder}),
    ]
    for response in pages:
        page = response.content.decode()
        assert response.status_code == 200
        for hidden in (ID_NUMBER, PHONE, PHONE[-4:], "holder", issued.source_key, issued.issued_by):
            assert hidden not in page
        assert issued.code not in page
        assert ".pdf" not in page
        assert ".png" not in page


def test_no_check_page_is_kept_or_found_by_searching(client, issued):
    for path in (CHECK, issued.get_absolute_url(), "/check/unknown/"):
        response = client.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert 'name="robots" content="noindex, nofollow"' in response.content.decode()
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


def test_an_unknown_code_is_a_calm_page(client, django_assert_max_num_queries):
    for code in ("unknown", "a" * 300, "-", "_"):
        with django_assert_max_num_queries(2):
            response = client.get(f"/check/{code}/")
        assert response.status_code == 404
        assert "没有查到这张证书" in response.content.decode()
        assert "证书查验" in response.content.decode()


@pytest.mark.parametrize("number", ["{}", " {} ", "{lower}", "{wide}", "{long_dash}", "{spaced}"])
@pytest.mark.parametrize("holder", ["李红霞", " 李 红 霞 "])
def test_number_and_name_find_it_however_they_are_typed(client, issued, number, holder):
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in issued.number)
    ways = {
        "lower": issued.number.lower(),
        "wide": wide,
        "long_dash": issued.number.replace("-", "—"),
        "spaced": issued.number.replace("-", " - "),
    }
    response = client.post(CHECK, {"number": number.format(issued.number, **ways), "holder": holder})
    assert "有效</h1>" in response.content.decode()


def test_wrong_numbers_and_wrong_names_read_the_same(client, issued):
    answers = []
    for number, holder in (
        (issued.number, "李红"),
        (issued.number, "李红霞霞"),
        ("MYGJ-2025-XX-0001", "李红霞"),
        ("MYGJ-2025-XX-0001", "别人"),
        (issued.code, "李红霞"),
    ):
        response = client.post(CHECK, {"number": number, "holder": holder})
        assert response.status_code == 200
        page = response.content.decode()
        assert "没有查到这张证书。请核对编号和持证人" in page
        answers.append(re.sub(r'value="[^"]*"', "", page))
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "data",
    [{}, {"number": "x"}, {"holder": "x"}, {"number": "\0", "holder": "\0"}, {"number": "'", "holder": "%"}],
)
def test_what_is_missing_or_odd_is_asked_for_again(client, issued, data):
    response = client.post(CHECK, data)
    assert response.status_code == 200
    assert "有效</h1>" not in response.content.decode()


# ── Not too often ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ask", "limit"),
    [
        (lambda client, **more: client.get("/check/unknown/", **more), views.PER_MINUTE["check"]),
        (
            lambda client, **more: client.post(CHECK, {"number": "x", "holder": "x"}, **more),
            views.PER_MINUTE["search"],
        ),
    ],
    ids=["by code", "by number"],
)
def test_one_address_may_not_ask_too_often(client, ask, limit, monkeypatch):
    monkeypatch.setattr("unionportal.common.throttling.time.time", lambda: 1_800_000_000.0)
    assert {ask(client).status_code for _ in range(limit)} <= {200, 404}
    refused = ask(client)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "请稍后再查" in refused.content.decode()
    assert ask(client, REMOTE_ADDR="203.0.113.9").status_code in (200, 404)
    monkeypatch.setattr("unionportal.common.throttling.time.time", lambda: 1_800_000_060.0)
    assert ask(client).status_code in (200, 404)


def test_whoever_asks_too_often_by_number_still_sees_the_form_and_codes(client, issued):
    for _ in range(views.PER_MINUTE["search"] + 1):
        client.post(CHECK, {"number": "x", "holder": "x"})
    assert client.get(CHECK).status_code == 200
    assert client.get(issued.get_absolute_url()).status_code == 200


# ── The certificate itself ───────────────────────────────────────────────────────────────────────────────


def files_of(certificate):
    return [
        reverse(f"certificates:certificate_{kind}", args=[certificate.code]) for kind in ("picture", "file")
    ]


def test_the_holder_gets_picture_and_pdf(client, issued, person):
    client.force_login(person.user)
    picture, content = (client.get(path) for path in files_of(issued))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert (content.status_code, content["Content-Type"]) == (200, "application/pdf")
    assert picture.content.startswith(b"\x89PNG")
    assert content.content.startswith(b"%PDF")
    assert picture["Cache-Control"] == content["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("who", [None, roles.WORKER, roles.JUDGE, roles.CRAFTSMAN_STAFF, roles.SUPERVISOR])
def test_nobody_else_does_though_they_have_the_code(client, issued, who):
    if who:
        client.force_login(make_user(who, is_staff=who in roles.STAFF_ROLES))
    for path in files_of(issued):
        response = client.get(path)
        assert response.status_code == (404 if who else 302)
        assert "李红霞" not in response.content.decode()


def test_staff_of_the_line_get_them(client, root):
    issued = make_certificate(root, line=Line.ACADEMIES)
    client.force_login(make_user(roles.ACADEMY_STAFF, is_staff=True))
    assert [client.get(path).status_code for path in files_of(issued)] == [200, 200]


@pytest.mark.parametrize("act", ["reissue", "revoke"])
def test_what_is_no_longer_valid_is_drawn_for_nobody(client, issued, root, person, act):
    if act == "reissue":
        services.reissue_certificate(certificate=issued, reason="遗失", actor=root)
    else:
        services.revoke_certificate(certificate=issued, ground="误", actor=root)
    for user in (person.user, root):
        client.force_login(user)
        assert [client.get(path).status_code for path in files_of(issued)] == [404, 404]


def test_the_qr_code_names_the_portal_as_it_is_set(rf):
    request = rf.get("/", HTTP_HOST="10.0.0.5:8000")
    assert (
        SiteSettings(web_address="https://portal.example.cn").address_for(request)
        == "https://portal.example.cn"
    )
    request = rf.get("/", HTTP_HOST="testserver")
    assert SiteSettings().address_for(request) == "http://testserver"
