"""Made-up nominees, and experts who are called to mark them."""

from datetime import date, timedelta

from django.utils import timezone

from craftsmen.models import Nomination
from craftsmen.services import experts
from unionportal.accounts.models import User
from unionportal.panels.services import seats
from unionportal.people.models import Person, UnionBody

Status = Nomination.Status
TRADES = ("数控车工", "母婴护理员", "养蜂员", "社区护士", "钳工", "电工", "家政服务员", "叉车司机")


def nominate(number, offer, status, body):
    """Make one nomination of a made-up person in this state."""
    body = UnionBody.objects.select_related("parent").get(name=body)
    unit = body.units.get()
    trade = TRADES[number % len(TRADES)]
    person = Person.objects.create(
        name=f"演示人选{number:02d}", unit=unit, occupation=trade, is_union_member=True, is_front_line=True
    )
    is_returned = status == Status.RETURNED
    noticed_from = timezone.localdate() - timedelta(days=30)
    return Nomination.objects.create(
        offer=offer,
        person=person,
        body=body,
        branch=body.parent,
        nominated_by=User.objects.get(username="jingban"),
        status=status,
        unit=unit,
        unit_name=unit.name,
        occupation=trade,
        is_union_member=True,
        is_front_line=True,
        trade_since=date(2008 + number % 8, 7, 1),
        district_since=date(2010 + number % 8, 7, 1),
        short_deeds=f"（演示）从事{trade}工作多年，带徒 {number % 4 + 1} 人，提出合理化建议 {number + 3} 条。",
        full_deeds=f"（演示）{person.name}长期在生产服务一线从事{trade}工作，肯钻研、守规程，带出了一支稳定的班组。",
        unique_skill=f"（演示）{trade}岗位上的一手绝活。",
        unit_notice_from=noticed_from,
        unit_notice_to=noticed_from + timedelta(days=8),
        unit_notice_result="（演示）公示期间未收到异议。",
        unit_opinion="（演示）经单位公示无异议，同意推荐。",
        consents_to_publication=True,
        submitted_at=None if status == Status.DRAFT else timezone.now(),
        returned_to=Nomination.Level.UNIT if is_returned else "",
        return_reason="（演示）详细事迹过于简略，请补充近三年的具体成果。" if is_returned else "",
        ineligible_reason="（演示）从事本工种不满规定年限。" if status == Status.INELIGIBLE else "",
        withdrawn_reason="（演示）本人申请撤回。" if status == Status.WITHDRAWN else "",
    )


def call_experts(offer, users, actor):
    """Seat the experts, put all that is accepted before them, and let them mark."""
    for seat, user in enumerate(users, 1):
        seats.assign_judge(panel=offer.panel, seat=seat, user=user, actor=actor)
    experts.shortlist(offer=offer, actor=actor)
    experts.open_scoring(offer=offer, actor=actor)
