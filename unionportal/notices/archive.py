"""The archive of a notice (公示归档) as PDF, and its list as a workbook."""

import io
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.audit.wording import described
from unionportal.common.pdf import glyph_name, missing_glyphs, render_pdf
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook
from unionportal.notices.models import Holiday, PublicNotice

SOURCE = Path(__file__).parent / "archive.typ"


def list_workbook(notice):
    """Return the list of a notice as the bytes of an .xlsx."""
    columns = [
        ColumnData("序号", 8, "number"), ColumnData("姓名或名称", 16), ColumnData("单位", 30),
        ColumnData("工种或职务", 16), ColumnData("拟授予", 20), ColumnData("备注", 20), ColumnData("状态", 12),
    ]  # fmt: skip
    rows = [
        (
            line.position,
            line.name,
            line.unit_name,
            line.occupation,
            line.proposed,
            line.note,
            line.get_status_display(),
        )
        for line in notice.lines.all()
    ]
    target = io.BytesIO()
    write_workbook(target, [SheetData("公示名单", columns, rows, [notice.title, span(notice)])])
    return target.getvalue()


def span(notice):
    """Return the days of a notice in words; "" for a draft."""
    if notice.status == PublicNotice.Status.DRAFT:
        return "草稿"
    return f"{day(notice.starts_on)}至{day(notice.last_on)}，共 {notice.days} 个工作日"


def day(date):
    return f"{date.year}年{date.month}月{date.day}日"


def moment(time):
    local = timezone.localtime(time)
    return f"{day(local)} {local:%H:%M}"


@transaction.atomic
def archive_pdf(*, notice, actor):
    """Return the archive of a closed notice as PDF; who objected is in it only for those who may read that.

    Leaves an audit line. Raises ValidationError before the notice is closed.
    """
    if notice.status != PublicNotice.Status.CLOSED:
        raise ValidationError("公示办结后才能归档。")
    shows_names = actor.has_perm("notices.read_objectors")
    record(actor, "notices.archive_made", notice, has_objectors="是" if shows_names else "否")
    return render_pdf(SOURCE, content_of(notice, shows_names), on=timezone.localdate())


def content_of(notice, shows_names):
    """Return what archive.typ prints, as strings; `shows_names` tells who objected."""
    counted = notice.counted_days(Holiday.exceptions())
    names = "".join(line.name + line.unit_name for line in notice.lines.all())
    return {
        "missing": [glyph_name(character) for character in missing_glyphs(names)],
        "title": notice.title,
        "facts": [
            ["条线", notice.get_line_display()],
            ["依据", notice.basis or "—"],
            ["公示期", span(notice)],
            ["发布", moment(notice.published_at)],
            ["办结", moment(notice.closed_at)],
            ["名单排序", notice.get_order_rule_display()],
            [
                "受理",
                "，".join(filter(None, [notice.contact_name, notice.contact_phone, notice.contact_address])),
            ],
        ],
        "body": [part.strip() for part in notice.body.splitlines() if part.strip()],
        "days": [f"{number}　{day(date)}" for number, date in enumerate(counted, 1)],
        "stops": [_stop(stop) for stop in notice.stops.all()],
        "lines": [
            [
                str(line.position),
                line.name,
                line.unit_name,
                line.occupation,
                line.proposed,
                line.get_status_display(),
            ]
            for line in notice.lines.all()
        ],
        "objections": [_objection(item, shows_names) for item in notice.objections.select_related("line")],
        "audit": [_entry(entry) for entry in _entries(notice)],
        "made": moment(timezone.now()),
    }


def _stop(stop):
    until = f"；{moment(stop.resumed_at)} 恢复，自{day(stop.continues_on)}起续算" if stop.resumed_at else ""
    return f"{moment(stop.stopped_at)} 中止：{stop.reason}{until}"


def _objection(objection, shows_names):
    facts = [
        ["对象", str(objection.line or "整个公示")],
        ["渠道", objection.get_channel_display()],
        ["收到", moment(objection.received_at)],
    ]
    if objection.postmarked_on:
        facts.append(["邮戳", day(objection.postmarked_on)])
    if objection.is_anonymous:
        facts.append(["提出人", "匿名"])
    else:
        who = f"{objection.name}　{objection.contact}" if shows_names else "（略）"
        facts.append(["提出人", f"{objection.get_kind_display()}　{who}"])
    facts.append(["状态", objection.get_status_display()])
    if objection.decided_at:
        facts.append(
            ["结论", f"{objection.finding}（{objection.decided_by}，{moment(objection.decided_at)}）"]
        )
    return {"number": objection.receipt, "facts": facts, "text": objection.text}


def _entries(notice):
    keys = [str(pk) for pk in notice.objections.values_list("pk", flat=True)]
    return AuditEntry.objects.filter(
        Q(target_model="notices.publicnotice", target_key=str(notice.pk))
        | Q(target_model="notices.objection", target_key__in=keys)
    ).order_by("at", "pk")


def _entry(entry):
    told = described(entry)
    details = "；".join(f"{name}：{value}" for name, value in told["lines"])
    return [moment(entry.at), entry.actor_name, told["action"], entry.target_label, details]
