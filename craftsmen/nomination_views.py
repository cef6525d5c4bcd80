"""Nominations at /craftsmen/nominations/: the list, starting one, its page, and the acts on it. Never public."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from craftsmen import nomination_presenting as presenting
from craftsmen.models import Nomination, Offer, Selection
from craftsmen.nomination_forms import ReasonForm, StartForm
from craftsmen.services import branches, nominations
from unionportal.common.throttling import is_allowed
from unionportal.files.models import StoredFile
from unionportal.files.views import send_file
from unionportal.people.claims import identified_person
from unionportal.people.models import UnionBody

PER_PAGE = 20
IDENTITIES_PER_DAY, DAY = 5, 24 * 3600


def seen(user):
    """Return the nominations this user may see, with what their pages show."""
    return Nomination.objects.visible_to(user).select_related(
        "offer__title", "offer__selection", "person", "body", "branch", "unit", "sector", "photo"
    )


@require_safe
@never_cache
def nomination_list(request):
    """Mine, those of my unions, those below them; staff see what was handed in."""
    filters = {
        name: request.GET.get(name, "").replace("\x00", "").strip()[:50]
        for name in ("selection", "status", "q")
    }
    found = presenting.nominations_listed(request.user, **filters)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for nomination in page:
        nomination.mark = presenting.mark_of(nomination)
    branch = UnionBody.objects.kept_by(request.user).filter(kind__in=UnionBody.BRANCHES)
    context = {
        "page": page,
        "filters": filters,
        "statuses": Nomination.Status.choices,
        "selections": Selection.objects.public().values_list("pk", "title"),
        "bodies": list(UnionBody.objects.kept_by(request.user)),
        "waiting": Nomination.objects.waiting_for_branch(request.user).count() if branch.exists() else None,
        "may_start": bool(presenting.starting_points(request.user)),
    }
    return render(request, "craftsmen/nomination_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def nomination_start(request):
    """Which title, by which road, and who."""
    points = presenting.starting_points(request.user)
    if not points:
        return render(
            request, "craftsmen/nomination_closed.html", status=404 if request.method == "POST" else 200
        )
    form = _start_form(request, points)
    if form.is_valid():
        try:
            nomination = _start(request.user, form, points)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已为{nomination.person.name}建立申报草稿，填写内容随时自动保存。")
            return redirect("nominations:nomination_edit", nomination.uuid, "basic")
    context = {"form": form, "points": points}
    return render(request, "craftsmen/nomination_start.html", context, status=400 if form.errors else 200)


def road_key(channel, body):
    """Return the name of a road in forms."""
    return f"{channel}-{body.pk if body else 0}"


def _roads_of(points):
    return {road_key(channel, body): (channel, body) for _, ways in points for channel, body in ways}


def _start_form(request, points):
    roads = {
        key: f"{Nomination.Channel(channel).label}：{body}" if body else Nomination.Channel(channel).label
        for key, (channel, body) in _roads_of(points).items()
    }
    offers = Offer.objects.filter(pk__in=[offer.pk for offer, _ in points]).select_related(
        "selection", "title"
    )
    chosen = request.POST.get("road", "") or (next(iter(roads)) if len(roads) == 1 else "")
    is_self = chosen == road_key(Nomination.Channel.SELF, None)
    needs_identity = not (is_self and identified_person(request.user))
    data = request.POST if request.method == "POST" else None
    return StartForm(data, offers=offers, roads=roads, needs_identity=needs_identity)


def _start(user, form, points):
    channel, body = _roads_of(points)[form.cleaned_data["road"]]
    if channel == Nomination.Channel.SELF and "id_number" in form.cleaned_data:
        _count_try(user)
    return nominations.start_nomination(
        offer=form.cleaned_data["offer"],
        channel=channel,
        body=body,
        name=form.cleaned_data.get("name", ""),
        id_number=form.cleaned_data.get("id_number", ""),
        actor=user,
    )


def _count_try(user):
    """Raise ValidationError where an account types too many ID numbers: what is said of one tells whether it is known."""
    if not is_allowed(f"craftsmen.identity.{user.pk}", "", limit=IDENTITIES_PER_DAY, seconds=DAY):
        raise ValidationError("今天核对身份的次数已用完。请明天再试，或请所在单位工会推荐。")


@require_safe
@never_cache
def nomination_detail(request, uuid):
    """One nomination as it stands, its way so far, and what may be done with it."""
    nomination = get_object_or_404(seen(request.user), uuid=uuid)
    return _detail(request, nomination)


def _detail(request, nomination, failed=None, status=200):
    context = {
        "nomination": nomination,
        "mark": presenting.mark_of(nomination),
        "timeline": presenting.timeline(nomination),
        "rights": presenting.rights(request.user, nomination),
        "papers": nomination.files.select_related("file", "rule"),
        "last_on": presenting.deadline_of(nomination),
        "failed": failed,
        "reason": request.POST.get("reason", ""),
        "texts": presenting.texts_of(nomination),
        **presenting.check_of(nomination),
    }
    return render(request, "craftsmen/nomination_detail.html", context, status=status)


@require_POST
@never_cache
def nomination_act(request, uuid, act):
    """Withdraw, or send back to whoever made it; handing in is the form's last step."""
    nomination = get_object_or_404(seen(request.user), uuid=uuid)
    if not presenting.rights(request.user, nomination).get(act):
        raise Http404
    form = ReasonForm(request.POST)
    service, done = {
        "withdraw": (nominations.withdraw_nomination, "申报已撤回。"),
        "send_back": (branches.send_back, "已退回申报单位，理由已记录。"),
    }.get(act, (None, ""))
    if service is None:
        raise Http404
    try:
        service(nomination=nomination, actor=request.user, reason=form.data.get("reason", ""))
    except ValidationError as error:
        return _detail(request, nomination, failed=(act, error.messages), status=400)
    messages.success(request, done)
    return redirect("nominations:branch_desk" if act == "send_back" else "nominations:nomination_list")


@require_safe
@never_cache
def nomination_file(request, uuid, key):
    """Send a paper of a nomination to whoever may see the nomination; to everybody else there is none."""
    nomination = get_object_or_404(Nomination.objects.visible_to(request.user), uuid=uuid)
    papers = nomination.files.filter(file__key=key)
    if not papers.exists() and not Nomination.objects.filter(pk=nomination.pk, photo__key=key).exists():
        raise Http404
    return send_file(get_object_or_404(StoredFile, key=key))
