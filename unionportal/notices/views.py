from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from unionportal.audit.middleware import client_address
from unionportal.common.throttling import network_of
from unionportal.notices import presenting
from unionportal.notices.forms import ObjectionForm
from unionportal.notices.models import Objection, PublicNotice
from unionportal.notices.services import objections

PAGE_SIZE = 12
FILTERS = ("line", "year", "state", "q")


def announced(pk):
    """Return a notice that was published at some time, also one taken down since; 404 for a draft."""
    notices = presenting.with_stops(PublicNotice.objects.exclude(status=PublicNotice.Status.DRAFT))
    return get_object_or_404(notices, pk=pk)


@require_safe
@login_not_required
def notice_list(request):
    """All notices the public may read: those that are running first."""
    # PostgreSQL's text holds no NUL.
    filters = {name: request.GET.get(name, "").replace("\0", "").strip()[:50] for name in FILTERS}
    notices = presenting.public_list(filters, timezone.localdate())
    context = {
        "filters": filters,
        "is_filtered": any(filters.values()),
        "page": Paginator(notices, PAGE_SIZE).get_page(request.GET.get("page")),
        "lines": PublicNotice.Line.choices,
        "states": presenting.STATES,
        "years": presenting.published_years(),
    }
    return render(request, "notices/notice_list.html", context)


@require_safe
@login_not_required
def notice_detail(request, pk):
    """One notice: its text, its days, its list, and how to object; one that was taken down is gone (410)."""
    notice = announced(pk)
    if notice.withdrawn_at:
        return render(request, "410.html", status=410)
    lines, removed = presenting.public_lines(notice)
    clock = presenting.clock_of(notice, timezone.localdate())
    context = {"notice": notice, "lines": lines, "removed": removed, "clock": clock}
    response = render(request, "notices/notice_detail.html", context)
    if not clock.is_running:
        # Names are public for the time of the notice; nobody should find them by name ever after.
        response["X-Robots-Tag"] = "noindex"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def objection_new(request, pk):
    """The form of an objection, while the notice is running by the server's clock."""
    notice = announced(pk)
    if notice.withdrawn_at:
        return render(request, "410.html", status=410)
    form = ObjectionForm(request.POST or None, request.FILES or None, notice=notice)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = objections.raise_objection(
                notice=notice, origin=network_of(client_address(request)), **form.objection()
            )
        except ValidationError as error:
            form.add_error(None, error)
            status = 429 if isinstance(error, objections.TooMany) else 200
        else:
            return redirect("notices:objection_received", pk=pk, receipt=made.receipt)
    context = {"notice": notice, "form": form, "is_running": notice.is_running()}
    return render(request, "notices/objection_new.html", context, status=status)


@require_safe
@login_not_required
@never_cache
def objection_received(request, pk, receipt):
    """The receipt: a number and a time, nothing of who objected to what."""
    objection = Objection.objects.filter(notice=pk, receipt=receipt, channel=Objection.Channel.PAGE)
    received = objection.values_list("received_at", flat=True).first()
    if received is None:
        raise Http404
    context = {"notice": announced(pk), "receipt": receipt, "received_at": received}
    return render(request, "notices/objection_received.html", context)
