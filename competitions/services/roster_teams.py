"""Teams on a roster: a row for each member, rows with the same team name make one entry, whole or not at all."""

from competitions.models import Entry, EntryMember
from unionportal.common.identity import clean_text, match_key
from unionportal.common.spreadsheets import NAME, UNIT, Column, RowProblem

TEAM = Column("team", "队名", ("参赛队", "代表队", "队伍名称"))
TEAM_NAME_LENGTH = 50


def team_key(event, team):
    """Return what is the same for all rows of a team."""
    return event.pk, match_key(team)


def check_team(check, event):
    """Return the team's name of a row, after refusing one that is missing or out of place."""
    team = clean_text(check.cell(TEAM))
    if event and event.team_size > 1 and not match_key(team):
        check.refuse(TEAM, f"“{event}”是团体赛项，队名为空", "请填写队名，同队各行填同一队名")
    elif event and event.team_size == 1 and team:
        check.refuse(TEAM, f"“{event}”是个人赛项，不填队名", "请清空队名，或改填团体赛项")
    elif len(team) > TEAM_NAME_LENGTH:
        check.refuse(TEAM, f"队名超过 {TEAM_NAME_LENGTH} 个字", "请缩短队名")
    return team


class TeamPlan:
    """What the teams of a roster mean for the database as it is now; reads only, until write().

    `new` are lists of rows, `changed` such lists with their entry; a list's first row is the leader.
    """

    def __init__(self, rows, broken, people, units, titles):
        self.people, self.units, self.titles, self.broken = people, units, titles, broken
        self.new, self.changed, self.unchanged, self.refused = [], [], 0, []
        teams = {}
        for row in rows:
            teams.setdefault(team_key(row.event, row.team), []).append(row)
        self.entries = self._entries({row.event.pk for row in rows})
        self.elsewhere = {
            (entry.event_id, member.person_id): (key, entry.team_name)
            for key, entry in self.entries.items()
            for member in entry.members.all()
        }
        for key, members in teams.items():
            self._sort(key, members)

    @staticmethod
    def _entries(events):
        entries = Entry.objects.live().filter(event__in=events, person=None).select_related("event")
        found = entries.prefetch_related("members__person", "appearances")
        return {team_key(entry.event, entry.team_name): entry for entry in found}

    def _sort(self, key, members):
        entry = self.entries.get(key)
        fault = self._fault(key, members, entry)
        if fault is None and entry and self._says_the_same(members, entry):
            self.unchanged += len(members)
        elif fault is None and entry and entry.appearances.all() and self._is_another_team(members, entry):
            fault = (TEAM, f"“{entry.team_name}”已进入轮次，队员不能再由名册改动", "请在后台办理换人")
        elif fault is None:
            (self.changed.append((members, entry)) if entry else self.new.append(members))
        if fault:
            column, problem, remedy = fault
            title = self.titles.get(column.key, column.title)
            self.refused += [RowProblem(row.number, title, problem, remedy) for row in members]

    def _fault(self, key, members, entry):
        """Return (column, problem, remedy) of a team that cannot be taken, or None."""
        event, team = members[0].event, members[0].team
        if key in self.broken:
            return TEAM, f"同队第 {self.broken[key]} 行有误，整队未写入", "改正后整队重新导入"
        if len({self._unit_of(row) for row in members}) > 1:
            return UNIT, f"“{team}”各行的单位不一致", "同队各行请填同一单位，联合组队的都填牵头单位"
        if len(members) != event.team_size:
            size = event.team_size
            return TEAM, f"“{team}”有 {len(members)} 人，“{event}”每队 {size} 人", "请补齐或删去队员"
        for row in members:
            person = self.people.get(row.id_hash)
            other, name = self.elsewhere.get((event.pk, person.pk if person else None), (key, ""))
            if other != key:
                return NAME, f"“{row.name}”已在“{name}”队", "一人在一个赛项只能参加一队，请核对"
        if entry and entry.status == Entry.Status.RETURNED:
            return TEAM, f"该队的报名已退回（{entry.reason}）", "请先在后台处理这条报名，再导入名册"
        return None

    def _unit_of(self, row):
        unit = self.units.get(match_key(row.unit_name))
        return unit.pk if unit else match_key(row.unit_name)

    def _is_another_team(self, members, entry):
        given = {getattr(self.people.get(row.id_hash), "pk", None) for row in members}
        return given != {member.person_id for member in entry.members.all()}

    def _says_the_same(self, members, entry):
        if entry.status != Entry.Status.ACCEPTED or self._unit_of(members[0]) != entry.unit_id:
            return False
        known = [(member.person_id, member.person.phone) for member in entry.members.all()]
        return known == [(getattr(self.people.get(row.id_hash), "pk", None), row.phone) for row in members]

    def writing_rows(self):
        """Return the rows of all teams that are written."""
        return [row for rows in self.new for row in rows] + [row for rows, _ in self.changed for row in rows]

    def told(self):
        """Return (event, team, unit, names of the members) of every team that is written."""
        return [
            (rows[0].event.name, rows[0].team, rows[0].unit_name, [row.name for row in rows])
            for rows in self.new + [rows for rows, _ in self.changed]
        ]

    def write(self, people, numbers):
        """Write the teams with their members; `people` by hash of the ID number, `numbers` the last in use by event."""
        made = [(self._entry(rows[0], numbers), rows) for rows in self.new]
        Entry.objects.bulk_create([entry for entry, _ in made], batch_size=1000)
        for rows, entry in self.changed:
            entry.unit, entry.unit_name = self.units[match_key(rows[0].unit_name)], rows[0].unit_name
            entry.status = Entry.Status.ACCEPTED
            entry.save(update_fields=["unit", "unit_name", "status"])
            entry.members.all().delete()
            made.append((entry, rows))
        EntryMember.objects.bulk_create(
            [
                EntryMember(
                    entry=entry, person=people[row.id_hash], position=position, is_leader=position == 1
                )
                for entry, rows in made
                for position, row in enumerate(rows, 1)
            ],
            batch_size=1000,
        )

    def _entry(self, row, numbers):
        numbers[row.event.pk] = numbers.get(row.event.pk, 0) + 1
        return Entry(
            event=row.event,
            number=f"{row.event.code}-{numbers[row.event.pk]:03d}",
            team_name=row.team,
            unit=self.units[match_key(row.unit_name)],
            unit_name=row.unit_name,
            status=Entry.Status.ACCEPTED,
            source=Entry.Source.ROSTER,
        )
