"""What is somebody's own, from all lines of work: under way, the growth record, honours, certificates, the account."""

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from academies.models import CourseRun, Enrolment
from competitions.models import Competition, Entry
from craftsmen.models import Nomination
from studios.models import Studio
from unionportal.accounts.models import User, counted
from unionportal.inbox.models import Message
from unionportal.panels.models import Assignment
from unionportal.people.models import Claim, Liaison, Milestone, Person

NEWEST = 5
MOST = 60
# What of a nomination, an enrolment or an entry still goes on, and not only stands in the record.
OPEN_NOMINATIONS = {
    Nomination.Status.CONFERRED,
    Nomination.Status.WITHDRAWN,
    Nomination.Status.NOT_CHOSEN,
    Nomination.Status.INELIGIBLE,
    Nomination.Status.REMOVED,
}


@dataclass(frozen=True)
class Line:
    """One matter that is somebody's own: of which kind, what, where it stands, and where to look at it."""

    kind: str
    title: str
    detail: str
    state: str
    is_open: bool
    url: str = ""


def standing_of(user):
    """Return, in one statement: roles of the seats held, unread messages, is a liaison, keeps a studio, waits for staff."""
    seats = Assignment.objects.filter(user=OuterRef("pk"), ended_at=None).order_by().values("role").distinct()
    liaisons = Liaison.objects.filter(user=OuterRef("pk"), ended_on=None)
    asked = Claim.objects.filter(
        user=OuterRef("pk"), ground=Claim.Ground.IDENTITY, status=Claim.Status.WAITING
    )
    seats, unread, is_liaison, keeps_studio, is_waiting = (
        User.objects.filter(pk=user.pk)
        .values_list(
            ArraySubquery(seats),
            counted(Message.objects.filter(user=OuterRef("pk"), read_at=None)),
            Exists(liaisons),
            Exists(Studio.objects.kept_by(user)),
            Exists(asked),
        )
        .get()
    )
    return set(seats), unread, is_liaison, keeps_studio, is_waiting


@require_safe
@cache_control(private=True, no_store=True)
def account_home(request):
    """Mine: messages, what is under way, growth record, honours, certificates, and the account itself."""
    user = request.user
    seats, unread, is_liaison, keeps_studio, is_waiting = standing_of(user)
    person = Person.objects.filter(user=user).select_related("unit").first()
    context = {
        "roles": user.groups.values_list("name", flat=True),
        "has_seat": bool(seats),
        "is_chief": Assignment.Role.CHIEF in seats,
        "is_liaison": is_liaison,
        "keeps_studio": keeps_studio,
        "is_teacher": CourseRun.objects.taught_by(user).exists(),
        "unread": unread,
        "person": person,
        "join_state": join_state(person, is_waiting),
        **(records_of(user, person) if person else {}),
    }
    return render(request, "accounts/home.html", context)


def join_state(person, is_waiting):
    """Return whether the account's person is known by ID number: "known", "waiting" (for staff) or "unknown"."""
    if person and person.id_number_hash:
        return "known"
    return "waiting" if is_waiting else "unknown"


def records_of(user, person):
    """Return what the page shows of a person's records: matters under way and past, milestones, honours, certificates."""
    lines = [*enrolments(person), *entries(person), *nominations(user, person)]
    milestones = list(person.milestones.all()[: NEWEST + 1])
    certificates = person.certificates.filter(status__in=("issued", "revoked")).select_related("series")
    return {
        "open_lines": [line for line in lines if line.is_open],
        "past_lines": [line for line in lines if not line.is_open],
        "milestones": milestones[:NEWEST],
        "has_more_milestones": len(milestones) > NEWEST,
        "honours": person.honours.select_related("title").order_by("-document_on", "-pk")[:MOST],
        "certificates": certificates.order_by("-issued_on", "-pk")[:MOST],
    }


def entries(person):
    """Return the person's entries in competitions, alone or in a team, as Lines."""
    own = Entry.objects.filter(Q(person=person) | Q(members__person=person)).distinct()
    own = own.select_related("event__competition").order_by("-event__competition__year", "-pk")
    shown = []
    for entry in own[:MOST]:
        competition = entry.event.competition
        is_public = competition.status != Competition.Status.DRAFT
        is_live = (
            entry.status != Entry.Status.WITHDRAWN and competition.status == Competition.Status.ANNOUNCED
        )
        shown.append(
            Line(
                "竞赛",
                competition.title,
                f"{entry.event.name}{'　' + entry.reason if entry.status == Entry.Status.RETURNED else ''}",
                entry.get_status_display(),
                is_live,
                competition.get_absolute_url() if is_public else "",
            )
        )
    return shown


def nominations(user, person):
    """Return the nominations that the person has made in the own name, as Lines; a union's own are the union's."""
    own = Nomination.objects.nominated_for(user).filter(person=person)
    own = own.select_related("offer__title", "offer__selection").order_by("-updated_at")
    return [
        Line(
            "申报",
            str(item.offer.title),
            item.offer.selection.title,
            item.get_status_display(),
            item.status not in OPEN_NOMINATIONS,
            item.get_absolute_url(),
        )
        for item in own[:MOST]
    ]


def enrolments(person):
    """Return the person's enrolments in courses as Lines."""
    own = Enrolment.objects.filter(person=person).select_related("run__course", "run__academy")
    done = {Enrolment.Status.COMPLETED, Enrolment.Status.FAILED, *Enrolment.ENDED}
    return [
        Line(
            "培训",
            item.run.course.name,
            f"{item.run.name}　{item.run.academy.name}",
            item.get_status_display(),
            item.status not in done,
            item.get_absolute_url(),
        )
        for item in own.order_by("-created_at")[:MOST]
    ]


@require_safe
@cache_control(private=True, no_store=True)
def record(request):
    """The whole growth record, year by year."""
    milestones = Milestone.objects.filter(person__user=request.user)
    return render(request, "accounts/record.html", {"milestones": milestones})


@require_safe
@cache_control(private=True, no_store=True)
def moved(request):
    """The old address of what is somebody's own."""
    return redirect("account_home")
