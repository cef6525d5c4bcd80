"""What waits for the studios' staff on the index of the admin, and their diary."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from studios.models import PlaqueCeremony
from studios.services import naming
from tests.factories import make_user
from tests.studios import campaigning
from tests.studios.making import make_achievement, make_question, make_review, make_studio, recognise, staff
from unionportal import roles, work_queue, work_queue_studios

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def keeper():
    return make_user(roles.STUDIO_STAFF, is_staff=True)


def test_the_queue_tells_the_staff_of_studios_and_nobody_else():
    campaigning.apply(campaigning.make_campaign(), "甲工作室", to="applied")
    make_achievement(status="submitted")
    make_question()
    make_review(status="submitted")
    told = {task.title: task.count for task in work_queue.tasks_of(keeper())}
    assert told == {
        "待初审的工作室申报": 1,
        "待核实的创新成果": 1,
        "待办的求助": 1,
        "待考核、待验收的工作室": 1,
        "待授牌": 2,
    }
    other = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    assert work_queue.tasks_of(other) == []
    assert work_queue_studios.diary_of(other) == []


def test_the_diary_says_what_the_year_asks_for_and_every_line_opens(client):
    studio = make_studio("甲工作室")
    person = studio.leader.person
    person.retires_on = TODAY
    person.save()
    recognise(studio, "city", named_on=TODAY, plaque_on=TODAY, valid_to=TODAY + timedelta(20))
    make_studio("乙工作室", leader=False)
    make_review(studio)
    user = keeper()
    lines = {task.title: task for task in work_queue_studios.diary_of(user)}
    assert {title: task.count for title, task in lines.items()} == {
        "考核报告未报": 2,
        "负责人今年退休": 1,
        "负责人离岗或空缺": 1,
        "今年没有成果": 2,
        "缺牌匾照片": 1,
        "认定将到期": 1,
    }
    due = TODAY + timedelta(10)
    assert f"甲工作室（{due.month} 月 {due.day} 日前）" in lines["考核报告未报"].detail
    assert f"（{TODAY:%Y-%m}）" in lines["负责人今年退休"].detail
    client.force_login(user)
    page = client.get(reverse("admin:index")).content.decode()
    assert "工作室备忘" in page
    for task in lines.values():
        response = client.get(task.url)
        assert response.status_code == 200
        assert "甲工作室" in response.content.decode() or "乙工作室" in response.content.decode()


def test_a_late_report_is_urgent_work_and_no_longer_in_the_diary(client):
    late, other = make_studio("甲工作室"), make_studio("乙工作室")
    make_review(late)
    late.reviews.update(due_on=TODAY - timedelta(6))
    user = keeper()
    (task,) = [task for task in work_queue.tasks_of(user) if task.is_urgent]
    assert (task.title, task.detail) == ("考核报告逾期", "甲工作室（逾期 6 天）")
    owed = {task.title: task for task in work_queue_studios.diary_of(user)}["考核报告未报"]
    assert (owed.count, "甲工作室" in owed.detail) == (1, False)
    client.force_login(user)
    assert list(client.get(reverse("admin:index")).context["urgent"]) == [task]
    assert [review.studio for review in client.get(task.url).context["cl"].result_list] == [late]
    assert other.reviews.count() == 1


def test_plaques_lead_to_the_ceremony_in_preparation_or_to_a_new_one(client):
    make_studio()
    client.force_login(keeper())
    add = reverse("admin:studios_plaqueceremony_add")
    assert work_queue_studios.plaques_to_give().url == add
    page = client.get(add)
    assert "先保存名称和日期，再列入待授牌的工作室。" in page.text
    assert page.context["inline_admin_formsets"] == []
    sent = {"title": "授牌仪式", "on": TODAY.isoformat(), "place": "", "note": ""}
    client.post(add, sent)
    ceremony = PlaqueCeremony.objects.get()
    ahead = work_queue_studios.plaques_to_give().url
    assert ahead == reverse("admin:studios_plaqueceremony_change", args=[ceremony.pk])
    assert len(client.get(ahead).context["inline_admin_formsets"]) == 2


def test_every_line_of_the_queue_leads_to_a_page_that_opens(client):
    client.force_login(keeper())
    for kind in dict(work_queue_studios.KINDS).values():
        assert client.get(kind().url).status_code == 200, kind


def test_the_diary_costs_the_same_with_one_and_with_three(django_assert_num_queries):
    user = keeper()
    user.get_all_permissions()
    make_studio()
    for _ in range(2):
        with django_assert_num_queries(6):
            work_queue_studios.diary_of(user)
        make_studio(), make_studio()


def test_one_whose_objection_was_settled_late_waits_for_a_document_of_its_own():
    campaign = campaigning.make_campaign(needs_visit=False)
    for name in ("甲工作室", "乙工作室"):
        campaigning.apply(campaign, name)
    campaigning.score(campaign, {"甲工作室": 90, "乙工作室": 80})
    naming.propose(campaign=campaign, chosen=campaign.applications.all(), actor=staff())
    notice = campaigning.announce(campaign)
    held = notice.lines.filter(name="乙工作室")
    held.update(status="held", reason="核查中")
    campaigning.let_pass(notice)
    campaign.refresh_from_db()
    given = {"campaign": campaign, "document_title": "决定", "document_on": TODAY, "actor": staff()}
    assert work_queue_studios.studios_to_name().count == 1
    assert len(naming.name_studios(document_number="1号", **given)) == 1
    assert work_queue_studios.studios_to_name().count == 0
    held.update(status="clear", reason="")
    assert work_queue_studios.studios_to_name().count == 1
    assert len(naming.name_studios(document_number="2号", **given)) == 1
    assert work_queue_studios.studios_to_name().count == 0
