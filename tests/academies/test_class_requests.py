"""Classes that units ask for: who may ask and read, answering, pooling into a run."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from academies.models import ClassRequest, CourseRun
from academies.services import class_requests
from tests import factories
from tests.academies.runs import make_run
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db


def make_request(user=None, **fields):
    unit = factories.make_unit()
    return ClassRequest.objects.create(
        **{
            "unit": unit,
            "unit_name": unit.name,
            "topic": "民宿管家",
            "people": 20,
            "contact_name": "联系人",
            "requested_by": user or factories.make_user(),
            **fields,
        }
    )


def make_liaison(name="甲厂"):
    user, unit = factories.make_user(), factories.make_unit(name)
    body = factories.make_union_body("", "basic", None, user)
    body.units.add(unit)
    return user, unit


def fresh_run(**fields):
    other = make_run()
    today = timezone.localdate()
    dates = {"starts_on": today + timedelta(days=30), "ends_on": today + timedelta(days=33)}
    return CourseRun(course=other.course, academy=other.academy, **{"name": "订单班", **dates, **fields})


def test_an_answer_is_written_and_sent():
    asked = make_request()
    answered = class_requests.answer_request(request=asked, answer=" 下月开班 ", actor=None)
    assert (answered.status, answered.answer) == ("answered", "下月开班")
    message = Message.objects.get(user=asked.requested_by)
    assert message.url == reverse("academies:request_detail", args=[asked.pk])
    declined = class_requests.answer_request(request=asked, answer="没有师资", actor=None, is_declined=True)
    assert declined.status == "declined"
    with pytest.raises(ValidationError, match="答复"):
        class_requests.answer_request(request=asked, answer=" ", actor=None)


def test_requests_are_pooled_into_one_draft_with_room_for_all():
    asked = [make_request(people=20), make_request(people=15)]
    run = class_requests.open_for_requests(requests=asked, run=fresh_run(), actor=None)
    assert (run.status, run.capacity) == ("draft", 35)
    assert set(run.class_requests.values_list("status", flat=True)) == {"opened"}
    assert Message.objects.filter(kind="academies.class_request_answered").count() == 2
    with pytest.raises(ValidationError, match="已经开班"):
        class_requests.open_for_requests(requests=asked[:1], run=fresh_run(name="另一班"), actor=None)
    with pytest.raises(ValidationError, match="已开班"):
        class_requests.answer_request(request=asked[0], answer="改", actor=None)
    assert CourseRun.objects.filter(name="另一班").count() == 0


def test_a_run_that_cannot_be_saved_leaves_the_requests_as_they_are():
    asked = make_request()
    with pytest.raises(ValidationError, match="结业日期"):
        class_requests.open_for_requests(
            requests=[asked], run=fresh_run(ends_on=timezone.localdate()), actor=None
        )
    asked.refresh_from_db()
    assert (asked.status, Message.objects.count()) == ("received", 0)


def test_a_liaison_asks_once_however_often_the_button_is_pressed(client):
    user, unit = make_liaison()
    client.force_login(user)
    sent = {
        "unit": unit.pk, "topic": "电工安全", "people": "30", "contact_name": "刘",
        "contact_phone": "13812345678", "wanted_from": timezone.localdate() + timedelta(days=3),
    }  # fmt: skip
    for _ in range(2):
        response = client.post(reverse("academies:request_new"), sent)
        assert response.status_code == 302
    asked = ClassRequest.objects.get()
    assert (asked.unit_name, asked.people, asked.contact_phone) == ("甲厂", 30, "13812345678")
    page = client.get(response["Location"]).content.decode()
    assert "电工安全" in page
    assert "13812345678" not in page


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(client):
    user, unit = make_liaison()
    client.force_login(user)
    today = timezone.localdate()
    sent = {
        "unit": "", "unit_name": "", "topic": "叉车", "people": "0", "contact_name": "刘",
        "contact_phone": "123", "wanted_from": today - timedelta(days=1), "wanted_to": today,
    }  # fmt: skip
    response = client.post(reverse("academies:request_new"), sent)
    page = response.content.decode()
    assert response.status_code == 400
    assert set(response.context["form"].errors) == {"unit_name", "people", "contact_phone", "wanted_from"}
    assert "叉车" in page
    assert not ClassRequest.objects.exists()


def test_one_sees_ones_own_and_those_of_ones_units_and_no_other(client):
    user, unit = make_liaison()
    own, others = make_request(user), make_request()
    colleague = make_request(unit=unit)
    client.force_login(user)
    page = client.get(reverse("academies:request_list"))
    assert {item.pk for item in page.context["page"]} == {own.pk, colleague.pk}
    assert client.get(others.get_absolute_url()).status_code == 404
    client.force_login(factories.make_user())
    assert client.get(reverse("academies:request_new")).status_code == 404
    assert client.get(own.get_absolute_url()).status_code == 404
