"""Setting a competition up from a plain description: the YAML file that load_competition reads."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from competitions.models import (
    AwardRule,
    CommitteeMember,
    Competition,
    Document,
    Event,
    Module,
    Organiser,
    Stage,
    TieBreak,
)
from unionportal.audit.services import record
from unionportal.common.pinyin import pinyin_slug
from unionportal.common.slugs import free_slug
from unionportal.panels.models import Criterion, CriterionLevel, Panel
from unionportal.people.models import Sector

TIME_WORDS = {"用时", "时间"}


class Description:
    """A mapping of the file being read, that knows where it stands and which keys nobody has asked for."""

    def __init__(self, value, path="文件"):
        if not isinstance(value, dict):
            raise ValidationError(f"{path}：应为“名称: 内容”的条目。")
        self.value, self.path, self.asked = value, path, set()

    def get(self, key, default=None, *, required=False):
        self.asked.add(key)
        value = self.value.get(key, default)
        if required and value in (None, "", []):
            raise ValidationError(f"{self.path}：缺少 {key}，请补上。")
        return value

    def text(self, key, default="", **options):
        value = self.get(key, default, **options)
        return "" if value is None else str(value).strip()

    def number(self, key, default=None, **options):
        value = self.get(key, default, **options)
        if value is None:
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = None
        if number is None or isinstance(value, bool) or not number.is_finite():
            raise ValidationError(f"{self.path}：{key} 应为数字，现为“{value}”。")
        return number

    def whole(self, key, default=None, **options):
        number = self.number(key, default, **options)
        if number is not None and number != int(number):
            raise ValidationError(f"{self.path}：{key} 应为整数，现为“{number}”。")
        return None if number is None else int(number)

    def flag(self, key, default):
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise ValidationError(f"{self.path}：{key} 应为 true 或 false，现为“{value}”。")
        return value

    def day(self, key):
        value = self.get(key)
        if value is None or type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ValidationError(f"{self.path}：{key} 应为日期（如 2025-05-23），现为“{value}”。") from None

    def choice(self, key, choices, default):
        """Return the code of a choice given by code or by its Chinese label."""
        value = self.get(key, default)
        for code, label in choices.choices:
            if value in (code, label):
                return code
        allowed = "、".join(f"{code}（{label}）" for code, label in choices.choices)
        raise ValidationError(f"{self.path}：{key} 的值“{value}”不认识，可填：{allowed}。")

    def parts(self, key, *, required=False):
        """Return the list under a key as Descriptions."""
        value = self.get(key, [], required=required)
        if not isinstance(value, list):
            raise ValidationError(f"{self.path}：{key} 应为列表（每项以“- ”开头）。")
        return [Description(item, f"{self.path} › {key} 第 {n} 项") for n, item in enumerate(value, 1)]

    def finish(self):
        """Refuse keys that nothing has read: most are slips of the pen that would silently change the rule."""
        unknown = [str(key) for key in self.value if key not in self.asked]
        if unknown:
            raise ValidationError(f"{self.path}：不认识的条目 {'、'.join(unknown)}，请检查拼写。")


def cleaned(instance, path, exclude=()):
    """Save a row after full validation; errors name the place in the file."""
    try:
        instance.full_clean(exclude=exclude, validate_constraints=True)
    except ValidationError as error:
        lines = [f"{field}：{'；'.join(texts)}" for field, texts in error.message_dict.items()]
        raise ValidationError(f"{path}：{'；'.join(lines).replace('__all__：', '')}") from error
    instance.save()
    return instance


@transaction.atomic
def create_competition(*, description, actor, announce=True):
    """Make a competition with all its parts and return it; raises ValidationError naming the place in the file."""
    top = Description(description)
    competition = _create_competition(top, announce)
    for part in top.parts("organisers", required=True):
        role = part.choice("role", Organiser.Role, Organiser.Role.HOST)
        organiser = Organiser(competition=competition, name=part.text("name", required=True), role=role)
        organiser.position = competition.organisers.count()
        cleaned(organiser, part.path)
        part.finish()
    _create_papers(top, competition)
    for position, part in enumerate(top.parts("events", required=True), 1):
        _create_event(competition, part, position)
    top.finish()
    record(actor, "competitions.competition_created", competition, slug=competition.slug, announced=announce)
    return competition


def _create_competition(top, announce):
    brand, edition, year = (
        top.text("brand", required=True),
        top.whole("edition"),
        top.whole("year", required=True),
    )
    competition = Competition(
        brand=brand,
        edition=edition,
        year=year,
        title=top.text("title", required=True),
        short_title=top.text("short_title"),
        slug=top.text("slug") or free_slug(Competition.objects, brand, edition, year, otherwise="jingsai"),
        introduction=top.text("introduction"),
        entry_opens_on=top.day("entry_opens_on"),
        entry_closes_on=top.day("entry_closes_on"),
        final_on=top.day("final_on"),
        venue=top.text("venue"),
        contact=top.text("contact"),
        public_scope=top.choice("public_scope", Competition.PublicScope, Competition.PublicScope.AWARDS),
        reported_participants=top.whole("reported_participants"),
    )
    if announce:
        competition.status, competition.announced_at = Competition.Status.ANNOUNCED, timezone.now()
    cleaned(competition, top.path)
    sectors = top.get("sector") or []
    for name in sectors if isinstance(sectors, list) else [sectors]:
        competition.sectors.add(Sector.objects.get_or_create(name=str(name).strip())[0])
    return competition


def _create_papers(top, competition):
    for position, part in enumerate(top.parts("committee"), 1):
        member = CommitteeMember(competition=competition, position=position)
        member.body = part.choice("body", CommitteeMember.Body, CommitteeMember.Body.COMMITTEE)
        member.duty, member.name = part.text("duty", "成员"), part.text("name", required=True)
        member.unit_name = part.text("unit")
        cleaned(member, part.path)
        part.finish()
    for position, part in enumerate(top.parts("documents"), 1):
        document = Document(competition=competition, position=position)
        document.kind = part.choice("kind", Document.Kind, Document.Kind.NOTICE)
        document.title, document.text = part.text("title", required=True), part.text("text", required=True)
        document.dated_on = part.day("dated_on") or timezone.localdate()
        cleaned(document, part.path)
        part.finish()


def _create_event(competition, part, position):
    name = part.text("name", required=True)
    event = Event(
        competition=competition,
        name=name,
        code=part.text("code") or pinyin_slug(name)[:20],
        position=position,
        introduction=part.text("introduction"),
        team_size=part.whole("team_size", 1),
    )
    cleaned(event, part.path)
    for number, stage in enumerate(part.parts("stages", required=True), 1):
        _create_stage(event, stage, number, is_last=number == len(part.value["stages"]))
    part.finish()


def _create_stage(event, part, position, *, is_last):
    stage = Stage(
        event=event,
        name=part.text("name", required=True),
        position=position,
        held_on=part.day("held_on") or (event.competition.final_on if is_last else None),
        venue=part.text("venue"),
        decimals=part.whole("decimals", 2),
        round_at=part.choice("round_at", Stage.RoundAt, Stage.RoundAt.TOTAL),
        ranks_shared=part.flag("ranks_shared", True),
        pass_line=part.number("pass_line"),
        advance=part.whole("advance"),
        tied=part.choice("tied", Stage.Tied, Stage.Tied.ALL),
        award_rounding=part.choice("award_rounding", Stage.AwardRounding, Stage.AwardRounding.CUMULATIVE),
    )
    cleaned(stage, part.path)
    for number, module in enumerate(part.parts("modules", required=True), 1):
        _create_module(stage, part, module, number)
    total = sum(stage.modules.values_list("weight", flat=True))
    if total != 100:
        raise ValidationError(f"{part.path} › modules：权重合计为 {total.normalize():f}，应恰为 100。")
    for number, word in enumerate(part.get("ties") or [], 1):
        _create_tie(stage, str(word).strip(), number, part.path)
    for number, award in enumerate(part.parts("awards"), 1):
        band = AwardRule(stage=stage, position=number, name=award.text("name", required=True))
        band.count, band.share = award.whole("count"), award.number("share")
        cleaned(band, award.path)
        award.finish()
    part.finish()


def _create_module(stage, stage_part, part, position):
    source = part.choice("source", Module.Source, Module.Source.EXAM)
    module = Module(
        stage=stage,
        name=part.text("name", required=True),
        position=position,
        source=source,
        weight=part.number("weight", required=True),
        pass_line=part.number("pass_line"),
    )
    # Where a module does not say it, the stage does: both are written in practice.
    settings = PanelSettings(part, stage_part)
    if source == Module.Source.PANEL:
        module.panel = _create_panel(f"{stage.event.competition} {stage} {module.name}", part, settings)
    elif part.get("criteria"):
        raise ValidationError(f"{part.path}：考试模块没有评分项；由裁判评分的请写 source: panel。")
    cleaned(module, part.path)
    part.finish()


class PanelSettings:
    """Reads how a panel marks: from the module, else from its stage."""

    def __init__(self, module, stage):
        self.module, self.stage = module, stage

    def __call__(self, method, key, *arguments):
        outer = getattr(self.stage, method)(key, *arguments)
        return getattr(self.module, method)(key, *arguments) if key in self.module.value else outer


def _create_panel(title, part, settings):
    seats = settings("whole", "judges", 5)
    panel = Panel(
        title=title[:150],
        seats=seats,
        min_judges=settings("whole", "min_judges") or seats,
        trim=settings("choice", "trim", Panel.Trim, Panel.Trim.SHEET),
        trim_from=settings("whole", "trim_from", 5),
        middle_of_three=settings("flag", "middle_of_three", False),
        is_blind=settings("flag", "blind", False),
        spread_limit=settings("number", "spread_limit"),
    )
    cleaned(panel, part.path)
    for number, criterion in enumerate(part.parts("criteria", required=True), 1):
        _create_criterion(panel, criterion, number)
    return panel


def _create_criterion(panel, part, position):
    kind = part.choice("kind", Criterion.Kind, Criterion.Kind.POINTS)
    criterion = Criterion(
        panel=panel,
        position=position,
        group=part.text("group"),
        name=part.text("name", required=True),
        clause=part.text("clause"),
        kind=kind,
        maximum=part.number("max", required=True),
        step=part.number("step", Decimal("0.5")),
        partial=part.number("partial"),
    )
    cleaned(criterion, part.path)
    levels = part.get("levels") or []
    for level, text in enumerate(levels):
        cleaned(CriterionLevel(criterion=criterion, level=level, text=str(text)), f"{part.path} › levels")
    part.finish()


def _create_tie(stage, word, position, path):
    tie = TieBreak(stage=stage, position=position)
    modules = {module.name: module for module in stage.modules.select_related("panel")}
    criteria = {
        criterion.name: (module, criterion)
        for module in modules.values()
        if module.panel
        for criterion in module.panel.criteria.all()
    }
    if word in TIME_WORDS:
        tie.kind = TieBreak.Kind.TIME
    elif word in modules:
        tie.kind, tie.module = TieBreak.Kind.MODULE, modules[word]
    elif word in criteria:
        tie.kind, (tie.module, tie.criterion) = TieBreak.Kind.CRITERION, criteria[word]
    else:
        raise ValidationError(f"{path} › ties：“{word}”既不是模块、评分项，也不是“用时”。")
    cleaned(tie, f"{path} › ties")


def give_panel(module):
    """Give a panel-marked module that has none a panel of its own, by the usual rule of five judges."""
    if module.source == Module.Source.PANEL and module.panel_id is None:
        stage = module.stage
        module.panel = Panel.objects.create(title=f"{stage.event.competition} {stage} {module.name}"[:150])


def competition_of(part):
    """Return the competition that an event, stage or module belongs to; a competition is its own."""
    if isinstance(part, Competition):
        return part
    event = part if isinstance(part, Event) else part.event if isinstance(part, Stage) else part.stage.event
    return event.competition


def panels_of(part):
    """Return the panels of a competition, event, stage or module."""
    path = {
        Competition: "module__stage__event__competition",
        Event: "module__stage__event",
        Stage: "module__stage",
        Module: "module",
    }
    return list(Panel.objects.filter(**{path[type(part)]: part}).order_by("pk"))


@transaction.atomic
def delete_part(*, part):
    """Delete a draft, or an event, stage or module of one, with everything below it, panels too; the caller audits it."""
    competition = Competition.objects.select_for_update(no_key=True).get(pk=competition_of(part).pk)
    if competition.status != Competition.Status.DRAFT:
        raise ValidationError(f"“{competition}”{competition.get_status_display()}，不能再删除。")
    panels = panels_of(part)
    part.delete()
    for panel in panels:
        panel.delete()
