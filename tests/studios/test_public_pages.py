"""The public pages: what they show, what they cost, what they keep to themselves."""

import uuid

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studios import ask_views
from studios.models import Achievement, HelpRequest
from studios.services import help_requests, recognitions
from tests.factories import make_union_body
from tests.studios.making import make_achievement, make_question, make_studio, recognise, staff
from unionportal.accounts.models import ReportedFigure, SiteSettings
from unionportal.people.models import Sector

pytestmark = pytest.mark.django_db
LIST, SOLVED, ASK, STATE = "/studios/", "/studios/achievements/", "/studios/ask/", "/studios/ask/state/"


@pytest.fixture(autouse=True)
def nobody_counted():
    cache.clear()


def text(response):
    return response.content.decode()


def question(**fields):
    return {
        "key": str(uuid.uuid4()), "title": "铣削振刀", "question": "薄板一铣就颤", "asker": "张三", "contact": "13800000000",
        "consent": "on", **fields,
    }  # fmt: skip


def answered(studio, **fields):
    item = make_question(**fields)
    item = help_requests.route(item=item, studio=studio, due_on=timezone.localdate(), actor=staff())
    return help_requests.answer(item=item, text="垫满支承", answered_by="某某", actor=staff())


def test_the_list_is_filtered_by_level_place_sector_kind_and_words(client):
    sector = Sector.objects.create(name="养蜂")
    bees = make_studio("养蜂工作室", sector=sector, town="溪翁庄镇", kind="craftsman")
    city = make_studio("机床工作室")
    recognise(city, "city")
    for query, found in (
        ("level=city", city), ("place=溪翁庄镇", bees), (f"sector={sector.pk}", bees), ("kind=craftsman", bees),
        ("q=机床", city), (f"q={bees.leader.name}", bees),
    ):  # fmt: skip
        page = client.get(f"{LIST}?{query}").context["page"]
        assert [item.pk for item in page] == [found.pk], query
    assert "没有找到" in text(client.get(f"{LIST}?q=没有这家"))
    for odd in ("sector=①", "sector=99999999999999", "level=nonsense", "page=x", "q=%00"):
        assert client.get(f"{LIST}?{odd}").status_code == 200, odd


def test_the_headline_adds_what_was_reported_and_leaves_out_those_of_units(client):
    SiteSettings.load().save()
    make_studio()
    recognise(make_studio(recognised=False), "unit")
    day = timezone.localdate()
    ReportedFigure.objects.create(
        value=43, unit="家", label="其余", as_of=day, source="总工会", topic="studios"
    )
    page = client.get(LIST)
    context = page.context
    assert (context["total"], context["listed"], context["page"].paginator.count) == (44, 2, 2)
    assert "本站可查 2 家：区级 1 家，单位级 1 家" in text(page)
    assert "其余" not in text(client.get("/"))


def test_the_home_page_has_plaques_of_units_last_and_the_branch_where_no_unit_is_known(client):
    SiteSettings.load().save()
    unit_only, district = make_studio("单位的", recognised=False), make_studio("区级的")
    recognise(unit_only, "unit", named_on=timezone.localdate())
    district.host_unit, district.branch = None, make_union_body("某系统工会", "system", None)
    district.save()
    shown = text(client.get("/"))
    assert shown.index("区级的") < shown.index("某系统工会") < shown.index("单位的")


def test_only_studios_that_stand_are_shown_and_a_delisted_one_is_gone(client):
    hidden, unnamed = make_studio("不公开的", is_public=False), make_studio("未认定的", recognised=False)
    delisted = make_studio("摘牌的")
    recognitions.delist(studio=delisted, actor=staff(), reason="不合格", document_number="1 号")
    page = text(client.get(LIST))
    assert not any(item.name in page for item in (hidden, unnamed, delisted))
    status = [client.get(item.get_absolute_url()).status_code for item in (hidden, unnamed, delisted)]
    assert status == [404, 404, 410]


def test_a_page_tells_of_leader_team_recognition_achievement_activity_and_answer(client):
    studio = make_studio(field="数控加工", story="问题板上写题目")
    studio.members.create(name="李四", role="member", post="高级技师")
    studio.activities.create(title="公开课", held_on=timezone.localdate())
    studio.activities.create(title="内部会", held_on=timezone.localdate(), is_public=False)
    made = make_achievement(studio, status="published", title="快换夹具")
    help_requests.publish(item=answered(studio, consents_to_publication=True), actor=staff())
    answered(studio, title="不愿公开的问题")
    page = text(client.get(studio.get_absolute_url()))
    for words in (
        studio.leader.name,
        "数控加工",
        "问题板",
        "高级技师",
        "公开课",
        made.title,
        "垫满支承",
        "设备漏油",
    ):
        assert words in page, words
    assert not any(words in page for words in ("内部会", "不愿公开的问题", "某甲", "13800000000"))


def test_achievements_are_found_by_problem_and_sector(client):
    sector = Sector.objects.create(name="焊接")
    found = make_achievement(make_studio(sector=sector), status="published", problem="薄板变形")
    other = make_achievement(status="published", problem="漏油", benefit_yuan="125000", benefit_basis="测算")
    assert [item.pk for item in client.get(f"{SOLVED}?q=薄板").context["page"]] == [found.pk]
    assert [item.pk for item in client.get(f"{SOLVED}?sector={sector.pk}").context["page"]] == [found.pk]
    assert "12.5 万元" in text(client.get(f"{SOLVED}?q=漏油"))
    page = text(client.get(other.get_absolute_url()))
    assert all(words in page for words in ("漏油", other.solution, other.contributions.get().name))


def fill(many):
    for _ in range(3 if many else 1):
        studio = make_studio()
        activity = studio.activities.create(title="课", held_on=timezone.localdate())
        studio.projects.create(title="题", started_on=activity.held_on, is_public=True)
        for _ in range(3 if many else 1):
            item = make_achievement(studio, status="published", people=3 if many else 1)
            item.adoptions.create(unit_name="某厂")
            help_requests.publish(item=answered(studio, consents_to_publication=True), actor=staff())
    return {"list": LIST, "search": f"{LIST}?q=创新", "studio": studio.get_absolute_url(), "solved": SOLVED,
            "found": f"{SOLVED}?q=换料", "one": item.get_absolute_url(), "ask": ASK, "home": "/"}  # fmt: skip


def cost(client, url):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_every_page_costs_four_statements_at_most_with_one_record_and_with_three(client):
    SiteSettings.load().save()
    costs = [{name: cost(client, url) for name, url in fill(many).items()} for many in (False, True)]
    assert costs[0] == costs[1]
    assert {name: count for name, count in costs[1].items() if count > 4} == {}


def test_ten_thousand_achievements_take_little_time_and_no_further_statement(client):
    made = make_achievement(status="published")
    values = {"studio": made.studio, "kind": "design", "status": "published", "confidentiality": "public",
              "outcome": "verified", "verified_on": made.verified_on, "published_at": made.published_at}  # fmt: skip
    Achievement.objects.bulk_create(
        (
            Achievement(year=2000 + n % 25, title=f"成果{n}", problem=f"难题{n}", **values)
            for n in range(10_000)
        ),
        batch_size=2000,
    )
    for url in (f"{SOLVED}?q=难题9999", SOLVED, made.studio.get_absolute_url()):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        assert len(asked) <= 4
        assert sum(float(item["time"]) for item in asked) < 3, url


def test_a_question_is_taken_in_sealed_and_followed_by_its_code(client):
    studio = make_studio()
    response = client.post(f"{ASK}?studio={studio.slug}", question(consents_to_publication="on"))
    item = HelpRequest.objects.get()
    assert response["Location"] == f"{STATE}?receipt={item.receipt}"
    assert (item.studio, item.asker, item.contact) == (studio, "张三", "13800000000")
    assert b"13800000000" not in bytes(item.contact_sealed)
    assert "已收到您的求助，一般 15 日内答复" in text(client.get(response["Location"]))
    page = text(client.get(f"{STATE}?receipt={item.receipt.lower()}"))
    assert "待分派" in page
    assert "已收到您的求助" not in page
    assert "张三" not in page
    assert "13800000000" not in page
    item = help_requests.route(item=item, studio=studio, due_on=timezone.localdate(), actor=staff())
    assert studio.name in text(client.get(response["Location"]))
    help_requests.answer(item=item, text="垫满支承", answered_by="某某", actor=staff())
    assert "垫满支承" in text(client.get(response["Location"]))
    assert client.get(f"{STATE}?receipt=QZ-NONE").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"website": "x"}, "请留空"),
        ({"contact": "1"}, "电话"),
        ({"title": ""}, "请用一句话写明"),
        ({"consent": ""}, "说明并勾选"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, wrong, words):
    page = text(client.post(ASK, question(**wrong)))
    assert words in page
    assert "薄板一铣就颤" in page
    assert not HelpRequest.objects.exists()


def test_a_flood_from_one_network_is_stopped_without_losing_the_text(client, monkeypatch):
    monkeypatch.setattr(ask_views, "ASKS_PER_HOUR", 2)
    codes = [client.post(ASK, question()).status_code for _ in range(3)]
    assert codes == [302, 302, 429]
    assert "薄板一铣就颤" in text(client.post(ASK, question()))
    assert HelpRequest.objects.count() == 2


def test_a_question_sent_twice_is_asked_once_and_other_words_are_refused(client):
    key = client.get(ASK).context["form"]["key"].value()
    given = question(key=key)
    first, second = client.post(ASK, given), client.post(ASK, given)
    assert first["Location"] == second["Location"]
    assert HelpRequest.objects.count() == 1
    other = client.post(ASK, given | {"question": "换了别的话"})
    assert other.status_code == 409
    assert HelpRequest.objects.get().receipt in text(other)
    assert "换了别的话" in text(other)
    assert client.post(ASK, question(key="")).status_code == 200
    assert HelpRequest.objects.count() == 1
