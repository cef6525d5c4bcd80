"""What waits for the studios' staff, and their diary: what this year asks of studios, whoever is at the desk."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from studios import diary
from studios.models import (
    Achievement,
    AnnualReview,
    Campaign,
    HelpRequest,
    PlaqueCeremony,
    Studio,
    StudioApplication,
)
from studios.services import ceremonies, naming
from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.work_queue_tasks import Task, joined, listed


def applications_to_review():
    """Applications that wait for the initial review."""
    names = list(
        StudioApplication.objects.filter(status=StudioApplication.Status.APPLIED)
        .order_by("submitted_at", "pk")
        .values_list("name", flat=True)
    )
    return Task(
        len(names), "待初审的工作室申报", joined(names), listed(StudioApplication, status__exact="applied")
    )


def studios_to_name():
    """Campaigns whose notice is closed with somebody clear on it who is not named: one held for long comes later."""
    found = list(
        Campaign.objects.filter(
            status=Campaign.Status.ANNOUNCED,
            notice__status=PublicNotice.Status.CLOSED,
            applications__status__in=(StudioApplication.Status.PROPOSED, StudioApplication.Status.IN_NOTICE),
            notice__lines__status=NoticeLine.Status.CLEAR,
        )
        .select_related("notice")
        .distinct()
    )
    found = [campaign for campaign in found if naming.waits_for_document(campaign)]
    return Task(len(found), "公示期满可认定", joined(found), listed(Campaign, status__exact="announced"))


def achievements_to_verify():
    """Achievements handed in, by studio; a secret one is counted and not named."""
    counts = list(
        Achievement.objects.filter(status=Achievement.Status.SUBMITTED)
        .order_by()
        .values_list("studio__name")
        .annotate(Count("pk"))
        .order_by("studio__name")
    )
    detail = joined(f"{name} {count}" for name, count in counts)
    return Task(
        sum(count for _, count in counts),
        "待核实的创新成果",
        detail,
        listed(Achievement, status__exact="submitted"),
    )


def questions_waiting():
    """Questions to route, and those whose answer is late; urgent once one is."""
    today = timezone.localdate()
    late = Q(status=HelpRequest.Status.ROUTED, due_on__lt=today)
    found = list(
        HelpRequest.objects.filter(Q(status=HelpRequest.Status.RECEIVED) | late)
        .order_by("received_at")
        .values_list("title", "status")
    )
    is_late = any(status == HelpRequest.Status.ROUTED for _, status in found)
    url = listed(HelpRequest, status__in="received,routed")
    return Task(len(found), "待办的求助", joined(title for title, _ in found), url, is_urgent=is_late)


def reviews_to_decide():
    """Reports handed in, and rectifications whose day has passed."""
    submitted = Q(status=AnnualReview.Status.SUBMITTED)
    rectify = Q(result=AnnualReview.Result.RECTIFY, rectify_by__lt=timezone.localdate())
    found = AnnualReview.objects.of_active().filter(submitted | rectify).values_list("studio__name", "status")
    found = list(found.order_by("due_on", "studio__pinyin"))
    only_late = bool(found) and all(status == AnnualReview.Status.DECIDED for _, status in found)
    query = {"overdue": "rectify"} if only_late else {"status__exact": "submitted"}
    return Task(
        len(found), "待考核、待验收的工作室", joined(name for name, _ in found), listed(AnnualReview, **query)
    )


def plaques_to_give():
    """Recognitions by document that have no plaque and are in no ceremony; the one in preparation takes them."""
    names = [item.studio.name for item in ceremonies.waiting_for_plaques()]
    ahead = list(
        PlaqueCeremony.objects.exclude(status=PlaqueCeremony.Status.HELD).values_list("pk", flat=True)[:2]
    )
    url = reverse("admin:studios_plaqueceremony_add") if not ahead else listed(PlaqueCeremony)
    if len(ahead) == 1:
        url = reverse("admin:studios_plaqueceremony_change", args=ahead)
    return Task(len(names), "待授牌", joined(names), url)


def reports_overdue():
    """Reports whose day has passed without them; urgent."""
    today = timezone.localdate()
    overdue = AnnualReview.objects.overdue(today).order_by("due_on", "studio__pinyin")
    found = list(overdue.values_list("studio__name", "due_on"))
    detail = joined(f"{name}（逾期 {(today - due).days} 天）" for name, due in found)
    return Task(len(found), "考核报告逾期", detail, listed(AnnualReview, overdue="report"), is_urgent=True)


KINDS = (
    ("studios.review_applications", applications_to_review),
    ("studios.name_studios", studios_to_name),
    ("studios.verify_achievements", achievements_to_verify),
    ("studios.change_helprequest", questions_waiting),
    ("studios.decide_reviews", reviews_to_decide),
    ("studios.recognise_studios", plaques_to_give),
    ("studios.change_studio", reports_overdue),
)


def reports_owed():
    """Reports not handed in whose day is still to come; those late are in the queue."""
    owed = AnnualReview.objects.of_active().filter(
        status__in=AnnualReview.OWED, due_on__gte=timezone.localdate()
    )
    found = list(owed.order_by("due_on", "studio__pinyin").values_list("studio__name", "due_on"))
    detail = joined(f"{name}（{due.month} 月 {due.day} 日前）" for name, due in found)
    return Task(len(found), "考核报告未报", detail, listed(AnnualReview, status__in="open,returned"))


def _noted(name, title, details):
    return Task(len(details), title, joined(details), listed(Studio, diary=name))


def diary_of(user):
    """Return the Tasks of the diary for whoever keeps studios, nothing that asks for nobody."""
    if not user.has_perm("studios.change_studio"):
        return []
    retiring = [f"{name} {leader}（{month:%Y-%m}）" for _, name, leader, month in diary.retiring()]
    found = [
        reports_owed(),
        _noted("retiring", "负责人今年退休", retiring),
        _noted("gone", "负责人离岗或空缺", [item.name for item in diary.gone()]),
        _noted("idle", "今年没有成果", [item.name for item in diary.idle()]),
        _noted("photo", "缺牌匾照片", [str(item) for item in _with_studio(diary.without_plaque_photo())]),
        _noted(
            "ending",
            "认定将到期",
            [f"{item.studio.name}（{item.valid_to}）" for item in _with_studio(diary.running_out())],
        ),
    ]
    return [task for task in found if task.count]


def _with_studio(recognitions):
    return recognitions.select_related("studio").order_by("valid_to", "studio__pinyin")
