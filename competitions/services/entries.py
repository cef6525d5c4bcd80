"""What staff do to entries: accept, return or withdraw with a reason, export."""

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Entry
from unionportal.audit.admin_steps import Step
from unionportal.audit.services import record
from unionportal.common.spreadsheets import ColumnData, SheetData, write_workbook

Status = Entry.Status
DECIDABLE = {Status.PENDING, Status.RETURNED, Status.ACCEPTED}
VERBS = {Status.RETURNED: "退回", Status.WITHDRAWN: "撤回"}


def _decide(entry, actor, to, reason=""):
    entry = Entry.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.pk)
    if entry.status not in DECIDABLE or entry.status == to:
        raise ValidationError(f"“{entry}”现为“{entry.get_status_display()}”，不能转为“{to.label}”。")
    if to != Status.ACCEPTED and entry.appearances.exists():
        raise ValidationError(f"“{entry}”已进入轮次，不能{VERBS[to]}。未参赛的，请登记出场状态。")
    entry.status, entry.reason = to, reason
    entry.save(update_fields=["status", "reason"])
    record(actor, f"competitions.entry_{to}", entry, reason=reason)
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


@transaction.atomic
def withdraw_entry(*, entry, actor, reason):
    """Take an entry back for a stated reason, before it enters a stage, and return it."""
    if not reason.strip():
        raise ValidationError("请填写撤回的理由。")
    return _decide(entry, actor, Status.WITHDRAWN, reason.strip()[:300])


def steps_of(entry):
    """Return the Steps of an entry; what has entered a stage is decided there."""
    if entry.status not in DECIDABLE or entry.appearances.exists():
        return []
    accept = Step("accept", "通过报名", is_main=True, hint="通过后可以编入轮次。")
    give_back = Step("return", "退回修改", reason="退回的理由（报名人会看到）")
    withdraw = Step("withdraw", "撤回报名", reason="撤回的理由")
    first = {Status.PENDING: [accept, give_back], Status.ACCEPTED: [give_back], Status.RETURNED: [accept]}
    return [*first[entry.status], withdraw]


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
