"""The yearly review: opened for all, reported, decided, rectified or ended by delisting."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone

from studios.models import AnnualReview, Recognition, Studio
from studios.services.keepers import tell_of_review
from studios.services.recognitions import delist
from studios.services.rights import lock, lock_studio, require
from unionportal.audit.services import record

Status = AnnualReview.Status
Result = AnnualReview.Result
REPORT = (
    *("achievement_count", "project_count", "activity_count", "apprentice_count", "benefit_yuan"),
    *("results", "team", "activities", "funds", "plan"),
)


def year_of(studio, year):
    """Return the report of a studio's year as far as its records tell it: {field: value}."""
    achievements = studio.achievements.counted().filter(year=year)
    projects = studio.projects.filter(started_on__year__lte=year).exclude(ended_on__year__lt=year)
    activities = studio.activities.filter(held_on__year=year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    pairs = studio.apprenticeships.filter(started_on__lte=last, ends_on__gte=first)
    # Titles of secret achievements stay out of a text that others read.
    told = [f"成果：{item}（{item.get_kind_display()}）" for item in achievements]
    told += [f"课题：{item}（{item.get_status_display()}）" for item in projects]
    return {
        "achievement_count": achievements.count(),
        "project_count": projects.count(),
        "activity_count": activities.count(),
        "apprentice_count": pairs.count(),
        "benefit_yuan": achievements.aggregate(total=Sum("benefit_yuan"))["total"] or 0,
        "results": "\n".join(told),
        "team": "\n".join(f"{pair}（{pair.get_status_display()}）" for pair in pairs),
        "activities": "\n".join(f"{item.held_on} {item}" for item in activities),
    }


@transaction.atomic
def open_reviews(*, year, due_on, actor):
    """Ask every studio recognised by then for its report of a year; returns how many are new. Those asked are kept."""
    require(actor, "decide_reviews")
    if year > timezone.localdate().year:
        raise ValidationError({"year": f"{year} 年还没有开始，请核对考核年度。"})
    if due_on.year < year:
        raise ValidationError({"due_on": "报送截止不能早于考核年度。"})
    asked = AnnualReview.objects.filter(year=year).values("studio")
    # Who was named after the year has nothing to report on it; an old document whose day is missing keeps nobody out.
    held = Recognition.objects.standing().filter(studio=OuterRef("pk"))
    held = held.filter(Q(named_on=None) | Q(named_on__lte=date(year, 12, 31)))
    studios = Studio.objects.filter(Exists(held), status=Studio.Status.ACTIVE).exclude(pk__in=asked)
    made = [_fill(AnnualReview(studio=item, year=year, due_on=due_on)) for item in studios]
    AnnualReview.objects.bulk_create(made, ignore_conflicts=True)
    record(actor, "studios.reviews_opened", None, year=year, count=len(made), on=str(due_on))
    return len(made)


def _lock(review, *statuses):
    """Return a review under its studio's lock; ValidationError in any other state, or once the studio is no more."""
    studio = lock_studio(review.studio)
    if studio.status != Studio.Status.ACTIVE:
        raise ValidationError(f"“{studio}”{studio.get_status_display()}，年度考核不再办理。")
    review = lock(review)
    if review.status not in statuses:
        raise ValidationError(f"“{review}”{review.get_status_display()}，不能这样办理。")
    return review


def _fill(review):
    """Write what the records tell into a report and return it; ValidationError that names the studio if it cannot be."""
    for name, value in year_of(review.studio, review.year).items():
        setattr(review, name, value)
    try:
        review.clean_fields()
    except ValidationError as error:
        problem = "；".join(f"{_label(name)}：{''.join(lines)}" for name, lines in error.message_dict.items())
        raise ValidationError(f"“{review.studio}”的台账数字无法填入报告（{problem}），请先核对。") from error
    return review


def _label(name):
    return str(AnnualReview._meta.get_field(name).verbose_name)


@transaction.atomic
def refill_report(*, review, actor):
    """Fill the figures and lists of an owed report in anew from the records; returns the review."""
    review = _fill(_lock_owed(review, actor))
    review.save()
    record(actor, "studios.review_refilled", review)
    return review


def _lock_owed(review, actor):
    """Return a review, locked, whose report the actor may write now."""
    may = actor.has_perm("studios.decide_reviews")
    if not may and not AnnualReview.objects.kept_by(actor).filter(pk=review.pk).exists():
        raise PermissionDenied("您不能填报这个工作室的考核。")
    return _lock(review, *AnnualReview.OWED)


class StaleReport(Exception):
    """The report has been saved elsewhere since it was read."""


@transaction.atomic
def save_report(*, review, actor, version, fields):
    """Keep the report of a year as a draft, `fields` being those of REPORT; StaleReport if saved elsewhere since."""
    review = _lock_owed(review, actor)
    if version != review.updated_at.isoformat():
        raise StaleReport
    changed = [name for name in REPORT if name in fields and getattr(review, name) != fields[name]]
    if not changed:
        return review
    for name in changed:
        setattr(review, name, fields[name])
    review.full_clean()
    review.save()
    record(actor, "studios.review_saved", review, names=[_label(name) for name in changed])
    return review


@transaction.atomic
def submit_report(*, review, actor, fields):
    """Hand in the report of a year; `fields` are those of REPORT. Returns the review."""
    review = _lock_owed(review, actor)
    for name in REPORT:
        setattr(review, name, fields.get(name, getattr(review, name)))
    if not review.results.strip() or not review.plan.strip():
        raise ValidationError("请填写成果与课题、下年计划。")
    review.status, review.return_reason = Status.SUBMITTED, ""
    review.submitted_by, review.submitted_at = actor, timezone.now()
    review.full_clean()
    review.save()
    record(actor, "studios.review_submitted", review)
    return review


@transaction.atomic
def return_report(*, review, actor, reason):
    """Send a report back to be corrected; returns the review."""
    require(actor, "decide_reviews")
    review = _lock(review, Status.SUBMITTED)
    if not reason.strip():
        raise ValidationError("请写明退回的理由。")
    review.status, review.return_reason = Status.RETURNED, reason.strip()
    review.save(update_fields=["status", "return_reason"])
    record(actor, "studios.review_returned", review, reason=review.return_reason)
    tell_of_review(review, "已退回，请修改后重新报送", review.return_reason)
    return review


@transaction.atomic
def remind(*, reviews, actor):
    """Remind those who owe their reports, once a day however often it is asked; returns how many."""
    require(actor, "decide_reviews")
    keys = [review.pk for review in reviews]
    today = timezone.localdate()
    owed = AnnualReview.objects.of_active().filter(pk__in=keys, status__in=AnnualReview.OWED)
    owed = owed.exclude(reminded_on=today).select_for_update(of=("self",), no_key=True)
    found = list(owed.select_related("studio").order_by("pk"))
    names = [review.studio.name for review in found]
    for review in found:
        tell_of_review(review, "请尽快报送", f"报送截止 {review.due_on}。")
    AnnualReview.objects.filter(pk__in=[review.pk for review in found]).update(reminded_on=today)
    if names:
        record(actor, "studios.reviews_reminded", None, count=len(names), names=names)
    return len(names)


@transaction.atomic
def decide_review(*, review, actor, score, result, comment="", rectify_by=None):
    """Decide on a report: excellent, passed, or to be rectified by a day; returns the review.

    Whoever reported nothing until the due day may be told to rectify too. Delisting is delist_after_review().
    """
    require(actor, "decide_reviews")
    review = _lock(review, Status.SUBMITTED, *AnnualReview.OWED)
    today = timezone.localdate()
    if review.status in AnnualReview.OWED and not (result == Result.RECTIFY and review.due_on < today):
        raise ValidationError("报告还没有报送；逾期未报的只能定为限期整改。")
    if result not in (Result.EXCELLENT, Result.PASS, Result.RECTIFY):
        raise ValidationError({"result": "请选择考核结果；摘牌请用“摘牌”。"})
    if result == Result.RECTIFY:
        if not comment.strip():
            raise ValidationError({"comment": "请写明须整改的问题。"})
        if rectify_by is None or rectify_by <= today:
            raise ValidationError({"rectify_by": "请填写今天以后的整改期限。"})
    review.status, review.score, review.result = Status.DECIDED, score, result
    review.comment, review.rectify_by = comment.strip(), rectify_by if result == Result.RECTIFY else None
    review.decided_on, review.decided_by = today, actor
    review.full_clean()
    review.save()
    record(actor, "studios.review_decided", review, after=review.get_result_display(), total=str(score or ""))
    due = f"整改期限 {review.rectify_by}。" if review.rectify_by else ""
    tell_of_review(review, f"结果：{review.get_result_display()}", f"{review.comment}{due}")
    return review


@transaction.atomic
def accept_rectification(*, review, actor, rectification):
    """Find that what was to be rectified has been: the review is passed from here on. Returns it."""
    require(actor, "decide_reviews")
    review = _in_rectification(review)
    if not rectification.strip():
        raise ValidationError("请写明整改验收情况。")
    review.result, review.rectified_on = Result.PASS, timezone.localdate()
    review.rectification = rectification.strip()
    review.save(update_fields=["result", "rectified_on", "rectification"])
    record(actor, "studios.rectification_accepted", review, note=review.rectification)
    tell_of_review(review, "整改验收通过", review.rectification)
    return review


def _in_rectification(review):
    review = _lock(review, Status.DECIDED)
    if review.result != Result.RECTIFY:
        raise ValidationError(f"“{review}”不在整改中。")
    return review


@transaction.atomic
def delist_after_review(*, review, actor, reason, document_number):
    """Take the plaque away because a rectification failed; returns the review."""
    review = _in_rectification(review)
    delist(studio=review.studio, actor=actor, reason=reason, document_number=document_number)
    review.result, review.rectification = Result.DELISTED, reason.strip()[:300]
    review.save(update_fields=["result", "rectification"])
    tell_of_review(review, "结果：摘牌", review.rectification)
    return review
