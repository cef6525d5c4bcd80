"""Rosters for the tests, and what is to be seen after they were taken."""

from competitions.models import Competition, Entry
from competitions.services.roster import import_roster
from tests.competitions.played import ROSTER
from tests.factories import (
    id_number,
    workbook,
)


def line(serial=1, name="张三", **changes):
    """One row of a roster that is in order, in the columns of ROSTER."""
    row = {
        "姓名": name,
        "性别": "女",
        "身份证号": id_number(serial),
        "手机号": f"138{serial:08d}",
        "单位": "第一机械厂",
        "工种": "焊工",
        "职业技能等级": "高级工",
        "赛项": "焊接",
        "备注": None,
    }
    row.update(changes)
    return row


def roster_book(*lines, columns=ROSTER, title="名册", above=(), **further):
    rows = [*above, columns, *([row.get(column) for column in columns] for row in lines)]
    return workbook({title: rows, **further})


def take(competition, *lines, **options):
    """Import these lines and return the report."""
    root = Competition.objects.get(pk=competition.pk)
    book = options.pop("book", None) or roster_book(*lines, **options)
    return import_roster(competition=root, workbook=book, actor=None, source="test.xlsx")


def summary(report):
    return report.accepted, report.unchanged, [(problem.row, problem.column) for problem in report.refused]


def taken():
    """{(name, unit as printed, event)} of the live entries."""
    return set(Entry.objects.live().values_list("person__name", "unit_name", "event__name"))
