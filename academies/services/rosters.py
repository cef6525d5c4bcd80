"""Learners of a run from an Excel roster: each good row enrolled as by hand, bad rows refused by row and column."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from academies.models import Enrolment
from academies.services import enrolment as enrolments
from academies.services.seats import lock_run
from unionportal.audit.services import record
from unionportal.common import identity
from unionportal.common.identity import IdentityProblem, clean_text, match_key
from unionportal.common.spreadsheets import (
    EXCEL_ERRORS,
    ID_NUMBER,
    NAME,
    PHONE,
    UNIT,
    Column,
    ColumnData,
    RowProblem,
    SheetData,
    WorkbookProblem,
    find_table,
    write_workbook,
)
from unionportal.people.models import Person
from unionportal.people.services import create_units, unit_index

OCCUPATION = Column("occupation", "工种", ("职业", "职业（工种）", "岗位"))
REQUIRED = (NAME, UNIT)
OPTIONAL = (ID_NUMBER, PHONE, OCCUPATION)
NO_UNIT = ("灵活就业", "无", "无单位")
UNIT_NAME_LENGTH = 100
GUIDE = (
    "姓名、单位必填；没有单位的填“灵活就业”。",
    "身份证号、手机号可以不填；有同名同单位的人时须填身份证号。填写前先把列设为“文本”格式。",
    "名额满后，其余各行按本表次序进入候补；本班不设候补的，超出的行不收。",
)


@dataclass
class RosterReport:
    """What an import does or did: how many got what, new units and persons, and the rows refused."""

    seated: int = 0
    waiting: int = 0
    applied: int = 0
    unchanged: int = 0
    new_units: list = field(default_factory=list)
    new_people: list = field(default_factory=list)
    refused: list = field(default_factory=list)

    @property
    def written(self):
        """Return how many enrolments are made."""
        return self.seated + self.waiting + self.applied


def written_name(cell):
    """Return a name as persons are kept under it (张 三 is 张三), "" for what is no name: its row will say so."""
    try:
        return identity.clean_name(cell)
    except IdentityProblem:
        return ""


class Refusal(Exception):
    """Why a row is not taken: column title, problem, remedy."""


class RosterReader:
    """Reads the rows of a roster against the people and units that are known; makes what is new."""

    def __init__(self, table, run, actor, source):
        self.table, self.run, self.actor, self.source = table, run, actor, source
        self.units = unit_index()
        self.report = RosterReport()
        self.seen = {}
        self.people = self._known_people()
        live = run.enrolments.exclude(status__in=Enrolment.ENDED)
        self.enrolled = set(live.values_list("person", flat=True))

    def _known_people(self):
        """Return {name key: [Person]} of everybody called as somebody in the roster, in one statement."""
        names = {written_name(row.cells.get(NAME.key, "")) for row in self.table}
        found = {}
        for person in Person.objects.current().filter(name__in=names).select_related("unit"):
            found.setdefault(match_key(person.name), []).append(person)
        return found

    def take(self, row):
        """Enrol whoever a row names, or note why not; a row refused leaves nothing behind."""
        self.made_units, self.made_people = {}, []
        try:
            with transaction.atomic():
                made = self._enrol(self._person(row))
        except Refusal as refusal:
            self.report.refused.append(RowProblem(row.number, *refusal.args))
        except ValidationError as error:
            remedy = "请调整名额，或从名单中删去这一行"
            self.report.refused.append(RowProblem(row.number, NAME.title, "；".join(error.messages), remedy))
        else:
            self._keep(row, made)

    def _enrol(self, person):
        """Return the Enrolment made for a person, None for whoever is in the run already."""
        if person.pk in self.enrolled:
            return None
        channel = Enrolment.Channel.ROSTER
        return enrolments.enrol(run=self.run, person=person, actor=self.actor, channel=channel)

    def _keep(self, row, made):
        """Note what a row has made, for the rows to come and for the report."""
        self.units |= {match_key(name): unit for name, unit in self.made_units.items()}
        self.report.new_units += list(self.made_units)
        for person in self.made_people:
            self.people.setdefault(match_key(person.name), []).append(person)
            self.report.new_people.append(f"第 {row.number} 行：{person.name}（{person.unit or '灵活就业'}）")
        if made is None:
            self.report.unchanged += 1
            return
        self.enrolled.add(made.person_id)
        self._count(made)

    def _count(self, made):
        name = {Enrolment.Status.APPROVED: "seated", Enrolment.Status.WAITLISTED: "waiting"}
        kind = name.get(made.status, "applied")
        setattr(self.report, kind, getattr(self.report, kind) + 1)

    def _clean(self, row, column, rule, **options):
        value = row.cells.get(column.key, "")
        if value in EXCEL_ERRORS:
            raise Refusal(column.title, f"单元格是 Excel 错误值 {value}", "请改正公式或直接填写内容")
        try:
            return rule(value, **options)
        except IdentityProblem as problem:
            raise Refusal(column.title, problem.problem, problem.remedy) from problem

    def _person(self, row):
        """Return the Person of a row, made where nobody is known as such; raises Refusal."""
        name = self._clean(row, NAME, identity.clean_name)
        id_number = self._clean(row, ID_NUMBER, identity.clean_id_number, allow_blank=True)
        phone = self._clean(row, PHONE, identity.clean_phone, allow_blank=True)
        unit_name = clean_text(row.cells.get(UNIT.key, ""))
        if not unit_name or len(unit_name) > UNIT_NAME_LENGTH:
            problem = "单位为空" if not unit_name else f"单位名称超过 {UNIT_NAME_LENGTH} 个字"
            raise Refusal(UNIT.title, problem, "请填写单位全称；没有单位的填“灵活就业”")
        key = id_number or f"{match_key(name)}\n{match_key(unit_name)}"
        if key in self.seen:
            raise Refusal(
                NAME.title, f"与第 {self.seen[key]} 行重复", "请删去重复的一行；确为两人的，请都填身份证号"
            )
        self.seen[key] = row.number
        person = self._found(name, id_number, unit_name)
        return person or self._new(name, id_number, phone, unit_name, row)

    def _found(self, name, id_number, unit_name):
        if id_number:
            person = Person.objects.with_id_number(id_number).select_related("merged_into").first()
            person = person and (person.merged_into or person)
            if person and match_key(person.name) != match_key(name):
                raise Refusal(
                    NAME.title, "这个身份证号已登记在另一个姓名之下", "请核对姓名和身份证号，改正有误的一项"
                )
            if person:
                return person
        unit = self.units.get(match_key(unit_name))
        same = [
            person
            for person in self.people.get(match_key(name), [])
            if self._unit_now(person) == unit and (unit or unit_name in NO_UNIT)
        ]
        # Whoever has another ID number on record is somebody else.
        same = [person for person in same if not (id_number and person.id_number_hash)]
        if len(same) > 1 or (same and id_number):
            raise Refusal(
                ID_NUMBER.title,
                f"该单位有 {len(same)} 位“{name}”，无法确定是否同一人",
                "请填身份证号，或先在职工档案中补上身份证号",
            )
        return same[0] if same else None

    def _unit_now(self, person):
        """Return a person's unit, or what it has been merged into: the index of names leads there."""
        return self.units[person.unit.match_key] if person.unit else None

    def _new(self, name, id_number, phone, unit_name, row):
        person = Person(name=name, occupation=clean_text(row.cells.get(OCCUPATION.key, ""))[:50])
        person.unit = None if unit_name in NO_UNIT else self._unit(unit_name)
        if id_number:
            person.id_number = id_number
        person.phone = phone
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as error:  # the number came in elsewhere since this roster looked for it
            raise Refusal(ID_NUMBER.title, "这个身份证号刚在别处登记", "请重新上传一次名单") from error
        self.made_people.append(person)
        return person

    def _unit(self, name):
        known = self.units.get(match_key(name))
        if known is None:
            (known,) = create_units(names=[name], actor=self.actor, source=self.source or "学员名单")
            self.made_units[name] = known
        return known


def find_roster(workbook):
    """Return the Table of the one visible sheet that has a roster's columns."""
    tables, first_problem = [], None
    for sheet in workbook.visible_sheets:
        try:
            tables.append(find_table(sheet, REQUIRED, OPTIONAL))
        except WorkbookProblem as problem:
            first_problem = first_problem or problem
    if len(tables) != 1:
        raise first_problem or WorkbookProblem("请只保留一张学员名单工作表，再重新上传。")
    return tables[0]


@transaction.atomic
def import_roster(*, run, workbook, actor, source=""):
    """Enrol the good rows of a roster in their order and return a RosterReport; seats and list as on every path."""
    table = find_roster(workbook)
    run = lock_run(run)
    if run.status != run.Status.ANNOUNCED:
        raise ValidationError(f"“{run}”{run.get_status_display()}，不能导入名单；请先发布班次。")
    reader = RosterReader(table, run, actor, source)
    for row in table:
        reader.take(row)
    report = reader.report
    if report.written:
        record(
            actor,
            "academies.roster_imported",
            run,
            written=report.written,
            unchanged=report.unchanged,
            refused=len(report.refused),
            source=source,
        )
    return report


def write_blank(target):
    """Write the workbook to fill in."""
    columns = [ColumnData("姓名", 12), ColumnData("单位", 30), ColumnData("身份证号", 22)]
    columns += [ColumnData("手机号", 16), ColumnData("工种", 16)]
    write_workbook(target, [SheetData("学员名单", columns, [], GUIDE)])
