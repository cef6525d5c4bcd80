"""A studio in a browser: applied for on a phone, returned, corrected, marked, announced, named, and given its plaque."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from studios.models import Campaign, PlaqueCeremony, Studio, StudioApplication
from tests.browser.conftest import PHONE
from tests.browser.selection_year import enter, file_of
from tests.craftsmen.nominating import picture
from tests.craftsmen.played import make_expert, mark
from tests.factories import id_number, make_user
from tests.studios.campaigning import ANSWERS, FACTS, let_pass, make_campaign, make_liaison
from unionportal import roles
from unionportal.news.models import Column
from unionportal.notices.services import lifecycle
from unionportal.panels.services import seats
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "“中医+”身心医学创新工作室"
LEADER = "张三"
APPLICATIONS = "/studios/applications/"
TODAY = timezone.localdate()


class Office:
    """A keeper of studios at the admin."""

    def __init__(self, page, live_server):
        self.page, self.base = page, live_server.url

    def act(self, record, label, **fields):
        """Open a record, press the button of an act, fill its form in and confirm."""
        meta = record._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
        self.page.goto(self.base + address)
        self.page.get_by_role("link", name=label, exact=True).click()
        for name, value in fields.items():
            self.fill(name, value)
        self.page.get_by_role("button", name=f"确认{label}").click()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def fill(self, name, value):
        box = self.page.locator(f"[name={name}]")
        if value is True:
            box.check()
        elif isinstance(value, dict):
            box.set_input_files(value)
        elif box.evaluate("item => item.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)


def apply(page, campaign):
    """Fill the application in step by step, autosaved, and hand it in with its papers."""
    page.get_by_role("link", name="新建申报").first.click()
    page.fill("[name=name]", NAME)
    page.fill("[name=leader_name]", LEADER)
    page.fill("[name=leader_id_number]", id_number(1))
    page.click("text=建立草稿，开始填写")
    page.wait_for_url("**/edit/basic/")
    for name, value in FACTS.items():
        page.fill(f"[name={name}]", value)
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    page.click("text=保存，下一步")
    page.wait_for_url("**/edit/conditions/")
    for name, answer in ANSWERS.items():
        page.fill(f"[name={name}_text]", answer["text"])
    page.fill("[name=team_number]", "5")
    page.click("text=保存，下一步")
    page.wait_for_url("**/edit/papers/")
    expect(page.locator("main")).to_contain_text("请附上盖章的申报表扫描件")
    for about in ("honour", "plan", "form"):
        page.set_input_files("[name=upload]", file_of(picture(), "image/jpeg"))
        page.select_option("[name=about]", about)
        page.get_by_role("button", name="附上").click()
        expect(page.locator(".alert-done")).to_contain_text("已附上")
    hand_in(page)


def hand_in(page):
    page.click("text=提交申报")
    expect(page.locator(".alert-done")).to_contain_text("等待区总工会初审")


def correct(page, live_server):
    page.goto(live_server.url + APPLICATIONS)
    expect(page.locator(".noms")).to_contain_text("退回理由：补写设备")
    page.click(".noms a")
    page.click("text=修改并重新提交")
    page.fill("[name=equipment]", "诊室两间，评估设备一套")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    page.click(".stepbar >> text=材料与提交")
    hand_in(page)


def review(office, campaign, application):
    """Initial review, experts, visit, list, meeting and notice."""
    office.act(application, "初审通过")
    experts = [make_expert() for _ in range(3)]
    for place, user in enumerate(experts, 1):
        seats.assign_judge(panel=campaign.panel, seat=place, user=user, actor=None)
    office.act(campaign, "列入专家评审")
    office.act(campaign, "开始专家评审")
    for user in experts:
        mark(user, NAME, 18, 14, 13, 30, 12)
    office.act(campaign, "截止专家评审")
    office.act(campaign, "取评审结果")
    photo = file_of(picture(), "image/jpeg")
    office.act(application, "登记实地考察", visitors="某某", report="场地属实", pictures=photo)
    office.act(campaign, "拟定认定名单", **{f"pick_{application.pk}": True})
    office.act(campaign, "登记审定会议", body="党组会", held_on=str(TODAY), minutes_number="纪要 1 号")
    office.act(campaign, "起草公示", contact_name="经济工作部", contact_phone="010-12345678")


def give_the_plaque(office):
    """The list, the proof sheet, the day, a photograph, the news."""
    Column.objects.create(name="要闻", slug="yaowen")
    ceremony = PlaqueCeremony.objects.create(title="创新工作室授牌仪式", on=TODAY, place="礼堂")
    office.act(ceremony, "列入授牌名单", recognitions=True)
    office.page.get_by_role("link", name="打印牌匾文字校对单").click()
    expect(office.page.locator("td.plaque")).to_have_text(NAME)
    office.act(ceremony, "登记牌匾校对", proofreader="某某")
    photo = file_of(picture(), "image/jpeg")
    office.act(ceremony, "上传照片", upload=photo, caption="授牌合影")
    office.act(ceremony, "登记仪式已举行")
    office.act(ceremony, "生成新闻稿", column="要闻")
    ceremony.refresh_from_db()
    return ceremony


def test_a_studio_from_the_application_to_the_plaque(open_page, live_server):
    campaign, (user, _) = make_campaign(), make_liaison()
    keeper = make_user(roles.STUDIO_STAFF, is_staff=True)
    office = Office(enter(open_page, "/staff/", keeper), live_server)
    phone = enter(open_page, APPLICATIONS, user, PHONE)
    apply(phone, campaign)
    application = StudioApplication.objects.get()
    office.act(application, "退回修改", reason="补写设备")
    correct(phone, live_server)
    review(office, campaign, application)
    notice = lifecycle.start_notice(notice=Campaign.objects.get().notice, actor=keeper)
    office.act(campaign, "跟进公示结果")
    let_pass(notice)
    document = {"document_title": "认定决定", "document_number": "密工发〔2026〕9号"}
    office.act(campaign, "登记认定文件", **document, document_on=str(TODAY))
    studio = Studio.objects.public().get()
    assert (studio.name, studio.leader.name, studio.equipment) == (NAME, LEADER, "诊室两间，评估设备一套")
    ceremony = give_the_plaque(office)
    assert studio.recognitions.get().plaque_on == TODAY
    assert NAME in ceremony.article.body
    told = Milestone.objects.get(person__name=LEADER, kind="studio")
    assert (told.title, told.place) == (f"{NAME}授牌（区级）", "负责人")
