"""The public pages: what they show, how they are filtered, what they cost."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from craftsmen import posters, presenting
from craftsmen.models import Allocation, EligibilityRule, ReportedHonours, Selection, SlateRule
from tests.competitions.reading import text_of
from tests.craftsmen.honoured import body_of, make_honour, make_profile, photo
from tests.factories import make_offer, make_person, make_title, make_union_body, make_unit, make_user
from unionportal.accounts.models import SiteSettings
from unionportal.notices.models import PublicNotice
from unionportal.people.models import Milestone, Sector

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _site(db):
    SiteSettings.objects.get_or_create(pk=1)


def shown(client, **query):
    """{(year, title): names} of the gallery's page."""
    sections = client.get("/craftsmen/", query).context["sections"]
    return {(item.year, item.title): [honour.holder for honour in item.honours] for item in sections}


@pytest.fixture
def two_years():
    craftsman, hand = make_title("密云工匠", position=1), make_title("密云能手", position=2)
    power = Sector.objects.create(name="电工")
    for name, title, year, sector in (
        ("赵一", craftsman, 2025, power),
        ("安二", craftsman, 2025, None),
        ("孙三", hand, 2025, power),
        ("李四", craftsman, 2024, None),
    ):
        make_honour(title=title, name=name, year=year, sector=sector)
    return craftsman, hand


# ── The gallery ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_gallery_goes_by_year_title_and_pinyin(client, two_years):
    assert list(shown(client).items()) == [
        ((2025, "密云工匠"), ["安二", "赵一"]),
        ((2025, "密云能手"), ["孙三"]),
        ((2024, "密云工匠"), ["李四"]),
    ]


def test_the_gallery_is_filtered_by_year_title_sector_and_name(client, two_years):
    craftsman, hand = two_years
    assert shown(client, year=2024) == {(2024, "密云工匠"): ["李四"]}
    assert shown(client, title=hand.pk) == {(2025, "密云能手"): ["孙三"]}
    assert shown(client, sector="电工") == {(2025, "密云工匠"): ["赵一"], (2025, "密云能手"): ["孙三"]}
    assert shown(client, q="赵") == {(2025, "密云工匠"): ["赵一"]}
    assert shown(client, q="赵", year=2024) == {}


@pytest.mark.parametrize(
    "query",
    [
        "year=x&title=y",
        "year=99999999999",
        "title=-1",
        "q=%00",
        "q=%25",
        "page=999",
        "page=x",
        "sector=<script>",
        "q=" + "长" * 300,
    ],
)
def test_nonsense_in_the_address_is_no_error(client, two_years, query):
    response = client.get(f"/craftsmen/?{query}")
    assert response.status_code == 200
    assert "<script>" not in text_of(response).replace("<script src", "")


def test_figures_stand_for_those_whose_names_are_not_published(client):
    craftsman = make_title("密云工匠", position=1)
    ReportedHonours.objects.create(title=craftsman, year=2025, count=10)
    hand = make_title("密云能手", position=2)
    ReportedHonours.objects.create(title=hand, year=2025, count=20)
    make_honour(title=craftsman, name="陆某")
    text = text_of(client.get("/craftsmen/"))
    assert "2025 年，10 名" in text
    assert "已公开 1 名，其余 9 名，名单以公示为准。" in text
    assert "共 20 名，名单以公示为准。" in text


def test_those_not_meant_for_the_public_count_without_a_name(client):
    title = make_title("密云工匠")
    make_honour(title=title, name="公开者")
    make_honour(title=title, name="不公开者", is_public=False)
    text = text_of(client.get("/craftsmen/"))
    assert "公开者" in text
    assert "不公开者" not in text
    assert "已公开 1 名，其余 1 名未公开姓名。" in text
    assert shown(client, q="不公开") == {}


def test_a_title_with_nobody_named_is_counted_and_sealed_with_its_own_words(client):
    make_honour(title=make_title("岗位能手（试行）"), name="不公开者", is_public=False)
    page = client.get("/craftsmen/")
    assert "共 1 名，未公开姓名。" in text_of(page)
    assert "<span>能手</span>" in page.content.decode()


def test_revoked_and_expired_honours_are_not_shown(client):
    expired = make_honour(name="到期者", valid_to=TODAY - timedelta(days=1), document_on=date(2020, 1, 1))
    assert expired.holder not in text_of(client.get("/craftsmen/"))


def test_units_and_teams_have_their_place(client):
    make_honour(
        title=make_title("模范集体", to_person=False, to_team=True), unit=make_unit("甲厂"), team_name="一班"
    )
    text = text_of(client.get("/craftsmen/"))
    assert "一班" in text
    assert "2025 年，1 个" in text


def test_pages_hold_every_section_once_and_figures_where_they_belong(client, monkeypatch):
    monkeypatch.setattr(presenting, "PAGE_SIZE", 2)
    first, second, third = (make_title(f"称号{n}", position=n) for n in range(3))
    for name in ("甲", "乙", "丙"):
        make_honour(title=first, name=f"人{name}")
    ReportedHonours.objects.create(title=second, year=2025, count=5)
    make_honour(title=third, name="人丁")
    ReportedHonours.objects.create(title=third, year=2020, count=7)
    pages = [shown(client, page=number) for number in (1, 2)]
    named = [name for page in pages for names in page.values() for name in names]
    assert sorted(named) == sorted(["人甲", "人乙", "人丙", "人丁"])
    empty = [key for page in pages for key, names in page.items() if not names]
    assert sorted(empty) == [(2020, "称号2"), (2025, "称号1")]


def test_an_empty_gallery_and_an_empty_search_say_what_to_expect(client):
    assert "还没有登记荣誉" in text_of(client.get("/craftsmen/"))
    assert "没有找到" in text_of(client.get("/craftsmen/?q=谁"))


@pytest.mark.parametrize(
    ("name", "family"),
    [("陆刚", "陆"), ("欧阳修远", "欧阳"), ("欧阳", "欧"), ("阿卜杜·热合曼", "阿"), ("𠮷田", "𠮷")],
)
def test_somebody_without_a_photograph_is_drawn_by_the_family_name(name, family):
    assert presenting.family_name(name) == family


# ── One craftsman ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_tells_story_skill_honours_with_documents_and_public_results(client):
    person = make_person("韦某", unit=make_unit("甲厂"), occupation="钳工")
    honour = make_honour(title=make_title("密云工匠", position=0), person=person, document_title="表彰决定")
    make_honour(title=make_title("首都劳动奖章", position=5, tier="city"), person=person, year=2026)
    make_honour(title=make_title("不公开的", position=6), person=person, is_public=False)
    for title, visibility in (("公开的竞赛", "public"), ("本人的竞赛", "self")):
        Milestone.objects.create(
            person=person, on=date(2025, 5, 23), kind="competition", title=title, place="一等奖",
            visibility=visibility, source_key=title,
        )  # fmt: skip
    profile = make_profile(
        honour,
        headline="专注",
        unique_skill="手上有准",
        story="从前\n\n后来",
        photo=photo(),
        photo_alt="在车间",
    )
    text = text_of(client.get(profile.get_absolute_url()))
    for told in (
        "韦某",
        "甲厂",
        "专注",
        "手上有准",
        "<p>后来</p>",
        "表彰决定",
        honour.document_number,
        "首都劳动奖章",
        "公开的竞赛",
    ):
        assert told in text, told
    for hidden in ("不公开的", "本人的竞赛"):
        assert hidden not in text
    assert '<meta property="og:title" content="密云工匠　韦某">' in text
    assert 'alt="在车间"' in text


def test_the_poster_is_a_picture_and_changes_with_the_page(client):
    profile = make_profile(make_honour(name="欧阳某"), headline="第一句")
    url = f"{profile.get_absolute_url()}poster.png"
    first = client.get(url)
    assert first["Content-Type"] == "image/png"
    assert first.content.startswith(b"\x89PNG")
    assert len(first.content) < 150_000
    assert client.get(url).content == first.content
    profile.headline = "第二句"
    profile.save()
    assert client.get(url).content != first.content


def test_a_poster_with_a_photograph_and_a_long_name_is_drawn_too(client):
    profile = make_profile(make_honour(name="古丽米热·阿卜杜热合曼江"), photo=photo(), photo_alt="工作照")
    assert client.get(f"{profile.get_absolute_url()}poster.png").content.startswith(b"\x89PNG")


def test_a_name_that_the_font_lacks_has_no_poster_and_the_page_does_not_offer_it(client):
    profile = make_profile(make_honour(name="张\U00030edd"))
    text = text_of(client.get(profile.get_absolute_url()))
    assert "poster.png" not in text
    assert client.get(f"{profile.get_absolute_url()}poster.png").status_code == 404


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        ("", []),
        ("短句", ["短句"]),
        (
            "操作、培训、管理，与无轨采矿设备相伴二十三年",
            ["操作、培训、管理，", "与无轨采矿设备相伴二十三年"],
        ),
        ("没有标点的一句话长到一行里怎么也放不下去了", ["没有标点的一句话长到一行里怎么也放不下去了"]),
    ],
)
def test_a_sentence_breaks_at_its_punctuation(sentence, lines):
    assert posters.in_lines(sentence) == lines


# ── A selection ────────────────────────────────────────────────────────────────────────────────────────────


def full_selection(count=1, **fields):
    offer = make_offer(title=make_title(f"称号{count}"), **fields)
    selection = offer.selection
    for number in range(count):
        Allocation.objects.create(offer=offer, body=make_union_body(kind="town"), places=2)
        EligibilityRule.objects.create(
            selection=selection, kind="years_in_trade", number=5 + number, position=number
        )
        ReportedHonours.objects.create(title=offer.title, year=selection.year - number, count=10)
        PublicNotice.objects.create(
            line="craftsmen", title=f"公示{number}", body="x", source_key=f"craftsmen.selection:{selection.pk}:{number}",
            status="running", published_at=timezone.now(), starts_on=TODAY, last_on=TODAY + timedelta(days=5),
        )  # fmt: skip
        make_profile(make_honour(title=offer.title, year=selection.year))
    SlateRule.objects.create(offer=offer, kind="front_line_at_least", number=60)
    return selection


def test_the_page_of_a_selection_tells_its_rules_quotas_calendar_and_notices(client):
    selection = full_selection(2, quota=10)
    EligibilityRule.objects.create(
        selection=selection, kind="skill_level", skill_level="senior", lifted_by_placing=3
    )
    text = text_of(client.get(selection.get_absolute_url()))
    for told in ("申报中", "敬业专注", "25%", "从事本工种满 5 年", "职业技能等级为高级工及以上", "前 3 名", "一线职工比例不低于 60%",
                 "推荐名额合计 4 个", "公示0", "单位申报截止", "区级公示 5 个工作日"):  # fmt: skip
        assert told in text, told


def test_another_selections_notice_is_not_shown_on_this_one(client):
    one = full_selection()
    PublicNotice.objects.update(source_key=f"craftsmen.selection:{one.pk}1:1")
    assert "公示0" not in text_of(client.get(one.get_absolute_url()))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"opens_on": TODAY + timedelta(1), "unit_deadline": TODAY + timedelta(9)}, "即将申报"),
        ({}, "申报中"),
        ({"opens_on": TODAY - timedelta(9), "unit_deadline": TODAY - timedelta(1)}, "审核中"),
        (
            {
                "opens_on": TODAY - timedelta(9),
                "unit_deadline": TODAY - timedelta(5),
                "branch_deadline": TODAY - timedelta(3),
            },
            "评审中",
        ),
        ({"status": Selection.Status.CLOSED}, "已结束"),
        ({"status": Selection.Status.CANCELLED}, "已取消"),
    ],
)
def test_the_state_follows_from_the_dates(client, fields, word):
    selection = make_offer(**fields).selection
    assert f">{word}<" in text_of(client.get(selection.get_absolute_url()))


def test_a_draft_selection_is_nobodys_business(client):
    selection = make_offer(status=Selection.Status.DRAFT, title=make_title()).selection
    assert client.get(selection.get_absolute_url()).status_code == 404
    assert selection.title not in text_of(client.get("/craftsmen/selections/"))


def test_a_closed_selection_names_whom_it_has_honoured_and_counts_the_others(client):
    selection = full_selection(status=Selection.Status.CLOSED, year=2025)
    honour = make_honour(title=selection.offers.get().title, year=2025, name="上榜者")
    text = text_of(client.get(selection.get_absolute_url()))
    assert honour.holder in text
    assert "其余 8 名，名单以公示为准" in text


# ── What it costs ──────────────────────────────────────────────────────────────────────────────────────────


def addresses(count):
    selection = full_selection(count, year=2025)
    closed = full_selection(count + 10, year=2025, status=Selection.Status.CLOSED)
    profile = make_profile(make_honour(name="甲某"), photo=photo(), photo_alt="照片")
    for number in range(count):
        make_honour(person=profile.person, year=2010 + number)
        Milestone.objects.create(
            person=profile.person,
            on=TODAY,
            kind="competition",
            title="赛",
            visibility="public",
            source_key=f"k{number}",
        )
    return {
        "home": "/",
        "gallery": "/craftsmen/",
        "filtered": "/craftsmen/?year=2025",
        "search": "/craftsmen/?q=甲&year=2025",
        "profile": profile.get_absolute_url(),
        "photo": f"{profile.get_absolute_url()}photo/",
        "poster": f"{profile.get_absolute_url()}poster.png",
        "selections": "/craftsmen/selections/",
        "selection": selection.get_absolute_url(),
        "closed": closed.get_absolute_url(),
    }


@pytest.mark.parametrize("count", [1, 9])
def test_every_page_takes_at_most_four_statements(client, django_assert_max_num_queries, count):
    for url in addresses(count).values():
        with django_assert_max_num_queries(4):
            response = client.get(url)
        body_of(response)
        assert response.status_code == 200, url


def test_pages_set_no_cookie_and_are_the_same_for_whoever_has_signed_in(client):
    urls = addresses(1)
    before = {}
    for name, url in urls.items():
        response = client.get(url)
        assert not response.cookies, name
        assert "cookie" not in response.get("Vary", "").lower(), name
        before[name] = body_of(response)
    client.force_login(make_user())
    for name, url in urls.items():
        assert body_of(client.get(url)) == before[name], name
