"""The upward ledger: never more than the quota, one state after the other, and the honour that comes of it."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from craftsmen.models import Honour, Recommendation
from craftsmen.services import recommendations
from tests.craftsmen.honoured import make_quota, make_recommendation
from tests.factories import make_person, make_unit, make_user
from tests.portal.threads import in_threads, only_error
from unionportal import roles, work_queue
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = date(2026, 1, 10), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def staff(client):
    user = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    client.force_login(user)
    return user


def send(recommendation, on=FEB):
    return recommendations.send_recommendation(
        recommendation=recommendation, actor=None, on=on, document_number="报1号"
    )


def test_nobody_is_recommended_beyond_the_quota():
    quota = make_quota(1)
    first = make_recommendation(quota=quota)
    with pytest.raises(ValidationError, match="名额 1 个，已推荐 1 个"):
        make_recommendation(quota=quota)
    recommendations.close_recommendation(
        recommendation=first, actor=None, act="withdraw", on=FEB, note="本人放弃"
    )
    make_recommendation(quota=quota)


def test_whoever_was_not_awarded_still_took_the_place():
    quota = make_quota(1)
    sent = send(make_recommendation(quota=quota))
    recommendations.close_recommendation(
        recommendation=sent, actor=None, act="decline", on=MAR, note="未入选"
    )
    with pytest.raises(ValidationError, match="不能再推荐"):
        make_recommendation(quota=quota)


def test_nobody_is_recommended_twice_for_one_title_and_year():
    quota, person = make_quota(5), make_person(unit=make_unit())
    make_recommendation(quota=quota, person=person)
    with pytest.raises(ValidationError, match="已在这一推荐项目中"):
        make_recommendation(quota=quota, person=person)


def test_a_title_for_persons_takes_no_unit():
    with pytest.raises(ValidationError, match="不授予这一类对象"):
        make_recommendation(person=None, unit=make_unit())


def test_the_way_from_recommendation_to_honour():
    item = make_recommendation(quota=make_quota(name="首都劳动奖章", year=2026))
    item = recommendations.note_notice(recommendation=send(item), actor=None, on=date(2026, 2, 20))
    item = recommendations.award_recommendation(
        recommendation=item,
        actor=None,
        on=date(2026, 4, 20),
        document_number="京工发〔2026〕1号",
        document_title="决定",
    )
    honour = Honour.objects.get()
    assert (item.status, item.honour, item.result_on) == ("awarded", honour, date(2026, 4, 20))
    assert (honour.year, honour.title.name, honour.person) == (2026, "首都劳动奖章", item.person)
    assert honour.document_number == "京工发〔2026〕1号"
    assert Milestone.objects.get().tier == "city"


def test_an_award_whose_honour_cannot_be_registered_leaves_the_ledger_as_it_was():
    item = send(make_recommendation())
    with pytest.raises(ValidationError):
        recommendations.award_recommendation(recommendation=item, actor=None, on=MAR, document_number=" ")
    item.refresh_from_db()
    assert (item.status, item.honour) == ("sent", None)


@pytest.mark.parametrize(
    ("act", "allowed"),
    [
        ("send", {"recommended"}),
        ("notice", {"sent"}),
        ("award", {"sent", "in_notice"}),
        ("decline", {"sent", "in_notice"}),
        ("withdraw", {"recommended", "sent", "in_notice"}),
    ],
)
def test_each_step_begins_only_where_it_may(act, allowed):
    services = {
        "send": lambda item: send(item, MAR),
        "notice": lambda item: recommendations.note_notice(recommendation=item, actor=None, on=MAR),
        "award": lambda item: recommendations.award_recommendation(
            recommendation=item, actor=None, on=MAR, document_number="1号"
        ),
        "decline": lambda item: recommendations.close_recommendation(
            recommendation=item, actor=None, act="decline", on=MAR, note="x"
        ),
        "withdraw": lambda item: recommendations.close_recommendation(
            recommendation=item, actor=None, act="withdraw", on=MAR, note="x"
        ),
    }
    begun, told = set(), set()
    for status in ("recommended", "sent", "in_notice", "not_awarded", "withdrawn"):
        item = make_recommendation(quota=make_quota(1))
        Recommendation.objects.filter(pk=item.pk).update(status=status)
        try:
            services[act](item)
        except ValidationError as error:
            told |= {"不能办理这一步" in message for message in error.messages}
        else:
            begun.add(status)
    assert told == {True}
    assert begun == allowed


def test_a_step_is_not_dated_before_the_one_before_it():
    item = make_recommendation()
    with pytest.raises(ValidationError, match="不能早于"):
        send(item, date(2026, 1, 9))


def test_awarded_without_an_honour_is_refused_by_the_database():
    item = make_recommendation()
    with pytest.raises(IntegrityError, match="awarded_recommendation_has_its_honour"):
        Recommendation.objects.filter(pk=item.pk).update(status="awarded")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_both_take_the_last_place():
    quota = make_quota(1)
    people = [make_person(unit=make_unit()) for _ in range(2)]

    def recommend(person):
        return recommendations.recommend(quota=quota, actor=None, recommended_on=JAN, person=person)

    told = in_threads(*(lambda person=person: recommend(person) for person in people))
    assert "不能再推荐" in only_error(told).messages[0]
    assert Recommendation.objects.count() == 1


# ── The pages ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_form_refuses_what_the_quota_refuses_and_keeps_what_was_typed(client, staff):
    quota = make_quota(1)
    make_recommendation(quota=quota)
    sent = {
        "quota": quota.pk,
        "person": make_person(unit=make_unit()).pk,
        "recommended_on": "2026-01-10",
        "note": "再报一名",
    }
    response = client.post(reverse("admin:craftsmen_recommendation_add"), sent)
    text = response.content.decode()
    assert "名额 1 个，已推荐 1 个" in text
    assert "再报一名" in text
    assert Recommendation.objects.count() == 1


def test_a_quota_is_not_lowered_below_what_is_taken(client, staff):
    quota = make_quota(2)
    make_recommendation(quota=quota)
    make_recommendation(quota=quota)
    sent = {"title": quota.title_id, "year": 2026, "quota": 1, "document_number": ""}
    sent |= {"recommendations-TOTAL_FORMS": 0, "recommendations-INITIAL_FORMS": 0}
    response = client.post(reverse("admin:craftsmen_recommendationquota_change", args=[quota.pk]), sent)
    assert "已推荐 2 个" in response.content.decode()
    quota.refresh_from_db()
    assert quota.quota == 2


def test_staff_walk_the_way_by_buttons(client, staff):
    item = make_recommendation()
    page = reverse("admin:craftsmen_recommendation_change", args=[item.pk])
    assert "登记报送" in client.get(page).content.decode()
    for act, sent in (
        ("send", {"on": "2026-02-01", "document_number": "报1号"}),
        ("notice", {"on": "2026-02-20"}),
        ("award", {"on": "2026-04-20", "document_number": "京1号", "is_public": "on"}),
    ):
        url = reverse("admin:craftsmen_recommendation_act", args=[item.pk, act])
        assert client.get(url).status_code == 200
        assert client.post(url, sent).status_code == 302, act
    item.refresh_from_db()
    assert item.status == "awarded"
    assert f"/honour/{item.honour_id}/" in client.get(page).content.decode()
    again = client.post(reverse("admin:craftsmen_recommendation_act", args=[item.pk, "award"]), sent)
    assert "不能办理这一步" in again.content.decode()


def test_the_list_of_quotas_says_what_is_taken_in_as_many_statements_as_for_one(
    client, staff, django_assert_num_queries
):
    quota = make_quota(3)
    send(make_recommendation(quota=quota))
    url = reverse("admin:craftsmen_recommendationquota_changelist")
    client.get(url)
    with django_assert_num_queries(9):
        response = client.get(url)
    assert [(item.live, item.n_sent) for item in response.context["cl"].result_list] == [(1, 1)]
    for _ in range(3):
        make_recommendation(quota=make_quota(2))
    with django_assert_num_queries(9):
        client.get(url)


def test_the_queue_leads_to_the_people_who_are_to_be_reported(client, staff):
    quota = make_quota(3)
    sent, waiting = send(make_recommendation(quota=quota)), make_recommendation(quota=quota)
    task = work_queue.recommendations_due()
    found = client.get(task.url).context["cl"].result_list
    assert (task.count, list(found), sent in found) == (1, [waiting], False)


def test_the_ledger_is_exported_by_year(client, staff):
    item = send(make_recommendation())
    sent = {"action": "export", "_selected_action": [item.quota_id]}
    response = client.post(reverse("admin:craftsmen_recommendationquota_changelist"), sent)
    rows = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)
    assert rows[1][:5] == (2026, item.quota.title.name, item.person.name, item.person.unit.name, "已报送")
    assert AuditEntry.objects.filter(action="craftsmen.recommendations_exported").exists()
