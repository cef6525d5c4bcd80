"""What a learner, and the liaison who enrolled somebody, is told at each step; called by the services of seats alone.

Each text begins with whom it is about: 您 to the learner, the learner's name to the others.
"""

from django.utils import timezone

from unionportal.accounts.models import User
from unionportal.inbox.services import send_many


def moment(value):
    """Return a moment as messages print it: 11 月 22 日 16:00."""
    local = timezone.localtime(value)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def readers(enrolment, actor=None):
    """Return the accounts that hear of an enrolment: the learner, and who acts for the union that enrolled, but for the actor."""
    found = [enrolment.person.user] if enrolment.person.user_id else []
    if enrolment.body_id:
        acting = User.objects.filter(liaisons__body=enrolment.body_id, liaisons__ended_on=None)
        found += [user for user in acting if actor is None or user.pk != actor.pk]
    return found


def tell(enrolment, *, kind, title, told, actor=None):
    """Send a message about an enrolment, leading to its page; `told` goes on after who it is about."""
    to = readers(enrolment, actor)
    own = [user for user in to if user.pk == enrolment.person.user_id]
    others = [user for user in to if user.pk != enrolment.person.user_id]
    for group, learner in ((own, "您"), (others, enrolment.person.name)):
        if group:
            send_many(
                to=group,
                title=f"{title}：{enrolment.run}",
                body=f"{learner}{told}",
                url=enrolment.get_absolute_url(),
                kind=f"academies.{kind}",
            )


def _when_and_where(run):
    first = f"{run.starts_on.year} 年 {run.starts_on.month} 月 {run.starts_on.day} 日开班"
    parts = [first, run.schedule_note, run.venue, run.to_bring and f"请携带{run.to_bring}"]
    return f"{'，'.join(filter(None, parts))}。"


def tell_admitted(enrolment, actor=None):
    """Somebody has a seat."""
    told = (
        f"已被“{enrolment.run}”录取。{_when_and_where(enrolment.run)}"
        "不能参加的，请尽早取消报名，名额会转给候补的人。"
    )
    tell(enrolment, kind="admitted", title="已录取", told=told, actor=actor)


def tell_waiting(enrolment, place, actor=None):
    """Somebody is on the waiting list, at this place."""
    told = (
        f"排在“{enrolment.run}”候补第 {place} 位。名额已满，"
        "有人退出时按次序递补，届时另发消息，请在时限内确认。"
    )
    tell(enrolment, kind="waiting", title=f"候补第 {place} 位", told=told, actor=actor)


def tell_applied(enrolment, actor=None):
    """Somebody's application has come in."""
    told = "的报名已收到，学院审核后另发消息告知结果。"
    tell(enrolment, kind="applied", title="报名待审核", told=told, actor=actor)


def tell_rejected(enrolment, actor=None):
    """An application was turned down."""
    told = f"的报名未通过审核。理由：{enrolment.end_reason}"
    tell(enrolment, kind="rejected", title="报名未通过", told=told, actor=actor)


def tell_offered(enrolment):
    """A seat is offered to the next on the list."""
    until = moment(enrolment.offered_until)
    told = f"可以递补入班，请于 {until} 前确认；逾期未确认的，名额转给下一位。"
    tell(enrolment, kind="offered", title="有名额了，请确认", told=told)


def tell_lapsed(enrolment):
    """An offer was not taken in time."""
    told = "没有在时限内确认递补，名额已转给下一位。仍想参加的，可以重新报名候补。"
    tell(enrolment, kind="lapsed", title="递补已逾期", told=told)


def tell_cancelled(enrolment, actor=None):
    """A seat, an offer or a place on the list was given back."""
    told = f"的报名已取消。原因：{enrolment.end_reason}"
    tell(enrolment, kind="cancelled", title="报名已取消", told=told, actor=actor)


def tell_completion(enrolment, reasons, actor=None):
    """A run was completed: with no reasons against it, by this learner too."""
    if reasons:
        told = f"未达到“{enrolment.run}”的结业要求：{'；'.join(reasons)}。如有疑问，请联系班主任。"
        tell(enrolment, kind="failed", title="未结业", told=told, actor=actor)
        return
    told = f"已在“{enrolment.run}”结业。结业证书办好后，另发消息告知。"
    tell(enrolment, kind="completed", title="已结业", told=told, actor=actor)


def tell_certified(enrolment, actor=None):
    """A certificate of completion is there."""
    told = f"的“{enrolment.run}”结业证书已签发，编号 {enrolment.certificate.number}，可在“我的”中查看。"
    tell(enrolment, kind="certified", title="结业证书已发", told=told, actor=actor)


def tell_revoked(enrolment, actor=None):
    """A completion was taken back."""
    told = f"在“{enrolment.run}”的结业已撤销，结业证书随之作废。原因：{enrolment.end_reason}"
    tell(enrolment, kind="completion_revoked", title="结业已撤销", told=told, actor=actor)
