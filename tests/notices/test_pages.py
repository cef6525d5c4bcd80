"""The public pages: what they show in each state, what they never show, what they cost."""

import html
import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.files.test_storing import PDF
from tests.notices.notices import draft, object_to, register, running, set_clock, statuses
from unionportal.accounts.models import SiteSettings
from unionportal.notices.models import Holiday, Objection, PublicNotice
from unionportal.notices.services import lifecycle, objections

LIST = "/notices/"


@pytest.fixture
def notice(staff, monkeypatch):
    """Public since 3 November 2025, until 10 November."""
    set_clock(monkeypatch, "2025-11-03 10:00")
    return running(staff, basis="审定会议")


def text_of(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def form_url(notice):
    return reverse("notices:objection_new", args=[notice.pk])


def typed(**changes):
    return {
        "key": str(uuid.uuid4()),
        "line": "",
        "kind": "person",
        "name": "举报人张",
        "phone": "13812345678",
        "text": "与事实不符。",
        "consent": "on",
        **changes,
    }


def test_the_page_prints_the_days_the_list_and_where_to_object(notice, client, monkeypatch):
    set_clock(monkeypatch, "2025-11-06 10:00")
    response = client.get(notice.get_absolute_url())
    text = text_of(response)
    for part in (
        "2025年11月4日（星期二）",
        "11月10日（星期一）",
        "共 5 个工作日",
        "还剩 3 个工作日",
        "审定会议",
    ):
        assert part in text
    assert "共 3 名，按姓氏笔画排序" in text
    assert text.index("马飚") < text.index("王小洪") < text.index("王东峰")
    assert "经济工作部" in text
    assert "010-12345678" in text
    assert "X-Robots-Tag" not in response


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2025-11-03 12:00", "11月4日起算"),
        ("2025-11-04 09:00", "还剩 5 个工作日"),
        ("2025-11-08 09:00", "还剩 1 个工作日"),  # a Saturday
        ("2025-11-10 23:59", "还剩 1 个工作日"),
        ("2025-11-11 00:00", "公示期已满"),
    ],
)
def test_the_days_left_are_working_days(notice, client, monkeypatch, now, told):
    set_clock(monkeypatch, now)
    assert told in text_of(client.get(notice.get_absolute_url()))


def test_before_its_first_day_a_notice_is_announced_and_not_yet_running(notice, client, monkeypatch):
    SiteSettings.load().save()
    for url in (notice.get_absolute_url(), LIST):
        text = text_of(client.get(url))
        assert "11月4日起公示" in text
        assert "公示中" not in text.replace("公示中 已结束", "")  # the words of the filter
    assert "公示期 11月4日—11月10日" in text_of(client.get("/"))
    set_clock(monkeypatch, "2025-11-04 00:00")
    for url in (notice.get_absolute_url(), LIST):
        assert "起公示" not in text_of(client.get(url))
    assert "公示到 11月10日" in text_of(client.get("/"))


def test_an_ended_notice_is_not_to_be_found_by_machines(notice, client, monkeypatch):
    set_clock(monkeypatch, "2025-11-11 09:00")
    response = client.get(notice.get_absolute_url())
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert form_url(notice) not in response.content.decode()


def test_the_map_for_search_engines_has_it_only_while_it_runs(notice, client, monkeypatch):
    assert f"{notice.get_absolute_url()}<" in client.get("/sitemap.xml").content.decode()
    set_clock(monkeypatch, "2025-11-11 09:00")
    assert f"{notice.get_absolute_url()}<" not in client.get("/sitemap.xml").content.decode()


def test_a_stopped_notice_says_why_and_when_it_went_on(notice, client, staff, monkeypatch):
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查材料")
    text = text_of(client.get(notice.get_absolute_url()))
    assert "2025年11月3日 中止：核查材料" in text.replace("中止", " 中止").replace("  ", " ")
    assert "现已中止" in text
    set_clock(monkeypatch, "2025-11-05 09:00")
    lifecycle.resume_notice(notice=notice, actor=staff)
    assert "自 2025年11月6日起继续计算" in text_of(client.get(notice.get_absolute_url()))


def test_a_draft_is_not_there_and_a_withdrawn_one_is_gone(notice, staff, client):
    hidden = draft(staff)
    lifecycle.withdraw_notice(notice=notice, actor=staff, reason="有误")
    for item, status in ((hidden, 404), (notice, 410)):
        for url in (item.get_absolute_url(), form_url(item)):
            assert client.get(url).status_code == status
            assert client.post(url, typed()).status_code in (status, 405)
    assert not Objection.objects.exists()
    text = text_of(client.get(LIST))
    assert "还没有公示" in text


def test_whoever_was_taken_off_is_not_named_and_whoever_is_held_looks_like_the_others(notice, staff, client):
    lines = {line.name: line for line in notice.lines.all()}
    removed = object_to(notice, lines["马飚"])
    objections.decide_objection(objection=removed, actor=staff, is_upheld=True, finding="属实")
    object_to(notice, lines["王小洪"])
    text = text_of(client.get(notice.get_absolute_url()))
    assert "马飚" not in text
    assert "1 名已移出公示名单" in text
    assert f"序号沿用原公示名单，第 {lines['马飚'].position} 号已移出" in text
    assert "共 2 名" in text
    assert "王小洪" in text
    assert "核查中" not in text
    assert "马飚" not in text_of(client.get(form_url(notice)))


def test_markup_in_the_text_is_text(staff, client):
    notice = running(staff, body="一段\n\n<script>alert(1)</script>", names=("<b>甲</b>",), order_rule="none")
    shown = client.get(notice.get_absolute_url()).content.decode()
    assert "<script>alert" not in shown
    assert "<b>甲</b>" not in shown
    assert "<p>一段</p>" in shown


def test_the_list_has_the_running_first_and_filters(notice, staff, client, monkeypatch):
    set_clock(monkeypatch, "2025-01-06 10:00")
    past = running(staff, title="去年的名单", line=PublicNotice.Line.STUDIOS)
    set_clock(monkeypatch, "2025-11-05 10:00")
    draft(staff, title="未发布")
    everything = text_of(client.get(LIST))
    assert everything.index(notice.title) < everything.index(past.title)
    assert "未发布" not in everything
    for query, expected in (
        ("line=studios", {past}),
        ("line=craftsmen", {notice}),
        ("line=nonsense", {past, notice}),
        ("state=running", {notice}),
        ("state=past", {past}),
        ("year=2025", {past, notice}),
        ("year=2024", set()),
        ("year=0000", set()),
        ("year=²²²²", {past, notice}),
        ("q=去年", {past}),
        ("q=马飚", set()),  # nobody is found by name
        ("q=%00", {past, notice}),
    ):
        page = client.get(f"{LIST}?{query}").context["page"]
        assert set(page.object_list) == expected, query
    assert "没有符合条件的公示" in text_of(client.get(f"{LIST}?q=无此"))


def test_an_objection_is_taken_and_its_number_given(notice, client):
    line = notice.lines.get(name="马飚")
    response = client.post(form_url(notice), typed(line=line.pk), REMOTE_ADDR="10.1.1.1")
    objection = Objection.objects.get()
    assert response["Location"] == f"/notices/{notice.pk}/objection/{objection.receipt}/"
    assert statuses(notice)["马飚"] == "held"
    assert (objection.name, objection.contact, objection.channel) == ("举报人张", "13812345678", "page")
    page = client.get(response["Location"])
    assert objection.receipt in text_of(page)
    assert not [word for word in ("举报人张", "138", "马飚", "与事实") if word in text_of(page)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "必填"),
        ({"name": "123"}, "姓名中有数字"),
        ({"phone": "12345"}, "不是11位手机号"),
        ({"text": ""}, "必填"),
        ({"text": "长" * 3001}, "3000"),
        ({"consent": ""}, "请阅读个人信息说明并勾选"),
        ({"kind": "unit", "name": "某某公司"}, "请填写联系人"),
        ({"kind": "unit", "name": "某某公司", "contact_name": "李"}, "加盖公章"),
        ({"kind": "unit", "name": "\u200b", "contact_name": "李"}, "名称中没有文字"),
        ({"kind": "unit", "name": "（）", "contact_name": "李"}, "名称中没有文字"),
        ({"website": "http://spam"}, "请留空"),
        ({"line": "999999"}, "选择"),
        ({"key": "nonsense"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(notice, client, changes, told):
    response = client.post(form_url(notice), typed(**changes))
    assert response.status_code == 200
    assert told in text_of(response)
    assert "没有提交" in text_of(response)
    assert not Objection.objects.exists()
    if "phone" not in changes:
        assert "13812345678" in response.content.decode()
    if "text" not in changes:
        assert "与事实不符。" in response.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"<html><script>alert(1)</script></html>", "a.pdf", "只接收|图片|无法"),
        (b"PK\x03\x04broken", "a.docx", "只接收"),
    ],
)
def test_a_file_of_another_kind_is_refused_beside_its_field(notice, client, content, name, told):
    response = client.post(form_url(notice), typed(attachment_1=SimpleUploadedFile(name, content)))
    assert re.search(told, text_of(response))
    assert "请重新选择" in text_of(response)
    assert not Objection.objects.exists()


def test_a_unit_objects_with_a_stamped_paper(notice, client):
    paper = SimpleUploadedFile("盖章.pdf", PDF)
    sent = typed(kind="unit", name="某某公司 (北京)", contact_name="李", attachment_1=paper)
    assert client.post(form_url(notice), sent).status_code == 302
    objection = Objection.objects.get()
    assert (objection.kind, objection.contact) == ("unit", "李 13812345678")
    assert objection.attachments.count() == 1


def test_a_form_sent_twice_leads_to_the_same_receipt(notice, client):
    sent = typed()
    first, second = (client.post(form_url(notice), sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Objection.objects.count() == 1


def test_the_flood_is_stopped_and_what_was_typed_is_kept(notice, client, settings):
    settings.OBJECTIONS_PER_HOUR = 2
    for number in range(2):
        client.post(form_url(notice), typed(text=f"第 {number} 件"))
    response = client.post(form_url(notice), typed(text="第三件的全文"))
    assert response.status_code == 429
    assert "稍后再试" in text_of(response)
    assert "第三件的全文" in response.content.decode()
    assert Objection.objects.count() == 2


def test_the_clock_of_the_server_decides_not_the_open_form(notice, client, monkeypatch):
    assert client.get(form_url(notice)).status_code == 200
    set_clock(monkeypatch, "2025-11-11 00:00")
    response = client.post(form_url(notice), typed())
    assert "现在不能从网上提出异议" in text_of(response)
    assert not Objection.objects.exists()


def test_somebody_elses_receipt_or_one_entered_by_staff_is_not_shown(notice, staff, client):
    entered = register(notice, staff)
    other = object_to(running(staff, title="另一份"))
    for receipt in (entered.receipt, other.receipt, "YY-0000-0000"):
        assert client.get(f"/notices/{notice.pk}/objection/{receipt}/").status_code == 404


def test_no_public_page_tells_anything_of_an_objection(notice, staff, client):
    upload = SimpleUploadedFile("举报人张.pdf", PDF)
    objection = object_to(notice, notice.lines.get(name="马飚"), uploads=[upload])
    objections.decide_objection(objection=objection, actor=staff, is_upheld=False, finding="结论机密")
    receipt = f"/notices/{notice.pk}/objection/{objection.receipt}/"
    stored = objection.attachments.get()
    for url in ("/", LIST, f"{LIST}?q=举报人", notice.get_absolute_url(), form_url(notice), receipt):
        shown = client.get(url).content.decode()
        assert not [
            secret
            for secret in ("举报人张", "138123", "其事迹", "结论机密", stored.key.hex, str(stored.key))
            if secret in shown
        ], url
    assert client.get(stored.get_absolute_url()).status_code in (302, 404)


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_four_statements_at_most(
    staff, client, monkeypatch, django_assert_max_num_queries, count
):
    set_clock(monkeypatch, "2025-11-03 10:00")
    SiteSettings.objects.get_or_create(pk=1)
    names = ("王小洪", "王东峰", "马飚")[:count]
    for number in range(count):
        notice = running(staff, names=names, title=f"公示{number}")
        Holiday.objects.create(on=date(2027, 1, number + 1), name="元旦")
        if count > 1:
            lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
            lifecycle.resume_notice(notice=notice, actor=staff)
    receipt = object_to(notice).receipt
    for url in (
        LIST,
        f"{LIST}?line=craftsmen&year=2025&state=running&q=公",
        notice.get_absolute_url(),
        form_url(notice),
    ):
        with django_assert_max_num_queries(4):
            assert client.get(url).status_code == 200, url
    with django_assert_max_num_queries(4):
        client.get(f"/notices/{notice.pk}/objection/{receipt}/")


def test_public_pages_do_not_vary_by_who_asks(notice, client):
    for url in (LIST, notice.get_absolute_url()):
        response = client.get(url)
        assert "Cookie" not in response.get("Vary", "")
        assert not response.cookies


def test_the_home_page_lists_what_is_running(notice, client, monkeypatch):
    SiteSettings.objects.get_or_create(pk=1)  # the home page reads notices along with the settings
    assert notice.title in text_of(client.get("/"))
    set_clock(monkeypatch, "2025-11-11 09:00")
    assert notice.title not in text_of(client.get("/"))
