"""The ledger of studios from Excel and to Excel: partial rows are taken and marked 待补 with what they lack."""

from dataclasses import dataclass, field
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from studios.models import Recognition, Studio, StudioMember
from studios.services.ledger_rows import LedgerRow, find_list
from studios.services.recognitions import make_recognition
from studios.services.studios import add_member, make_studio
from unionportal.audit.services import record
from unionportal.common.identity import match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import UNIT, Column
from unionportal.people.models import Sector, UnionBody
from unionportal.people.services import create_units, unit_index

KEY = Column("key", "台账编号", ("编号",))
NAME = Column("name", "工作室名称", ("名称", "创新工作室名称"))
KIND = Column("kind", "类别", ("工作室类别", "类型"))
LEADER = Column("leader", "负责人", ("领办人", "领衔人", "负责人姓名"))
HONOUR = Column("honour", "负责人荣誉", ("领办人荣誉", "荣誉称号"))
HOST = Column("host_unit", "所在单位", UNIT.aliases)
BRANCH = Column("branch", "系统（镇街）工会", ("所属系统", "系统", "镇街工会", "所属工会"))
SECTOR = Column("sector", "产业/行业", ("行业", "产业"))
FIELD = Column("field", "创新领域", ("领域", "专业领域"))
TOWN = Column("town", "所在镇街", ("镇街",))
ADDRESS = Column("address", "地址", ("工作室地址",))
PHONE = Column("phone", "公开电话", ("办公电话",))
FOUNDED = Column("founded_on", "成立日期", ("成立时间",))
LEVEL = Column("level", "级别", ("认定级别",))
DOCUMENT_TITLE = Column("document_title", "认定文件", ("命名文件",))
DOCUMENT = Column("document_number", "文号", ("认定文号", "命名文号"))
NAMED = Column("named_on", "认定日期", ("命名日期", "成文日期", "认定时间"))
PLAQUE = Column("plaque_on", "授牌日期", ("授牌时间",))
VALID = Column("valid_to", "有效期至", ("有效期",))
REQUIRED = (NAME,)
OPTIONAL = (
    *(KEY, KIND, LEADER, HONOUR, HOST, BRANCH, SECTOR, FIELD, TOWN, ADDRESS, PHONE, FOUNDED),
    *(LEVEL, DOCUMENT_TITLE, DOCUMENT, NAMED, PLAQUE, VALID),
)
IN_ORDER = (KEY, NAME, *OPTIONAL[1:])
# What a row should have; a row without one of them is taken and marked.
WANTED = (LEADER, HOST, LEVEL, DOCUMENT, NAMED)
PLAIN = ("kind", "branch", "sector", "field", "town", "address", "phone", "founded_on")


@dataclass
class LedgerReport:
    """What an import does or did."""

    made: int = 0
    updated: int = 0
    unchanged: int = 0
    incomplete: int = 0
    new_units: list = field(default_factory=list)
    refused: list = field(default_factory=list)


def _read(row, titles, known):
    found = LedgerRow(row, titles)
    for column, limit in ((KEY, 30), (LEADER, 50), (HONOUR, 100), (HOST, 100), (FIELD, 100), (TOWN, 50)):
        found.read(column, found.text, limit)
    for column, limit in ((ADDRESS, 150), (PHONE, 30), (DOCUMENT_TITLE, 200), (DOCUMENT, 50)):
        found.read(column, found.text, limit)
    found.read(NAME, found.text, 100, True)
    found.read(KIND, found.choice, Studio.Kind.choices)
    found.read(LEVEL, found.choice, Recognition.Level.choices)
    found.read(SECTOR, found.known, known["sectors"])
    found.read(BRANCH, found.known, known["branches"])
    for column in (FOUNDED, NAMED, PLAQUE, VALID):
        found.read(column, found.day)
    if not found.problems:
        _check_dates(found)
    return found


def _check_dates(row):
    named = row.fields["named_on"]
    if named and named > timezone.localdate():
        row.refuse(NAMED, "认定日期晚于今天", "请核对日期")
    for column, word in ((PLAQUE, "授牌日期"), (VALID, "有效期")):
        day = row.fields[column.key]
        if named and day and day < named:
            row.refuse(column, f"{word}早于认定日期", "请核对两个日期")


def _known():
    branches = UnionBody.objects.filter(kind__in=UnionBody.BRANCHES)
    return {
        "sectors": {match_key(item.name): item for item in Sector.objects.all()},
        "branches": {match_key(item.name): item for item in branches},
    }


@transaction.atomic
def import_studios(*, workbook, actor, source=""):
    """Take the good rows of a ledger in and return a LedgerReport; WorkbookProblem where there is no list.

    A studio is known again by its number, else by name and unit, the unit may be missing where the name leaves no
    doubt; then only what is blank is filled in.
    """
    table, known = find_list(workbook, REQUIRED, OPTIONAL), _known()
    rows = [_read(row, table.titles, known) for row in table]
    _refuse_doubles(rows)
    good = [row for row in rows if not row.problems]
    units = unit_index()
    report = LedgerReport()
    names = {match_key(name): name for row in good if (name := row.fields["host_unit"])}
    report.new_units = sorted(name for key, name in names.items() if key not in units)
    for unit in create_units(names=report.new_units, actor=actor, source=source or "工作室台账"):
        units[match_key(unit.name)] = unit
    for row in good:
        unit = units.get(match_key(row.fields["host_unit"]))
        row.take(partial(_take, row.fields, unit, report))
    report.refused = [row.as_problem() for row in rows if row.problems]
    if report.made or report.updated:
        record(
            actor,
            "studios.studios_imported",
            None,
            written=report.made,
            updated=report.updated,
            refused=len(report.refused),
            source=source,
        )
    return report


def _refuse_doubles(rows):
    first = {}
    for row in rows:
        if row.problems:
            continue
        keys = [("key", row.fields["key"])] if row.fields["key"] else []
        keys.append(("name", match_key(row.fields["name"]), match_key(row.fields["host_unit"])))
        for key in keys:
            if key in first:
                row.refuse(KEY if key[0] == "key" else NAME, f"与第 {first[key]} 行重复", "请删去重复的一行")
                break
            first[key] = row.number


def _take(given, unit, report):
    """Make or complete the studio of one row."""
    studio = _find(given, unit)
    is_new = studio is None
    if is_new:
        fields = {name: given[name] for name in PLAIN if given[name]}
        studio = make_studio(name=given["name"], key=given["key"] or None, host_unit=unit, **fields)
    changed = (not is_new and _fill(studio, given, unit)) | _add_leader(studio, given)
    changed |= _add_recognition(studio, given)
    changed |= _mark(studio)
    report.incomplete += studio.is_incomplete
    report.made += is_new
    report.updated += changed and not is_new
    report.unchanged += not changed and not is_new


def _find(given, unit):
    if given["key"] and (found := Studio.objects.filter(key=given["key"]).first()):
        if found.match_key != match_key(given["name"]):
            raise ValidationError(
                f"台账编号 {found.key} 是“{found.name}”的，名称与本行不同：已更名的请先在后台更名，否则请改正编号。"
            )
        return found
    named = list(Studio.objects.filter(match_key=match_key(given["name"])))
    same = [studio for studio in named if studio.host_unit_id == (unit and unit.pk)]
    # A row or record that lacks the unit is the one studio of that name; of several it could be any.
    same = same or [
        studio
        for studio in named
        if (unit is None or studio.host_unit_id is None) and not (given["key"] and studio.key)
    ]
    if len(same) > 1:
        raise ValidationError(f"叫“{given['name']}”的工作室有 {len(same)} 个，请填写所在单位或台账编号。")
    return same[0] if same else None


def _fill(studio, given, unit):
    """Fill in what the record lacks; what it has is never written over."""
    offered = {name: given[name] for name in PLAIN if name != "kind"}
    offered |= {"host_unit": unit, "key": given["key"] or None}
    filled = [name for name, value in offered.items() if value and not getattr(studio, name)]
    for name in filled:
        setattr(studio, name, offered[name])
    if filled:
        studio.full_clean()
        studio.save()
    return bool(filled)


def _add_leader(studio, given):
    if not given["leader"] or studio.status != Studio.Status.ACTIVE or studio.leader:
        return False
    honour = given["honour"]
    add_member(studio, name=given["leader"], honour=honour, role=StudioMember.Role.LEADER)
    return True


def _add_recognition(studio, given):
    level = given["level"]
    if not level or studio.status != Studio.Status.ACTIVE:
        return False
    names = ("document_title", "document_number", "named_on", "plaque_on", "valid_to")
    held = studio.recognitions.filter(level=level, status=Recognition.Status.ACTIVE).first()
    if held is None and _ended_before(studio, given):
        return False
    if held is None:
        has_document = bool(given["document_number"] and given["named_on"])
        make_recognition(
            studio=studio,
            level=level,
            is_incomplete=not has_document,
            **{name: given[name] for name in names},
        )
        return True
    filled = [name for name in names if given[name] and not getattr(held, name)]
    for name in filled:
        setattr(held, name, given[name])
    if filled:
        held.is_incomplete = not (held.document_number and held.named_on)
        held.full_clean()
        held.save()
    return bool(filled)


def _ended_before(studio, given):
    """True for a row that tells of a recognition which has ended since: an old list does not bring it back."""
    ended = studio.recognitions.filter(level=given["level"]).exclude(status=Recognition.Status.ACTIVE)
    if given["document_number"]:
        return ended.filter(document_number=given["document_number"]).exists()
    return ended.exists()


def lacking(studio):
    """Return what the ledger should have of a studio and has not, in Chinese."""
    held = list(studio.recognitions.filter(status=Recognition.Status.ACTIVE))
    has = {
        LEADER: studio.leader,
        HOST: studio.host_unit_id,
        LEVEL: held,
        DOCUMENT: held and all(item.document_number for item in held),
        NAMED: held and all(item.named_on for item in held),
    }
    return [column.title for column in WANTED if not has[column]]


def _mark(studio):
    """Mark a studio 待补 with what it lacks, or take the mark off; returns whether that changed."""
    if studio.status != Studio.Status.ACTIVE:
        return False
    missing = lacking(studio)
    marks = (bool(missing), f"缺{'、'.join(missing)}" if missing else "")
    changed = (studio.is_incomplete, studio.incomplete_note) != marks
    studio.is_incomplete, studio.incomplete_note = marks
    studio.save(update_fields=["is_incomplete", "incomplete_note", "updated_at"])
    return changed


def write_blank(target):
    """Write the empty workbook that an import takes, headers and a sheet on how to fill it in."""
    hints = [
        ("工作室名称", "必填，与认定文件一字不差，名称自带的引号也要写上。"),
        ("台账编号", "有编号的，再次导入时按编号认出同一个工作室。"),
        ("类别", "职工、劳模或工匠；留空按职工。"),
        ("系统（镇街）工会", "填后台已登记的系统工会或镇街总工会全称。"),
        ("级别", "单位级、区级、市级或市级示范。"),
        ("负责人、所在单位、级别、文号、认定日期", "暂缺的可留空，导入后标为“待补”。"),
    ]
    columns = [ColumnData(column.title, 16) for column in IN_ORDER]
    told = SheetData("填写说明", [ColumnData("列", 24), ColumnData("说明", 60)], hints)
    write_workbook(target, [SheetData("工作室台账", columns, []), told])


@transaction.atomic
def export_studios(*, studios, actor, target):
    """Write studios as a workbook, a line for each recognition; leaves an audit line. Returns how many studios."""
    columns = [ColumnData(column.title, 16) for column in IN_ORDER] + [
        ColumnData("认定状态", 10),
        ColumnData("工作室状态", 10),
        ColumnData("待补事项", 24),
    ]
    found = studios.with_leader().select_related("host_unit", "branch", "sector")
    found = list(found.prefetch_related("recognitions", "members"))
    lines = [line for studio in found for line in _lines(studio)]
    write_workbook(target, [SheetData("工作室台账", columns, lines)])
    record(actor, "studios.studios_exported", None, count=len(found))
    return len(found)


def _lines(studio):
    honour = next(
        (item.honour for item in studio.members.all() if item.role == "leader" and not item.ended_on), ""
    )
    names = [item and item.name for item in (studio.host_unit, studio.branch, studio.sector)]
    start = [studio.key, studio.name, studio.get_kind_display(), studio.leader_name, honour, *names]
    start += [studio.field, studio.town, studio.address, studio.phone, _day(studio.founded_on)]
    end = [studio.get_status_display(), studio.incomplete_note]
    for item in list(studio.recognitions.all()) or [None]:
        held = [""] * 7
        if item:
            held = [item.get_level_display(), item.document_title, item.document_number]
            held += [
                _day(item.named_on),
                _day(item.plaque_on),
                _day(item.valid_to),
                item.get_status_display(),
            ]
        yield [*start, *held, *end]


def _day(value):
    return str(value) if value else ""
