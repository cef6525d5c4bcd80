"""Plain functions that make records for tests."""

import datetime
import io
import itertools
from datetime import date

from django.contrib.auth.models import Group
from django.utils import timezone
from openpyxl import Workbook as ExcelWorkbook

from competitions.models import Entry
from competitions.services import setup
from craftsmen.models import HonourTitle, Nomination, Selection
from craftsmen.services.setup import add_offer
from unionportal.accounts.models import User
from unionportal.certificates.models import CertificateDesign, CertificateSeries, Line
from unionportal.certificates.services import CertificateLine, issue_certificates
from unionportal.common.spreadsheets import open_workbook
from unionportal.people.models import Liaison, Person, UnionBody, Unit

numbers = itertools.count(1)


def make_user(*roles, username="", **fields):
    """An account with these roles; its password is its username."""
    username = username or f"user{next(numbers)}"
    user = User.objects.create_user(username, fields.pop("name", f"用户{username}"), username, **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def make_superuser(username="root"):
    return User.objects.create_superuser(username, "超级用户", username)


def make_unit(name="", **fields):
    return Unit.objects.create(name=name or f"第{next(numbers)}工厂", **fields)


def make_person(name="", **fields):
    return Person.objects.create(name=name or f"测试{'甲乙丙丁戊己庚辛壬癸'[next(numbers) % 10]}", **fields)


def id_number(serial=1, *, birth="19900101", female=True):
    """A valid made-up ID number of this birth date; the serial makes it unique (0–499)."""
    body = f"110118{birth}{serial * 2 + (0 if female else 1):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    return body + check


def describe_competition(**changes):
    """A small competition: one event, a final of exam (30) and practical (70) with two criteria and three judges."""
    final = {
        "name": "决赛",
        "judges": 3,
        "trim": "none",
        "ties": ["实操", "用时"],
        "modules": [
            {"name": "理论", "source": "exam", "weight": 30},
            {
                "name": "实操",
                "source": "panel",
                "weight": 70,
                "criteria": [{"name": "质量", "max": 60}, {"name": "安全", "max": 40}],
            },
        ],
        "awards": [{"name": "一等奖", "count": 1}, {"name": "二等奖", "count": 1}],
    }
    final.update(changes.pop("final", {}))
    return {
        "brand": "工匠杯",
        "edition": 9,
        "year": 2025,
        "title": "测试竞赛",
        "organisers": [{"name": "区总工会", "role": "主办"}],
        "final_on": "2025-05-23",
        "public_scope": "full",
        "events": [{"name": "焊接", "code": "HJ", "stages": [final]}],
        **changes,
    }


def make_competition(actor=None, **changes):
    """A competition set up through the service from describe_competition(**changes)."""
    return setup.create_competition(description=describe_competition(**changes), actor=actor)


def make_entry(event, name="", unit=None, **fields):
    """An accepted entry of a new person."""
    unit = unit or make_unit()
    person = fields.pop("person", None) or make_person(name, unit=unit)
    number = fields.pop("number", f"{event.code}-{next(numbers):03d}")
    fields.setdefault("status", Entry.Status.ACCEPTED)
    return Entry.objects.create(
        event=event, person=person, unit=unit, unit_name=unit.name, number=number, **fields
    )


def make_union_body(name="", kind=UnionBody.Kind.BASIC, parent=None, *liaisons):
    """A union body; without a parent a basic union gets a town union above it, that one the district's."""
    if parent is None and kind != UnionBody.Kind.DISTRICT:
        if kind in (UnionBody.Kind.BASIC, UnionBody.Kind.JOINT):
            parent = make_union_body(kind=UnionBody.Kind.TOWN)
        else:
            parent = UnionBody.objects.filter(kind=UnionBody.Kind.DISTRICT).first() or make_union_body(
                "区总工会", UnionBody.Kind.DISTRICT
            )
    body = UnionBody.objects.create(name=name or f"第{next(numbers)}工会", kind=kind, parent=parent)
    for user in liaisons:
        Liaison.objects.create(user=user, body=body, started_on=datetime.date(2025, 1, 1))
    return body


def make_title(name="", **fields):
    return HonourTitle.objects.create(name=name or f"称号{next(numbers)}", **fields)


def make_offer(actor=None, *, title=None, quota=2, seats=3, is_blind=False, **selection_fields):
    """A title offered by an announced selection that takes nominations now; its panel has four criteria of 25."""
    today = timezone.localdate()
    selection = Selection.objects.create(
        **{
            "title": "测试评选",
            "slug": f"selection-{next(numbers)}",
            "year": today.year,
            "status": Selection.Status.ANNOUNCED,
            "opens_on": today - datetime.timedelta(days=5),
            "unit_deadline": today + datetime.timedelta(days=20),
            "branch_deadline": today + datetime.timedelta(days=30),
            **selection_fields,
        }
    )
    return add_offer(
        selection=selection,
        title=title or make_title(),
        quota=quota,
        seats=seats,
        is_blind=is_blind,
        actor=actor,
    )


def make_nomination(offer, person=None, *, status=Nomination.Status.ACCEPTED, **fields):
    """A nomination in this state, filled in as far as the records of others need it."""
    unit = fields.pop("unit", None) or make_unit()
    return Nomination.objects.create(
        offer=offer,
        person=person or make_person(unit=unit),
        nominated_by=fields.pop("nominated_by", None) or make_user(),
        status=status,
        unit=unit,
        unit_name=unit.name,
        **{"occupation": "电工", "consents_to_publication": True, **fields},
    )


def make_design(line=Line.COMPETITIONS, **fields):
    """A design that prints the name, what was won and where."""
    fields = {
        "name": f"版式{next(numbers)}",
        "kind": CertificateDesign.Kind.AWARD,
        "heading": "获奖证书",
        "salutation": "{name} 同志：",
        "body": "在{title}中荣获",
        "highlight": "{award}",
        "issuers": "密云区总工会",
        **fields,
    }
    return CertificateDesign.objects.create(line=line, **fields)


def make_series(line=Line.COMPETITIONS, **fields):
    fields = {"code": f"MYGJ-2025-T{next(numbers)}", "year": 2025, "name": "测试证书", **fields}
    return CertificateSeries.objects.create(line=line, **fields)


def certificate_line(holder="张三", key="", **facts):
    """What is asked of issue_certificates for one holder; another source each time unless a key is given."""
    facts = {"title": "第三届工匠杯", "award": "一等奖"} | facts
    person = facts.pop("person", None)
    return CertificateLine(key or f"tests.award:{next(numbers)}", holder, facts, person)


def make_certificate(actor, holder="张三", *, line=Line.COMPETITIONS, **facts):
    """A certificate issued in a new series."""
    (certificate,) = issue_certificates(
        design=make_design(line),
        series=make_series(line),
        issued_on=date(2025, 5, 23),
        lines=[certificate_line(holder, **facts)],
        actor=actor,
    )
    return certificate


def workbook_file(sheets):
    """An .xlsx as a binary file: {sheet title: rows}, each row a list of values."""
    book = ExcelWorkbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    target = io.BytesIO()
    book.save(target)
    target.seek(0)
    return target


def workbook(sheets):
    """The same, opened as services want it."""
    return open_workbook(workbook_file(sheets))
