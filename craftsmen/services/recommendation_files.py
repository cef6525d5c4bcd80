"""The upward ledger written out."""

from django.db import transaction

from unionportal.audit.services import record
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook


@transaction.atomic
def export_recommendations(*, recommendations, actor, target):
    """Write recommendations as a workbook by year and title; leaves an audit line. Returns how many."""
    columns = [
        ColumnData("年度", 8, "number"),
        *(ColumnData(title, 18) for title in ("上级称号", "推荐对象", "单位", "进展")),
        *(ColumnData(title, 12, "date") for title in ("区内推荐", "报送", "上级公示", "结果")),
        *(ColumnData(title, 18) for title in ("报送文号", "授予文号", "备注")),
    ]
    listed = recommendations.select_related("quota__title", "person__unit", "unit", "honour").order_by(
        "-quota__year", "quota__title__position", "pk"
    )
    rows = [
        (
            *(item.quota.year, item.quota.title.name, item.subject),
            (item.unit or (item.person and item.person.unit) or ""),
            item.get_status_display(),
            *(item.recommended_on, item.sent_on, item.notice_from, item.result_on),
            *(item.sent_document, item.honour.document_number if item.honour else "", item.note),
        )
        for item in listed
    ]
    write_workbook(target, [SheetData("上级推荐台账", columns, rows)])
    record(actor, "craftsmen.recommendations_exported", None, count=len(rows))
    return len(rows)
