"""What staff do to entries: accept, return with a reason, export."""

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Entry
from unionportal.audit.services import record
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook

Status = Entry.Status
DECIDABLE = {Status.PENDING, Status.RETURNED, Status.ACCEPTED}


def _decide(entry, actor, to, reason=""):
    entry = Entry.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.pk)
    if entry.status not in DECIDABLE or entry.status == to:
        raise ValidationError(f"“{entry}”现为“{entry.get_status_display()}”，不能转为“{to.label}”。")
    if to == Status.RETURNED and entry.appearances.exists():
        raise ValidationError(f"“{entry}”已进入轮次，不能退回。")
    entry.status, entry.reason = to, reason
    entry.save(update_fields=["status", "reason"])
    verb = "entry_accepted" if to == Status.ACCEPTED else "entry_returned"
    record(actor, f"competitions.{verb}", entry, reason=reason)
    return entry


@transaction.atomic
def accept_entry(*, entry, actor):
    """Let an entry take part and return it."""
    return _decide(entry, actor, Status.ACCEPTED)


@transaction.atomic
def return_entry(*, entry, actor, reason):
    """Send an entry back for a stated reason and return it."""
    if not reason.strip():
        raise ValidationError("请填写退回的理由，报名人会看到。")
    return _decide(entry, actor, Status.RETURNED, reason.strip()[:300])


def masked(number, kept=4):
    """Return a number with all but its last digits starred."""
    return "*" * (len(number) - kept) + number[-kept:] if number else ""


@transaction.atomic
def export_entries(*, competition, actor, target):
    """Write the entries of a competition as .xlsx; full numbers only for whoever may read them, always on record."""
    shows_numbers = actor.has_perm("people.read_identity")
    entries = Entry.objects.filter(event__competition=competition).select_related("person", "event")
    rows = [_row(entry, shows_numbers) for entry in entries.order_by("event__position", "number")]
    titles = (
        "赛项",
        "参赛编号",
        "姓名或队名",
        "性别",
        "身份证号",
        "手机号",
        "单位",
        "工种",
        "职业技能等级",
        "状态",
        "来源",
        "备注",
    )
    columns = [ColumnData(title, 20) for title in titles]
    write_workbook(target, [SheetData("报名表", columns, rows, [f"{competition} 报名表"])])
    note = "含完整身份证号和手机号" if shows_numbers else "号码已遮盖"
    record(actor, "competitions.entries_exported", competition, note=note, written=len(rows))


def _row(entry, shows_numbers):
    person = entry.person
    numbers = (person.id_number or "", person.phone or "") if person else ("", "")
    if not shows_numbers:
        numbers = tuple(masked(number) for number in numbers)
    return (
        entry.event.name,
        entry.number,
        entry.label,
        person.gender if person else "",
        *numbers,
        entry.unit_name,
        entry.occupation,
        entry.get_skill_level_display(),
        entry.get_status_display(),
        entry.get_source_display(),
        entry.note,
    )
