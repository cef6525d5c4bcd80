"""Workers' accounts: one with messages and a record of its own, and two of whom staff must say who they are."""

from datetime import date, timedelta

from django.utils import timezone

from competitions.models import Entry, Event
from craftsmen.models import HonourTitle
from craftsmen.services import honours
from unionportal.accounts.models import User
from unionportal.certificates.models import CertificateDesign, CertificateSeries, Line
from unionportal.certificates.services import CertificateLine, issue_certificates
from unionportal.inbox.models import Message
from unionportal.inbox.services import send
from unionportal.people.claims import ask_to_join
from unionportal.people.models import Person, Unit
from unionportal.people.sign_up import sign_up

WORKER = "zhigong"
# Numbers of the kind that no operator gives out, and ID numbers of nobody.
PHONE = "13800000001"
ID_NUMBER = "110118199005070020"
# (title, body, address, days ago, has been read)
MESSAGES = (
    (
        "欢迎使用密云区总工会门户",
        "报名、消息、成长档案和证书都在“我的”里。以后凭手机号登录，请保管好手机。",
        "/my/",
        30,
        True,
    ),
    ("成长档案有新记录", "您的荣誉已记入成长档案，证书可存图片或打印。", "/my/record/", 12, True),
    (
        "报名材料已收到",
        "您报名第四届“工匠杯”电工赛项的材料已收到，审核结果会发到这里。",
        "/competitions/",
        3,
        False,
    ),
    ("培训报名提醒", "工匠学院新一期课程开始报名，名额有限，请留意课程页上的截止日期。", "", 1, False),
)


def load_worker_accounts(actor):
    """Make what is missing of it; True if anything was written."""
    worker = User.objects.get(username=WORKER)
    if worker.phone_hash:
        return False
    person = Person.objects.get(user=worker)
    person.phone, person.id_number = PHONE, ID_NUMBER
    person.save()
    enter(person)
    honour(person, actor)
    for title, body, url, days, is_read in MESSAGES:
        message = send(to=worker, title=title, body=body, url=url, kind="accounts.demo")
        at = timezone.now() - timedelta(days=days, hours=2)
        Message.objects.filter(pk=message.pk).update(sent_at=at, read_at=at if is_read else None)
    load_claims()
    # Last, so that the console is not told of what happened before.
    worker.phone, worker.consented_at = PHONE, timezone.now()
    worker.save()
    return True


def enter(person):
    """Enter the worker into the competition that is open for entry."""
    event = Event.objects.filter(name="电工").order_by("-pk").first()
    if event:
        Entry.objects.create(
            event=event,
            person=person,
            unit=person.unit,
            unit_name=person.unit.name,
            number=f"{event.code}-001",
            source=Entry.Source.WORKER,
        )


def honour(person, actor):
    """Give the worker an honour that the gallery does not show, with its certificate."""
    year = timezone.localdate().year - 1
    title, _ = HonourTitle.objects.get_or_create(
        name="岗位能手（演示）", defaults={"tier": "unit", "position": 99}
    )
    on = date(year, 4, 29)
    number = f"演示工发〔{year}〕1号"
    made = honours.register_honour(
        title=title,
        year=year,
        person=person,
        unit=person.unit,
        document_number=number,
        document_on=on,
        is_public=False,
        actor=actor,
    )
    design = CertificateDesign.objects.filter(line=Line.CRAFTSMEN).first()
    series = CertificateSeries.objects.filter(line=Line.CRAFTSMEN).first()
    if design and series:
        facts = {"title": title.name, "unit": person.unit.name, "document": number, "year": str(year)}
        facts = dict.fromkeys(design.needed_facts(), title.name) | facts
        line = CertificateLine(f"demo.honour:{made.pk}", person.name, facts, person)
        issue_certificates(design=design, series=series, issued_on=on, lines=[line], actor=actor)


def load_claims():
    """Two who have signed up: one has typed an ID number that nobody has, one bears the name of somebody known."""
    unit = Unit.objects.get(name="演示精密机械厂")
    first = sign_up(phone="13800000002", name="演示新职工", unit=unit)
    ask_to_join(user=first, id_number="110118198808160017")
    Person.objects.create(name="演示同名职工", unit=unit, occupation="电工")
    sign_up(phone="13800000003", name="演示同名职工", unit=unit)
    sign_up(phone="13800000004", name="演示骑手", is_flexible=True)
