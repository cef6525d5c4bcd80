"""A liaison enrols several people: all or nobody, nothing typed lost, and only for a union of one's own."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from academies.services import enrolment as services
from academies.services.group_enrolment import MOST_AT_ONCE, enrol_people
from tests import factories
from tests.academies.learners import make_learner, make_liaison
from tests.academies.runs import enrol_all, make_people, make_run
from tests.competitions.reading import text_of
from unionportal.people.models import Person

pytestmark = pytest.mark.django_db
LIST = "/academies/enrolments/union/"


def url_of(run):
    return f"{run.get_absolute_url()}enrol/people/"


def form(people=(), newcomers=(), **fields):
    """What the form posts: ticked people, and rows of name and ID number."""
    rows = [*newcomers, *[("", "")] * (3 - len(newcomers))]
    data = {
        "people": [person.pk for person in people],
        "new-TOTAL_FORMS": 3,
        "new-INITIAL_FORMS": 0,
        **fields,
    }
    for place, (name, number) in enumerate(rows):
        data |= {f"new-{place}-name": name, f"new-{place}-id_number": number}
    return data


@pytest.fixture
def union(client):
    liaison, body, people = make_liaison("安一", "白二", "陈三")
    client.force_login(liaison)
    return liaison, body, people


def test_several_people_are_enrolled_in_one_go_by_name_and_the_rest_wait(client, union):
    liaison, body, people = union
    run = make_run(capacity=2)
    shown = text_of(client.post(url_of(run), form(reversed(people)), follow=True))
    assert "2 人已录取，1 人候补中" in shown
    assert "候补第 1 位" in shown
    made = run.enrolments.order_by("pk")
    assert [(item.person.name, item.status) for item in made] == [
        ("安一", "approved"),
        ("白二", "approved"),
        ("陈三", "waitlisted"),
    ]
    assert {(item.body, item.channel, item.enrolled_by) for item in made} == {(body, "liaison", liaison)}


def test_one_who_cannot_be_enrolled_stops_all_and_what_was_ticked_stays(client, union):
    *_, people = union
    run = make_run(capacity=2, has_waiting_list=False)
    response = client.post(url_of(run), form(people, [("丁四", factories.id_number(4))]))
    assert response.status_code == 400
    shown = response.content.decode()
    assert "名额已满，本班不设候补" in shown
    assert shown.count(" checked>") == 3
    assert (factories.id_number(4) in shown, "丁四" in shown) == (True, True)
    assert not run.enrolments.exists()
    assert not Person.objects.filter(name="丁四").exists()


def test_somebody_not_on_the_list_is_enrolled_by_name_and_full_id_number(client, union):
    run, known = make_run(), factories.make_person("戊五")
    known.id_number = factories.id_number(5)
    known.save()
    client.post(
        url_of(run), form(newcomers=[("戊五", factories.id_number(5)), ("己六", factories.id_number(6))])
    )
    assert list(run.enrolments.order_by("pk").values_list("person__name", "unit_name")) == [
        ("戊五", ""),
        ("己六", ""),
    ]
    assert run.enrolments.first().person == known


def test_a_number_of_somebody_of_another_name_tells_no_more_than_that_it_cannot_be_done(client, union):
    run, known = make_run(), factories.make_person("戊五")
    known.id_number = factories.id_number(5)
    known.save()
    response = client.post(url_of(run), form(newcomers=[("庚七", factories.id_number(5))]))
    assert response.status_code == 400
    assert "未能核对到" in response.content.decode()
    assert "戊五" not in response.content.decode()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("丁四", "")], "一并填写"),
        ([("", factories.id_number(4))], "一并填写"),
        ([("丁四", f"{factories.id_number(4)[:17]}Y")], "身份证号"),
        (
            [("丁四", factories.id_number(4)), ("丁五", factories.id_number(4))],
            "第 2 行的身份证号与第 1 行相同",
        ),
    ],
)
def test_a_wrong_row_is_named_and_what_was_typed_stays(client, union, rows, words):
    *_, people = union
    run = make_run()
    response = client.post(url_of(run), form(people[:1], rows))
    assert response.status_code == 400
    shown = response.content.decode()
    assert words in shown
    assert " checked>" in shown
    assert all(text in shown for row in rows for text in row)
    assert not run.enrolments.exists()


def test_looking_for_a_name_keeps_what_is_ticked_and_enrols_nobody(client, union):
    *_, people = union
    run = make_run()
    shown = text_of(client.post(url_of(run), form(people[:1], find="1", q="白")))
    assert ("安一" in shown, "白二" in shown, "陈三" in shown) == (True, True, False)
    assert shown.count(" checked>") == 1
    assert not run.enrolments.exists()


def test_nobody_ticked_is_said_and_those_enrolled_already_cannot_be_ticked(client, union):
    *_, people = union
    run = make_run()
    response = client.post(url_of(run), form())
    assert (response.status_code, "请至少选一个人" in response.content.decode()) == (400, True)
    enrol_all(run, people[:1])
    shown = text_of(client.get(url_of(run)))
    assert shown.count(" disabled>") == 1
    response = client.post(url_of(run), form(people[:2]))
    assert (response.status_code, "安一已报名" in response.content.decode()) == (400, True)
    assert run.enrolments.count() == 1


def test_people_of_other_unions_and_other_unions_are_out_of_reach(client, union):
    _, _, (stranger,) = make_liaison("外人")
    run, other = make_run(), make_liaison()[1]
    assert client.post(url_of(run), form([stranger])).status_code == 400
    assert "外人" not in client.get(url_of(run)).text
    assert client.get(f"{url_of(run)}?body={other.pk}").status_code == 404
    assert client.post(url_of(run), form(body=other.pk)).status_code == 404
    assert client.get(f"{url_of(run)}?body=x").status_code == 404
    assert not run.enrolments.exists()


def test_the_office_ends_and_the_right_with_it(client, union):
    liaison, body, people = union
    run = make_run()
    (mine,) = enrol_people(run=run, body=body, people=people[:1], newcomers=[], actor=liaison)
    assert client.get(mine.get_absolute_url()).status_code == 200
    body.liaisons.update(ended_on=timezone.localdate())
    assert client.get(mine.get_absolute_url()).status_code == 404
    assert client.post(url_of(run), form(people[1:2])).status_code == 404
    assert "安一" not in client.get(LIST).text
    with pytest.raises(ValidationError, match="不是这家工会的经办人"):
        enrol_people(run=run, body=body, people=people[1:2], newcomers=[], actor=liaison)


def test_a_worker_without_office_has_no_such_page(client):
    client.force_login(make_learner().user)
    assert client.get(url_of(make_run())).status_code == 404


def test_too_many_at_once_are_refused_with_the_number(union):
    liaison, body, _ = union
    people = make_people(MOST_AT_ONCE + 1)
    Person.objects.filter(pk__in=[person.pk for person in people]).update(unit=body.units.get())
    with pytest.raises(ValidationError, match=f"您选了 {MOST_AT_ONCE + 1} 人"):
        enrol_people(run=make_run(), body=body, people=people, newcomers=[], actor=liaison)


def test_the_liaison_takes_an_offer_and_cancels_for_whom_the_union_enrolled(client, union):
    liaison, body, people = union
    run = make_run(capacity=1)
    enrol_people(run=run, body=body, people=people[:2], newcomers=[], actor=liaison)
    first, second = run.enrolments.order_by("pk")
    client.post(f"{first.get_absolute_url()}act/cancel/")
    shown = text_of(client.post(f"{second.get_absolute_url()}act/accept/", follow=True))
    assert "白二" in shown
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.end_reason, second.status) == ("cancelled", f"{body}取消", "approved")


def test_one_who_enrolled_alone_is_not_the_unions_business(client, union):
    *_, people = union
    alone = services.enrol(run=make_run(), person=people[0], actor=None)
    assert client.get(alone.get_absolute_url()).status_code == 404


def test_the_unions_list_is_filtered_and_takes_the_same_statements_for_one_and_three(client, union):
    liaison, body, people = union
    costs = []
    for group in (people[:1], people[1:]):
        run = make_run(capacity=1)
        enrol_all(run, make_people(1))
        enrol_people(run=run, body=body, people=group, newcomers=[], actor=liaison)
        with CaptureQueriesContext(connection) as captured:
            shown = text_of(client.get(LIST))
        costs.append(len(captured))
    assert all(person.name in shown for person in people)
    assert costs[0] == costs[1]
    assert "安一" not in text_of(client.get(LIST, {"status": "approved"}))
    assert "陈三" in text_of(client.get(LIST, {"status": "waitlisted", "run": run.pk, "q": "陈"}))
    assert "没有符合条件的报名" in text_of(client.get(LIST, {"q": "无此人"}))
