"""Enrolling, and one's own enrolments: of the learner, and of the liaison who enrols for a union. Nobody keeps these pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Q, When
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academies import own_pages
from academies.catalogue import counted_runs
from academies.forms import NewcomerSet
from academies.models import CourseRun, Enrolment
from academies.presenting import OVER, dress
from academies.services import enrolment as services
from academies.services import group_enrolment
from academies.services.seats import settle_run
from unionportal.files.views import send_file
from unionportal.people.models import UnionBody

PER_PAGE = 20
PEOPLE_SHOWN = 200
DONE = {
    Enrolment.Status.APPROVED: "报名成功，您已被录取。",
    Enrolment.Status.APPLIED: "报名已提交，等学院审核。结果会发消息告诉您。",
    Enrolment.Status.WAITLISTED: "名额已满，您已进入候补名单。轮到时会发消息告诉您。",
}


def find_run(key):
    """Return a dressed run that the public may see; 404 for all others."""
    return dress(get_object_or_404(counted_runs(), key=key), timezone.now())


def person_of(user):
    """Return who an account is as a worker, or None where it has joined no record yet."""
    return getattr(user, "person", None)


@require_safe
@login_not_required
@cache_control(private=True, no_store=True)
def run_mine(request, key):
    """The part of a run's page that is somebody's own: fetched by htmx, so that the page stays the same for all."""
    run, user = find_run(key), request.user
    person = person_of(user) if user.is_authenticated else None
    enrolment = own_pages.live_enrolment(run, person) if person else None
    context = {"run": run, "enrolment": enrolment}
    if enrolment:
        own_pages.dress_own([enrolment], timezone.now())
        context["has_group"] = own_pages.may_see_group(enrolment, timezone.localdate())
    if user.is_authenticated:
        context["is_liaison"] = UnionBody.objects.kept_by(user).exists()
    return render(request, "academies/_run_now.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def run_enrol(request, key):
    """Enrol oneself: what it means first, then one button. Somebody who is enrolled already is led to it."""
    run, person = find_run(key), person_of(request.user)
    if person and (enrolment := own_pages.live_enrolment(run, person)):
        return redirect(enrolment)
    problems = []
    if request.method == "POST" and person:
        try:
            enrolment = services.enrol(run=run, person=person, actor=request.user)
        except ValidationError as error:
            if enrolment := own_pages.live_enrolment(run, person):
                return redirect(enrolment)  # the second click of two
            problems, run = error.messages, find_run(key)
        else:
            messages.success(request, DONE[enrolment.status])
            return redirect(enrolment)
    context = {"run": run, "person": person, "problems": problems}
    if person:
        context["clashes"] = own_pages.clashes(run, person)
    status = 400 if problems or (request.method == "POST" and not person) else 200
    return render(request, "academies/run_enrol.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def run_enrol_people(request, key):
    """A liaison enrols people of the union's units, and others by name and ID number: all of them or nobody."""
    run, body = find_run(key), chosen_body(request)
    data = request.POST if request.method == "POST" else None
    is_finding = data is not None and "find" in data
    newcomers = NewcomerSet(data, prefix="new")
    problems = []
    if data is not None and not is_finding and newcomers.is_valid():
        try:
            made = _enrol_people(request, run, body, newcomers)
        except ValidationError as error:
            problems, run = error.messages, find_run(key)
        else:
            messages.success(request, outcome_words(made))
            return redirect("academies:union_list")
    context = {
        "run": run,
        "body": body,
        "bodies": UnionBody.objects.kept_by(request.user),
        "newcomers": newcomers,
        "problems": problems,
        **people_to_choose(request, run, body),
    }
    has_failed = data is not None and not is_finding
    return render(request, "academies/run_enrol_people.html", context, status=400 if has_failed else 200)


def chosen_body(request):
    """Return the union body that somebody enrols for: the one asked for among their own, else the first; 404 without."""
    bodies = UnionBody.objects.kept_by(request.user)
    asked = request.POST.get("body") or request.GET.get("body") or ""
    if asked:
        return get_object_or_404(bodies, pk=asked if asked.isdecimal() and len(asked) < 10 else 0)
    if body := bodies.first():
        return body
    raise Http404


def _ticked(request):
    return [int(key) for key in request.POST.getlist("people") if key.isdecimal() and len(key) < 10]


def _enrol_people(request, run, body, newcomers):
    people = list(group_enrolment.people_of(body).filter(pk__in=_ticked(request)))
    if len(people) != len(set(_ticked(request))):
        raise ValidationError("所选人员中有人已不在本工会的单位，请刷新名单后再选。")
    return group_enrolment.enrol_people(
        run=run, body=body, people=people, newcomers=newcomers.people(), actor=request.user
    )


def people_to_choose(request, run, body):
    """Return the people of a body as they are offered: who is enrolled already, who is ticked."""
    query = " ".join(request.POST.get("q", "").replace("\x00", "").split())[:50]
    ticked = set(_ticked(request))
    people = group_enrolment.people_of(body)
    if query:
        people = people.filter(Q(name__icontains=query) | Q(pk__in=ticked))
    first = Case(When(pk__in=ticked, then=0), default=1)  # whoever is ticked stays in sight
    shown = list(people.order_by(first, "pinyin", "pk")[: PEOPLE_SHOWN + 1])
    standing = Enrolment.objects.filter(run=run, person__in=shown).exclude(status__in=Enrolment.ENDED)
    enrolled = {item.person_id: item.get_status_display() for item in standing}
    for person in shown:
        person.standing, person.is_ticked = enrolled.get(person.pk), person.pk in ticked
    return {"people": shown[:PEOPLE_SHOWN], "has_more": len(shown) > PEOPLE_SHOWN, "q": query}


def outcome_words(enrolments):
    """Return in words what became of several enrolments: 3 人已录取，1 人候补."""
    counts = {}
    for item in enrolments:
        label = item.get_status_display()
        counts[label] = counts.get(label, 0) + 1
    return f"已报名：{'，'.join(f'{count} 人{label}' for label, count in counts.items())}。"


@require_safe
@never_cache
def run_group(request, key):
    """The class's group code: to whoever is admitted, until it expires; to everybody else there is none."""
    run, person = find_run(key), person_of(request.user)
    enrolment = own_pages.live_enrolment(run, person) if person else None
    if enrolment is None or not own_pages.may_see_group(enrolment, timezone.localdate()):
        raise Http404
    return send_file(run.group_qr)


@require_safe
@never_cache
def enrolment_list(request):
    """My enrolments: what goes on first, with what to do now; then what is over."""
    person = person_of(request.user)
    found = own_pages.own(request.user).filter(person=person) if person else Enrolment.objects.none()
    page = Paginator(found.order_by("-created_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = own_pages.dress_own(list(page.object_list), timezone.now())
    context = {
        "page": page,
        "current": [row for row in rows if is_current(row)],
        "past": [row for row in rows if not is_current(row)],
        "person": person,
        "is_liaison": UnionBody.objects.kept_by(request.user).exists(),
    }
    return render(request, "academies/enrolment_list.html", context)


def is_current(enrolment):
    """Tell whether there is still something to come of a dressed enrolment."""
    return enrolment.status in own_pages.LIVE and enrolment.run.state not in OVER


@require_safe
@never_cache
def union_list(request):
    """The enrolments that a liaison's unions have made, with their states."""
    bodies = UnionBody.objects.kept_by(request.user)
    chosen = {
        name: request.GET.get(name, "").replace("\x00", "").strip()[:50] for name in ("run", "status", "q")
    }
    every = own_pages.own(request.user).filter(body__in=bodies.values("pk"))
    found = every.filter(person__name__icontains=chosen["q"]) if chosen["q"] else every
    if chosen["status"] in Enrolment.Status.values:
        found = found.filter(status=chosen["status"])
    if chosen["run"].isdecimal() and len(chosen["run"]) < 10:
        found = found.filter(run=chosen["run"])
    page = Paginator(found.order_by("-created_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = own_pages.dress_own(list(page.object_list), timezone.now())
    context = {
        "page": page,
        "chosen": chosen,
        "bodies": list(bodies),
        "statuses": Enrolment.Status.choices,
        "runs": CourseRun.objects.filter(enrolments__body__in=bodies.values("pk"))
        .select_related("course")
        .distinct(),
    }
    return render(request, "academies/union_list.html", context)


@require_safe
@never_cache
def enrolment_detail(request, key):
    """One enrolment: where it stands, what to do now, the timetable."""
    return _detail(request, get_object_or_404(own_pages.own(request.user), key=key))


def _detail(request, enrolment, problems=(), status=200):
    own_pages.dress_own([enrolment], timezone.now())
    is_own = enrolment.person.user_id == request.user.pk
    context = {
        "enrolment": enrolment,
        "run": enrolment.run,
        "is_own": is_own,
        "is_admitted": enrolment.status in own_pages.ADMITTED
        and enrolment.run.status != CourseRun.Status.CANCELLED,
        "problems": problems,
        "lessons": own_pages.timetable(enrolment.run, enrolment),
        "has_group": is_own and own_pages.may_see_group(enrolment, timezone.localdate()),
        "clashes": own_pages.clashes(enrolment.run, enrolment.person) if enrolment.may_cancel else [],
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "academies/enrolment_detail.html", context, status=status)


@require_POST
@never_cache
def enrolment_act(request, key, act):
    """Take the seat that is offered, or give back what one has."""
    enrolment = get_object_or_404(own_pages.own(request.user), key=key)
    try:
        if act == "accept":
            services.accept_offer(enrolment=enrolment, actor=request.user)
            messages.success(request, "已确认递补，录取成功。")
        elif act == "cancel":
            services.cancel_enrolment(
                enrolment=enrolment, actor=request.user, reason=cancel_reason(request, enrolment)
            )
            messages.success(request, "报名已取消，名额已让出。")
        else:
            raise Http404
    except ValidationError as error:
        settle_run(run=enrolment.run)  # an offer that has run out goes on to the next at once
        enrolment = get_object_or_404(own_pages.own(request.user), key=key)
        return _detail(request, enrolment, problems=error.messages, status=400)
    return redirect(enrolment)


def cancel_reason(request, enrolment):
    """Return why an enrolment is cancelled: as typed, else by whom."""
    typed = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
    is_own = enrolment.person.user_id == request.user.pk
    return typed or ("本人取消" if is_own else f"{enrolment.body}取消")
