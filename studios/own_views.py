"""A studio's own pages at /studios/mine/: what is due, its achievements, their papers. For who keeps it; never public."""

import uuid as uuids

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studios.models import Achievement, AnnualReview, Studio
from studios.own_forms import Draft, EvidenceForm
from studios.presenting import whole_yuan
from studios.services import achievement_drafts, achievements, evidence
from unionportal.accounts.services import KeyReused
from unionportal.files.views import send_file

PER_PAGE = 20
Status = Achievement.Status
MARKS = {
    **dict.fromkeys(Achievement.STANDING, "done"),
    **dict.fromkeys((Status.RETURNED, Status.REFUSED), "stop"),
    Status.DRAFT: "quiet",
}
STALE = "这项成果刚在别处保存过，本次未保存。核对后再点保存，即以本页填写的为准。"


def kept(request, pk, **fields):
    """Return an achievement of a studio that this user keeps, or 404."""
    found = Achievement.objects.kept_by(request.user).filter(**fields)
    return get_object_or_404(found.select_related("studio", "sector"), pk=pk)


@require_safe
@never_cache
def studio_list(request):
    """The studios I keep, and what each of them owes."""
    is_active = Q(status=Studio.Status.ACTIVE)
    owed = is_active & Q(reviews__status__in=AnnualReview.OWED)
    rectify = is_active & Q(reviews__result=AnnualReview.Result.RECTIFY)
    studios = (
        Studio.objects.kept_by(request.user)
        .select_related("host_unit")
        .annotate(
            owed=Count("reviews", filter=owed, distinct=True),
            rectify=Count("reviews", filter=rectify, distinct=True),
            returned=Count("achievements", filter=Q(achievements__status=Status.RETURNED), distinct=True),
            drafts=Count("achievements", filter=Q(achievements__status=Status.DRAFT), distinct=True),
        )
        .order_by("pinyin", "pk")
    )
    page = Paginator(studios, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "studios/mine/studio_list.html", {"page": page})


@require_safe
@never_cache
def studio_detail(request, pk):
    """One of them: the yearly reports, then the achievements by state."""
    studio = get_object_or_404(Studio.objects.kept_by(request.user).select_related("host_unit"), pk=pk)
    status = request.GET.get("status", "")
    found = studio.achievements.all()
    if status in Status.values:
        found = found.filter(status=status)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for item in page:
        item.mark = MARKS.get(item.status, "on")
    context = {
        "studio": studio,
        "is_shown": Studio.objects.public().filter(pk=studio.pk).exists(),
        "page": page,
        "filters": {"status": status},
        "statuses": Status.choices,
        "reviews": studio.reviews.all()[:5],
        "today": timezone.localdate(),
    }
    return render(request, "studios/mine/studio_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def achievement_new(request, pk):
    """A new draft; its form sent twice makes one."""
    studio = get_object_or_404(Studio.objects.kept_by(request.user), pk=pk)
    if request.method != "POST" and studio.status != Studio.Status.ACTIVE:
        raise Http404
    draft = Draft(request.POST if request.method == "POST" else None, achievement=Achievement(studio=studio))
    if draft.is_valid():
        try:
            made = _start(request, studio, draft)
        except KeyReused:
            draft.renew("key", str(uuids.uuid4()))
            draft.form.add_error(None, "这张表刚才已存为一项草稿，内容与本页不同。再点保存，会另建一项。")
        except ValidationError as error:
            draft.form.add_error(None, error.messages)
        else:
            messages.success(request, "草稿已保存。附上证明材料后即可提交。")
            return redirect("mystudios:achievement_edit", made.pk)
    return _page(request, studio, draft)


def _start(request, studio, draft):
    fields, people, units = draft.said()
    key = draft.form.cleaned_data["key"] or uuids.uuid4()
    return achievement_drafts.start_achievement(
        studio=studio, actor=request.user, key=key, fields=fields, people=people, units=units
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def achievement_edit(request, pk):
    """The form of a draft, or of one that was returned: save, or save and hand in."""
    achievement = kept(request, pk)
    if request.method != "POST":
        if achievement.status not in Achievement.AT_HAND:
            return redirect("mystudios:achievement_detail", pk)
        return _page(request, achievement.studio, Draft(None, achievement=achievement), achievement)
    draft = Draft(request.POST, achievement=achievement)
    answer = _save(request, draft, pk) if draft.is_valid() else None
    return answer or _page(request, achievement.studio, draft, achievement)


def _save(request, draft, pk):
    """Save what has changed and go on; None to show the form again with what was typed."""
    fields, people, units = draft.said()
    try:
        if draft.has_changed():
            achievement_drafts.save_achievement(
                achievement=draft.form.instance,
                actor=request.user,
                version=draft.form.cleaned_data["version"],
                fields=fields,
                people=people,
                units=units,
            )
    except achievement_drafts.StaleAchievement:
        now = kept(request, pk)
        if _is_as_sent(request, now):
            return _go_on(request, now)
        draft.renew("version", now.updated_at.isoformat())
        draft.form.add_error(None, STALE)
        return None
    except ValidationError as error:
        if _is_as_sent(request, now := kept(request, pk)):
            return _go_on(request, now)
        draft.form.add_error(None, error.messages)
        return None
    return _go_on(request, kept(request, pk))


def _is_as_sent(request, achievement):
    """True for the second click of two: what stands is what was sent."""
    again = Draft(request.POST, achievement=achievement)
    return again.is_valid() and not again.has_changed()


def _go_on(request, achievement):
    """Hand in what is saved, if that was asked for; what hinders it is said on the form."""
    if achievement.status not in Achievement.AT_HAND:
        return _is_handed_in(request, achievement)
    if request.POST.get("action") != "submit":
        messages.success(request, f"已保存，{timezone.localtime(achievement.updated_at):%H:%M}。还没有提交。")
        return redirect("mystudios:achievement_edit", achievement.pk)
    if not request.POST.get("is_new") and achievements.similar_to(achievement, request.user):
        messages.error(request, "已保存，没有提交：名称与已有成果相近。确不重复的，请在下面勾选后再提交。")
        return redirect("mystudios:achievement_edit", achievement.pk)
    try:
        achievements.submit_achievement(achievement=achievement, actor=request.user)
    except ValidationError as error:
        if (now := kept(request, achievement.pk)).status not in Achievement.AT_HAND:
            return _is_handed_in(request, now)  # the other click of two was a moment faster
        messages.error(request, "已保存，没有提交：" + "".join(error.messages))
        return redirect("mystudios:achievement_edit", achievement.pk)
    messages.success(request, "成果已提交，等待区总工会核实。结果会发到“消息”。")
    return redirect("mystudios:achievement_detail", achievement.pk)


def _is_handed_in(request, achievement):
    messages.info(request, f"这项成果现为“{achievement.get_status_display()}”，不用再提交。")
    return redirect("mystudios:achievement_detail", achievement.pk)


def _page(request, studio, draft, achievement=None, attach_form=None):
    context = {"studio": studio, "draft": draft, "achievement": achievement}
    if achievement:
        stored = Achievement.objects.get(pk=achievement.pk)
        context |= {
            "stored": stored,
            "is_at_hand": stored.status in Achievement.AT_HAND,
            "alike": achievements.similar_to(stored, request.user),
            "papers": stored.evidence.select_related("file"),
            "attach_form": attach_form or EvidenceForm(),
        }
    is_wrong = draft.is_wrong or (attach_form and attach_form.errors)
    return render(request, "studios/mine/achievement_edit.html", context, status=400 if is_wrong else 200)


@require_safe
@never_cache
def achievement_detail(request, pk):
    """One achievement as it stands, why it came back, and its papers."""
    achievement = kept(request, pk)
    context = {
        "achievement": achievement,
        "studio": achievement.studio,
        "mark": MARKS.get(achievement.status, "on"),
        "is_at_hand": achievement.status in Achievement.AT_HAND,
        "contributions": achievement.contributions.all(),
        "adoptions": achievement.adoptions.all(),
        "papers": achievement.evidence.select_related("file"),
        "benefit": whole_yuan(achievement.benefit_yuan),
    }
    return render(request, "studios/mine/achievement_detail.html", context)


@require_POST
@never_cache
def evidence_attach(request, pk):
    """Attach a paper to a draft."""
    achievement = kept(request, pk)
    if achievement.status not in Achievement.AT_HAND:
        messages.error(request, "成果已提交，不能再附材料。")
        return redirect("mystudios:achievement_detail", pk)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            evidence.attach_evidence(achievement=achievement, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("inspected", error.messages)
        else:
            messages.success(request, "材料已附上。")
            return redirect("mystudios:achievement_edit", pk)
    return _page(request, achievement.studio, Draft(None, achievement=achievement), achievement, form)


@require_POST
@never_cache
def evidence_remove(request, pk, item):
    """Take a paper off a draft."""
    achievement = kept(request, pk)
    paper = get_object_or_404(achievement.evidence.select_related("achievement"), pk=item)
    try:
        evidence.remove_evidence(item=paper, actor=request.user)
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    else:
        messages.success(request, "材料已移除。")
    return redirect("mystudios:achievement_edit", pk)


@require_safe
@never_cache
def evidence_file(request, pk, key):
    """Send a paper to who keeps the studio."""
    papers = kept(request, pk).evidence.select_related("file")
    return send_file(get_object_or_404(papers, file__key=key).file)
