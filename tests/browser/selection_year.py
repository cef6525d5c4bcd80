"""The moves of a selection year in a browser, each as its users make it: liaison, town, staff, expert, public."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.desk import says
from tests.browser.test_nomination import STEPS, fill, go
from tests.browser.test_staff_runs_a_competition import press
from tests.browser.waiting import until
from tests.craftsmen.nominating import complete, paper, picture
from tests.factories import id_number

NOMINATIONS = "/craftsmen/nominations/"


def enter(open_page, path, user, size=DESK):
    """Open a page signed in as this user, whose password is the login name."""
    page = open_page(path, size)
    page.get_by_label("登录名").fill(user.username)
    page.get_by_label("密码").fill(user.username)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**{path}")
    return page


def file_of(upload, mime):
    """An upload of the factories as Playwright takes it."""
    return {"name": upload.name, "mimeType": mime, "buffer": upload.read()}


# ── Unit and town ────────────────────────────────────────────────────────────────────────────────────────


def nominate(page, name):
    """Fill the whole form in on a phone, with the photograph, and hand it in."""
    page.get_by_role("link", name="新建申报").first.click()
    page.fill("[name=name]", name)
    page.fill("[name=id_number]", id_number(1))
    page.click("text=建立草稿，开始填写")
    page.wait_for_url("**/edit/basic/")
    values = complete()
    for step in STEPS:
        fill(page, step, values)
        page.click("text=保存，下一步")
        page.wait_for_url(lambda url, here=step: f"/edit/{here}/" not in url)
    page.set_input_files("[name=photo]", file_of(picture(), "image/jpeg"))
    page.click("text=上传照片")
    expect(page.locator("img[data-photo-now]")).to_be_visible()
    go(page, "check")
    page.check("[name=consents_to_publication]")
    hand_in(page)


def hand_in(page):
    page.click("text=提交申报")
    expect(page.locator(".alert-done")).to_contain_text("等待果园街道总工会审核")


def correct(page, live_server, reason, resume):
    """See why it came back, put it right, hand it in again."""
    page.goto(live_server.url + NOMINATIONS)
    expect(page.locator(".noms")).to_contain_text(reason)
    page.click(".noms a")
    page.click("text=修改并重新提交")
    go(page, "career")
    page.fill("[name=resume]", resume)
    go(page, "check")
    hand_in(page)


def pass_up(page, live_server, name):
    """The town union ranks what waits and sends it up with its stamped list."""
    page.goto(live_server.url + NOMINATIONS)
    page.get_by_role("link", name=re.compile("^审核与排序（1 件待办）")).click()
    page.get_by_label(f"{name}的排序").fill("1")
    page.get_by_label(f"报送{name}").check()
    page.get_by_text("报送勾选的申报").click()
    page.set_input_files("[name=scan]", file_of(paper("汇总表.pdf"), "application/pdf"))
    page.get_by_role("button", name="报送区总工会").click()
    expect(page.locator(".alert-done")).to_contain_text(f"已报送区总工会 1 名：{name}")


# ── Experts ──────────────────────────────────────────────────────────────────────────────────────────────


def open_desk(open_page, user):
    """An expert signs in at the desk and opens the panel; returns the page with the nominees."""
    page = enter(open_page, "/judging/", user)
    page.get_by_role("link", name=re.compile("密云工匠")).click()
    return page


def score(page, user, name, given):
    """Mark one nominee criterion by criterion and hand the signed sheet in."""
    page.get_by_role("link", name=re.compile(name)).click()
    fields = page.get_by_label(re.compile("得分，0 到 25"))
    expect(fields).to_have_count(len(given))
    for place, mark in enumerate(given):
        fields.nth(place).fill(mark)
    says(page, "已保存")
    until(page, "window.deskOutbox.waiting() === 0")
    page.get_by_label(re.compile("签名")).fill(user.name)
    page.get_by_role("button", name="签名并提交").click()
    expect(
        page.get_by_text("由评委组长退回").or_(page.get_by_text(re.compile("退回。$"))).first
    ).to_be_visible()


# ── Staff ────────────────────────────────────────────────────────────────────────────────────────────────


class Office:
    """The district's officer at the admin: every move begins where the road of the selection leads."""

    def __init__(self, page, live_server, selection):
        self.page, self.root, self.selection = page, live_server.url, selection

    def see(self, name, *args):
        self.page.goto(self.root + reverse(f"admin:{name}", args=args))

    def take_road(self, link):
        """Go to the road of the selection and follow one of its links."""
        self.see("craftsmen_selection_progress", self.selection.pk)
        self.page.get_by_role("link", name=link, exact=True).click()

    def act(self, button, expected):
        """Go to the road of the selection and press one of its buttons."""
        self.see("craftsmen_selection_progress", self.selection.pk)
        press(self.page, button, expected)

    def find(self, name):
        """Open somebody's dossier from the queue of what waits for the district."""
        self.take_road("审查申报")
        self.page.locator("#result_list").get_by_role("link", name=name, exact=True).click()

    def send_back(self, name, reason):
        self.find(name)
        step = self.page.locator(".steps li").filter(has=self.page.get_by_role("button", name="退回申报单位"))
        step.get_by_label("退回的理由").fill(reason)
        step.get_by_role("button").click()
        assert "已退回" in self.page.inner_text(".messagelist")

    def accept(self, name):
        self.find(name)
        press(self.page, "通过审查", f"{name}：审查通过")

    def settle(self, chosen, reserve):
        """Choose by hand, also what the ranks have chosen already, and settle."""
        self.take_road("密云工匠名单")
        for box in self.page.locator("[name=chosen]").all():
            box.set_checked(False)
        for order in self.page.get_by_label(re.compile("的递补次序$")).all():
            order.fill("")
        for name in chosen:
            self.page.get_by_label(f"拟授予 {name}").check()
        assert self.page.locator("[data-share=chosen]").inner_text() == str(len(chosen))
        self.page.get_by_label(f"{reserve}的递补次序").fill("1")
        press(self.page, "确定名单", "名单已确定")

    def meet(self, today):
        self.take_road("登记审定会议")
        self.page.fill("[name=body]", "评选委员会会议")
        self.page.fill("[name=held_on]", today)
        self.page.fill("[name=minutes_number]", "2026-3")
        press(self.page, "登记", "审定会议已登记")

    def announce(self, count):
        self.take_road(f"公示 {count} 名拟授予人选")
        self.page.fill("[name=contact_phone]", "010-12345678")
        press(self.page, "发布公示", "公示已发布")

    def uphold(self, objection):
        self.see("notices_objection_change", objection.pk)
        press(self.page, "开始核查", "已开始核查")
        self.page.get_by_label("核查结论").fill("经查，反映属实。")
        press(self.page, "异议成立", "成立")

    def close(self, notice):
        self.see("notices_publicnotice_change", notice.pk)
        press(self.page, "办结公示", "已办结")

    def confer(self, today, number):
        self.take_road("授予称号")
        self.page.fill("[name=document_title]", "关于命名密云工匠的决定")
        self.page.fill("[name=document_number]", number)
        self.page.fill("[name=document_on]", today)
        press(self.page, "授予称号", "已授予，共 2 人")

    def certify(self, design, series):
        self.page.get_by_role("link", name="签发证书").click()
        self.page.select_option("[name=design]", str(design.pk))
        self.page.select_option("[name=series]", str(series.pk))
        press(self.page, "签发证书", "已办理 2 份")


# ── Public ───────────────────────────────────────────────────────────────────────────────────────────────


def object_on_a_phone(open_page, notice, line):
    """Somebody objects to a line by name on the public page; returns what the page answers."""
    page = open_page("/notices/", PHONE)
    page.get_by_role("link", name=notice.title).click()
    page.get_by_role("link", name="提出异议", exact=True).click()
    page.get_by_label("对谁提出").select_option(label=f"{line.name}，{line.unit_name}，{line.proposed}")
    page.get_by_label("姓名或单位名称").fill("孙某某")
    page.get_by_label("联系电话").fill("13812345678")
    page.get_by_label("异议内容").fill("所列成果并非本人完成。")
    page.get_by_label("我已阅读个人信息说明").check()
    page.get_by_role("button", name="提交异议").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("异议已收到")
    return page.inner_text("main")
