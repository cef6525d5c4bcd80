"""Learners and totals as workbooks."""

from django.db import transaction
from django.utils import timezone

from academies import numbers
from unionportal.audit.services import record
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook

ENROLMENTS = (
    ColumnData("课程", 22),
    ColumnData("班次", 18),
    ColumnData("学院", 26),
    ColumnData("姓名", 12),
    ColumnData("性别", 6),
    ColumnData("身份证号", 22),
    ColumnData("手机号", 15),
    ColumnData("单位", 28),
    ColumnData("工种", 16),
    ColumnData("状态", 12),
    ColumnData("渠道", 12),
    ColumnData("报名时间", 18, "date"),
    ColumnData("出勤率（%）", 10, "number", 2),
    ColumnData("考核成绩", 10, "number", 2),
    ColumnData("证书编号", 24),
    ColumnData("理由", 30),
)
SECRET = ("身份证号", "手机号")


@transaction.atomic
def export_enrolments(*, enrolments, actor, target):
    """Write enrolments as .xlsx; ID and phone numbers only for whoever may read them, and always on record."""
    shows_numbers = actor.has_perm("people.read_identity")
    places = [place for place, column in enumerate(ENROLMENTS) if shows_numbers or column.title not in SECRET]
    rows = enrolments.select_related("run__course", "run__academy", "person", "certificate")
    lines = [[line[place] for place in places] for line in map(_line, rows)]
    columns = [ENROLMENTS[place] for place in places]
    write_workbook(target, [SheetData("学员", columns, lines, [f"学员（{len(lines)} 条）"])])
    note = "含完整身份证号和手机号" if shows_numbers else "不含身份证号和手机号"
    record(actor, "academies.enrolments_exported", None, note=note, written=len(lines))


def _line(enrolment):
    run, person = enrolment.run, enrolment.person
    return [
        run.course.name,
        run.name,
        run.academy.name,
        person.name,
        person.gender,
        person.id_number,
        person.phone,
        enrolment.unit_name or "灵活就业",
        person.occupation,
        enrolment.get_status_display(),
        enrolment.get_channel_display(),
        enrolment.created_at,
        enrolment.attendance_share,
        enrolment.score,
        enrolment.certificate.number if enrolment.certificate else "",
        enrolment.end_reason,
    ]


def write_numbers(target, *, year=None, academy=None):
    """Write all tables of the numbers as one workbook, a sheet a dimension, the reported figures on their own."""
    rows = numbers.completed(year, academy)
    scope = "、".join(filter(None, [f"{year} 年" if year else "", str(academy or "")])) or "全部"
    caption = [
        f"工匠学院培训统计（{scope}）",
        f"统计于 {timezone.localdate():%Y-%m-%d}；人次为结业报名数，人数为去重后的人。",
    ]
    columns = [
        ColumnData("人次", 10, "number"),
        ColumnData("人数", 10, "number"),
        ColumnData("学时", 12, "number", 1),
    ]
    sheets = [
        SheetData(
            f"按{title}",
            [ColumnData(title, 34), *columns],
            [
                [line.name, line.completions, line.people, line.hours]
                for line in numbers.table(rows, dimension)
            ],
            caption,
        )
        for dimension, (title, _) in numbers.DIMENSIONS.items()
    ]
    reported = [
        [f"{item.year} 年", str(item.academy or "全区"), item.completions, item.courses, item.source]
        for item in numbers.reported(year, academy)
    ]
    titles = [ColumnData("年度", 10), ColumnData("学院", 30), ColumnData("填报人次", 12, "number")]
    titles += [ColumnData("课程数", 10, "number"), ColumnData("出处", 40)]
    sheets.append(SheetData("填报数", titles, reported, ["以往填报数，不与系统统计相加"]))
    write_workbook(target, sheets)
