"""What a nomination still lacks before it can be handed in, and what the eligibility rules say of it."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from craftsmen import eligibility
from craftsmen.models import EligibilityRule, Honour, Nomination, NominationFile
from craftsmen.models.nominations import FULL_DEEDS, SHORT_DEEDS
from unionportal.common.workdays import uncovered_years, workdays
from unionportal.notices.models import Holiday
from unionportal.people.models import Milestone

Channel = Nomination.Channel
REQUIRED = {
    "basic": ("political", "education", "unit_nature", "occupation", "is_union_member", "is_front_line"),
    "career": ("worked_since", "trade_since", "district_since", "resume"),
    "deeds": ("short_deeds", "full_deeds"),
    "unit": ("unit_opinion",),
}
UNIT_NOTICE = ("unit_notice_from", "unit_notice_to", "unit_notice_result")
LIMITS = {"short_deeds": SHORT_DEEDS, "full_deeds": FULL_DEEDS}


@dataclass(frozen=True)
class Lack:
    """Something to do before handing in: the step of the form where it is done, and what."""

    step: str
    text: str


def text_length(text):
    """Return the number of characters as the counters beside the fields show it: a line break is one."""
    return len(text.replace("\r\n", "\n").replace("\r", "\n").strip())


def label_of(name):
    """Return the Chinese name of a field."""
    return str(Nomination._meta.get_field(name).verbose_name)


def is_blank(value):
    """True where nobody has answered; False is an answer."""
    return value is None or value == ""


def missing_fields(nomination):
    """Return the Lacks of fields that are blank or too long."""
    lacks = []
    for step, names in REQUIRED.items():
        if step == "unit" and nomination.channel in Nomination.PERSONAL:
            continue
        lacks += [
            Lack(step, f"请填写{label_of(name)}。") for name in names if is_blank(getattr(nomination, name))
        ]
    if not nomination.unit_name and nomination.unit_nature != Nomination.UnitNature.NONE:
        lacks.append(Lack("basic", "请填写单位名称；灵活就业的，单位性质选“灵活就业”。"))
    for name, most in LIMITS.items():
        length = text_length(getattr(nomination, name))
        if length > most:
            lacks.append(Lack("deeds", f"{label_of(name)}有 {length} 字，请压缩到 {most} 字以内。"))
    return lacks


def holiday_exceptions():
    """Return what staff have entered beside the published calendar: {date: works}."""
    return dict(Holiday.objects.values_list("on", "is_workday"))


def notice_lacks(nomination, selection):
    """Return the Lacks of the unit's own notice; only a unit's nomination has one."""
    if nomination.channel != Channel.UNIT or not selection.unit_notice_days:
        return []
    blank = [name for name in UNIT_NOTICE if is_blank(getattr(nomination, name))]
    if blank:
        return [Lack("unit", f"请填写{label_of(name)}。") for name in blank]
    first, last = nomination.unit_notice_from, nomination.unit_notice_to
    exceptions = holiday_exceptions()
    counted = len(workdays(first, last, exceptions))
    lacks = []
    if counted < selection.unit_notice_days:
        unsure = "（节假日安排尚未公布，按周一至周五计）" if uncovered_years(first, last, exceptions) else ""
        text = f"单位公示 {first} 至 {last} 共 {counted} 个工作日{unsure}，应不少于 {selection.unit_notice_days} 个。"
        lacks.append(Lack("unit", text))
    if last >= timezone.localdate():
        lacks.append(Lack("unit", f"单位公示到 {last} 才结束，结束后再提交。"))
    return lacks


def lacking(nomination):
    """Return every Lack of a nomination beside the eligibility rules."""
    lacks = missing_fields(nomination) + notice_lacks(nomination, nomination.offer.selection)
    if nomination.photo_id is None:
        lacks.append(Lack("papers", "请上传申报人照片。"))
    if not nomination.consents_to_publication:
        lacks.append(Lack("check", "请确认本人同意公示和宣传。"))
    return lacks


def rules_for(nomination):
    """Return the eligibility rules that apply to the nomination's title."""
    offer = nomination.offer
    return EligibilityRule.objects.filter(Q(offer=None) | Q(offer=offer), selection=offer.selection_id)


def facts_of(nomination):
    """Return what is known of the nominee as eligibility.Facts."""
    offer, person = nomination.offer, nomination.person
    placings = Milestone.objects.filter(person=person, kind=Milestone.Kind.COMPETITION)
    higher = Q(title__rank__gt=offer.title.rank) | Q(title=offer.title_id)
    if offer.title.rank:
        higher |= Q(title__rank=offer.title.rank)
    held = Honour.objects.standing().filter(higher, person=person).select_related("title")
    papers = nomination.files.filter(kind=NominationFile.Kind.EVIDENCE).exclude(rule=None)
    return eligibility.Facts(
        reference=offer.selection.opens_on or timezone.localdate(),
        born_on=person.birth_date,
        trade_since=nomination.trade_since,
        district_since=nomination.district_since,
        skill_level=nomination.skill_level,
        recorded_level=person.skill_level,
        is_union_member=nomination.is_union_member,
        is_front_line=nomination.is_front_line,
        placings=tuple(eligibility.Placing(item.on, item.tier, item.place, item.title) for item in placings),
        held=tuple(f"{honour.title}（{honour.year} 年）" for honour in held),
        papers=frozenset(papers.values_list("rule_id", flat=True)),
    )


def outcomes_of(nomination):
    """Return the eligibility.Outcomes of the nomination, rule by rule."""
    return eligibility.judge_all(rules_for(nomination), facts_of(nomination))
