"""The pages of the academies' staff: steps with what is missing, bulk decisions, completion to certificates."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from academies.admin.runs import CourseRunAdmin
from academies.models import Attendance, ClassRequest, CourseRun, Enrolment, Feedback, MakeUpRequest
from academies.services import attendance, enrolment
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from unionportal import roles
from unionportal.certificates.models import Certificate
from unionportal.common.spreadsheets import open_workbook
from unionportal.inbox.models import Message
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = factories.make_user(roles.ACADEMY_STAFF, is_staff=True)
    client.force_login(user)
    return user


def url(name, *arguments):
    return reverse(f"admin:academies_{name}", args=arguments)


def act(client, model, record, name, **data):
    return client.post(url(f"{model}_act", record.pk, name), data, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


def test_a_draft_shows_what_is_missing_and_is_announced_from_its_page(client, staff):
    run = make_run(status="draft")
    page = client.get(url("courserun_change", run.pk)).content.decode()
    assert "还没有课次" in page
    refused = act(client, "courserun", run, "announce")
    assert "还没有课次" in refused.content.decode()
    make_lesson(run, starts_in=timedelta(days=15))
    CourseRun.objects.filter(pk=run.pk).update(
        venue="一教室", head_teacher_name="王", head_teacher_phone="010-1"
    )
    assert "已发布" in said(act(client, "courserun", run, "announce"))
    run.refresh_from_db()
    assert run.status == "announced"


def test_capacity_is_changed_by_its_own_act_alone_and_goes_down_the_list(client, staff):
    run = make_run(capacity=1)
    seated, waiting = enrol_all(run, make_people(2))
    assert 'name="capacity"' not in client.get(url("courserun_change", run.pk)).content.decode()
    assert act(client, "courserun", run, "capacity", capacity="0").context["form"].errors["capacity"]
    act(client, "courserun", run, "capacity", capacity="2")
    waiting.refresh_from_db()
    assert waiting.status == "offered"
    refused = act(client, "courserun", run, "capacity", capacity="1")
    assert "已有 2 人占用名额" in refused.content.decode()
    act(client, "courserun", run, "capacity", capacity="")
    run.refresh_from_db()
    assert run.capacity is None


def test_staff_enrol_by_name_and_the_one_too_many_waits(client, staff):
    run = make_run(capacity=1)
    people = make_people(2)
    response = client.post(
        url("courserun_enrol", run.pk), {"people": [person.pk for person in people]}, follow=True
    )
    assert "已录取" in said(response)
    assert "候补中" in said(response)
    again = client.post(url("courserun_enrol", run.pk), {"people": [people[0].pk]}, follow=True)
    assert "无须重复报名" in said(again)
    assert set(run.enrolments.values_list("channel", flat=True)) == {"staff"}


def test_applications_are_decided_in_bulk_in_the_order_of_applying(client, staff):
    run = make_run(capacity=2, needs_approval=True)
    made = enrol_all(run, make_people(4))
    chosen = [item.pk for item in reversed(made[:3])]
    response = client.post(
        url("enrolment_changelist"),
        {"action": "approve", "_selected_action": chosen, "reason": ""},
        follow=True,
    )
    assert "已录取 2 人，候补中 1 人" in said(response)
    assert [Enrolment.objects.get(pk=item.pk).status for item in made] == [
        "approved", "approved", "waitlisted", "applied",
    ]  # fmt: skip
    reject = {"action": "reject", "_selected_action": [made[3].pk]}
    refused = client.post(url("enrolment_changelist"), {**reject, "reason": " "}, follow=True)
    assert "请写明未通过的理由" in said(refused)
    client.post(url("enrolment_changelist"), {**reject, "reason": "不在本行业"}, follow=True)
    made[3].refresh_from_db()
    assert (made[3].status, made[3].end_reason) == ("rejected", "不在本行业")


def test_the_list_is_moved_with_a_reason_and_an_offer_taken_on_the_telephone(client, staff):
    run = make_run(capacity=1)
    _, second, third = enrol_all(run, make_people(3))
    assert "第 2 位" in client.get(url("enrolment_change", third.pk)).content.decode()
    refused = act(client, "enrolment", third, "priority", priority="5", reason="")
    assert refused.context["form"].errors["reason"]
    act(client, "enrolment", third, "priority", priority="5", reason="单位急需")
    assert "第 1 位" in client.get(url("enrolment_change", third.pk)).content.decode()
    act(client, "courserun", run, "capacity", capacity="2")
    act(client, "enrolment", third, "accept")
    third.refresh_from_db()
    assert third.status == "approved"


def test_a_roster_is_previewed_then_written(client, staff):
    run = make_run(capacity=1)
    rows = [["姓名", "单位"], ["甲某", "甲厂"], ["乙某", "甲厂"], ["", "甲厂"]]
    upload = factories.workbook_file({"名单": rows})
    upload.name = "名单.xlsx"
    preview = client.post(url("courserun_import", run.pk), {"workbook": upload}, follow=True)
    page = preview.content.decode()
    assert "将新建的职工" in page
    assert not run.enrolments.exists()
    key = preview.redirect_chain[-1][0]
    client.post(key, {"confirmed": "1"}, follow=True)
    assert list(run.enrolments.order_by("pk").values_list("status", flat=True)) == ["approved", "waitlisted"]


def make_paper():
    """A design of completion certificates and a series."""
    words = {
        "kind": "completion",
        "heading": "结业证书",
        "body": "参加{title}培训，准予结业。",
        "highlight": "",
    }
    return factories.make_design("academies", **words), factories.make_series("academies")


def over(**fields):
    """A run that is over: two learners, of whom one never came; its lesson is closed."""
    run = make_run(starts_on=timezone.localdate() - timedelta(days=3), ends_on=timezone.localdate(), **fields)
    lesson = make_lesson(run, starts_in=timedelta(hours=-3))
    came, missed = enrol_all(run, make_people(2))
    Enrolment.objects.filter(run=run).update(approved_at=timezone.now() - timedelta(days=3))
    Attendance.objects.create(lesson=lesson, enrolment=came, status="present", source="list")
    return run, lesson, came, missed


def test_a_run_is_completed_and_certified_from_one_page(client, staff):
    run, lesson, came, missed = over()
    page = client.get(url("courserun_completion", run.pk)).content.decode()
    assert "还有 1 个课次没有结束考勤" in page
    client.post(url("courserun_completion", run.pk))
    run.refresh_from_db()
    assert run.status == "announced"
    attendance.close_lesson(lesson=lesson, actor=staff)
    page = client.get(url("courserun_completion", run.pk)).content.decode()
    assert "1 人结业，1 人不结业" in page
    assert "出勤率 0.00%，要求 80%" in page
    client.post(url("courserun_completion", run.pk))
    assert Enrolment.objects.get(pk=came.pk).status == "completed"
    assert Milestone.objects.get().person == came.person
    design, series = make_paper()
    sent = {
        "certificate_design": design.pk, "certificate_series": series.pk, "issued_on": timezone.localdate(),
    }  # fmt: skip
    for _ in range(2):
        client.post(url("courserun_issue", run.pk), sent)
    certificate = Certificate.objects.get()
    assert certificate.person == came.person
    for kind, start in (("pdf", b"%PDF"), ("zip", b"PK"), ("xlsx", b"PK")):
        response = client.post(url("courserun_certificates_file", run.pk, kind))
        assert response.content.startswith(start), kind
    act(client, "enrolment", came, "revoke", reason="查实替学")
    certificate.refresh_from_db()
    assert certificate.status == "revoked"
    assert not Milestone.objects.exists()


def test_nothing_is_issued_where_a_name_cannot_be_printed(client, staff):
    run, lesson, came, _ = over()
    attendance.close_lesson(lesson=lesson, actor=staff)
    came.person.name = "王\U0002ff0f"
    came.person.save()
    client.post(url("courserun_completion", run.pk))
    design, series = make_paper()
    response = client.post(
        url("courserun_issue", run.pk),
        {"certificate_design": design.pk, "certificate_series": series.pk, "issued_on": "2026-01-01"},
    )
    page = response.content.decode()
    assert "没有签发" in page
    assert came.person.name in page
    assert not Certificate.objects.exists()


def test_the_export_has_text_ids_for_whoever_may_read_them_and_follows_the_filters(client, staff, tmp_path):
    run, other = make_run(), make_run()
    person = factories.make_person("有号", id_number=factories.id_number(1), phone="13812345678")
    enrol_all(run, [person])
    enrol_all(other, make_people(1))
    response = client.post(f"{url('enrolment_export')}?run__id__exact={run.pk}")
    target = tmp_path / "x.xlsx"
    target.write_bytes(response.content)
    rows = open_workbook(target).sheets[0].rows
    assert rows[0][0] == "学员（1 条）"
    assert [rows[2][3], rows[2][5], rows[2][6]] == ["有号", factories.id_number(1), "13812345678"]


def test_words_are_shown_only_after_somebody_has_read_them(client, staff):
    run = make_run()
    (enrolment,) = enrol_all(run, make_people(1))
    item = Feedback.objects.create(enrolment=enrolment, content=5, teacher=4, usefulness=5, words="讲得好")
    page = client.get(url("feedback_change", item.pk)).content.decode()
    assert "讲得好" in page
    assert enrolment.person.name not in page
    for action, is_shown in (("show", True), ("hide", False)):
        client.post(url("feedback_changelist"), {"action": action, "_selected_action": [item.pk]})
        item.refresh_from_db()
        assert item.is_shown is is_shown


def test_a_make_up_is_decided_with_a_reason(client, staff):
    run = make_run()
    lesson = make_lesson(run)
    (enrolment,) = enrol_all(run, make_people(1))
    request = MakeUpRequest.objects.create(lesson=lesson, enrolment=enrolment, reason="手机没电")
    act(client, "makeuprequest", request, "grant", reason="教师证明到课")
    assert Attendance.objects.get().status == "present"
    page = client.get(url("makeuprequest_change", request.pk)).content.decode()
    assert "同意补签" not in page


def form_of(client, record, model="courserun"):
    """What a record's page sends back when nothing but its own fields is there."""
    form = client.get(url(f"{model}_change", record.pk)).context["adminform"].form
    sent = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field.widget, "widgets"):
            local = timezone.localtime(value) if value else None
            sent[f"{bound.html_name}_0"] = local.strftime("%Y-%m-%d") if local else ""
            sent[f"{bound.html_name}_1"] = local.strftime("%H:%M:%S") if local else ""
        elif value is not None and value is not False:
            sent[bound.html_name] = value
    return sent


def enrol_one_with_account(run):
    """Somebody who hears of what changes from now on."""
    (person,) = make_people(1)
    person.user = factories.make_user()
    person.save()
    enrol_all(run, [person])
    Message.objects.all().delete()


def test_a_lesson_moved_or_taken_off_on_its_own_page_is_told_as_well(client, staff):
    run = make_run(venue="一教室")
    lesson = make_lesson(run, starts_in=timedelta(days=14))
    enrol_one_with_account(run)
    sent = form_of(client, lesson, "lesson") | {"materials-TOTAL_FORMS": 0, "materials-INITIAL_FORMS": 0}
    page = url("lesson_change", lesson.pk)
    assert client.post(page, sent).status_code == 302
    assert not Message.objects.exists()
    client.post(page, sent | {"venue": "二教室"})
    assert "二教室" in Message.objects.get().body
    client.post(url("lesson_delete", lesson.pk), {"post": "yes"})
    assert "改为“取消”" in Message.objects.latest("pk").body


def test_what_somebody_else_looks_at_meanwhile_is_told_to_nobody(client, staff, monkeypatch):
    run, colleague = make_run(venue="一教室"), Client()
    colleague.force_login(staff)
    enrol_one_with_account(run)
    sent = form_of(client, run) | {"lessons-TOTAL_FORMS": 0, "lessons-INITIAL_FORMS": 0}
    save = CourseRunAdmin.save_model

    def look_and_save(admin, *arguments):
        colleague.get(url("courserun_change", run.pk))
        save(admin, *arguments)

    monkeypatch.setattr(CourseRunAdmin, "save_model", look_and_save)
    assert client.post(url("courserun_change", run.pk), sent).status_code == 302
    assert not Message.objects.exists()


def test_moving_a_lesson_tells_those_in_the_run(client, staff):
    run = make_run(venue="一教室")
    lesson = make_lesson(run, starts_in=timedelta(days=14))
    enrol_one_with_account(run)
    sent = form_of(client, run)
    at = timezone.localtime(lesson.starts_at) + timedelta(days=1)
    sent |= {
        "lessons-TOTAL_FORMS": 1, "lessons-INITIAL_FORMS": 1, "lessons-0-id": lesson.pk,
        "lessons-0-run": run.pk, "lessons-0-position": 1, "lessons-0-title": lesson.title,
        "lessons-0-kind": "onsite", "lessons-0-hours": "2",
        "lessons-0-starts_at_0": f"{at:%Y-%m-%d}", "lessons-0-starts_at_1": "09:00",
        "lessons-0-ends_at_0": f"{at:%Y-%m-%d}", "lessons-0-ends_at_1": "11:00",
    }  # fmt: skip
    response = client.post(url("courserun_change", run.pk), sent, follow=True)
    assert "已把变动告诉学员" in said(response)
    assert "第 1 课由" in Message.objects.get().body


def test_staff_choose_a_head_teacher_among_the_accounts_that_teach(client, staff):
    teacher, worker = factories.make_user(roles.TEACHER), factories.make_user(roles.WORKER)
    run = make_run(status="draft")
    form = client.get(url("courserun_change", run.pk)).context["adminform"].form
    offered = set(form.fields["head_teacher"].queryset)
    assert {teacher, staff} <= offered
    assert worker not in offered


def test_people_of_one_name_are_told_apart_by_their_units(client, staff):
    for name in ("甲厂", "乙厂"):
        factories.make_person("张三", unit=factories.make_unit(name))
    asked = {"app_label": "academies", "model_name": "enrolment", "field_name": "person", "term": "张三"}
    found = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [item["text"] for item in found] == ["张三（甲厂）", "张三（乙厂）"]


def test_a_number_too_long_for_any_key_chooses_nothing(client, staff):
    assert client.get(url("feedback_summary"), {"run": "9" * 5000}).status_code == 200


def test_a_capacity_beyond_all_halls_is_refused_in_its_field(client, staff):
    run = make_run(capacity=5)
    response = act(client, "courserun", run, "capacity", capacity="99999999999999999999")
    assert response.context["form"].errors["capacity"]


@pytest.mark.parametrize(
    ("model", "column", "moment"),
    [(ClassRequest, "requested_on", "requested_at"), (Feedback, "given_on", "given_at")],
)
def test_what_comes_in_the_small_hours_has_the_day_of_this_place(model, column, moment):
    at = datetime(2026, 5, 1, 1, 30, tzinfo=timezone.get_default_timezone()).astimezone(UTC)
    shown = getattr(admin.site.get_model_admin(model), column)
    assert shown(model(**{moment: at})) == date(2026, 5, 1)


def test_a_list_that_is_allowed_to_move_after_the_start_moves_at_once(client, staff):
    today = timezone.localdate()
    run = make_run(capacity=1)
    seated, waiting = enrol_all(run, make_people(2))
    run.starts_on = run.ends_on = today
    run.save()
    enrolment.cancel_enrolment(enrolment=seated, actor=staff)
    lessons = {"lessons-TOTAL_FORMS": 0, "lessons-INITIAL_FORMS": 0}
    sent = form_of(client, run) | lessons | {"promotes_after_start": "on"}
    assert client.post(url("courserun_change", run.pk), sent).status_code == 302
    waiting.refresh_from_db()
    assert waiting.status == "offered"
