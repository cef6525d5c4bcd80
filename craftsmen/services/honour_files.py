"""Honours from an Excel list: good rows in one transaction, bad rows refused; and the register written out.

A person is found by ID number, else by name and unit where that is unambiguous; two of one name refuse the row.
"""

from dataclasses import dataclass, field

from django.db import transaction

from craftsmen.models import Honour, HonourTitle
from craftsmen.services import honour_rows as rows
from craftsmen.services.honours import complete, write_first_milestones
from unionportal.audit.services import record
from unionportal.common import crypto
from unionportal.common.identity import match_key
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import WorkbookProblem, find_table
from unionportal.people.models import Person, Sector
from unionportal.people.services import create_units, unit_index

MOST_ROWS = 5000
HELD = ("title", "year", "document_number", "document_on", "document_title", "ceremony_on", "citation")
TOLD = (*HELD, "occupation", "sector", "is_public", "team_name", "unit_name")


@dataclass
class HonourReport:
    """What an import does or did: `new_people` are (name, unit, units where others have the same name)."""

    accepted: int = 0
    shown: int = 0
    unchanged: int = 0
    new_people: list = field(default_factory=list)
    new_units: list = field(default_factory=list)
    refused: list = field(default_factory=list)


class Known:
    """What the rows may refer to, read once."""

    def __init__(self):
        self.titles = {match_key(title.name): title for title in HonourTitle.objects.all()}
        self.sectors = {match_key(sector.name): sector for sector in Sector.objects.all()}
        self.units = unit_index()


def find_list(workbook):
    """Return the Table of honours: the first visible sheet that has its columns."""
    problem = WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    for sheet in workbook.visible_sheets:
        try:
            return find_table(sheet, rows.REQUIRED, rows.OPTIONAL, max_rows=MOST_ROWS)
        except WorkbookProblem as error:
            problem = error
    raise problem


class HonourPlan:
    """What importing the rows means for the database as it is now; reads only."""

    def __init__(self, table):
        self.known = Known()
        read = [rows.HonourRow(row, table.titles, self.known) for row in table]
        sound = [row for row in read if not row.problems]
        self._load(sound)
        self.new, self.unchanged, first = [], 0, {}
        for row in sound:
            row.subject = self._subject(row)
            key = row.fields["title"].pk, row.fields["year"], row.subject
            if row.problems:
                continue
            if key in first:
                row.refuse(rows.TITLE, f"与第 {first[key]} 行重复", "请删去重复的一行")
            elif key in self.held:
                self.unchanged += 1
            else:
                self.new.append(row)
            first.setdefault(key, row.number)
        self.refused = [row.as_problem() for row in read if row.problems]

    def _load(self, sound):
        names = {row.fields["name"] for row in sound if row.fields["name"]}
        hashes = {crypto.keyed_hash(row.fields["id_number"]) for row in sound if row.fields["id_number"]}
        found = Person.objects.filter(id_number_hash__in=hashes).select_related("merged_into", "unit")
        self.by_hash = {person.id_number_hash: person.merged_into or person for person in found}
        self.namesakes = {}
        for person in Person.objects.current().filter(name__in=names).select_related("unit"):
            self.namesakes.setdefault(person.name, []).append(person)
        titles = {row.fields["title"].pk for row in sound}
        self.held = {
            (title, year, ("person", person) if person else ("unit", unit, match_key(team)))
            for title, year, person, unit, team in Honour.objects.filter(title__in=titles).values_list(
                "title", "year", "person", "unit", "team_name"
            )
        }
        self.numbered = {
            (row.fields["name"], match_key(row.fields["unit_name"]))
            for row in sound
            if row.fields["id_number"]
        }

    def _subject(self, row):
        """Return the key of the holder: a person or unit that is known, or what a new one is known by in this file."""
        unit = self.known.units.get(match_key(row.fields["unit_name"]))
        if not row.fields["name"]:
            where = unit.pk if unit else match_key(row.fields["unit_name"])
            return "unit", where, match_key(row.fields["team_name"])
        if row.fields["id_number"]:
            return self._by_number(row, unit)
        return self._by_name(row, unit)

    def _by_number(self, row, unit):
        id_hash = crypto.keyed_hash(row.fields["id_number"])
        person = self.by_hash.get(id_hash)
        if person is None:
            same = [item for item in self._at(row, unit) if not item.id_number_hash]
            if same:
                problem = "本单位已有同名职工，档案里没有身份证号"
                row.refuse(rows.ID_NUMBER, problem, "请先在职工档案中补录身份证号；确为两人的，先在后台新建")
            if not match_key(row.fields["unit_name"]):
                row.refuse(rows.UNIT, "这个身份证号还没有登记，单位又为空", "请填写单位全称")
            return "new", id_hash
        if match_key(person.name) != match_key(row.fields["name"]):
            problem = f"这个身份证号已登记为“{person.name}”，与本行姓名不同"
            row.refuse(rows.HOLDER, problem, "请核对姓名和身份证号；确已改名的，先在职工档案中更正")
        return "person", person.pk

    def _by_name(self, row, unit):
        here = self._at(row, unit)
        if len(here) > 1:
            problem = f"本单位有 {len(here)} 名职工叫“{row.fields['name']}”"
            row.refuse(rows.HOLDER, problem, "请在“身份证号”列填写身份证号，以区分是哪一人")
        if here:
            return "person", here[0].pk
        key = row.fields["name"], match_key(row.fields["unit_name"])
        if key in self.numbered:
            row.refuse(rows.ID_NUMBER, "另有一行同名同单位的人填了身份证号", "请在本行也填写身份证号")
        return ("new", *key)

    def _at(self, row, unit):
        """Return the persons of this name at this unit."""
        people = self.namesakes.get(row.fields["name"], [])
        return [person for person in people if unit and person.unit_id == unit.pk]

    def report(self):
        """Return the HonourReport of this plan."""
        units = {match_key(row.fields["unit_name"]): row.fields["unit_name"] for row in self.new}
        new_people = {row.subject: row.fields for row in self.new if row.subject[0] == "new"}
        return HonourReport(
            accepted=len(self.new),
            shown=sum(row.fields["is_public"] for row in self.new),
            unchanged=self.unchanged,
            new_units=sorted(name for key, name in units.items() if key and key not in self.known.units),
            new_people=[
                (found["name"], found["unit_name"], self._elsewhere(found["name"]))
                for found in new_people.values()
            ],
            refused=sorted(self.refused, key=lambda problem: problem.row),
        )

    def _elsewhere(self, name):
        return [str(person.unit or "无单位") for person in self.namesakes.get(name, [])]


@transaction.atomic
def import_honours(*, workbook, actor, source=""):
    """Register the good rows of a list of honours and return a HonourReport; WorkbookProblem where there is no list."""
    plan = HonourPlan(find_list(workbook))
    report = plan.report()
    if report.accepted:
        _apply(plan, report, actor, source)
        record(
            actor,
            "craftsmen.honours_imported",
            None,
            accepted=report.accepted,
            unchanged=report.unchanged,
            refused=len(report.refused),
            source=source,
        )
    return report


def _apply(plan, report, actor, source):
    """Write what the plan says: units, persons, honours, growth records, in this order."""
    for unit in create_units(names=report.new_units, actor=actor, source=source or "荣誉名单"):
        plan.known.units[match_key(unit.name)] = unit
    made = {}
    for row in plan.new:
        if row.subject[0] == "new" and row.subject not in made:
            made[row.subject] = _new_person(row, plan.known.units)
    Person.objects.bulk_create(made.values(), batch_size=1000)
    known = {row.subject[1] for row in plan.new if row.subject[0] == "person"}
    people = Person.objects.select_related("unit").in_bulk(known)
    honours = []
    for row in plan.new:
        person = made.get(row.subject) or people.get(row.subject[1])
        unit = plan.known.units.get(match_key(row.fields["unit_name"]))
        is_person = bool(row.fields["name"])
        honour = Honour(person=person if is_person else None, unit=unit, **{k: row.fields[k] for k in TOLD})
        complete(honour)
        honours.append(honour)
    write_first_milestones(Honour.objects.bulk_create(honours, batch_size=1000))


def _new_person(row, units):
    person = Person(name=row.fields["name"], unit=units[match_key(row.fields["unit_name"])])
    person.occupation = row.fields["occupation"]
    person.id_number = row.fields["id_number"]
    return person


def write_blank(target):
    """Write the empty workbook that an import takes, headers and a sheet on how to fill it in."""
    columns = [ColumnData(column.title, 18) for column in rows.IN_ORDER]
    hints = [
        ("称号", "填已在后台登记的称号全称。"),
        ("姓名", "个人荣誉填写；单位、集体荣誉留空。"),
        ("身份证号", "只在同一单位有同名职工时必填；列须为文本格式。"),
        ("单位", "个人填所在单位，单位荣誉填获奖单位，集体荣誉填所在单位。"),
        ("集体名称", "只有集体（班组）荣誉填写。"),
        ("授予日期", "决定的成文日期，如 2025-04-28。"),
        ("公开展示", "填“是”才在工匠风采中展示姓名；留空即不公开。"),
    ]
    told = SheetData("填写说明", [ColumnData("列", 14), ColumnData("说明", 60)], hints)
    write_workbook(target, [SheetData("荣誉名单", columns, []), told])


@transaction.atomic
def export_honours(*, honours, actor, target):
    """Write honours as a workbook, without ID and phone numbers; leaves an audit line. Returns how many."""
    columns = [
        ColumnData("年度", 8, "number"),
        *(ColumnData(title, 18) for title in ("称号", "级别", "获奖者", "集体名称", "单位", "工种")),
        *(ColumnData(title, 14) for title in ("行业", "文号")),
        ColumnData("授予日期", 12, "date"),
        ColumnData("有效期至", 12, "date"),
        *(ColumnData(title, 12) for title in ("状态", "人员状态", "公开展示")),
    ]
    listed = honours.select_related("title", "person", "unit", "sector")
    lines = [
        (
            *(item.year, item.title.name, item.title.get_tier_display(), item.holder, item.team_name),
            *(item.unit_name, item.occupation, item.sector and item.sector.name, item.document_number),
            *(item.document_on, item.valid_to, item.get_status_display()),
            *(item.person and item.person.get_life_status_display(), item.is_public),
        )
        for item in listed
    ]
    write_workbook(target, [SheetData("荣誉名册", columns, lines)])
    record(actor, "craftsmen.honours_exported", None, count=len(lines))
    return len(lines)
