"""What the page of a selection shows: state, calendar, rules, quotas, notices, and who was honoured."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, IntegerField, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject

from craftsmen.eligibility import rule_text
from craftsmen.models import Allocation, EligibilityRule, Honour, Offer, ReportedHonours, Selection, SlateRule
from craftsmen.presenting import count_of
from unionportal.notices.models import PublicNotice
from unionportal.panels.models import Criterion

Status = Selection.Status
# field, what the calendar calls it
DATES = (
    ("opens_on", "开始申报"),
    ("unit_deadline", "单位申报截止"),
    ("branch_deadline", "镇街、系统工会审核截止"),
    ("review_ends_on", "资格审查完成"),
    ("scoring_starts_on", "专家评审开始"),
    ("scoring_ends_on", "专家评审结束"),
    ("ceremony_on", "计划表彰"),
)
CHANNELS = ("by_unit", "by_association", "by_expert", "by_self")


@dataclass(frozen=True)
class Step:
    """A date of the calendar."""

    label: str
    on: date
    is_done: bool
    is_now: bool


def public_state(selection, today):
    """Return (key of the state's shape, its word) as the public is told; the key is one of partials/state.html."""
    if selection.status == Status.CANCELLED:
        return "cancelled", "已取消"
    if selection.status == Status.CLOSED:
        return "ended", "已结束"
    if selection.opens_on and today < selection.opens_on:
        return "upcoming", "即将申报"
    if selection.opens_on and (selection.unit_deadline is None or today <= selection.unit_deadline):
        return "entry", "申报中"
    if any(
        notice.status == PublicNotice.Status.RUNNING for notice in getattr(selection, "shown_notices", ())
    ):
        return "notice", "公示中"
    last = selection.review_ends_on or selection.branch_deadline
    return ("running", "审核中") if last and today <= last else ("running", "评审中")


def calendar(selection, today):
    """Return the Steps of a selection; the one that comes next, or runs today, is marked."""
    dates = [(label, getattr(selection, name)) for name, label in DATES if getattr(selection, name)]
    dates.sort(key=lambda item: item[1])
    is_over = selection.status in (Status.CLOSED, Status.CANCELLED)
    coming = next((item for item in dates if item[1] >= today), None)
    return [Step(*item, item[1] < today or is_over, not is_over and item == coming) for item in dates]


def selection_query():
    """Return announced selections with their eligibility rules and published notices, read in the one statement."""
    rules = EligibilityRule.objects.filter(selection=OuterRef("pk")).annotate(
        only=Coalesce("offer__title__name", Value(""))
    )
    prefix = Concat(
        Value("craftsmen.selection:"), Cast(OuterRef("pk"), CharField()), Value(":"), output_field=CharField()
    )
    notices = PublicNotice.objects.published().filter(line="craftsmen", source_key__startswith=prefix)
    return (
        Selection.objects.public()
        .select_related("notice_file")
        .annotate(
            rules=ArraySubquery(
                rules.order_by("position", "pk").values(
                    json=JSONObject(
                        kind="kind", number="number", skill_level="skill_level", text="text", only="only",
                        lifted_by_placing="lifted_by_placing",
                    )
                )
            ),
            notices=ArraySubquery(
                notices.order_by("pk").values(
                    json=JSONObject(
                        pk="pk", title="title", status="status", starts_on="starts_on", last_on="last_on"
                    )
                )
            ),
        )
    )  # fmt: skip


def unfold(selection):
    """Turn what came as JSON into objects: `shown_rules` with their words, `shown_notices` with their dates."""
    selection.shown_rules = [SimpleNamespace(**item) for item in selection.rules]
    for rule in selection.shown_rules:
        rule.words = rule_text(rule)
    selection.shown_notices = [SimpleNamespace(**item) for item in selection.notices]
    for notice in selection.shown_notices:
        for name in ("starts_on", "last_on"):
            value = getattr(notice, name)
            setattr(notice, name, date.fromisoformat(value) if value else None)
        notice.word = "公示中" if notice.status == PublicNotice.Status.RUNNING else "已结束"
    labels = {name: Selection._meta.get_field(name).verbose_name for name in CHANNELS}
    selection.channels = [label for name, label in labels.items() if getattr(selection, name)]
    return selection


def offers_of(selection):
    """Return the offers of a selection with criteria, slate rules, allocated places and the figures of the honoured."""
    places = Allocation.objects.filter(offer=OuterRef("pk")).order_by().values("offer")
    criteria = Criterion.objects.filter(panel=OuterRef("panel")).order_by("position")
    slate = SlateRule.objects.filter(offer=OuterRef("pk")).order_by("kind")
    reported = ReportedHonours.objects.filter(title=OuterRef("title"), year=OuterRef("selection__year"))
    offers = list(
        Offer.objects.filter(selection=selection)
        .select_related("title", "panel")
        .annotate(
            places=Subquery(places.annotate(n=Sum("places")).values("n"), output_field=IntegerField()),
            held=count_of(Honour.objects.standing(), "selection__year"),
            shown=count_of(Honour.objects.public(), "selection__year"),
            reported=Coalesce(Subquery(reported.values("count")[:1]), 0),
            told=Coalesce(Subquery(reported.values("note")[:1]), Value("")),
            criteria=ArraySubquery(
                criteria.values(
                    json=JSONObject(name="name", group="group", maximum="maximum", clause="clause")
                )
            ),
            structure=ArraySubquery(slate.values(json=JSONObject(kind="kind", number="number"))),
        )
        .order_by("position", "pk")
    )
    for offer in offers:
        whole = sum(item["maximum"] for item in offer.criteria)
        for item in offer.criteria:
            item["share"] = f"{100 * item['maximum'] / whole:.0f}" if whole else ""
            item["maximum"] = f"{item['maximum']:g}"
        offer.structure_words = [SlateRule.in_words(item["kind"], item["number"]) for item in offer.structure]
        offer.total = max(offer.held, offer.reported)
        offer.rest = offer.total - offer.shown
    return offers


def honoured_by(selection):
    """Return the honours that a closed selection has led to, as far as they may be shown, by offer and name."""
    return (
        Honour.objects.public()
        .filter(year=selection.year, title__offers__selection=selection)
        .select_related("title", "person__craftsman_profile", "unit")
        .annotate(position=F("title__offers__position"))
        .order_by("position", "title", "person__pinyin", "pk")
    )


def offers_with(selection, honours):
    """Return the offers, each with the honours among these that are of its title."""
    offers = offers_of(selection)
    for offer in offers:
        offer.honours = [honour for honour in honours if honour.title_id == offer.title_id]
        for honour in offer.honours:
            profile = getattr(honour.person, "craftsman_profile", None) if honour.person_id else None
            honour.profile = profile if profile and profile.is_live else None
    return offers


def newest(count, today):
    """Return the selections announced last, each with its `state`."""
    selections = list(Selection.objects.public()[:count])
    for selection in selections:
        selection.state = public_state(selection, today)
    return selections
