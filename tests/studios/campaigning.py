"""A round of recognition, played as far as a test needs it."""

import datetime

from django.utils import timezone

from studios.models import StudioApplication
from studios.services import applications, campaigns, naming
from tests.craftsmen.nominating import picture
from tests.craftsmen.played import CONTACT, make_expert, mark
from tests.factories import id_number, make_union_body, make_unit, make_user, numbers
from tests.studios.making import staff
from unionportal import roles
from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle
from unionportal.panels.services import seats

TODAY = timezone.localdate()
FACTS = {
    "field": "药学服务",
    "address": "新中街 1 号",
    "story": "工作室成立于 2019 年。",
    "goals": "每年解决三项难题。",
    "team": "张三，主管药师\n李四，药师\n王五\n赵六",
}
ANSWERS = {
    "honour": {"number": None, "text": "北京市劳动模范"},
    "team": {"number": 5, "text": "药师五人"},
    "plan": {"number": None, "text": "三年规划"},
}


def make_campaign(**fields):
    """An announced campaign that takes applications today."""
    given = {
        "title": f"{TODAY.year} 年创新工作室认定",
        "year": TODAY.year,
        "opens_on": TODAY - datetime.timedelta(5),
        "closes_on": TODAY + datetime.timedelta(20),
        "contact_phone": "010-12345678",
        **fields,
    }
    campaign = campaigns.add_campaign(actor=staff(), **given)
    return campaigns.move_campaign(campaign=campaign, to="announced", actor=staff())


def make_liaison():
    """(liaison, basic union with one unit)."""
    user = make_user(roles.LIAISON)
    body = make_union_body("", "basic", None, user)
    body.units.add(make_unit())
    return user, body


def start(campaign, name="", liaison=None):
    user, body = liaison or make_liaison()
    serial = next(numbers)
    return applications.start_application(
        campaign=campaign,
        body=body,
        name=name or f"第{serial}工作室",
        leader_name="负责人",
        leader_id_number=id_number(serial % 480),
        actor=user,
    )


def fill(application):
    """A draft with all that handing in asks for."""
    user = application.applied_by
    application = applications.save_application(
        application=application, actor=user, version=application.version, fields=FACTS, answers=ANSWERS
    )
    for kind, condition in (("evidence", "honour"), ("evidence", "plan"), ("form", "")):
        applications.attach_file(
            application=application, kind=kind, condition=condition, upload=picture(), actor=user
        )
    return application


def apply(campaign, name="", *, to="accepted"):
    """An application handed in, and decided where `to` is a decision."""
    application = fill(start(campaign, name))
    application = applications.submit_application(application=application, actor=application.applied_by)
    if to == "applied":
        return application
    return naming.decide_application(application=application, actor=staff(), to=to, reason="理由")


def score(campaign, totals):
    """Let three experts mark the accepted applications: {name: total}; the scores are taken."""
    experts = [make_expert() for _ in range(3)]
    for place, user in enumerate(experts, 1):
        seats.assign_judge(panel=campaign.panel, seat=place, user=user, actor=staff())
    campaigns.shortlist(campaign=campaign, actor=staff())
    campaigns.open_scoring(campaign=campaign, actor=staff())
    for name, total in totals.items():
        parts = [20, 15, 15, total - 65, 15]
        for user in experts:
            mark(user, name, *parts)
    campaigns.close_scoring(campaign=campaign, actor=staff())
    campaigns.take_scores(campaign=campaign, actor=staff())


def visit(application, finding="confirmed"):
    return application.visits.create(
        visited_on=TODAY, visitors="某某", report="场地属实", finding=finding, written_by=staff()
    )


def announce(campaign):
    """Meeting, and the notice published; returns the notice."""
    naming.record_meeting(
        campaign=campaign, body="党组会", held_on=TODAY, minutes_number="纪要 1 号", actor=staff()
    )
    notice = naming.draft_list(campaign=campaign, actor=staff(), **CONTACT)
    notice = lifecycle.start_notice(notice=notice, actor=staff())
    naming.follow_notice(campaign=campaign, actor=staff())
    return notice


def let_pass(notice):
    """Let the days of a notice go by and close it; its last day was a week ago."""
    last = TODAY - datetime.timedelta(7)
    PublicNotice.objects.filter(pk=notice.pk).update(starts_on=last - datetime.timedelta(6), last_on=last)
    return lifecycle.close_notice(notice=notice, actor=staff())


def statuses(campaign):
    return dict(StudioApplication.objects.filter(campaign=campaign).values_list("name", "status"))
