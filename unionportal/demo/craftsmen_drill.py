"""A selection played up to its notices with made-up people, so that slate, notice, objection and reserve can be tried.

It is a draft, so that no public page lists it; its public notices say that they are a demonstration.
"""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from craftsmen.models import HonourTitle, Meeting, Nomination, Selection
from craftsmen.services import experts, notices, recommendations, setup, slates
from unionportal.demo.craftsmen_people import call_experts, nominate
from unionportal.notices.services import objections
from unionportal.panels.models import Sheet
from unionportal.panels.services import marks
from unionportal.people.models import Person

QUOTA = 2
FULL = Decimal(25)
BODIES = ("演示精密机械厂工会", "演示家政服务联合工会", "演示养蜂合作社工会", "演示社区医院工会")


def load_drill(told, users, actor):
    """Play three titles: one into its notice with a removal and a reserve, one to its settled list, one to its scores."""
    year = timezone.localdate().year
    selection = Selection.objects.create(year=year, slug=told["slug"], title=told["title"].format(year=year))
    first = play(selection, told["announced"], 20, users, actor)
    settle(first, actor)
    meeting = Meeting(
        selection=selection, body="演示评选委员会会议", held_on=timezone.localdate(), minutes_number="演示-1"
    )
    notices.record_meeting(meeting=meeting, actor=actor)
    notices.draft_list(selection=selection, actor=actor, days=5, order_rule="strokes", **told["notice"])
    notice = notices.start_list(selection=selection, actor=actor)
    remove_one(notice, actor)
    notices.refill(selection=selection, actor=actor)
    settle(play(selection, told["proposed"], 30, users, actor), actor)
    play(selection, told["scored"], 40, users, actor)


def play(selection, title, number, users, actor):
    """Return an offer whose experts have handed in their sheets; what they gave falls with the order of the names."""
    title = HonourTitle.objects.create(name=title, position=99, description="仅供演示，不授予任何人。")
    offer = setup.add_offer(selection=selection, title=title, quota=QUOTA, seats=len(users), actor=actor)
    offer.slate_rules.create(kind="front_line_at_least", number=60)
    for place, body in enumerate(BODIES):
        nominate(number + place, offer, Nomination.Status.ACCEPTED, body)
    call_experts(offer, users, actor)
    for seat, user in enumerate(users):
        sheets = Sheet.objects.filter(assignment__user=user, panel=offer.panel).select_related("candidate")
        for sheet in sheets.order_by("candidate__order"):
            lost = Decimal(sheet.candidate.order) + Decimal(seat) / 2
            given = {criterion.pk: FULL - lost for criterion in offer.panel.criteria.all()}
            saved = marks.save_sheet(sheet=sheet, actor=user, marks=given, version=sheet.version)
            marks.submit_sheet(sheet=saved, actor=user, version=saved.version)
    experts.close_scoring(offer=offer, actor=actor)
    experts.take_scores(offer=offer, actor=actor)
    return offer


def settle(offer, actor):
    """Choose the first by rank, keep the next as reserve."""
    ranked = list(offer.slate_lines.order_by("rank").values_list("pk", flat=True))
    choice = slates.Choice(frozenset(ranked[:QUOTA]), (ranked[QUOTA],), {})
    offer.refresh_from_db()
    slates.settle_slate(offer=offer, choice=choice, actor=actor)


def remove_one(notice, actor):
    """Uphold a made-up objection to the first name of the list."""
    objection = objections.register_objection(
        notice=notice,
        actor=actor,
        line=notice.lines.order_by("position").first(),
        channel="visit",
        kind="person",
        text="（演示）申报材料中的一项成果与事实不符。",
        received_at=timezone.now(),
        name="演示来访人",
        contact="010-00000000",
    )
    objections.decide_objection(
        objection=objection, actor=actor, is_upheld=True, finding="（演示）经核查属实。"
    )


def load_recommendations(told, actor):
    """Recommend made-up people upward: one sent, one waiting. Nothing of it is awarded."""
    today = timezone.localdate()
    quota = HonourTitle.objects.get(name=told["title"]).recommendation_quotas.create(
        year=today.year, quota=told["quota"], due_on=today + timedelta(days=20)
    )
    made = [
        recommendations.recommend(
            quota=quota,
            person=Person.objects.get(name=name),
            recommended_on=today - timedelta(days=7),
            note="演示",
            actor=actor,
        )
        for name in told["people"]
    ]
    recommendations.send_recommendation(
        recommendation=made[0], on=today, document_number="演示报送号", actor=actor
    )
