"""Those who keep a studio in the portal, its union's liaisons and its leader, and what they are told."""

from django.db.models import Q
from django.urls import reverse

from studios.models import Achievement, StudioMember
from unionportal.accounts.models import User
from unionportal.inbox.models import Message
from unionportal.inbox.services import send_many
from unionportal.people.models import Liaison


def keepers_of(studio):
    """Return the accounts that keep a studio today; the other side of Studio.objects.kept_by()."""
    liaisons = Liaison.objects.filter(body=studio.body_id, ended_on=None)
    leader = StudioMember.objects.current().filter(studio=studio, role=StudioMember.Role.LEADER)
    return User.objects.filter(
        Q(pk__in=liaisons.values("user")) | Q(pk__in=leader.values("person__user")), is_active=True
    )


DECIDED = "studios.achievement_decided"


def tell_of_achievement(achievement, what):
    """Tell the keepers what has come of an achievement; of a secret one neither title nor reason."""
    is_secret = achievement.confidentiality == Achievement.Confidentiality.SECRET
    reason = "" if is_secret else achievement.return_reason
    send_many(
        to=keepers_of(achievement.studio),
        title=f"创新成果{what}",
        body=_named(achievement) + (f"理由：{reason}" if reason else ""),
        url=_page(achievement),
        kind=DECIDED,
    )


def take_words_back(achievement):
    """Leave of a secret in the messages sent before it was one what they would say now: no title and no reason."""
    Message.objects.filter(kind=DECIDED, url=_page(achievement)).update(body=_named(achievement))


def _named(achievement):
    return f"{achievement.studio}：{achievement}。"


def _page(achievement):
    return reverse("mystudios:achievement_detail", args=[achievement.pk])


def tell_of_review(review, what, note=""):
    """Tell the keepers what they are to know of a yearly review."""
    send_many(
        to=keepers_of(review.studio),
        title=f"{review.year} 年度考核{what}",
        body=f"{review.studio}。{note}",
        url=reverse("mystudios:review_detail", args=[review.pk]),
        kind="studios.review_decided",
    )
