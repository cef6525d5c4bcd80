"""What waits for the staff of the academies, and the command that hands seats on."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from academies.models import CourseRun, Enrolment, MakeUpRequest
from academies.services import enrolment
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.academies.test_class_requests import make_request
from unionportal import roles, work_queue

pytestmark = pytest.mark.django_db


def tasks():
    user = factories.make_user(roles.ACADEMY_STAFF, is_staff=True)
    return {task.title: task for task in work_queue.tasks_of(user)}


def test_what_waits_is_listed_and_leads_to_where_it_is_done(client):
    asking = make_run(needs_approval=True)
    enrol_all(asking, make_people(2))
    over = make_run(starts_on=timezone.localdate() - timedelta(days=9))
    CourseRun.objects.filter(pk=over.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    lesson = make_lesson(over, starts_in=timedelta(days=-3))
    (learner,) = enrol_all(over, make_people(1))
    MakeUpRequest.objects.create(lesson=lesson, enrolment=learner, reason="没电")
    few = make_run(starts_on=timezone.localdate() + timedelta(days=3), minimum=8)
    make_run(status="draft")
    make_request()
    found = tasks()
    assert {title: task.count for title, task in found.items()} == {
        "待审核的学员报名": 2,
        "待处理补签": 1,
        "待答复的订单班申请": 1,
        "待办理结业": 1,
        "人数不足、即将开班": 1,
        "待发布班次": 1,
        "待结束考勤的课次": 1,
    }
    assert found["待办理结业"].url == reverse("admin:academies_courserun_completion", args=[over.pk])
    assert found["人数不足、即将开班"].url == reverse("admin:academies_courserun_change", args=[few.pk])
    client.force_login(factories.make_superuser())
    for task in found.values():
        assert client.get(task.url).status_code == 200, task.title


def test_nothing_waits_where_nothing_has_happened():
    make_run()
    assert tasks() == {}


def test_the_queue_costs_the_same_with_one_and_with_three_of_everything(django_assert_num_queries):
    user = factories.make_user(roles.ACADEMY_STAFF, is_staff=True)
    for number in (1, 3):
        for _ in range(number):
            enrol_all(make_run(needs_approval=True), make_people(2))
            make_run(status="draft")
            make_request()
        user = type(user).objects.get(pk=user.pk)
        user.get_all_permissions()
        with django_assert_num_queries(9):
            work_queue.tasks_of(user)


def test_the_command_lets_late_offers_go_and_hands_the_seats_on(capsys):
    run = make_run(capacity=1)
    first, second, third = enrol_all(run, make_people(3))
    enrolment.cancel_enrolment(enrolment=first, actor=None)
    Enrolment.objects.filter(pk=second.pk).update(offered_until=timezone.now() - timedelta(minutes=1))
    call_command("settle_waiting_lists")
    assert capsys.readouterr().out == "作废逾期递补 1 个，新通知递补 1 个。\n"
    states = [Enrolment.objects.get(pk=item.pk).status for item in (first, second, third)]
    assert states == ["cancelled", "cancelled", "offered"]
    call_command("settle_waiting_lists")
    assert capsys.readouterr().out == "作废逾期递补 0 个，新通知递补 0 个。\n"
