"""Announcing, closing and cancelling a selection: what it still lacks, what may come next, and why not."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from craftsmen.models import Nomination, Selection
from unionportal.audit.admin_steps import Step
from unionportal.audit.services import record

Status = Selection.Status
MOVES = {
    Status.DRAFT: {Status.ANNOUNCED},
    Status.ANNOUNCED: {Status.CLOSED, Status.CANCELLED},
    Status.CLOSED: {Status.ANNOUNCED},
    Status.CANCELLED: set(),
}
# A nomination in one of these is still on its way: closing would leave it without an end.
UNFINISHED = (
    Nomination.Status.SHORTLISTED,
    Nomination.Status.SCORED,
    Nomination.Status.PROPOSED,
    Nomination.Status.IN_NOTICE,
)
CHANNELS = ("by_unit", "by_association", "by_expert", "by_self")


def offers_with_places(selection):
    """Return the offers, each with `allocated`: the places given to town and system unions."""
    offers = selection.offers.select_related("title", "panel").prefetch_related("panel__criteria")
    return list(offers.annotate(allocated=Sum("allocations__places")))


def missing(selection, offers=None):
    """Return what keeps a selection from being announced, as Chinese sentences; empty when nothing does."""
    offers = offers_with_places(selection) if offers is None else offers
    lines = [] if offers else ["还没有评选的称号和名额。"]
    dates = (
        ("申报开始", selection.opens_on),
        ("单位申报截止", selection.unit_deadline),
        ("镇街、系统工会审核截止", selection.branch_deadline),
    )
    lines += [f"还没有填写{name}日期。" for name, value in dates if value is None]
    if not any(getattr(selection, name) for name in CHANNELS):
        lines.append("至少开放一种推荐渠道。")
    for offer in offers:
        if not offer.panel.criteria.all():
            lines.append(f"“{offer.title}”还没有评分标准，请在评审设置中录入或用 Excel 导入。")
        if selection.by_unit and not offer.allocated:
            lines.append(f"“{offer.title}”还没有分配推荐名额。")
    return lines


def advice(selection, offers):
    """Return what deserves a second look; it keeps nothing from happening."""
    wanted = (
        ("评选通知", selection.introduction),
        ("依据", selection.basis),
        ("咨询电话", selection.contact_phone),
        ("通知文件", selection.notice_file_id),
        ("专家评审日期", selection.scoring_starts_on),
    )
    lacking = [name for name, value in wanted if not value]
    lines = [f"建议公告前补上：{'、'.join(lacking)}。"] if lacking else []
    if not selection.eligibility_rules.exists():
        lines.append("没有申报条件：任何人都能提交。")
    for offer in offers:
        points = sum(criterion.maximum for criterion in offer.panel.criteria.all())
        if points and points != 100:
            lines.append(f"“{offer.title}”评分标准合计 {points.normalize():f} 分，不是 100 分。")
        if offer.allocated and offer.allocated < offer.quota:
            lines.append(f"“{offer.title}”推荐名额合计 {offer.allocated} 名，少于评选名额 {offer.quota} 名。")
    return lines


def selection_steps(selection, offers):
    """Return the Steps of a selection."""
    if selection.status == Status.DRAFT:
        lacking = missing(selection, offers)
        return [Step("announced", "公告评选", lacking, is_main=True, hint="公告后对公众可见，到期即可申报。")]
    if selection.status == Status.ANNOUNCED:
        return [
            Step("closed", "结束评选", unfinished(selection), hint="结束后不再接收申报，页面保留。"),
            Step("cancelled", "取消评选", reason="取消的原因（会对外公布）"),
        ]
    return [Step("announced", "重新打开")] if selection.status == Status.CLOSED else []


def unfinished(selection):
    """Return why a selection cannot be closed yet, as Chinese sentences."""
    count = Nomination.objects.filter(offer__selection=selection, status__in=UNFINISHED).count()
    return [f"还有 {count} 名申报人在评审或公示中，办结后再结束。"] if count else []


@transaction.atomic
def move_selection(*, selection, to, actor, reason=""):
    """Announce, close, reopen or cancel a selection and return it; raises ValidationError saying why not."""
    selection = Selection.objects.select_for_update(no_key=True).get(pk=selection.pk)
    before = selection.status
    if to not in MOVES[before]:
        raise ValidationError(
            f"“{selection}”现为“{selection.get_status_display()}”，不能转为“{Status(to).label}”。"
        )
    if before == Status.DRAFT and (lacking := missing(selection)):
        raise ValidationError(lacking)
    if to == Status.CLOSED and (lines := unfinished(selection)):
        raise ValidationError(lines)
    if to == Status.CANCELLED and not reason.strip():
        raise ValidationError("请写明取消的原因，它会对外公布。")
    selection.status = to
    if to == Status.ANNOUNCED and selection.announced_at is None:
        selection.announced_at = timezone.now()
    selection.save(update_fields=["status", "announced_at"])
    record(actor, "craftsmen.selection_moved", selection, before=before, after=to, reason=reason.strip())
    return selection
