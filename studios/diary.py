"""The staff's diary: studios that ask for somebody's attention this year, and why. Reads only."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from studios.models import Achievement, Recognition, Studio, StudioMember
from unionportal.people.models import Person

SOON = timedelta(days=90)


def active():
    """Studios that are active and hold a recognition today."""
    return Studio.objects.recognised().filter(status=Studio.Status.ACTIVE)


def retiring(year=None):
    """Return [(studio key, studio name, leader, month)] of leaders who retire in this year or are past their month.

    Their month follows from birth, sex and original age, or was set by hand; who is unknown is in nobody's list.
    """
    year = year or timezone.localdate().year
    leaders = StudioMember.objects.current().filter(
        role=StudioMember.Role.LEADER, person__isnull=False, studio__in=active().values("pk")
    )
    leaders = leaders.exclude(person__life_status=Person.LifeStatus.DECEASED).select_related(
        "person", "studio"
    )
    found = []
    for member in leaders:
        month = member.person.retirement_month
        if month and month.year <= year:
            found.append((member.studio_id, member.studio.name, member.name, month))
    return sorted(found, key=lambda line: line[3])


def gone():
    """Studios whose leader has retired, moved away or died, by the person's record; or which have none."""
    there = StudioMember.objects.current().filter(studio=OuterRef("pk"), role=StudioMember.Role.LEADER)
    left = there.exclude(person=None).exclude(person__life_status=Person.LifeStatus.WORKING)
    return active().filter(Exists(left)) | active().filter(~Exists(there))


def idle(year=None):
    """Studios without an achievement that stands in this year."""
    year = year or timezone.localdate().year
    made = Achievement.objects.counted().filter(studio=OuterRef("pk"), year=year)
    return active().filter(~Exists(made))


def without_plaque_photo():
    """Active recognitions whose plaque was given and of which no photograph is kept."""
    found = Recognition.objects.standing().exclude(plaque_on=None).filter(plaque_photo=None)
    return found.filter(studio__status=Studio.Status.ACTIVE)


def running_out(today=None):
    """Active recognitions that end within three months, or have ended and nobody has noted it."""
    today = today or timezone.localdate()
    found = Recognition.objects.filter(status=Recognition.Status.ACTIVE, valid_to__lte=today + SOON)
    return found.filter(studio__status=Studio.Status.ACTIVE)


# name in an address → (label, the keys of the studios)
FILTERS = {
    "retiring": ("负责人今年退休", lambda: [line[0] for line in retiring()]),
    "gone": ("负责人已离岗或空缺", lambda: gone().values("pk")),
    "idle": ("今年没有成果", lambda: idle().values("pk")),
    "photo": ("缺牌匾照片", lambda: without_plaque_photo().values("studio")),
    "ending": ("认定将到期", lambda: running_out().values("studio")),
}
