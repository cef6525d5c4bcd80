"""Yearly reviews as a workbook."""

from django.db import transaction

from unionportal.audit.services import record
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook

NUMBERS = ("成果", "课题", "活动", "带徒", "经济效益（元）", "得分")


@transaction.atomic
def export_reviews(*, reviews, actor, target):
    """Write reviews as a workbook; leaves an audit line. Returns how many."""
    columns = [
        ColumnData("工作室", 26),
        ColumnData("年度", 8, "number"),
        ColumnData("状态", 10),
        *(ColumnData(title, 12, "number") for title in NUMBERS),
        ColumnData("结果", 10),
        ColumnData("考核意见", 30),
        ColumnData("整改期限", 12, "date"),
    ]
    lines = [
        (
            *(item.studio.name, item.year, item.get_status_display(), item.achievement_count),
            *(item.project_count, item.activity_count, item.apprentice_count, item.benefit_yuan, item.score),
            *(item.get_result_display(), item.comment, item.rectify_by),
        )
        for item in reviews.select_related("studio")
    ]
    write_workbook(target, [SheetData("年度考核", columns, lines)])
    record(actor, "studios.reviews_exported", None, count=len(lines))
    return len(lines)
