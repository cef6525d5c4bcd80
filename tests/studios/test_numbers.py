"""The numbers: what is counted, for whom, at what cost."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from studios import numbers
from tests.factories import make_user
from tests.studios.making import make_achievement, make_studio, recognise, staff
from unionportal import roles

pytestmark = pytest.mark.django_db
PAGE, FILE = "/staff/studios/studio/numbers/", "/staff/studios/studio/numbers.xlsx"


def of(tables, title):
    return {line.name: (line.count, line.benefit, line.patents) for line in dict(tables)[title]}


def test_studios_are_counted_by_level_and_place_and_achievements_by_kind_with_yuan_and_patents():
    studio = make_studio(town="溪翁庄镇")
    recognise(studio, "city")
    yuan = {"benefit_yuan": 500, "benefit_basis": "测算"}
    make_achievement(
        studio, status="verified", year=2024, kind="patent", patent_kind="utility", patent_number="1", **yuan
    )
    make_achievement(studio, status="published", year=2025, kind="design", **yuan)
    make_achievement(studio, status="submitted", year=2025, **yuan)
    studios = numbers.studio_tables()
    assert {name: line[0] for name, line in of(studios, "级别").items()} == {"区级": 1, "市级": 1}
    assert list(of(studios, "系统、镇街")) == ["溪翁庄镇"]
    assert of(numbers.achievement_tables(staff()), "成果类别") == {"专利": (1, 500, 1), "小设计": (1, 500, 0)}
    assert numbers.totals(staff(), 2024) == {"studios": 1, "count": 1, "benefit": 500, "patents": 1}
    assert numbers.years(staff()) == [2025, 2024]


def test_no_number_tells_of_a_secret_achievement_to_who_may_not_read_it():
    make_achievement(status="verified", confidentiality="secret", benefit_yuan=500, benefit_basis="测算")
    supervisor = make_user(roles.SUPERVISOR, is_staff=True)
    assert numbers.totals(supervisor)["count"] == 0
    assert numbers.totals(staff())["count"] == 1
    assert of(numbers.achievement_tables(supervisor), "工作室") == {}


def test_page_and_workbook_say_the_same_and_cost_no_more_with_three(client):
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    costs = []
    for _ in range(2):
        make_achievement(status="published", kind="design", benefit_yuan=1234, benefit_basis="测算")
        make_achievement(status="published", kind="method")
        with CaptureQueriesContext(connection) as asked:
            page = client.get(PAGE).content.decode()
        costs.append(len(asked))
    assert costs[0] == costs[1]
    assert "2,468 元" in page
    book = load_workbook(BytesIO(client.get(FILE).content))
    rows = list(book["按成果类别"].iter_rows(values_only=True))
    assert ("小设计", 2, 2468, 0) in [tuple(row[:4]) for row in rows]
    assert client.get(f"{PAGE}?year=x").status_code == 400


def test_a_studio_named_at_two_levels_in_a_year_is_one_of_that_year():
    studio = make_studio()
    recognise(studio, "city")
    make_studio()
    assert of(numbers.studio_tables(), "认定年度") == {"2025 年": (2, 0, 0)}


def test_recognitions_without_a_date_are_told_as_such():
    recognise(make_studio(recognised=False), named_on=None, document_number="", is_incomplete=True)
    make_studio()
    assert list(of(numbers.studio_tables(), "认定年度")) == ["2025 年", "日期待补"]
