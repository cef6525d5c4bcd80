"""Many certificates as one file: to print, to print on prepared paper, to send, to list."""

import io
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from unionportal.audit.services import record
from unionportal.certificates import paper
from unionportal.certificates.wording import FACTS
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook

KINDS = {
    "pdf": "合并 PDF（每页一张）",
    "overprint": "套打 PDF（只有文字）",
    "zip": "每张一个 PDF 的压缩包",
    "xlsx": "Excel 清单",
}
# A part takes a few seconds to draw (tests/certificates/test_paper.py): no request grows long, and nothing is kept.
PART = 300
TYPES = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class MadeFile:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Part:
    """A stretch of a series that fits into one file: first and last serial, and how many."""

    first: int
    last: int
    count: int


def parts(certificates):
    """Return the Parts of at most PART certificates that these, ordered by serial, fall into."""
    serials = list(certificates.values_list("serial", flat=True))
    pieces = [serials[start : start + PART] for start in range(0, len(serials), PART)]
    return [Part(piece[0], piece[-1], len(piece)) for piece in pieces]


@transaction.atomic
def hand_out(*, certificates, kind, site, name, actor):
    """Return a MadeFile of these certificates and leave an audit line; ValidationError where it would be too long."""
    certificates = list(certificates.select_related("design__seal", "design__background", "series"))
    if not certificates:
        raise ValidationError("没有符合条件的证书。")
    if kind != "xlsx" and len(certificates) > PART:
        raise ValidationError(f"一次最多 {PART} 张，现有 {len(certificates)} 张，请缩小范围分几次做。")
    if kind in ("pdf", "overprint") and len({item.design_id for item in certificates}) > 1:
        raise ValidationError("所选证书用了不同的版式，合并打印请只选一种版式，或改用压缩包。")
    record(
        actor,
        "certificates.certificates_exported",
        None,
        kind=KINDS[kind],
        count=len(certificates),
        first=certificates[0].number,
        last=certificates[-1].number,
    )
    return _made(certificates, kind, site, name)


def _made(certificates, kind, site, name):
    if kind == "xlsx":
        return MadeFile(f"{name} 清单.xlsx", _workbook(certificates), TYPES["xlsx"])
    if kind == "zip":
        return MadeFile(f"{name}.zip", paper.certificates_zip(certificates, site=site), TYPES["zip"])
    is_overprint = kind == "overprint"
    content = paper.certificates_pdf(certificates, site=site, text_only=is_overprint)
    return MadeFile(f"{name}{' 套打' if is_overprint else ''}.pdf", content, TYPES["pdf"])


def _workbook(certificates):
    keys = [key for key in FACTS if key != "name" and any(item.facts.get(key) for item in certificates)]
    columns = [
        ColumnData("证书编号", 24),
        ColumnData("持证人", 18),
        ColumnData("状态", 10),
        ColumnData("发证日期", 12, "date"),
        *(ColumnData(FACTS[key], 24) for key in keys),
    ]
    rows = [
        [item.number, item.holder, item.get_status_display(), item.issued_on]
        + [item.facts.get(key, "") for key in keys]
        for item in certificates
    ]
    target = io.BytesIO()
    write_workbook(target, [SheetData("证书", columns, rows)])
    return target.getvalue()
