"""Every act on a studio leaves its line; where the line cannot be written, nothing is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import Error, connection, transaction
from django.utils import timezone

from studios.models import Grant, PlaqueCeremony
from studios.services import (
    achievement_drafts,
    achievements,
    ceremonies,
    evidence,
    grants,
    help_requests,
    recognitions,
    reviews,
)
from studios.services import studios as services
from tests.craftsmen.nominating import picture
from tests.factories import make_person
from tests.studios.making import (
    make_achievement,
    make_ceremony,
    make_question,
    make_review,
    make_studio,
    recognise,
    staff,
)
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import ACTIONS
from unionportal.files.services import inspect_image
from unionportal.news.models import Column

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
YEAR = TODAY.year
REPORT = {"results": "成果一项", "plan": "继续"}


class Scene:
    """Studios with one of everything that may be acted upon."""

    def __init__(self):
        self.studio = make_studio()
        self.member = services.add_member(self.studio, person=make_person())
        leader = self.studio.leader.person
        leader.user = staff()
        leader.save()
        self.draft, self.submitted = make_achievement(self.studio), make_achievement(status="submitted")
        evidence.attach_evidence(
            achievement=self.draft, inspected=inspect_image(picture()), caption="照片", actor=staff()
        )
        self.verified = make_achievement(status="verified")
        self.published = make_achievement(status="published")
        self.waiting = make_studio().recognitions.get()
        self.bare = PlaqueCeremony.objects.create(title="仪式", on=date(2025, 6, 1))
        self.unread = make_ceremony(make_studio().recognitions.get(), is_proofread=False)
        self.read = make_ceremony(make_studio().recognitions.get())
        self.held = ceremonies.hold_ceremony(
            ceremony=make_ceremony(make_studio().recognitions.get()), actor=staff()
        )
        self.column = Column.objects.create(name="要闻", slug="yaowen")
        self.owed, self.reported = make_review(year=YEAR - 1), make_review(year=YEAR - 2, status="submitted")
        self.owed.studio.activities.create(title="讲座", held_on=date(YEAR - 1, 3, 1))
        self.rectifying = reviews.decide_review(
            review=make_review(year=YEAR - 3, status="submitted"),
            actor=staff(),
            score=50,
            result="rectify",
            comment="少",
            rectify_by=TODAY + timedelta(5),
        )
        self.grant = Grant.objects.create(studio=self.studio, year=2025, amount_yuan=100)
        self.instalment = grants.plan_instalment(grant=self.grant, amount_yuan=Decimal(40), actor=staff())
        self.question = make_question(consents_to_publication=True)
        self.routed = help_requests.route(
            item=make_question(), studio=self.studio, due_on=TODAY, actor=staff()
        )
        self.answered, self.shown = (self._answered() for _ in range(2))
        help_requests.publish(item=self.shown, actor=staff())
        self.actor = staff()

    def _answered(self):
        item = make_question(consents_to_publication=True)
        help_requests.route(item=item, studio=self.studio, due_on=TODAY, actor=staff())
        return help_requests.answer(item=item, text="答", answered_by="某", actor=staff())


ACTS = {
    "studios.studio_registered": lambda s: services.register_studio(actor=s.actor, name="新工作室"),
    "studios.leader_changed": lambda s: services.change_leader(
        studio=s.studio, actor=s.actor, name="新负责人", reason="退休"
    ),
    "studios.member_left": lambda s: services.end_membership(member=s.member, actor=s.actor, reason="调离"),
    "studios.studio_ended": lambda s: services.end_studio(studio=s.studio, actor=s.actor, reason="撤销"),
    "studios.studio_recognised": lambda s: recognise(s.studio, "city"),
    "studios.recognition_expired": lambda s: recognitions.expire_recognition(
        recognition=s.waiting, actor=s.actor, ground="期满"
    ),
    "studios.studio_delisted": lambda s: recognitions.delist(
        studio=s.studio, actor=s.actor, reason="不合格", document_number="1号"
    ),
    "studios.plaques_listed": lambda s: ceremonies.list_plaques(
        ceremony=s.bare, recognitions=[s.waiting], actor=s.actor
    ),
    "studios.plaques_proofread": lambda s: ceremonies.proofread(
        ceremony=s.unread, actor=s.actor, proofreader="某"
    ),
    "studios.ceremony_held": lambda s: ceremonies.hold_ceremony(ceremony=s.read, actor=s.actor),
    "studios.ceremony_photo_added": lambda s: ceremonies.add_photo(
        ceremony=s.held, upload=picture(), caption="合影", actor=s.actor
    ),
    "studios.article_drafted": lambda s: ceremonies.draft_article(
        ceremony=s.held, column=s.column, actor=s.actor
    ),
    "studios.achievement_submitted": lambda s: achievements.submit_achievement(
        achievement=s.draft, actor=s.actor
    ),
    "studios.achievement_returned": lambda s: achievements.return_achievement(
        achievement=s.submitted, actor=s.actor, reason="不全"
    ),
    "studios.achievement_verified": lambda s: achievements.verify_achievement(
        achievement=s.submitted, actor=s.actor
    ),
    "studios.achievement_refused": lambda s: achievements.refuse_achievement(
        achievement=s.submitted, actor=s.actor, reason="不属实"
    ),
    "studios.achievement_published": lambda s: achievements.publish_achievement(
        achievement=s.verified, actor=s.actor
    ),
    "studios.achievement_withdrawn": lambda s: achievements.withdraw_achievement(
        achievement=s.published, actor=s.actor, reason="误"
    ),
    "studios.confidentiality_set": lambda s: achievements.set_confidentiality(
        achievement=s.verified, confidentiality="internal", actor=s.actor
    ),
    "studios.achievement_saved": lambda s: achievement_drafts.save_achievement(
        achievement=s.draft,
        actor=s.actor,
        version=s.draft.updated_at.isoformat(),
        fields={"title": "改过的名称"},
        people=[{"name": "某"}],
        units=[],
    ),
    "studios.evidence_added": lambda s: evidence.attach_evidence(
        achievement=s.draft, inspected=inspect_image(picture(color="red")), caption="合同", actor=s.actor
    ),
    "studios.evidence_removed": lambda s: evidence.remove_evidence(
        item=s.draft.evidence.get(), actor=s.actor
    ),
    "studios.reviews_opened": lambda s: reviews.open_reviews(year=YEAR, due_on=TODAY, actor=s.actor),
    "studios.review_saved": lambda s: reviews.save_report(
        review=s.owed, actor=s.actor, version=s.owed.updated_at.isoformat(), fields=REPORT
    ),
    "studios.review_refilled": lambda s: reviews.refill_report(review=s.owed, actor=s.actor),
    "studios.review_submitted": lambda s: reviews.submit_report(review=s.owed, actor=s.actor, fields=REPORT),
    "studios.review_returned": lambda s: reviews.return_report(
        review=s.reported, actor=s.actor, reason="不全"
    ),
    "studios.reviews_reminded": lambda s: reviews.remind(reviews=[s.owed], actor=s.actor),
    "studios.review_decided": lambda s: reviews.decide_review(
        review=s.reported, actor=s.actor, score=80, result="pass"
    ),
    "studios.rectification_accepted": lambda s: reviews.accept_rectification(
        review=s.rectifying, actor=s.actor, rectification="已补"
    ),
    "studios.studio_delisted ": lambda s: reviews.delist_after_review(
        review=s.rectifying, actor=s.actor, reason="不合格", document_number="1号"
    ),
    "studios.instalment_planned": lambda s: grants.plan_instalment(
        grant=s.grant, amount_yuan=Decimal(10), actor=s.actor
    ),
    "studios.instalment_paid": lambda s: grants.pay_instalment(
        instalment=s.instalment, paid_on=TODAY, voucher_number="1", actor=s.actor
    ),
    "studios.help_asked": lambda s: make_question(),
    "studios.help_routed": lambda s: help_requests.route(
        item=s.question, studio=s.studio, due_on=TODAY, actor=s.actor
    ),
    "studios.help_answered": lambda s: help_requests.answer(
        item=s.routed, text="答", answered_by="某", actor=s.actor
    ),
    "studios.help_published": lambda s: help_requests.publish(item=s.answered, actor=s.actor),
    "studios.help_hidden": lambda s: help_requests.hide(item=s.shown, actor=s.actor, reason="误"),
    "studios.help_closed": lambda s: help_requests.close(item=s.question, actor=s.actor, reason="无关"),
    "studios.asker_revealed": lambda s: help_requests.reveal_asker(item=s.question, actor=s.actor),
}
LOOKS = {"studios.asker_revealed"}


def database():
    """Every row of the line of work, of people's growth records and of news."""
    models = [*apps.get_app_config("studios").get_models(), apps.get_model("people", "Milestone")]
    models.append(apps.get_model("news", "Article"))
    return {model: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_line_or_writes_nothing(action):
    scene = Scene()
    before, count = database(), AuditEntry.objects.count()
    point = transaction.savepoint()
    ACTS[action](scene)
    lines = list(AuditEntry.objects.order_by("pk")[count:])
    (line,) = [line for line in lines if line.action == action.strip()]
    assert line.actor_key == ("" if action == "studios.help_asked" else str(scene.actor.pk))
    assert action.strip() in ACTIONS
    assert (database() != before) is (action not in LOOKS)
    # The same once more, from where it began, with an audit that takes nothing.
    transaction.savepoint_rollback(point)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    with pytest.raises(Error, match="no audit"):
        ACTS[action](scene)
    assert database() == before
