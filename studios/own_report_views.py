"""The yearly report of a studio at /studios/mine/reports/: filled in from the records, kept as a draft, handed in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studios.models import AnnualReview
from studios.own_forms import ReportForm
from studios.presenting import whole_yuan
from studios.services import reviews

STALE = "这份报告刚在别处保存过，本次未保存。核对后再点保存，即以本页填写的为准。"


def kept(request, pk):
    """Return the review of a studio that this user keeps, or 404."""
    return get_object_or_404(AnnualReview.objects.kept_by(request.user).select_related("studio"), pk=pk)


@require_safe
@never_cache
def review_detail(request, pk):
    """A year as it stands: the report, the result, what is to be rectified."""
    review = kept(request, pk)
    context = {
        "review": review,
        "studio": review.studio,
        "is_owed": review.is_owed,
        "days_late": days_late(review),
        "benefit": whole_yuan(review.benefit_yuan),
    }
    return render(request, "studios/mine/review_detail.html", context)


def days_late(review):
    """Return how many days after its due day the report came, or is owed today; 0 in time."""
    sent = timezone.localdate(review.submitted_at) if review.submitted_at else timezone.localdate()
    return max((sent - review.due_on).days, 0)


def standing(review):
    """Return in words why a report is not to be written, or no longer."""
    if review.status in AnnualReview.OWED:
        return f"工作室{review.studio.get_status_display()}"
    return f"这份报告现为“{review.get_status_display()}”"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def review_edit(request, pk):
    """The form of a report that is owed: save, or save and hand in."""
    review = kept(request, pk)
    if request.method != "POST" and not review.is_owed:
        return redirect("mystudios:review_detail", pk)
    form = ReportForm(request.POST if request.method == "POST" else None, instance=review)
    answer = _save(request, form, pk) if form.is_valid() else None
    context = {
        "review": review,
        "studio": review.studio,
        "form": form,
        "is_owed": review.is_owed,
        "days_late": days_late(review),
    }
    status = 400 if form.errors else 200
    return answer or render(request, "studios/mine/review_edit.html", context, status=status)


def _save(request, form, pk):
    """Save what has changed and go on; None to show the form again with what was typed."""
    try:
        if form.has_changed():
            reviews.save_report(
                review=form.instance,
                actor=request.user,
                version=form.cleaned_data["version"],
                fields=form.said(),
            )
    except (reviews.StaleReport, ValidationError) as error:
        now = kept(request, pk)
        again = ReportForm(request.POST, instance=now)
        if again.is_valid() and not again.has_changed():
            return _go_on(request, pk)
        form.data = form.data.copy()
        form.data["version"] = now.updated_at.isoformat()
        form.add_error(None, getattr(error, "messages", STALE))
        return None
    return _go_on(request, pk)


def _go_on(request, pk):
    """Hand in what is saved, if that was asked for; what hinders it is said on the form."""
    review = kept(request, pk)
    if not review.is_owed:
        messages.info(request, f"{standing(review)}，不用再提交。")
        return redirect("mystudios:review_detail", pk)
    if request.POST.get("action") != "submit":
        messages.success(request, f"已保存，{timezone.localtime(review.updated_at):%H:%M}。还没有提交。")
        return redirect("mystudios:review_edit", pk)
    try:
        review = reviews.submit_report(review=review, actor=request.user, fields={})
    except ValidationError as error:
        now = kept(request, pk)
        if now.is_owed:
            messages.error(request, "已保存，没有提交：" + "".join(error.messages))
        else:  # The other click of two was a moment faster.
            messages.info(request, f"{standing(now)}，不用再提交。")
        return redirect("mystudios:review_edit", pk)
    late = days_late(review)
    messages.success(request, f"{review.year} 年度报告已提交" + (f"，逾期 {late} 天。" if late else "。"))
    return redirect("mystudios:review_detail", pk)


@require_POST
@never_cache
def review_refill(request, pk):
    """Fill figures and lists in anew from the year's records."""
    review = kept(request, pk)
    try:
        reviews.refill_report(review=review, actor=request.user)
    except ValidationError as error:
        now = kept(request, pk)
        why = "".join(error.messages) if now.is_owed else f"{standing(now)}，不能再重新取数。"
        messages.error(request, why)
        return redirect("mystudios:review_detail", pk)
    messages.success(request, "数字和清单已按台账重新填入；经费使用和下年计划没有动。")
    return redirect("mystudios:review_edit", pk)
