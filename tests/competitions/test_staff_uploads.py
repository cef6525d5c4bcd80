"""Uploads on a competition's page: preview, confirmation, the same file applied; exports and decisions on entries."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from competitions.models import Entry, ModuleScore
from tests import factories, one_of_each
from tests.competitions.played import ROSTER, rows_of, table_texts
from tests.competitions.rosters import line
from unionportal.audit.models import AuditEntry
from unionportal.files.models import StoredFile
from unionportal.files.services import store_image
from unionportal.panels.models import Panel
from unionportal.people.models import Person, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(staff):
    return factories.make_competition(staff)


def address(competition, page, *more):
    return reverse(f"admin:competitions_competition_{page}", args=[competition.pk, *more])


def upload(client, competition, kind, sheets, **options):
    book = SimpleUploadedFile(f"{kind}.xlsx", factories.workbook_file(sheets).read())
    url = address(competition, "upload", kind)
    return client.post(url, {"workbook": book, **options}, follow=True)


def roster(*lines):
    return {"名册": [ROSTER, *([row.get(column) for column in ROSTER] for row in lines)]}


def said(response):
    return "\n".join(str(message) for message in response.context["messages"])


def test_a_roster_is_previewed_and_only_then_written_from_the_kept_file(client, competition):
    bad = line(2, "李四", 手机号="123")
    response = upload(client, competition, "roster", roster(line(1), bad))
    shown = response.context["shown"]
    assert dict(shown.facts)["写入行数"] == 1
    assert shown.new_units == ["第一机械厂"]
    assert [(item.row, item.column) for item in shown.problems] == [(3, "手机号")]
    assert (Entry.objects.count(), Person.objects.count(), Unit.objects.count()) == (0, 0, 0)
    stored = StoredFile.objects.get()
    assert (stored.is_public, stored.purpose) == (False, f"roster:{competition.pk}")
    url = response.redirect_chain[-1][0]
    assert "勾选确认" in said(client.post(url, follow=True))
    assert Entry.objects.count() == 0
    assert "写入行数 1" in said(client.post(url, {"units_confirmed": "1"}, follow=True))
    assert Entry.objects.get().person.name == "张三"
    assert AuditEntry.objects.get(action="competitions.roster_imported").details["source"] == "roster.xlsx"
    assert not StoredFile.objects.exists()
    discarded = AuditEntry.objects.get(action="files.file_discarded")
    assert (discarded.target_label, discarded.details["sha256"]) == ("roster.xlsx", stored.sha256)
    # The second click of two.
    assert "已经导入" in said(client.post(url, {"units_confirmed": "1"}, follow=True))
    assert Entry.objects.count() == 1


def test_an_upload_that_nobody_confirms_goes_after_a_day_with_the_next_one(
    client, competition, staff, django_capture_on_commit_callbacks
):
    upload(client, competition, "roster", roster(line(1)))
    old, other = StoredFile.objects.get(), one_of_each.picture()
    kept = store_image(upload=other, actor=staff, purpose="新闻题图")
    name = old.file.name
    StoredFile.objects.update(created_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        upload(client, competition, "roster", roster(line(2, "李四")))
    assert set(StoredFile.objects.values_list("name", flat=True)) == {"roster.xlsx", kept.name}
    assert not StoredFile.objects.filter(pk=old.pk).exists()
    assert not old.file.storage.exists(name)
    reason = AuditEntry.objects.get(action="files.file_discarded").details["reason"]
    assert reason == "上传后 24 小时未确认导入"


def test_a_refused_import_keeps_the_file_for_another_try(client, competition):
    response = upload(client, competition, "roster", roster(line(1)))
    competition.status = competition.Status.CLOSED
    competition.save()
    assert "没有写入" in said(
        client.post(response.redirect_chain[-1][0], {"units_confirmed": "1"}, follow=True)
    )
    assert StoredFile.objects.count() == 1


def test_the_problems_can_be_downloaded_and_not_forged(client, competition):
    response = upload(client, competition, "roster", roster(line(1), line(2, "李四", 手机号="123")))
    book = client.post(address(competition, "problems"), {"problems": response.context["signed"]})
    assert rows_of(book.content)[1][:2] == (3, "手机号")
    assert client.post(address(competition, "problems"), {"problems": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("kind", "sheets"), [("roster", {"别的": [["甲"]]}), ("exam", {"表": [["赛项", "姓名"]]})]
)
def test_a_file_refused_whole_writes_nothing_and_is_not_kept(client, competition, kind, sheets):
    before = table_texts("files_storedfile", "competitions_entry", "audit_auditentry")
    response = upload(client, competition, kind, sheets, stage="决赛")
    assert response.context["shown"].refusals
    assert table_texts(*before) == before


def test_what_is_no_workbook_is_refused_at_the_form(client, competition):
    url = address(competition, "upload", "roster")
    response = client.post(url, {"workbook": SimpleUploadedFile("a.xlsx", b"<html>")})
    assert "只接收" in response.content.decode()
    assert not StoredFile.objects.exists()


def test_exam_marks_enter_people_once_confirmed(client, competition):
    factories.make_entry(competition.events.get(), "甲")
    sheets = {"理论": [["赛项", "姓名", "理论成绩"], ["焊接", "甲", 80]]}
    response = upload(client, competition, "exam", sheets, stage="决赛", enter="on")
    assert dict(response.context["shown"].facts)["进入本轮"] == 1
    assert not ModuleScore.objects.exists()
    assert not AuditEntry.objects.filter(action="competitions.exam_marks_imported").exists()
    client.post(response.redirect_chain[-1][0])
    assert ModuleScore.objects.get(exam_score__isnull=False).exam_score == 80


def test_a_rubric_is_read_by_its_names_and_refused_whole(client, competition):
    panel = Panel.objects.get()
    module = panel.module.pk
    head = ["分组", "评分项", "依据条款", "满分", "分档", "类型"]
    bad = {"评分标准": [head, ["操作", "质量", "3.1", "六十", 0.5, "直接打分"]]}
    response = upload(client, competition, "rubric", bad, module=module)
    assert [(item.row, item.column) for item in response.context["shown"].problems] == [(2, "满分")]
    rows = [
        ["操作", "质量", "GB 3.1", 70, 0.5, "直接打分"],
        ["操作", "整洁", "GB 3.2", 30, 1, "评判项（0–3 级）"],
    ]
    response = upload(client, competition, "rubric", {"评分标准": [head, *rows]}, module=module)
    facts = dict(response.context["shown"].facts)
    assert (facts["新增评分项"], facts["修改评分项"], facts["删去评分项"]) == (1, 1, 1)
    assert panel.criteria.count() == 2
    assert not panel.criteria.filter(name="整洁").exists()
    client.post(response.redirect_chain[-1][0])
    assert list(panel.criteria.values_list("name", "clause", "maximum", "kind")) == [
        ("质量", "GB 3.1", 70, "points"),
        ("整洁", "GB 3.2", 30, "judgement"),
    ]


def test_a_kept_file_is_not_applied_to_another_competition_or_kind(client, competition, staff):
    response = upload(client, competition, "roster", roster(line(1)))
    key = StoredFile.objects.get().key
    other = factories.make_competition(staff, title="另一竞赛")
    assert response.status_code == 200
    assert client.post(address(other, "preview", "roster", key)).status_code == 404
    assert client.get(address(competition, "preview", "panel", key)).status_code == 404
    assert client.get(address(competition, "upload", "photos")).status_code == 404


@pytest.mark.parametrize("kind", ["roster", "exam", "panel", "rubric"])
def test_the_blank_workbook_has_the_columns_that_the_import_wants(client, competition, kind):
    book = openpyxl.load_workbook(io.BytesIO(client.get(address(competition, "blank", kind)).content))
    head = [cell.value for cell in next(book.active.iter_rows())]
    wanted = {
        "roster": {"姓名", "身份证号", "手机号", "单位", "赛项"},
        "exam": {"赛项", "姓名", "理论成绩"},
        "panel": {"姓名", "裁判", "质量（60）", "安全（40）", "用时（秒）"},
        "rubric": {"分组", "评分项", "依据条款", "满分", "分档", "类型"},
    }[kind]
    assert wanted <= set(head)


def test_the_export_has_full_numbers_only_for_whoever_may_read_them(client, competition, staff):
    person = factories.make_person("=甲")
    person.id_number, person.phone = factories.id_number(), "13800000001"
    person.save()
    factories.make_entry(competition.events.get(), person=person)
    row = rows_of(client.post(address(competition, "export")).content)[-1]
    assert (row[2], row[4], row[5]) == ("=甲", factories.id_number(), "13800000001")
    entry = AuditEntry.objects.get(action="competitions.entries_exported")
    assert "完整" in entry.details["note"]
    staff.groups.clear()
    permission = type(staff)._meta.get_field("user_permissions").related_model.objects
    staff.user_permissions.set(permission.filter(codename="change_competition"))
    row = rows_of(client.post(address(competition, "export")).content)[-1]
    assert row[4:6] == ("*" * 14 + factories.id_number()[-4:], "*******0001")


def test_entries_are_accepted_and_returned_from_the_list_with_a_reason(client, competition):
    entry = factories.make_entry(competition.events.get(), "甲", status=Entry.Status.PENDING)
    url = reverse("admin:competitions_entry_changelist")

    def act(action, **data):
        return said(client.post(url, {"action": action, "_selected_action": [entry.pk], **data}, follow=True))

    assert "理由" in act("send_back")
    assert "已退回" in act("send_back", reason="缺单位意见")
    entry.refresh_from_db()
    assert (entry.status, entry.reason) == (Entry.Status.RETURNED, "缺单位意见")
    assert "已通过" in act("accept")
    entry.refresh_from_db()
    assert (entry.status, entry.reason) == (Entry.Status.ACCEPTED, "")
