"""The admin: whose notices one sees, steps, the list's preview, objections, archive, work queue."""

import io
import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from tests.factories import make_user
from tests.files.test_storing import PDF
from tests.notices.notices import draft, object_to, register, running, set_clock, statuses
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.notices import archive
from unionportal.notices.models import Holiday, Objection, PublicNotice
from unionportal.notices.services import lifecycle, objections
from unionportal.work_queue import tasks_of

ADMIN = "/staff/notices/publicnotice/"


@pytest.fixture
def notice(staff, monkeypatch, client):
    """Public since 3 November 2025, until 10 November; the staff of its line has signed in."""
    set_clock(monkeypatch, "2025-11-03 10:00")
    client.force_login(staff)
    return running(staff)


def page(client, notice):
    return client.get(f"{ADMIN}{notice.pk}/change/").content.decode()


def later(monkeypatch, client, user, moment):
    """Set the clock and sign in again: sessions end with the working day."""
    set_clock(monkeypatch, moment)
    client.force_login(user)


def step(client, notice, act, reason=""):
    return client.post(f"{ADMIN}{notice.pk}/step/{act}/", {"reason": reason}, follow=True).content.decode()


def inline(lines=()):
    """The posted form of the list."""
    sent = {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": sum("id" in line for line in lines)}
    for number, line in enumerate(lines):
        sent |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return sent


def written(**changes):
    return {
        "line": "craftsmen", "title": "标题", "basis": "", "body": "正文", "order_rule": "strokes", "days": 5,
        "starts_on": "", "contact_name": "部", "contact_phone": "010-1", "contact_address": "", "contact_email": "",
        **changes,
    }  # fmt: skip


def test_a_notice_is_written_in_the_admin_published_stopped_resumed_and_closed(staff, client, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    client.force_login(staff)
    lines = [{"name": "王小洪", "proposed": "密云工匠"}, {"name": "马飚", "proposed": "密云工匠"}]
    client.post(f"{ADMIN}add/", written() | inline(lines))
    notice = PublicNotice.objects.get()
    shown = page(client, notice)
    assert "马 3　飚 16" in shown
    assert "2025-11-04 至 2025-11-10，共 5 个工作日" in shown
    step(client, notice, "start")
    step(client, notice, "stop", "核查")
    later(monkeypatch, client, staff, "2025-11-06 10:00")
    assert "恢复后再定" in page(client, notice)
    step(client, notice, "resume-today")
    notice.refresh_from_db()
    assert str(notice.last_on) == "2025-11-12"
    assert "期满后才能办结" in page(client, notice)
    later(monkeypatch, client, staff, "2025-11-13 10:00")
    step(client, notice, "close")
    notice.refresh_from_db()
    assert notice.status == "closed"


def test_the_line_offered_is_ones_own(staff, client):
    client.force_login(staff)
    assert client.get(f"{ADMIN}add/").context["adminform"].form.fields["line"].choices == [
        ("craftsmen", "工匠选树")
    ]
    response = client.post(f"{ADMIN}add/", written(line="competitions") | inline())
    assert response.status_code == 200
    assert not PublicNotice.objects.exists()


def test_places_are_exchanged_in_one_go_and_none_is_given_twice(staff, client):
    client.force_login(staff)
    notice = draft(staff, names=("甲", "乙"), order_rule="score")
    first, second = notice.lines.order_by("position")
    url, sent = f"{ADMIN}{notice.pk}/change/", written(order_rule="score")

    def rows(*places):
        pairs = zip((first, second), places, strict=True)
        return inline(
            [{"id": line.pk, "notice": notice.pk, "name": line.name, "position": n} for line, n in pairs]
        )

    assert client.post(url, sent | rows(2, 1)).status_code == 302
    assert list(notice.lines.order_by("position").values_list("name", flat=True)) == ["乙", "甲"]
    response = client.post(url, sent | rows(3, 3))
    assert "序号 3 重复" in response.content.decode()


def test_the_list_of_a_line_of_work_is_not_changed_here_but_its_strokes_may_be(staff, client):
    client.force_login(staff)
    notice = draft(staff, names=("\U00032000某",), source_key="craftsmen.selection:1:1")
    line = notice.lines.get()
    row = {"id": line.pk, "notice": notice.pk, "name": "黑马", "proposed": "别的", "stroke_override": "3"}
    sent = written() | inline([row]) | {"lines-0-DELETE": ""}
    client.post(f"{ADMIN}{notice.pk}/change/", sent | {"lines-1-name": "黑马", "lines-TOTAL_FORMS": 2})
    line.refresh_from_db()
    assert (line.name, line.proposed, line.stroke_override) == ("\U00032000某", "密云工匠", "3")
    client.post(f"{ADMIN}{notice.pk}/change/", sent | {"lines-0-DELETE": "on"})
    assert client.post(f"{ADMIN}{notice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(notice.lines.all()) == [line]


def test_after_publication_only_the_way_to_the_office_may_change(notice, client):
    sent = written(title="别的", contact_phone="010-2") | inline()
    assert client.post(f"{ADMIN}{notice.pk}/change/", sent).status_code == 302
    before = notice.title
    notice.refresh_from_db()
    assert (notice.title, notice.contact_phone) == (before, "010-2")
    assert notice.lines.count() == 3


def test_a_published_notice_is_deleted_by_no_way(notice, client, staff):
    free = draft(staff)
    assert client.post(f"{ADMIN}{notice.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [notice.pk, free.pk], "post": "yes"}
    client.post(ADMIN, action)
    assert PublicNotice.objects.count() == 2
    client.post(f"{ADMIN}{free.pk}/delete/", {"post": "yes"})
    assert PublicNotice.objects.get() == notice


def test_staff_of_another_line_finds_nothing(notice, client):
    objection = object_to(notice, notice.lines.first())
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    for url in (
        f"{ADMIN}{notice.pk}/change/",
        f"{ADMIN}{notice.pk}/history/",
        f"{ADMIN}{notice.pk}/list.xlsx",
        f"{ADMIN}{notice.pk}/objections/add",
        f"/staff/notices/objection/{objection.pk}/change/",
        f"/staff/notices/noticeline/{notice.lines.first().pk}/change/",
    ):
        assert client.get(url).status_code == 404, url
    for url in (
        f"{ADMIN}{notice.pk}/step/stop/",
        f"{ADMIN}{notice.pk}/archive.pdf",
        f"/staff/notices/objection/{objection.pk}/objector/",
        f"/staff/notices/objection/{objection.pk}/step/uphold/",
    ):
        assert client.post(url, {"reason": "x"}).status_code == 404, url
    for url in (ADMIN, "/staff/notices/objection/", "/staff/notices/noticeline/"):
        shown = client.get(url).content.decode()
        assert not [word for word in (notice.title, objection.receipt, "马飚") if word in shown], url


def test_the_supervisor_reads_everything_and_does_nothing(notice, client):
    objection = object_to(notice, notice.lines.first())
    client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
    assert objection.receipt in page(client, notice)
    assert "举报人张" in client.post(f"/staff/notices/objection/{objection.pk}/objector/").content.decode()
    assert client.post(f"{ADMIN}{notice.pk}/step/stop/", {"reason": "x"}).status_code == 403
    assert (
        client.post(f"/staff/notices/objection/{objection.pk}/step/uphold/", {"reason": "x"}).status_code
        == 403
    )
    assert client.get(f"{ADMIN}{notice.pk}/objections/add").status_code == 403
    assert statuses(notice)["马飚"] == "held"


def test_who_objected_is_shown_on_request_only_and_every_look_is_noted(notice, client):
    upload = SimpleUploadedFile("举报人张.pdf", PDF)
    objection = object_to(notice, notice.lines.first(), uploads=[upload])
    url = f"/staff/notices/objection/{objection.pk}/"
    for shown in (
        client.get(f"{url}change/"), client.get(f"{url}history/"), client.get("/staff/notices/objection/"),
        client.get("/staff/notices/objection/?q=举报人张"), client.get(f"{ADMIN}{notice.pk}/change/"),
        client.get("/staff/files/storedfile/"), client.get("/staff/"),
    ):  # fmt: skip
        text = shown.content.decode().replace('value="举报人张"', "").replace("q=举报人张", "")
        assert not [secret for secret in ("举报人张", "13812345678") if secret in text], shown.request[
            "PATH_INFO"
        ]
    assert client.get(f"{url}objector/").status_code == 405
    response = client.post(f"{url}objector/")
    assert "举报人张" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    stored = objection.attachments.get()
    sent = client.post(f"{url}attachments/{stored.key}/")
    assert b"".join(sent.streaming_content) == PDF
    assert client.get(stored.get_absolute_url()).status_code == 404
    noted = AuditEntry.objects.filter(target_model="notices.objection").values_list("action", flat=True)
    assert {"notices.objector_revealed", "notices.attachment_read"} <= set(noted)


def test_an_objection_is_registered_investigated_and_decided(notice, client):
    line = notice.lines.get(name="马飚")
    sent = {
        "channel": "visit", "received_at": "2025-11-03T09:30", "line": line.pk, "kind": "person", "name": "来访人李",
        "contact": "010-2", "text": "反映的内容",
    }  # fmt: skip
    early = client.post(f"{ADMIN}{notice.pk}/objections/add", sent | {"channel": "letter"})
    assert "来信请填写邮戳日期" in early.content.decode()
    assert "反映的内容" in early.content.decode()
    client.post(f"{ADMIN}{notice.pk}/objections/add", sent)
    objection = Objection.objects.get()
    url = f"/staff/notices/objection/{objection.pk}/step/"
    client.post(f"{url}investigate/")
    assert "请写明核查结论" in client.post(f"{url}dismiss/", {"reason": " "}, follow=True).content.decode()
    told = client.post(f"{url}uphold/", {"reason": "属实。"}, follow=True).content.decode()
    assert "异议成立" in told
    assert "作出结论" not in told.split("下一步")[-1].split("module")[0]
    assert statuses(notice)["马飚"] == "removed"


def test_days_off_announced_later_are_offered_and_an_unknown_year_is_told(staff, client, monkeypatch):
    set_clock(monkeypatch, "2026-12-28 09:00")
    client.force_login(staff)
    notice = running(staff)
    assert "还没有 2027 年的放假安排" in page(client, notice)
    Holiday.objects.create(on=date(2027, 1, 1), name="元旦")
    shown = page(client, notice)
    assert "2027 年的放假安排" not in shown
    assert "顺延到 2027-01-05" in shown
    step(client, notice, "extend")
    notice.refresh_from_db()
    assert notice.last_on == date(2027, 1, 5)


def test_the_list_filters_by_the_clock(notice, staff, client, monkeypatch):
    later(monkeypatch, client, staff, "2025-11-10 10:00")
    other = running(staff, title="另一份")
    for query, expected in (("today", {notice}), ("running", {notice, other}), ("over", set())):
        assert set(client.get(f"{ADMIN}?clock={query}").context["cl"].queryset) == expected, query
    later(monkeypatch, client, staff, "2025-11-11 10:00")
    assert set(client.get(f"{ADMIN}?clock=over").context["cl"].queryset) == {notice}


def test_the_list_goes_out_as_a_workbook_that_computes_nothing(notice, client, staff):
    risky = running(staff, names=("=1+1", "甲"), order_rule="none")
    content = client.get(f"{ADMIN}{risky.pk}/list.xlsx").content
    cells = [cell for row in load_workbook(io.BytesIO(content)).active for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value == "=1+1"} == {"s"}


def test_the_archive_waits_for_the_closing(notice, client):
    response = client.post(f"{ADMIN}{notice.pk}/archive.pdf", follow=True)
    assert "公示办结后才能归档" in response.content.decode()


def test_the_archive_names_who_objected_only_to_those_who_may_know(notice, client, staff, monkeypatch):
    objection = object_to(notice, notice.lines.first())
    objections.decide_objection(objection=objection, actor=staff, is_upheld=False, finding="不属实。")
    register(notice, staff, is_anonymous=True)
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
    lifecycle.resume_notice(notice=notice, actor=staff)
    later(monkeypatch, client, staff, "2025-12-01 10:00")
    lifecycle.close_notice(notice=notice, actor=staff)
    response = client.post(f"{ADMIN}{notice.pk}/archive.pdf")
    assert response.content.startswith(b"%PDF-")
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get(action="notices.archive_made")
    assert entry.details == {"has_objectors": "是"}
    full, bare = (str(archive.content_of(notice, shows_names)) for shows_names in (True, False))
    for part in ("不属实。", "核查", "办结公示", "无异议", "匿名", objection.receipt):
        assert part in full
        assert part in bare
    assert "举报人张" in full
    assert "13812345678" in full
    assert not [secret for secret in ("举报人张", "13812345678") if secret in bare]


def test_whoever_may_not_know_gets_an_archive_without_names(notice, client, staff, monkeypatch):
    set_clock(monkeypatch, "2025-12-01 10:00")
    lifecycle.close_notice(notice=notice, actor=staff)
    onlooker = make_user(is_staff=True)
    wanted = ["view_publicnotice", "read_every_line"]
    onlooker.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(onlooker)
    assert client.post(f"{ADMIN}{notice.pk}/archive.pdf").status_code == 200
    assert AuditEntry.objects.get(action="notices.archive_made").details == {"has_objectors": "否"}


def test_the_work_queue_tells_each_its_own(notice, staff, monkeypatch):
    object_to(notice, notice.lines.first())
    other = make_user(roles.COMPETITION_STAFF, is_staff=True)

    def told(user):
        return {
            task.title: task.detail for task in tasks_of(user) if task.title in ("待处理异议", "公示到期")
        }

    assert list(told(staff)) == ["待处理异议"]
    assert told(other) == {}
    set_clock(monkeypatch, "2025-11-10 10:00")
    assert told(staff)["公示到期"].endswith("（今日到期）")
    set_clock(monkeypatch, "2025-11-11 10:00")
    assert told(staff)["公示到期"].endswith("（已期满）")
    assert told(other) == {}


def test_the_page_costs_the_same_for_one_line_and_for_many(staff, client, django_assert_max_num_queries):
    client.force_login(staff)
    few, many = running(staff, names=("甲",)), running(staff, names=tuple("甲乙丙丁戊己庚辛"))
    for line in many.lines.all()[:3]:
        object_to(many, line)
    object_to(few, few.lines.first())
    counts = []
    for notice in (few, many):
        with django_assert_max_num_queries(30) as queries:
            page(client, notice)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_dates_in_the_strip_end_where_the_clock_does(notice, client):
    kinds = re.findall(r'<li class="strip-(\w+)', page(client, notice))
    assert kinds == ["counted"] * 4 + ["rest"] * 2 + ["counted"]
    assert timezone.localdate() + timedelta(days=7) == notice.last_on
