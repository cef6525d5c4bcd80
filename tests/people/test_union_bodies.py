"""Union bodies from Excel, and who acts for them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import make_superuser, make_union_body, make_unit, make_user, workbook, workbook_file
from unionportal import roles
from unionportal.people.models import Liaison, UnionBody
from unionportal.people.union_files import import_union_bodies

pytestmark = pytest.mark.django_db
HEAD = ["名称", "层级", "上级工会", "联系电话", "覆盖单位"]


def take(*rows):
    return import_union_bodies(workbook=workbook({"工会": [HEAD, *rows]}), actor=None)


def test_bodies_are_made_from_the_top_down_whatever_the_order_of_the_rows():
    make_unit("甲厂")
    report = take(
        ["甲厂工会", "基层工会", "果园街道总工会", "", "甲厂"],
        ["果园街道总工会", "镇街总工会", "区总工会", "010-1", ""],
        ["区总工会", "区总工会", "", "", ""],
    )
    assert (report.added, report.refused) == (3, [])
    body = UnionBody.objects.get(name="甲厂工会")
    assert (body.parent.name, [unit.name for unit in body.units.all()]) == ("果园街道总工会", ["甲厂"])
    assert take(["甲厂工会", "基层工会", "果园街道总工会", "", "甲厂"]).unchanged == 1


def test_a_known_body_is_changed_and_its_units_only_grow():
    body = make_union_body("甲厂工会")
    body.units.add(make_unit("甲厂"))
    make_unit("乙厂")
    report = take(["甲厂工会", "联合工会", body.parent.name, "010-2", "乙厂"])
    body.refresh_from_db()
    assert (report.changed, body.kind, body.contact_phone) == (1, "joint", "010-2")
    assert {unit.name for unit in body.units.all()} == {"甲厂", "乙厂"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["", "基层工会", "甲镇总工会", "", ""], "名称"),
        (["乙工会", "小组", "甲镇总工会", "", ""], "层级"),
        (["乙工会", "基层工会", "没有的工会", "", ""], "上级工会"),
        (["乙工会", "基层工会", "甲镇总工会", "", "没有的厂"], "覆盖单位"),
        (["乙工会", "基层工会", "区总工会", "", ""], "层级"),
        (["乙工会", "镇街总工会", "", "", ""], "层级"),
    ],
)
def test_a_bad_row_is_listed_and_the_good_ones_written(row, column):
    make_union_body("甲镇总工会", UnionBody.Kind.TOWN)
    report = take(row, ["丙工会", "基层工会", "甲镇总工会", "", ""])
    assert [(problem.row, problem.column) for problem in report.refused] == [(2, column)]
    assert UnionBody.objects.filter(name="丙工会").exists()
    assert not UnionBody.objects.filter(name="乙工会").exists()


def test_import_and_export_in_the_admin(client):
    client.force_login(make_superuser())
    rows = [HEAD, ["区总工会", "区总工会", "", "", ""]]
    file = SimpleUploadedFile("工会.xlsx", workbook_file({"工会": rows}).read())
    kept = client.post(reverse("admin:people_unionbody_import"), {"workbook": file})
    assert "新增" in client.get(kept["Location"]).text
    assert not UnionBody.objects.exists()
    client.post(kept["Location"])
    assert UnionBody.objects.get().name == "区总工会"
    assert client.post(reverse("admin:people_unionbody_export")).status_code == 200
    assert "1" in client.get(reverse("admin:people_unionbody_changelist")).text


def test_only_accounts_of_liaisons_are_offered(client):
    client.force_login(make_superuser())
    liaison, worker = make_user(roles.LIAISON, name="经办甲"), make_user(roles.WORKER, name="职工乙")
    page = client.get(reverse("admin:people_liaison_add")).text
    assert "经办甲" in page
    assert "职工乙" not in page
    assert not Liaison.objects.filter(user__in=[liaison, worker]).exists()
