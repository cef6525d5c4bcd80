"""Entries from an Excel roster: good rows in one transaction, bad rows refused with row, column, reason, remedy."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Competition, Entry
from competitions.services.roster_teams import TEAM, TeamPlan, check_team, team_key
from unionportal.audit.services import record
from unionportal.common import crypto, identity
from unionportal.common.identity import IdentityProblem, clean_text, match_key
from unionportal.common.spreadsheets import (
    EXCEL_ERRORS,
    ID_NUMBER,
    NAME,
    PHONE,
    UNIT,
    Column,
    RowProblem,
    WorkbookProblem,
    find_table,
)
from unionportal.people.models import Person, SkillLevel
from unionportal.people.services import create_units, unit_index

EVENT = Column("event", "赛项", ("参赛项目", "项目", "竞赛项目", "报名赛项"))
GENDER = Column("gender", "性别")
OCCUPATION = Column("occupation", "工种", ("职业", "职业（工种）", "岗位"))
LEVEL = Column("level", "职业技能等级", ("技能等级", "等级"))
NOTE = Column("note", "备注")
REQUIRED = (NAME, ID_NUMBER, PHONE, UNIT, EVENT)
OPTIONAL = (TEAM, GENDER, OCCUPATION, LEVEL, NOTE)
# What the template says about its own columns.
GUIDE = (
    ("姓名", "每行一人。"),
    ("身份证号、手机号", "先把列设为“文本”格式再填，否则 Excel 会改掉末几位。"),
    ("单位", "填单位全称；同一队的各行填同一单位，联合组队的都填牵头单位。"),
    ("赛项", "填本届竞赛的赛项名称或代码。"),
    (
        "队名",
        "团体赛项必填：一名队员一行，队名相同的各行合为一队，第一行为领队；人数须与赛项的“每队人数”相同。个人赛项留空。",
    ),
    ("性别、工种、职业技能等级、备注", "可以不填。"),
)
# The eight levels of 人社部发〔2022〕14号; the middle five are also written by grade, alone or beside the name.
GRADES = {
    "五级": SkillLevel.JUNIOR,
    "四级": SkillLevel.INTERMEDIATE,
    "三级": SkillLevel.SENIOR,
    "二级": SkillLevel.TECHNICIAN,
    "一级": SkillLevel.SENIOR_TECHNICIAN,
}
LEVELS = {match_key(label): code for code, label in SkillLevel.choices} | {match_key("无"): ""}
for grade, level in GRADES.items():
    for words in (grade, f"{grade}{level.label}", f"{level.label}{grade}"):
        LEVELS[match_key(words)] = level
GENDERS = {"男": "男", "女": "女", "男性": "男", "女性": "女"}
UNIT_NAME_LENGTH = 100


@dataclass
class RosterRow:
    """A row that passed every check of its own."""

    number: int
    name: str
    id_number: str
    id_hash: str
    phone: str
    unit_name: str
    event: object
    occupation: str
    skill_level: str
    team: str = ""


@dataclass
class RosterReport:
    """What an import does or did. `accepted` counts rows that write something, `unchanged` those that need not.

    `teams` are (event, team, unit, names of the members) of every team that is written.
    """

    accepted: int = 0
    unchanged: int = 0
    updated: int = 0
    new_units: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    teams: list = field(default_factory=list)


class RowCheck:
    """Collects what is wrong in one row, so that all of it is told at once."""

    def __init__(self, row, titles):
        self.row, self.titles, self.problems = row, titles, []

    def cell(self, column):
        return self.row.cells.get(column.key, "")

    def refuse(self, column, problem, remedy):
        self.problems.append((self.titles.get(column.key, column.title), problem, remedy))

    def clean(self, column, rule):
        """Return what the identity rule makes of the cell, or None after refusing it."""
        try:
            return rule(self.cell(column))
        except IdentityProblem as problem:
            self.refuse(column, problem.problem, problem.remedy)
            return None

    def as_problem(self):
        """Return one RowProblem that names every column in trouble."""
        columns, problems, remedies = zip(*self.problems, strict=True)
        return RowProblem(
            self.row.number,
            "、".join(dict.fromkeys(columns)),
            "；".join(problems),
            "；".join(dict.fromkeys(remedies)),
        )


def find_roster(workbook):
    """Return the Table of the roster: the one visible sheet that has its columns."""
    tables, first_problem = [], None
    for sheet in workbook.visible_sheets:
        try:
            tables.append(find_table(sheet, REQUIRED, OPTIONAL))
        except WorkbookProblem as problem:
            first_problem = first_problem or problem
    if len(tables) > 1:
        names = "、".join(f"“{table.sheet}”" for table in tables)
        raise WorkbookProblem(f"工作簿里有 {len(tables)} 张名册（{names}），请合并为一张后再上传。")
    if not tables:
        raise first_problem or WorkbookProblem("工作簿里没有可见的工作表，请重新保存后再上传。")
    return tables[0]


def check_row(row, titles, events):
    """Return a RosterRow, or a RowProblem naming everything that is wrong with the row by itself."""
    check = RowCheck(row, titles)
    for key, value in row.cells.items():
        if value in EXCEL_ERRORS:
            check.problems.append((titles[key], f"单元格是 Excel 错误值 {value}", "请改正公式或直接填写内容"))
    name = check.clean(NAME, identity.clean_name)
    id_number = check.clean(ID_NUMBER, identity.clean_id_number)
    phone = check.clean(PHONE, identity.clean_phone)
    unit_name = _check_unit(check)
    event = _check_event(check, events)
    team = check_team(check, event)
    _check_gender(check, id_number)
    level = _check_level(check)
    if check.problems:
        return check.as_problem()
    return RosterRow(
        number=row.number,
        name=name,
        id_number=id_number,
        id_hash=crypto.keyed_hash(id_number),
        phone=phone,
        unit_name=unit_name,
        event=event,
        occupation=clean_text(check.cell(OCCUPATION))[:50],
        skill_level=level,
        team=team,
    )


def _check_unit(check):
    name = clean_text(check.cell(UNIT))
    if not match_key(name):
        check.refuse(UNIT, "单位为空", "请填写单位全称")
    elif len(name) > UNIT_NAME_LENGTH:
        check.refuse(UNIT, f"单位名称超过 {UNIT_NAME_LENGTH} 个字", "请只填写单位全称")
    return name


def _check_event(check, events):
    text = clean_text(check.cell(EVENT))
    event = events.get(match_key(text))
    if event is None:
        names = "、".join(dict.fromkeys(item.name for item in events.values()))
        problem = f"没有“{text}”这个赛项" if text else "赛项为空"
        check.refuse(EVENT, problem, f"请填写本届竞赛的赛项：{names}")
    return event


def _check_level(check):
    text = clean_text(check.cell(LEVEL))
    level = LEVELS.get(match_key(text) or match_key("无"))
    if level is None:
        check.refuse(LEVEL, f"不认识的等级“{text}”", f"请填写：{'、'.join(SkillLevel.labels)}，或留空")
    return level


def _check_gender(check, id_number):
    text = clean_text(check.cell(GENDER))
    gender = GENDERS.get(text)
    if text and gender is None:
        check.refuse(GENDER, f"性别“{text}”无法识别", "请填写“男”或“女”")
    elif gender and id_number and identity.id_gender(id_number) != gender:
        problem = f"性别填“{gender}”，与身份证号不符（身份证号为“{identity.id_gender(id_number)}”）"
        check.refuse(GENDER, problem, "请核对性别和身份证号，改正有误的一项")


class RosterPlan:
    """What importing the checked rows means for the database as it is now; reads only."""

    def __init__(self, rows, refused, titles, broken_teams):
        self.refused, self.titles, self.broken_teams = list(refused), titles, dict(broken_teams)
        self.units = unit_index()
        self.people = self._people(rows)
        self.entries = self._entries(rows)
        self.new, self.changed, self.unchanged = [], [], 0
        first_rows, first_names = {}, {}
        for row in rows:
            who = self._key_of(row)
            earlier = first_rows.get((row.event.pk, who))
            named = first_names.get(who, row)
            if self._is_somebody_else(row):
                known = self.people[row.id_hash].name
                problem = f"这个身份证号已登记为“{known}”，与本行姓名不同"
                self._refuse(row, NAME, problem, "请核对姓名和身份证号；确已改名的，先在职工档案中更正")
            elif match_key(named.name) != match_key(row.name):
                problem = f"身份证号与第 {named.number} 行相同，但那一行姓名为“{named.name}”"
                self._refuse(row, NAME, problem, "请核对两行的姓名和身份证号，改正有误的一行")
            elif earlier:
                self._refuse(row, ID_NUMBER, f"与第 {earlier} 行重复：同一人报了同一赛项", "请删去重复的一行")
            else:
                first_rows[row.event.pk, who] = row.number
                first_names.setdefault(who, row)
                if not row.team:
                    self._sort(row)
        refused_rows = {problem.row for problem in self.refused}
        in_teams = [row for row in rows if row.team and row.number not in refused_rows]
        self.teams = TeamPlan(in_teams, self.broken_teams, self.people, self.units, titles)

    @staticmethod
    def _people(rows):
        found = Person.objects.filter(id_number_hash__in={row.id_hash for row in rows}).select_related(
            "merged_into"
        )
        return {person.id_number_hash: person.merged_into or person for person in found}

    @staticmethod
    def _entries(rows):
        events = {row.event.pk for row in rows}
        entries = Entry.objects.live().filter(event__in=events).select_related("person")
        return {(entry.event_id, entry.person_id): entry for entry in entries}

    def _key_of(self, row):
        """Return what is the same for two rows about one person, whose merged record may hold another ID number."""
        person = self.people.get(row.id_hash)
        return person.pk if person else row.id_hash

    def _refuse(self, row, column, problem, remedy):
        if row.team:
            self.broken_teams.setdefault(team_key(row.event, row.team), row.number)
        self.refused.append(
            RowProblem(row.number, self.titles.get(column.key, column.title), problem, remedy)
        )

    def _is_somebody_else(self, row):
        person = self.people.get(row.id_hash)
        return person is not None and match_key(person.name) != match_key(row.name)

    def _sort(self, row):
        person = self.people.get(row.id_hash)
        entry = self.entries.get((row.event.pk, person.pk)) if person else None
        if entry is None:
            self.new.append(row)
        elif entry.status == Entry.Status.RETURNED:
            problem = f"此人在本赛项的报名已退回（{entry.reason}）"
            self._refuse(row, NAME, problem, "请先在后台处理这条报名，再导入名册")
        elif self._says_the_same(row, entry):
            self.unchanged += 1
        else:
            self.changed.append((row, entry))

    def _says_the_same(self, row, entry):
        unit = self.units.get(match_key(row.unit_name))
        return (
            unit is not None
            and entry.status == Entry.Status.ACCEPTED
            and (unit.pk == entry.unit_id or match_key(row.unit_name) == match_key(entry.unit_name))
            and (row.occupation, row.skill_level) == (entry.occupation, entry.skill_level)
            and row.phone == entry.person.phone
        )

    def writing_rows(self):
        """Return the rows that write something."""
        return self.new + [row for row, _ in self.changed] + self.teams.writing_rows()

    def report(self):
        """Return the RosterReport of this plan."""
        rows = self.writing_rows()
        names = {match_key(row.unit_name): row.unit_name for row in reversed(rows)}
        return RosterReport(
            accepted=len(rows),
            unchanged=self.unchanged + self.teams.unchanged,
            updated=len(self.changed) + sum(len(rows) for rows, _ in self.teams.changed),
            new_units=sorted(name for key, name in names.items() if key not in self.units),
            refused=sorted(self.refused + self.teams.refused, key=lambda problem: problem.row),
            teams=self.teams.told(),
        )


@transaction.atomic
def import_roster(*, competition, workbook, actor, dry_run=False, source=""):
    """Take a roster's good rows as accepted entries and return a RosterReport; with dry_run only the report.

    Raises WorkbookProblem when the file has no roster, ValidationError when the competition takes no entries.
    """
    competition = Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    if competition.status in (Competition.Status.CLOSED, Competition.Status.CANCELLED):
        raise ValidationError(f"“{competition}”{competition.get_status_display()}，不能再导入名册。")
    table = find_roster(workbook)
    events = {}
    for event in competition.events.all():
        events[match_key(event.name)] = events[match_key(event.code)] = event
    if not events:
        raise ValidationError(f"“{competition}”还没有赛项，请先录入赛项再导入名册。")
    plan = _plan(table, events)
    report = plan.report()
    if not dry_run and report.accepted:
        apply_roster(plan, report, actor, source)
        record(
            actor,
            "competitions.roster_imported",
            competition,
            accepted=report.accepted,
            updated=report.updated,
            unchanged=report.unchanged,
            refused=len(report.refused),
            source=source,
        )
    return report


def _plan(table, events):
    checked = [(row, check_row(row, table.titles, events)) for row in table]
    broken = {}
    for row, fault in checked:
        event = events.get(match_key(clean_text(row.cells.get(EVENT.key, ""))))
        if isinstance(fault, RowProblem) and event:
            broken.setdefault(team_key(event, clean_text(row.cells.get(TEAM.key, ""))), row.number)
    rows = [row for _, row in checked if isinstance(row, RosterRow)]
    refused = [fault for _, fault in checked if isinstance(fault, RowProblem)]
    return RosterPlan(rows, refused, table.titles, broken)


def apply_roster(plan, report, actor, source):
    """Write what the plan says: units, persons, entries, teams, in this order."""
    for unit in create_units(names=report.new_units, actor=actor, source=source or "参赛名册"):
        plan.units[match_key(unit.name)] = unit
    people = _write_people(plan)
    numbers = _next_numbers(plan.new + plan.teams.writing_rows())
    Entry.objects.bulk_create([_entry(row, plan, people, numbers) for row in plan.new], batch_size=1000)
    for row, entry in plan.changed:
        entry.unit, entry.unit_name = plan.units[match_key(row.unit_name)], row.unit_name
        entry.occupation, entry.skill_level = row.occupation, row.skill_level
        entry.status = Entry.Status.ACCEPTED
    Entry.objects.bulk_update(
        [entry for _, entry in plan.changed],
        ["unit", "unit_name", "occupation", "skill_level", "status"],
        batch_size=1000,
    )
    plan.teams.write(people, numbers)


def _write_people(plan):
    people, made, touched = dict(plan.people), [], {}
    for row in plan.writing_rows():
        person = people.get(row.id_hash)
        if person is None:
            person = people[row.id_hash] = Person(name=row.name)
            person.id_number = row.id_number
            made.append(person)
        else:
            touched[row.id_hash] = person
        person.phone = row.phone
        person.unit = plan.units[match_key(row.unit_name)]
        person.occupation = row.occupation or person.occupation
        person.skill_level = row.skill_level or person.skill_level
    Person.objects.bulk_create(made, batch_size=1000)
    # Somebody in two events of this file is made above and met again here: no second write.
    existing = [person for key, person in touched.items() if key in plan.people]
    fields = ["phone_sealed", "phone_tail", "unit", "occupation", "skill_level"]
    Person.objects.bulk_update(existing, fields, batch_size=1000)
    return people


def _next_numbers(rows):
    """Return {event pk: the last running number in use}."""
    last = {}
    for event_id, number in Entry.objects.filter(event__in={row.event.pk for row in rows}).values_list(
        "event", "number"
    ):
        tail = number.rpartition("-")[2]
        last[event_id] = max(last.get(event_id, 0), int(tail) if tail.isdecimal() else 0)
    return last


def _entry(row, plan, people, numbers):
    numbers[row.event.pk] = numbers.get(row.event.pk, 0) + 1
    return Entry(
        event=row.event,
        number=f"{row.event.code}-{numbers[row.event.pk]:03d}",
        person=people[row.id_hash],
        unit=plan.units[match_key(row.unit_name)],
        unit_name=row.unit_name,
        occupation=row.occupation,
        skill_level=row.skill_level,
        status=Entry.Status.ACCEPTED,
        source=Entry.Source.ROSTER,
    )
