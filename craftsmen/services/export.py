"""Nominations as a workbook, for staff to work on outside the portal."""

from django.db import transaction

from craftsmen.services.rights import require
from unionportal.audit.services import record
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook

TITLES = {
    "申报称号": 18,
    "姓名": 10,
    "性别": 6,
    "身份证号": 22,
    "手机号": 14,
    "单位": 28,
    "单位性质": 14,
    "工种（岗位）": 16,
    "职务、职称": 18,
    "职业技能等级": 12,
    "民族": 8,
    "政治面貌": 12,
    "学历": 14,
    "用工类别": 14,
    "一线职工": 8,
    "单位负责人": 8,
    "推荐渠道": 12,
    "推荐的工会或协会": 24,
    "镇街、系统工会": 24,
    "推荐排序": 8,
    "状态": 16,
    "名次": 6,
    "平均分": 8,
    "事迹简介": 60,
}
NUMBERS = {"推荐排序", "名次", "平均分"}


@transaction.atomic
def export_nominations(*, nominations, actor, target):
    """Write nominations as .xlsx; ID and phone numbers only for whoever may read them, and always on record."""
    require(actor, "review_nominations")
    shows_numbers = actor.has_perm("people.read_identity")
    nominations = nominations.select_related(
        "person", "offer__title", "offer__selection", "body", "branch", "slate_line"
    )
    titles = [title for title in TITLES if shows_numbers or title not in ("身份证号", "手机号")]
    columns = [ColumnData(name, TITLES[name], "number" if name in NUMBERS else "text") for name in titles]
    rows = [[row[title] for title in titles] for row in map(_row, nominations)]
    write_workbook(target, [SheetData("申报推荐", columns, rows, [f"申报推荐（{len(rows)} 人）"])])
    note = "含完整身份证号和手机号" if shows_numbers else "不含身份证号和手机号"
    record(actor, "craftsmen.nominations_exported", None, note=note, written=len(rows))


def _row(nomination):
    person = nomination.person
    line = getattr(nomination, "slate_line", None)
    front_line = {True: "是", False: "否", None: ""}
    values = (
        str(nomination.offer),
        person.name,
        person.gender,
        person.id_number,
        person.phone,
        nomination.unit_name,
        nomination.get_unit_nature_display(),
        nomination.occupation,
        nomination.post,
        nomination.get_skill_level_display(),
        nomination.ethnicity,
        nomination.get_political_display(),
        nomination.get_education_display(),
        nomination.get_worker_kind_display(),
        front_line[nomination.is_front_line],
        front_line[nomination.is_manager],
        nomination.get_channel_display(),
        str(nomination.body or ""),
        str(nomination.branch or ""),
        nomination.branch_rank,
        nomination.get_status_display(),
        line.rank if line else None,
        line.score if line else None,
        nomination.short_deeds,
    )
    return dict(zip(TITLES, values, strict=True))
