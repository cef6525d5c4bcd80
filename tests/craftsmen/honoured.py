"""Builders of honours, craftsmen's pages and recommendations."""

import io
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from craftsmen.models import Honour, HonourReview, RecommendationQuota, ReportedHonours
from craftsmen.services import honour_files, honours, profiles, recommendation_files, recommendations
from tests.factories import (
    make_person,
    make_title,
    make_unit,
    make_user,
    numbers,
    workbook,
)
from unionportal import roles
from unionportal.files.services import store_image
from unionportal.people.models import Milestone

DAY = date(2025, 4, 28)


def body_of(response):
    """The bytes of an answer, a file's too; response.close() itself would end the test's database connection."""
    if not response.streaming:
        return response.content
    body = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return body


def make_honour(actor=None, *, title=None, person=None, name="", year=2025, **fields):
    """An honour registered through the service; of a new person unless a unit or team is given."""
    if person is None and "unit" not in fields:
        person = make_person(name, unit=make_unit(), occupation="电工")
    fields = {"document_number": f"密工发〔2025〕{next(numbers)}号", "document_on": DAY, **fields}
    return honours.register_honour(
        actor=actor, title=title or make_title(), year=year, person=person, **fields
    )


def photo(colour="navy"):
    """A portrait as a private file."""
    target = io.BytesIO()
    Image.new("RGB", (80, 100), colour).save(target, "JPEG")
    upload = SimpleUploadedFile("照片.jpg", target.getvalue(), "image/jpeg")
    return store_image(upload=upload, actor=None, purpose="工匠照片")


def make_profile(honour, *, is_published=True, writer=None, publisher=None, **told):
    """A page for the holder of an honour, written by one and published by another."""
    writer = writer or make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    profile = profiles.start_profile(person=honour.person, actor=writer, consented_on=DAY)
    told = {"headline": "一句话", "story": "第一段。\n\n第二段。", **told}
    profiles.write_draft(profile=profile, actor=writer, **told)
    if is_published:
        publisher = publisher or make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
        profile = profiles.publish_profile(profile=profile, actor=publisher)
    return profile


def make_quota(quota=2, year=2026, **title):
    title = make_title(**({"tier": Milestone.Tier.CITY} | title))
    return RecommendationQuota.objects.create(title=title, year=year, quota=quota)


def make_recommendation(actor=None, quota=None, **fields):
    if "person" not in fields:
        fields["person"] = make_person(unit=make_unit())
    return recommendations.recommend(
        quota=quota or make_quota(), actor=actor, recommended_on=date(2026, 1, 10), **fields
    )


def one_of_each(actor):
    """One record of each of these models."""
    title = make_title(needs_yearly_review=True)
    honour = make_honour(actor, title=title, name="受表彰甲")
    page = make_profile(honour, photo=photo(), photo_alt="工作照")
    # Without a story: nobody who walks all pages publishes it on the way.
    profiles.write_draft(profile=page, actor=actor, headline="新的一句", story="")
    recommendation = make_recommendation(actor)
    return [
        title,
        honour,
        ReportedHonours.objects.create(title=title, year=2025, count=10),
        HonourReview.objects.create(honour=honour, year=2026, life_status="working", reviewed_by=actor),
        page,
        page.draft,
        recommendation,
        recommendation.quota,
    ]


class HonourScene:
    """Records for every service of honours, pages and recommendations to act on."""

    def __init__(self, actor):
        self.actor = actor
        self.title = make_title(needs_yearly_review=True)
        self.honour = make_honour(actor, title=self.title)
        self.bare = make_honour(actor)
        self.page = make_profile(make_honour(actor))
        self.draft = make_profile(make_honour(actor), is_published=False)
        self.colleague = make_person("同事", unit=make_unit())
        self.quota = make_quota(9)
        self.waiting = make_recommendation(actor, self.quota)
        self.sent = recommendations.send_recommendation(
            recommendation=make_recommendation(actor, self.quota),
            actor=actor,
            on=date(2026, 2, 1),
            document_number="1",
        )


def recommend_colleague(scene):
    quota, person = scene.honours.quota, scene.honours.colleague
    return make_recommendation(scene.actor, quota, person=person)


def close(scene, act):
    return recommendations.close_recommendation(
        recommendation=scene.honours.sent, actor=scene.actor, act=act, on=date(2026, 3, 1), note="未入选"
    )


def import_one(scene):
    person = scene.honours.colleague
    rows = [
        ["称号", "年度", "姓名", "单位", "文号", "授予日期"],
        [scene.honours.title.name, 2024, person.name, person.unit.name, "1号", "2024-05-01"],
    ]
    return honour_files.import_honours(workbook=workbook({"荣誉": rows}), actor=scene.actor)


SERVICES = {
    "craftsmen.honour_registered": lambda s: make_honour(
        s.actor, title=s.honours.title, person=s.honours.colleague
    ),
    "craftsmen.honour_revoked": lambda s: honours.revoke_honour(
        honour=s.honours.honour, ground="弄虚作假", document_number="2号", actor=s.actor
    ),
    "craftsmen.honours_reviewed": lambda s: honours.review_honours(
        year=timezone.localdate().year,
        lines=[honours.ReviewLine(s.honours.honour.pk, "working")],
        actor=s.actor,
    ),
    "craftsmen.honours_imported": import_one,
    "craftsmen.honours_exported": lambda s: honour_files.export_honours(
        honours=Honour.objects.all(), actor=s.actor, target=io.BytesIO()
    ),
    "craftsmen.profile_started": lambda s: profiles.start_profile(
        person=s.honours.bare.person, actor=s.actor
    ),
    "craftsmen.profile_written": lambda s: profiles.write_draft(
        profile=s.honours.page, actor=s.actor, story="新"
    ),
    "craftsmen.profile_published": lambda s: profiles.publish_profile(profile=s.honours.draft, actor=s.actor),
    "craftsmen.profile_hidden": lambda s: profiles.hide_profile(
        profile=s.honours.page, actor=s.actor, reason="误"
    ),
    "craftsmen.consent_withdrawn": lambda s: profiles.withdraw_consent(
        person=s.honours.page.person, actor=s.actor, note="来电"
    ),
    "craftsmen.consent_given": lambda s: profiles.give_consent(
        profile=s.honours.page, actor=s.actor, on=date(2026, 1, 1)
    ),
    "craftsmen.recommended": recommend_colleague,
    "craftsmen.recommendation_sent": lambda s: recommendations.send_recommendation(
        recommendation=s.honours.waiting, actor=s.actor, on=date(2026, 2, 1), document_number="3号"
    ),
    "craftsmen.recommendation_in_notice": lambda s: recommendations.note_notice(
        recommendation=s.honours.sent, actor=s.actor, on=date(2026, 2, 20)
    ),
    "craftsmen.recommendation_awarded": lambda s: recommendations.award_recommendation(
        recommendation=s.honours.sent, actor=s.actor, on=date(2026, 3, 1), document_number="4号"
    ),
    "craftsmen.recommendation_declined": lambda s: close(s, "decline"),
    "craftsmen.recommendation_withdrawn": lambda s: close(s, "withdraw"),
    "craftsmen.recommendations_exported": lambda s: recommendation_files.export_recommendations(
        recommendations=s.honours.quota.recommendations.all(), actor=s.actor, target=io.BytesIO()
    ),
}
