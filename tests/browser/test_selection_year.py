"""A whole selection year in a browser, from the nomination on a phone to the certificate that anybody can check."""

from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from craftsmen.models import Honour, Nomination, SlateLine
from tests.browser import selection_year as year
from tests.browser.conftest import PHONE
from tests.craftsmen import played
from tests.craftsmen.nominating import Town
from tests.factories import make_design, make_series
from unionportal.notices.models import NoticeLine, Objection, PublicNotice
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db(transaction=True)
HONOURED, OBJECTED, RESERVE, FOURTH = "张三", "李四", "王五", "赵六"
REASON = "简历请写到月份"
RESUME = "2005 年 7 月至今 甲厂 焊工"
NUMBER = "密工发〔2026〕7号"
# What the others hand in; the first expert is of the objected one's unit and marks everybody else.
SHEETS = {
    HONOURED: (92, None, 93),
    OBJECTED: (None, 88, 90),
    RESERVE: (85, 86, 87),
    FOURTH: (80, 81, 82),
}
CLICKED = ("24", "23.5", "23", "23.5")  # 94 by the second expert


@pytest.fixture
def town(transactional_db):
    return Town()


@pytest.fixture
def others(town):
    """The nominees of other unions, accepted before: {name: nomination}."""
    names = (OBJECTED, RESERVE, FOURTH)
    return dict(zip(names, played.nominate(town.offer, *names), strict=True))


@pytest.fixture
def office(open_page, live_server, town):
    page = year.enter(open_page, "/staff/", played.make_staff())
    return year.Office(page, live_server, town.offer.selection)


@pytest.fixture
def papers(town):
    """What certificates are printed with."""
    design = make_design("craftsmen", kind="honour", body="授予{award}称号。", highlight="")
    return design, make_series("craftsmen")


def test_a_selection_year_from_nomination_to_certificate(
    open_page, live_server, town, others, office, papers
):
    climb(open_page, live_server, town, office)
    mark(open_page, town.offer, others[OBJECTED].unit, office)
    decide(town.offer, office)
    object_and_refill(open_page, live_server, office)
    confer(office, papers)
    see_the_public(open_page)
    assert played.states(town.offer) == {
        HONOURED: "conferred",
        OBJECTED: "removed",
        RESERVE: "conferred",
        FOURTH: "not_chosen",
    }


def climb(open_page, live_server, town, office):
    """Unit, town, district; back to the unit with a reason, and all the way up again."""
    liaison = year.enter(open_page, year.NOMINATIONS, town.liaison, PHONE)
    year.nominate(liaison, HONOURED)
    reviewer = year.enter(open_page, year.NOMINATIONS, town.reviewer)
    year.pass_up(reviewer, live_server, HONOURED)
    office.send_back(HONOURED, REASON)
    year.correct(liaison, live_server, REASON, RESUME)
    year.pass_up(reviewer, live_server, HONOURED)
    office.accept(HONOURED)
    nomination = Nomination.objects.get(person__name=HONOURED)
    assert (nomination.status, nomination.resume) == ("accepted", RESUME)


def mark(open_page, offer, unit, office):
    """Three experts mark; the one of the nominee's own unit does not see that nominee."""
    experts = played.seat(offer, played.make_staff(), 3, [unit])
    office.take_road("密云工匠评审")
    year.press(office.page, "把 4 名审查通过的列入评审", "4 名候选人已列入")
    year.press(office.page, "开始专家评审", "专家评审已开始")
    recused = year.open_desk(open_page, experts[0])
    assert f"您已回避，不评：{OBJECTED}" in recused.inner_text("main")
    assert recused.locator(".rows .row").count() == 3
    clicking = year.open_desk(open_page, experts[1])
    year.score(clicking, experts[1], HONOURED, CLICKED)
    played.mark_all(experts, SHEETS)
    office.take_road("密云工匠评审")
    year.press(office.page, "截止专家评审", "专家评审已截止")
    assert "89.00（2 份）" in office.page.inner_text("#content")
    year.press(office.page, "取评审结果并排名", "4 人的评审结果已取")


def decide(offer, office):
    """The mean of the sheets that count ranks them, never their sum; then the list, and the meeting on it."""
    lines = SlateLine.objects.filter(offer=offer).order_by("rank")
    assert list(lines.values_list("nomination__person__name", "rank", "score", "counted_sheets")) == [
        (HONOURED, 1, Decimal("93.00"), 3),
        (OBJECTED, 2, Decimal("89.00"), 2),  # (88 + 90) / 2; by the sum, 178, everybody else would be before
        (RESERVE, 3, Decimal("86.00"), 3),
        (FOURTH, 4, Decimal("81.00"), 3),
    ]
    office.settle((HONOURED, OBJECTED), RESERVE)
    office.meet(str(timezone.localdate()))
    states = {HONOURED: "proposed", OBJECTED: "proposed", RESERVE: "reserve", FOURTH: "not_chosen"}
    assert played.states(offer) == states


def object_and_refill(open_page, live_server, office):
    """An objection by name is upheld after the clock ran out; the reserve has a notice of one's own."""
    office.announce(2)
    notice = PublicNotice.objects.get()
    answer = year.object_on_a_phone(open_page, notice, notice.lines.get(name=OBJECTED))
    objection = Objection.objects.get()
    assert objection.receipt in answer
    assert (objection.name, objection.line.status) == ("孙某某", NoticeLine.Status.HELD)
    played.run_out(notice)
    office.uphold(objection)
    assert notice.lines.get(name=OBJECTED).status == NoticeLine.Status.REMOVED
    office.act("更新公示结果", "已更新 1 人")
    office.act("递补下一名并公示", f"{RESERVE}已递补")
    own = PublicNotice.objects.exclude(pk=notice.pk).get()
    page = open_page(own.get_absolute_url(), PHONE)
    assert page.locator(".names tbody th").all_inner_texts() == [RESERVE]
    page.goto(live_server.url + notice.get_absolute_url())
    assert page.locator(".names tbody th").all_inner_texts() == [HONOURED]
    played.run_out(own)
    for over in (notice, own):
        office.close(over)


def confer(office, papers):
    """By one decision with its number, then the certificates."""
    office.confer(str(timezone.localdate()), NUMBER)
    office.certify(*papers)
    honours = Honour.objects.select_related("certificate", "person")
    assert {(honour.person.name, honour.document_number) for honour in honours} == {
        (HONOURED, NUMBER),
        (RESERVE, NUMBER),
    }
    table = office.page.locator(".standing tbody")
    for honour in honours:
        expect(table).to_contain_text(honour.certificate.number)


def see_the_public(open_page):
    """The gallery names the honoured alone, their certificates can be checked, their growth records tell it."""
    page = open_page("/craftsmen/", PHONE)
    assert sorted(page.locator(".who h3").all_inner_texts()) == sorted([HONOURED, RESERVE])
    assert OBJECTED not in page.inner_text("main")
    for honour in Honour.objects.select_related("certificate", "person"):
        page = open_page(f"/check/{honour.certificate.code}/", PHONE)
        assert page.get_by_role("heading", level=1).inner_text() == "有效"
        assert honour.person.name in page.locator(".verdict-facts").inner_text()
    told = Milestone.objects.filter(kind=Milestone.Kind.HONOUR, title__endswith="密云工匠")
    assert sorted(told.values_list("person__name", flat=True)) == sorted([HONOURED, RESERVE])
    assert not Milestone.objects.filter(person__name=OBJECTED).exists()
