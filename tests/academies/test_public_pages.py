"""The public pages of the academies: what they show and hide, how they are filtered, what they cost."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from academies.models import Academy, Course, Enrolment, Feedback
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.competitions.reading import text_of
from tests.craftsmen.honoured import make_honour, make_profile
from unionportal.accounts.models import SiteSettings
from unionportal.people.models import Sector

pytestmark = pytest.mark.django_db
LIST = "/academies/courses/"


@pytest.fixture(autouse=True)
def _site(db):
    SiteSettings.objects.get_or_create(pk=1)


def course(name, **fields):
    fields = {"slug": f"c{next(factories.numbers)}", "status": "published", **fields}
    return Course.objects.create(name=name, **fields)


def listed(client, **query):
    """{course: (name of the run on its card, its state)} of the catalogue, in its order."""
    found = client.get(LIST, query).context["page"].object_list
    return {
        item.name: (item.shown_runs[0].name, item.shown_runs[0].state.label) if item.shown_runs else None
        for item in found
    }


@pytest.fixture
def three():
    """An open course, a full one, and one of last month; the first has a run of last month too."""
    today = timezone.localdate()
    past = {"starts_on": today - timedelta(40), "ends_on": today - timedelta(30)}
    first = make_run(
        course=course("护理", audience="护理员", sector=Sector.objects.create(name="康养")), capacity=3
    )
    make_run(course=first.course, academy=first.academy, name="旧班", **past)
    second = make_run(course=course("民宿", delivery="mixed"), capacity=1)
    enrol_all(second, make_people(2))
    third = make_run(course=course("电工", occupation="维修电工"), **past)
    return first, second, third


# ── The catalogue ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_shows_the_best_run_and_what_can_be_joined_comes_first(client, three):
    course("还没有班")
    assert listed(client) == {
        "护理": ("第 1 期", "报名中"),
        "民宿": ("第 1 期", "候补"),
        "电工": ("第 1 期", "已结束"),
        "还没有班": None,
    }
    shown = text_of(client.get(LIST))
    assert "余 3 席，共 3 席" in shown
    assert "共 1 席，前面 1 人候补" in shown
    assert f'href="/academies/runs/{three[0].key}/#now"' in shown


def test_the_catalogue_is_filtered_by_each_of_its_fields(client, three):
    first, second, _ = three
    assert list(listed(client, academy=second.academy.slug)) == ["民宿"]
    assert list(listed(client, sector=first.course.sector_id)) == ["护理"]
    assert list(listed(client, delivery="mixed")) == ["民宿"]
    assert list(listed(client, q="维修")) == ["电工"]
    assert list(listed(client, q="护理员")) == ["护理"]
    assert listed(client, q="没有的词") == {}
    assert "没有符合条件的课程" in text_of(client.get(LIST, {"q": "没有的词"}))


def test_a_state_shows_the_run_that_is_in_it_and_its_number_counts_courses(client, three):
    assert listed(client, state="ended") == {"护理": ("旧班", "已结束"), "电工": ("第 1 期", "已结束")}
    counts = {label: count for _, label, count in client.get(LIST).context["states"]}
    assert (counts["全部"], counts["报名中"], counts["候补"], counts["已结束"]) == (3, 1, 1, 2)


def test_without_courses_the_catalogue_says_what_will_be_there(client):
    assert "还没有发布课程" in text_of(client.get(LIST))


@pytest.mark.parametrize(
    "query",
    [
        "academy=%00",
        "sector=x",
        "delivery=9",
        "state=<script>",
        "q=%25",
        "page=x",
        "page=999",
        "q=" + "长" * 300,
    ],
)
def test_nonsense_in_the_address_is_no_error(client, three, query):
    assert client.get(f"{LIST}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"status": "draft"}, "run"),
        ({"status": "draft"}, "course"),
        ({"status": "preparing"}, "academy"),
    ],
)
def test_what_is_not_announced_is_nowhere(client, change, where):
    run = make_run(course=course("秘密课程"))
    target = {"run": run, "course": run.course, "academy": run.academy}[where]
    type(target).objects.filter(pk=target.pk).update(**change)
    assert client.get(run.get_absolute_url()).status_code == 404
    assert client.get(f"{run.get_absolute_url()}mine/").status_code == 404
    for url in (LIST, "/academies/", "/", "/sitemap.xml", f"/academies/about/{run.academy.slug}/"):
        assert str(run.key) not in client.get(url).text
    if where == "course":
        assert client.get(run.course.get_absolute_url()).status_code == 404
    if where == "academy":
        assert client.get(run.academy.get_absolute_url()).status_code == 404


# ── A course, a run, an academy ────────────────────────────────────────────────────────────────────────────


def test_a_teacher_who_is_a_craftsman_leads_to_the_page_only_while_it_is_public(client):
    profile, run = make_profile(make_honour(name="陆刚")), make_run()
    run.course.teachers.create(name="陆刚", person=profile.person)
    run.course.teachers.create(name="王敏")
    link = f'href="{profile.get_absolute_url()}"'
    pages = [run.get_absolute_url(), run.course.get_absolute_url(), run.academy.get_absolute_url()]
    assert [link in text_of(client.get(url)) for url in pages] == [True] * 3
    type(profile).objects.filter(pk=profile.pk).update(is_hidden=True)
    shown = [text_of(client.get(url)) for url in pages]
    assert [link in text for text in shown] == [False] * 3
    assert all("陆刚" in text and "王敏" in text for text in shown)


def give(run, person, words="", is_shown=False, **marks):
    enrolment = Enrolment.objects.create(run=run, person=person, status="completed", channel="staff")
    marks = {"content": 5, "teacher": 4, "usefulness": 3, **marks}
    return Feedback.objects.create(enrolment=enrolment, words=words, is_shown=is_shown, **marks)


def test_feedback_is_shown_as_means_and_released_words_without_names(client):
    run, people = make_run(), [factories.make_person(f"评价人{n}") for n in range(3)]
    give(run, people[0], "讲得明白", is_shown=True)
    give(run, people[1], "骂人的话")
    url = run.course.get_absolute_url()
    before = text_of(client.get(url))
    assert "讲得明白" in before
    assert "满分 5 分" not in before  # two answers would tell who gave them
    give(run, people[2], content=4)
    shown = text_of(client.get(url))
    assert "<b>4.7</b>" in shown
    assert "<b>3.0</b>" in shown
    assert "3 名学员" in shown
    assert not any(word in shown for word in ("骂人的话", "评价人0"))


def test_a_run_says_what_to_know_before_one_comes(client):
    run = make_run(
        venue="实训楼",
        lunch="食堂",
        transport="密 8 路",
        to_bring="工作服",
        head_teacher_name="李老师",
        head_teacher_phone="010-69041234",
        online_link="https://live.example.cn/secret",
        minimum=10,
    )
    lesson = make_lesson(run, starts_in=timedelta(days=15), venue="三层")
    shown = text_of(client.get(run.get_absolute_url()))
    for words in (
        "免费",
        "实训楼",
        "食堂",
        "密 8 路",
        "工作服",
        "满 10 人开班",
        lesson.title,
        "三层",
        'href="tel:010-69041234"',
    ):
        assert words in shown
    assert "live.example.cn" not in shown
    assert "group.png" not in shown


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("010-69041234 转 8012", "010-69041234"),
        ("138 0000 0001（李老师）", "13800000001"),
        ("见通知", ""),
    ],
)
def test_a_tap_dials_the_number_and_not_the_words_around_it(client, typed, dialled):
    run = make_run(head_teacher_phone=typed)
    Academy.objects.update(contact_phone="010-1")
    shown = text_of(client.get(run.get_absolute_url()))
    assert (f'href="tel:{dialled}"' in shown) is bool(dialled)
    assert 'href="tel:见' not in shown


def test_a_cancelled_run_says_why(client):
    run = make_run(status="cancelled", cancel_reason="报名不足十人")
    assert "报名不足十人" in text_of(client.get(run.get_absolute_url()))


def test_an_academy_counts_completions_and_people_and_keeps_reported_years_apart(client):
    run = make_run()
    other = make_run(academy=run.academy)
    person, second = factories.make_person(), factories.make_person()
    for where, who in ((run, person), (other, person), (run, second)):
        Enrolment.objects.create(run=where, person=who, status="completed", channel="staff")
    academy = run.academy
    academy.reported.create(year=2024, completions=340, source="区总工会年报")
    academy.partners.create(name="某学院", kind="school", role="教务")
    academy.partners.create(name="某局", kind="government")
    Academy.objects.filter(pk=academy.pk).update(address="鼓楼街 1 号", unveiled_on=date(2025, 7, 1))
    shown = text_of(client.get(academy.get_absolute_url()))
    assert "<b>3</b><i>人次</i>" in shown
    assert "共 2 人" in shown
    assert "340 人次（出处：区总工会年报），未计入结业人次" in shown
    assert shown.index("某局") < shown.index("某学院")
    assert "https://uri.amap.com/search?keyword=" in shown


def test_one_person_under_two_merged_records_is_one_person(client):
    run = make_run()
    kept, merged = factories.make_person(), factories.make_person()
    merged.merged_into = kept
    merged.save()
    other = make_run(academy=run.academy)
    Enrolment.objects.create(run=run, person=kept, status="completed", channel="staff")
    Enrolment.objects.create(run=other, person=merged, status="completed", channel="staff")
    assert "共 1 人" in text_of(client.get(run.academy.get_absolute_url()))


# ── The home page, the site map ────────────────────────────────────────────────────────────────────────────


def test_the_home_page_names_what_can_be_joined_and_what_closes_first(client):
    soon = timezone.now() + timedelta(days=1)
    make_run(course=course("后截止"))
    make_run(course=course("先截止"), enrolment_closes_at=soon)
    make_run(course=course("满了不候补"), capacity=1, taken=1, has_waiting_list=False)
    make_run(course=course("还没开始"), enrolment_opens_at=soon)
    make_run(course=course("没写截止"), enrolment_closes_at=None)
    shown = text_of(client.get("/"))
    assert shown.index("先截止") < shown.index("后截止") < shown.index("没写截止")
    assert not any(name in shown for name in ("满了不候补", "还没开始"))


def test_the_site_map_lists_what_is_public_and_not_over(client):
    today = timezone.localdate()
    run = make_run()
    over = make_run(starts_on=today - timedelta(9), ends_on=today - timedelta(1))
    listing = client.get("/sitemap.xml").text
    for url in (run.get_absolute_url(), run.course.get_absolute_url(), run.academy.get_absolute_url(), LIST):
        assert f"{url}</loc>" in listing
    assert over.get_absolute_url() not in listing


# ── What it costs ──────────────────────────────────────────────────────────────────────────────────────────


def test_public_pages_take_four_statements_at_most_with_one_row_and_with_three(client):
    first = make_run(capacity=1)
    pages = [first.get_absolute_url(), first.course.get_absolute_url(), first.academy.get_absolute_url()]
    pages += [LIST, "/academies/", f"{first.get_absolute_url()}timetable.ics"]
    counts = []
    for _ in range(2):
        for run in (
            first,
            *(
                make_run(course=first.course, academy=first.academy, name=f"{next(factories.numbers)}")
                for _ in range(2)
            ),
        ):
            make_lesson(run, starts_in=timedelta(days=15), teacher=run.course.teachers.create(name="某某"))
            enrol_all(run, make_people(2))
        course(f"另一门{next(factories.numbers)}")
        costs = []
        for url in pages:
            with CaptureQueriesContext(connection) as captured:
                response = client.get(url)
            assert response.status_code == 200
            assert "Cookie" not in response.get("Vary", "")
            costs.append(len(captured))
        counts.append(costs)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 4
