"""A worker's own pages: enrolling, the waiting list, offers; and what must not be reached by others."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from academies.models import CourseRun, Enrolment
from academies.services import enrolment as services
from tests import factories
from tests.academies.learners import make_learner, make_liaison
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.competitions.reading import text_of
from tests.one_of_each import picture
from tests.portal.threads import in_threads
from tests.test_access import close_file
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.files.services import inspect_image, store_file
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db
MINE = "/academies/enrolments/"


@pytest.fixture
def person():
    return make_learner()


@pytest.fixture
def me(client, person):
    client.force_login(person.user)
    return client


def enrol_url(run):
    return f"{run.get_absolute_url()}enrol/"


def act_url(enrolment, act):
    return f"{enrolment.get_absolute_url()}act/{act}/"


def only(run):
    return run.enrolments.get()


def offered(person):
    """An offer to this person, made because somebody left."""
    run = make_run(capacity=1)
    (seated,) = enrol_all(run, make_people(1))
    waiting = services.enrol(run=run, person=person, actor=person.user)
    services.cancel_enrolment(enrolment=seated, actor=None)
    waiting.refresh_from_db()
    return waiting


# ── Enrolling ──────────────────────────────────────────────────────────────────────────────────────────────


def test_one_button_enrols_and_the_page_then_says_what_to_do(me, person):
    run = make_run(venue="实训楼")
    lesson = make_lesson(run, starts_in=timedelta(days=15))
    asked = text_of(me.get(enrol_url(run)))
    assert (person.name in asked, person.unit.name in asked, "提交即录取" in asked) == (True, True, True)
    response = me.post(enrol_url(run), follow=True)
    enrolment = only(run)
    assert response.redirect_chain == [(enrolment.get_absolute_url(), 302)]
    shown = text_of(response)
    assert "您已被录取" in shown
    assert f"下一课：{timezone.localtime(lesson.starts_at).month} 月" in shown
    assert (enrolment.person, enrolment.channel, enrolment.enrolled_by) == (person, "self", person.user)
    assert Message.objects.get(user=person.user).kind == "academies.admitted"


def test_a_second_click_and_a_second_tab_lead_to_the_one_enrolment(me):
    run = make_run()
    for _ in range(2):
        response = me.post(enrol_url(run))
        assert (response.status_code, response["Location"]) == (302, only(run).get_absolute_url())
    assert me.get(enrol_url(run))["Location"] == only(run).get_absolute_url()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_enrol_once(person):
    run = make_run()
    clients = [Client(), Client()]
    for each in clients:
        each.force_login(person.user)
    answers = in_threads(*(lambda each=each: each.post(enrol_url(run)) for each in clients))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert {answer["Location"] for answer in answers} == {only(run).get_absolute_url()}


def test_a_window_that_closes_between_looking_and_clicking_is_said_and_nothing_is_written(me):
    run = make_run()
    assert "确认报名" in text_of(me.get(enrol_url(run)))
    now = timezone.now()
    CourseRun.objects.update(enrolment_closes_at=now - timedelta(seconds=1))
    response = me.post(enrol_url(run))
    assert response.status_code == 400
    assert "报名已截止" in response.content.decode()
    assert not run.enrolments.exists()


def test_the_last_seat_taken_meanwhile_leads_to_the_list_with_its_place(me):
    run = make_run(capacity=1)
    me.get(enrol_url(run))
    enrol_all(run, make_people(1))
    shown = text_of(me.post(enrol_url(run), follow=True))
    assert "候补第 1 位" in shown
    assert "进入候补名单" in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "cancelled", "cancel_reason": "人数不足"}, "本班已取消"),
        ({"enrolment_opens_at": timezone.now() + timedelta(days=1)}, "报名将于"),
        ({"capacity": 1, "taken": 1, "has_waiting_list": False}, "不设候补"),
    ],
)
def test_a_run_that_takes_nobody_says_why_instead_of_asking(me, fields, words):
    run = make_run(**fields)
    shown = text_of(me.get(enrol_url(run)))
    assert words in shown
    assert "确认报名" not in shown


def test_an_account_without_a_record_is_told_how_to_join_it(client):
    run = make_run()
    client.force_login(factories.make_user())
    shown = text_of(client.get(enrol_url(run)))
    assert "去核对身份" in shown
    assert client.post(enrol_url(run)).status_code == 400
    assert not run.enrolments.exists()
    assert "去核对身份" in text_of(client.get(MINE))


def test_somebody_without_an_employer_enrols_as_well(client):
    person = factories.make_person("自由人", user=factories.make_user())
    client.force_login(person.user)
    run = make_run()
    assert "灵活就业" in text_of(client.get(enrol_url(run)))
    client.post(enrol_url(run))
    assert (only(run).unit, only(run).unit_name) == (None, "")


def test_lessons_at_the_same_time_are_shown_before_one_enrols(me, person):
    taken, run = make_run(), make_run()
    make_lesson(taken, starts_in=timedelta(days=15), title="已报的课")
    make_lesson(taken, starts_in=timedelta(days=16), title="另一天的课")
    make_lesson(run, starts_in=timedelta(days=15, hours=1))
    services.enrol(run=taken, person=person, actor=person.user)
    shown = text_of(me.get(enrol_url(run)))
    assert "已报的课" in shown
    assert "另一天的课" not in shown


def test_strangers_are_asked_to_sign_in_and_come_back(client):
    run = make_run()
    response = client.get(enrol_url(run))
    assert (response.status_code, enrol_url(run) in response["Location"]) == (302, True)


# ── The waiting list, offers, leaving ──────────────────────────────────────────────────────────────────────


def test_an_offer_is_taken_by_one_button_and_a_second_click_changes_nothing(me, person):
    enrolment = offered(person)
    assert "去确认" in text_of(me.get(MINE))
    for _ in range(2):
        shown = text_of(me.post(act_url(enrolment, "accept"), follow=True))
        assert "录取成功" in shown
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.APPROVED
    assert AuditEntry.objects.filter(action="academies.offer_accepted").count() == 1


def test_an_offer_that_ran_out_is_refused_with_words_and_goes_on_to_the_next_at_once(me, person):
    enrolment = offered(person)
    (behind,) = enrol_all(enrolment.run, make_people(1))
    Enrolment.objects.filter(pk=enrolment.pk).update(offered_until=timezone.now() - timedelta(seconds=1))
    page = text_of(me.get(enrolment.get_absolute_url()))
    assert "确认时限已过" in page
    assert "确认参加" not in page
    response = me.post(act_url(enrolment, "accept"))
    assert response.status_code == 400
    assert "时限已过" in response.content.decode()
    behind.refresh_from_db()
    enrolment.refresh_from_db()
    assert (enrolment.status, behind.status) == (Enrolment.Status.CANCELLED, Enrolment.Status.OFFERED)


def test_whoever_let_an_offer_run_out_may_join_the_list_again_before_anybody_cleared_it(me, person):
    enrolment = offered(person)
    Enrolment.objects.filter(pk=enrolment.pk).update(offered_until=timezone.now() - timedelta(seconds=1))
    assert enrol_url(enrolment.run) in text_of(me.get(enrolment.get_absolute_url()))
    assert me.get(enrol_url(enrolment.run)).status_code == 200
    me.post(enrol_url(enrolment.run))
    assert list(person.enrolments.order_by("pk").values_list("status", flat=True)) == [
        "cancelled",
        "approved",
    ]


def test_a_draft_cannot_be_enrolled_in_by_its_address(me):
    run = make_run(status="draft")
    assert me.get(enrol_url(run)).status_code == 404
    assert me.post(enrol_url(run)).status_code == 404
    assert not run.enrolments.exists()


def test_a_tab_left_open_cannot_take_an_offer_that_was_given_up_in_another(me, person):
    enrolment = offered(person)
    me.post(act_url(enrolment, "cancel"))
    response = me.post(act_url(enrolment, "accept"))
    assert response.status_code == 400
    assert "没有待确认" in response.content.decode()
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.CANCELLED


def test_leaving_gives_the_seat_to_the_next_and_says_who_left_why(me, person):
    run = make_run(capacity=1)
    mine = services.enrol(run=run, person=person, actor=person.user)
    (behind,) = enrol_all(run, make_people(1))
    for _ in range(2):
        assert me.post(act_url(mine, "cancel"), {"reason": "出差"}).status_code == 302
    mine.refresh_from_db()
    behind.refresh_from_db()
    assert (mine.status, mine.end_reason, behind.status) == ("cancelled", "出差", "offered")
    assert "名额会马上" not in text_of(me.get(mine.get_absolute_url()))


def test_a_completed_course_cannot_be_left(me, person):
    run = make_run()
    mine = services.enrol(run=run, person=person, actor=person.user)
    Enrolment.objects.update(status="completed", completed_at=timezone.now())
    assert "取消报名" not in text_of(me.get(mine.get_absolute_url()))
    assert me.post(act_url(mine, "cancel")).status_code == 400


# ── Whose it is ────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_elses_enrolment_is_not_there(client, person):
    enrolment = offered(person)
    stranger, (liaison, _, _) = make_learner("李四"), make_liaison()
    staff = factories.make_user(roles.ACADEMY_STAFF, is_staff=True)
    for user in (stranger.user, liaison, staff):
        client.force_login(user)
        assert client.get(enrolment.get_absolute_url()).status_code == 404
        for act in ("accept", "cancel", "approve"):
            assert client.post(act_url(enrolment, act)).status_code == 404
        assert str(enrolment.key) not in client.get(MINE).text
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.OFFERED


def test_an_act_that_there_is_none_is_not_there_and_looking_changes_nothing(me, person):
    enrolment = offered(person)
    assert me.post(act_url(enrolment, "approve")).status_code == 404
    assert me.get(act_url(enrolment, "cancel")).status_code == 405
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.OFFERED


@pytest.mark.parametrize(
    ("fields", "lesson_in", "words"),
    [
        ({}, None, "等待开班"),
        ({}, timedelta(days=15), "下一课：11 月 30 日（周一）"),
        ({"started": 1}, timedelta(minutes=-5), "正在上课："),
        ({"started": 1, "delivery": "online"}, None, "随时可学"),
        ({"started": 1}, None, "正在学习"),
        ({"started": 30}, None, "等待办理结业"),
        ({"status": "cancelled", "cancel_reason": "教师生病"}, None, "教师生病"),
    ],
)
def test_the_admitted_read_what_to_do_now(client, person, fields, lesson_in, words, monkeypatch):
    noon = timezone.make_aware(datetime(2026, 11, 15, 12))
    monkeypatch.setattr(timezone, "now", lambda: noon)
    client.force_login(person.user)
    fields = {"started": -14, "delivery": "onsite", **fields}
    start = noon.date() - timedelta(days=fields.pop("started"))
    run = make_run(starts_on=start, ends_on=start + timedelta(days=20))
    mine = services.enrol(run=run, person=person, actor=person.user, channel="staff")
    run.course.delivery = fields.pop("delivery")
    run.course.save()
    CourseRun.objects.update(taken=1, **fields)
    if lesson_in:
        make_lesson(run, starts_in=lesson_in)
    assert words in text_of(client.get(mine.get_absolute_url()))


# ── The class's group ──────────────────────────────────────────────────────────────────────────────────────


def with_group(**fields):
    code = store_file(inspected=inspect_image(picture()), actor=None, purpose="班级群二维码", is_guarded=True)
    return make_run(group_qr=code, **fields)


def group_of(client, run):
    """(status of the picture, whether the fragment and the page name it)."""
    url = f"{run.get_absolute_url()}group.png"
    fragment = client.get(f"{run.get_absolute_url()}mine/").text
    answer = client.get(url)
    if answer.status_code == 200:
        assert answer["Content-Type"] == "image/png"
        assert "no-store" in answer["Cache-Control"]
        close_file(answer)
    return answer.status_code, url in fragment


def test_the_group_code_is_for_the_admitted_and_only_until_it_expires(client, person):
    today = timezone.localdate()
    run = with_group(group_qr_expires_on=today, capacity=1)
    waiting = make_learner("候补者")
    assert client.get(f"{run.get_absolute_url()}group.png").status_code == 302
    services.enrol(run=run, person=person, actor=person.user)
    services.enrol(run=run, person=waiting, actor=waiting.user)
    for user, seen in (
        (person.user, (200, True)),
        (waiting.user, (404, False)),
        (make_liaison()[0], (404, False)),
    ):
        client.force_login(user)
        assert group_of(client, run) == seen
    client.force_login(person.user)
    CourseRun.objects.update(group_qr_expires_on=today - timedelta(days=1))
    assert group_of(client, run) == (404, False)
    assert run.group_qr.get_absolute_url() not in client.get(f"{run.get_absolute_url()}mine/").text
    assert client.get(run.group_qr.get_absolute_url()).status_code == 404


# ── The fragment and what pages cost ───────────────────────────────────────────────────────────────────────


def test_the_fragment_knows_who_asks_and_is_kept_by_nobody(client, person):
    run = make_run()
    url = f"{run.get_absolute_url()}mine/"
    stranger = client.get(url)
    assert stranger["Cache-Control"] == "private, no-store"
    assert enrol_url(run) in stranger.text
    client.force_login(person.user)
    services.enrol(run=run, person=person, actor=person.user)
    own = client.get(url).text
    assert "已录取" in own
    assert enrol_url(run) not in own
    client.force_login(make_liaison()[0])
    assert "为单位职工报名" in client.get(url).text


def statements(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_own_pages_take_the_same_statements_for_one_enrolment_and_three(me, person):
    costs = []
    for _ in range(2):
        for _ in range(len(costs) + 1):
            run = make_run()
            make_lesson(run, starts_in=timedelta(days=15))
            services.enrol(run=run, person=person, actor=person.user)
        latest = person.enrolments.latest("pk")
        urls = [MINE, latest.get_absolute_url(), f"{latest.run.get_absolute_url()}mine/"]
        costs.append([statements(me, url) for url in urls])
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 10


def test_an_online_lesson_with_nothing_but_an_end_is_not_the_next(me, person):
    run = make_run()
    (enrolment,) = enrol_all(run, [person])
    make_lesson(run, kind="online", starts_at=None)
    assert me.get(enrolment.get_absolute_url()).status_code == 200


def test_a_reason_may_hold_what_the_database_does_not(me, person):
    (enrolment,) = enrol_all(make_run(), [person])
    me.post(act_url(enrolment, "cancel"), {"reason": "出\0差"})
    enrolment.refresh_from_db()
    assert enrolment.end_reason == "出差"


def test_after_the_start_nobody_joins_a_list_that_moves_no_more():
    run = make_run(capacity=1, starts_on=timezone.localdate())
    first, second, third = make_people(3)
    enrol_all(run, [first])
    for channel in ("self", "liaison", "staff", "roster"):
        with pytest.raises(ValidationError, match="已经开班，不再递补：名额已满"):
            services.enrol(run=run, person=second, actor=None, channel=channel)
    CourseRun.objects.filter(pk=run.pk).update(promotes_after_start=True)
    assert services.enrol(run=run, person=third, actor=None, channel="self").status == "waitlisted"


def test_an_application_is_not_approved_into_a_list_that_moves_no_more():
    run = make_run(capacity=1, starts_on=timezone.localdate(), needs_approval=True)
    first, second = make_people(2)
    one, two = enrol_all(run, [first]), services.enrol(run=run, person=second, actor=None)
    services.approve_enrolment(enrolment=one[0], actor=None)
    with pytest.raises(ValidationError, match="已经开班，不再递补"):
        services.approve_enrolment(enrolment=two, actor=None)
