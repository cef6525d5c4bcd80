"""Asking for a class: for whoever acts for a union. One sees what one asked for, and what colleagues asked for."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from academies.models import ClassRequest
from academies.request_forms import ClassRequestForm
from academies.services import class_requests
from unionportal.audit.acts import add_errors
from unionportal.people.models import UnionBody

PER_PAGE = 20


def own(user):
    """Return the requests that somebody may read, with all that their pages show."""
    return ClassRequest.objects.visible_to(user).select_related("sector", "run__course", "requested_by")


@require_safe
@never_cache
def request_list(request):
    """The classes asked for, with what has come of them."""
    page = Paginator(own(request.user).order_by("-requested_at", "-pk"), PER_PAGE)
    context = {
        "page": page.get_page(request.GET.get("page")),
        "may_ask": UnionBody.objects.kept_by(request.user).exists(),
    }
    return render(request, "academies/request_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def request_new(request):
    """Ask for a class; there for whoever acts for a union, and for nobody else."""
    bodies = UnionBody.objects.kept_by(request.user)
    if not bodies.exists():
        raise Http404
    form = ClassRequestForm(request.POST or None, bodies=bodies)
    if form.is_valid():
        asked = form.instance
        asked.contact_phone = form.cleaned_data["contact_phone"]
        try:
            asked = class_requests.ask_for_class(request=asked, actor=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, "申请已提交。学院答复后会发消息告诉您。")
            return redirect(asked)
    return render(request, "academies/request_new.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@never_cache
def request_detail(request, pk):
    """One class asked for: what was asked, the answer, the run."""
    asked = get_object_or_404(own(request.user), pk=pk)
    return render(request, "academies/request_detail.html", {"asked": asked})
