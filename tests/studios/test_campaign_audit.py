"""Every act of a round of recognition leaves its line; where the line cannot be written, nothing is."""

import io

import pytest
from django.apps import apps
from django.db import Error, connection, transaction

from studios.models import Achievement, AnnualReview, Studio
from studios.services import (
    achievement_files,
    applications,
    campaigns,
    evidence,
    naming,
    review_files,
    studio_files,
    visits,
)
from tests.craftsmen.nominating import picture
from tests.craftsmen.played import make_expert
from tests.factories import workbook
from tests.studios.campaigning import (
    TODAY,
    announce,
    apply,
    fill,
    let_pass,
    make_campaign,
    score,
    start,
)
from tests.studios.making import make_achievement, make_studio, staff
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import ACTIONS
from unionportal.files.services import inspect_image
from unionportal.panels.services import seats

pytestmark = pytest.mark.django_db


def scored():
    """A round whose one application is marked."""
    campaign = make_campaign(needs_visit=False)
    application = apply(campaign, "甲")
    score(campaign, {"甲": 90})
    return campaign, application


def proposed():
    campaign, application = scored()
    naming.propose(campaign=campaign, chosen=[application], actor=staff())
    return campaign, application


def in_notice():
    """A round in notice, its applications not told of it yet."""
    campaign, application = proposed()
    notice = announce(campaign)
    type(application).objects.filter(pk=application.pk).update(status="proposed")
    return campaign, notice


def nameable():
    campaign, _ = proposed()
    let_pass(announce(campaign))
    return campaign


def marked():
    """A round whose marking is over and whose scores nobody has taken."""
    campaign, application = scored()
    type(application).objects.filter(pk=application.pk).update(status="reviewing")
    return campaign


def seated():
    campaign = make_campaign()
    apply(campaign)
    for place in (1, 2, 3):
        seats.assign_judge(panel=campaign.panel, seat=place, user=make_expert(), actor=staff())
    return campaign


def unannounced():
    given = {"title": "认定", "year": TODAY.year, "opens_on": TODAY, "closes_on": TODAY}
    return campaigns.add_campaign(actor=staff(), **given)


def draft():
    return start(make_campaign())


def with_paper():
    application = fill(draft())
    return application.files.first()


def own(application, service, **given):
    return service(application=application, actor=application.applied_by, **given)


def decide(to):
    return (
        lambda: apply(make_campaign(), to="applied"),
        lambda item: naming.decide_application(application=item, actor=staff(), to=to, reason="理由"),
    )


LEDGER = {"台账": [["工作室名称"], ["新工作室"]]}
ACHIEVED = {"成果": [["工作室", "年度", "类别", "成果名称"], ["甲工作室", 2025, "小革新", "快换接头"]]}
# act → (what it needs, the act)
ACTS = {
    "studios.campaign_added": (lambda: None, lambda _: make_campaign()),
    "studios.campaign_moved": (
        unannounced,
        lambda c: campaigns.move_campaign(campaign=c, to="announced", actor=staff()),
    ),
    "studios.application_started": (make_campaign, start),
    "studios.application_saved": (
        draft,
        lambda item: own(item, applications.save_application, version=0, fields={"field": "甲"}),
    ),
    "studios.application_file_added": (
        draft,
        lambda item: own(item, applications.attach_file, kind="photo", upload=picture()),
    ),
    "studios.application_file_removed": (
        with_paper,
        lambda item: applications.remove_file(paper=item, actor=staff()),
    ),
    "studios.application_submitted": (
        lambda: fill(draft()),
        lambda item: own(item, applications.submit_application),
    ),
    "studios.application_withdrawn": (
        draft,
        lambda item: own(item, applications.withdraw_application, reason="误"),
    ),
    "studios.application_accepted": decide("accepted"),
    "studios.application_returned": decide("returned"),
    "studios.application_rejected": decide("rejected"),
    "studios.visit_noted": (
        lambda: apply(make_campaign()),
        lambda item: visits.note_visit(
            application=item,
            visited_on=TODAY,
            visitors="某",
            report="属实",
            finding="confirmed",
            actor=staff(),
        ),
    ),
    "studios.applications_shortlisted": (
        seated,
        lambda c: campaigns.shortlist(campaign=c, actor=staff()),
    ),
    "studios.scores_taken": (marked, lambda c: campaigns.take_scores(campaign=c, actor=staff())),
    "studios.applications_proposed": (
        scored,
        lambda found: naming.propose(campaign=found[0], chosen=[found[1]], actor=staff()),
    ),
    "studios.meeting_recorded": (
        proposed,
        lambda found: naming.record_meeting(
            campaign=found[0], body="党组会", held_on=TODAY, minutes_number="1号", actor=staff()
        ),
    ),
    "studios.notice_followed": (
        in_notice,
        lambda found: naming.follow_notice(campaign=found[0], actor=staff()),
    ),
    "studios.studios_named": (
        nameable,
        lambda c: naming.name_studios(
            campaign=c, document_title="决定", document_number="1号", document_on=TODAY, actor=staff()
        ),
    ),
    "studios.studios_imported": (
        lambda: None,
        lambda _: studio_files.import_studios(workbook=workbook(LEDGER), actor=staff()),
    ),
    "studios.achievements_imported": (
        lambda: make_studio("甲工作室"),
        lambda _: achievement_files.import_achievements(workbook=workbook(ACHIEVED), actor=staff()),
    ),
    "studios.evidence_added": (
        make_achievement,
        lambda item: evidence.attach_evidence(
            achievement=item, inspected=inspect_image(picture()), caption="证明", actor=staff()
        ),
    ),
    "studios.studios_exported": (
        make_studio,
        lambda _: studio_files.export_studios(
            studios=Studio.objects.all(), actor=staff(), target=io.BytesIO()
        ),
    ),
    "studios.achievements_exported": (
        make_achievement,
        lambda _: achievement_files.export_achievements(
            achievements=Achievement.objects.all(), actor=staff(), target=io.BytesIO()
        ),
    ),
    "studios.reviews_exported": (
        make_studio,
        lambda _: review_files.export_reviews(
            reviews=AnnualReview.objects.all(), actor=staff(), target=io.BytesIO()
        ),
    ),
}
LOOKS = {"studios.studios_exported", "studios.achievements_exported", "studios.reviews_exported"}


def database():
    """Every row of the line of work."""
    models = apps.get_app_config("studios").get_models()
    return {model: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_line_or_writes_nothing(action):
    prepare, act = ACTS[action]
    staff()
    subject = prepare()
    before, count = database(), AuditEntry.objects.count()
    point = transaction.savepoint()
    act(subject)
    lines = list(AuditEntry.objects.order_by("pk")[count:])
    (line,) = [line for line in lines if line.action == action]
    assert line.actor_key
    assert action in ACTIONS
    assert (database() != before) is (action not in LOOKS)
    # The same once more, from where it began, with an audit that takes nothing.
    transaction.savepoint_rollback(point)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    with pytest.raises(Error, match="no audit"), transaction.atomic():
        act(subject)
    assert database() == before
