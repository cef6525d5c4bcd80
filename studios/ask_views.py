"""我要求助: anybody asks the studios, and finds the answer by the receipt's code. Who asks is shown nowhere."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studios.ask_forms import AskForm
from studios.models import HelpRequest, Studio
from studios.services.help_requests import USUAL_DAYS, ask
from unionportal.audit.middleware import client_address
from unionportal.common.throttling import is_allowed

ASKS_PER_HOUR = 5
LOOKS_PER_MINUTE = 30
HOUR = 3600
TAKEN_IN = f"已收到您的求助，一般 {USUAL_DAYS} 日内答复。请截图或抄下查询码，凭它随时查看办到哪一步。"


class TooMany(ValidationError):
    """More questions from one network than an hour takes."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def help_ask(request):
    """The form; with ?studio= it was opened on the page of one."""
    studio = Studio.objects.public().filter(slug=request.GET.get("studio", "").replace("\x00", "")).first()
    form, status = AskForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            item = _taken_in(request, studio, form.question())
        except ValidationError as error:
            form.add_error(None, error)
            status = 429 if isinstance(error, TooMany) else 409
        else:
            messages.success(request, TAKEN_IN)
            return redirect(f"{reverse('studios:help_state')}?receipt={item.receipt}")
    return render(request, "studios/help_ask.html", {"form": form, "studio": studio}, status=status)


def _taken_in(request, studio, question):
    """Ask, unless too much was asked from this network; the second click of two does not count."""
    is_repeated = HelpRequest.objects.filter(key=question["key"]).exists()
    address = client_address(request)
    if not is_repeated and not is_allowed("studios.ask", address, limit=ASKS_PER_HOUR, seconds=HOUR):
        raise TooMany("同一网络一小时内提交的求助过多。请稍后再试，或拨打电话。")
    return ask(studio=studio, **question)


@require_safe
@login_not_required
@never_cache
def help_state(request):
    """How far a question is, by the code of its receipt: nothing of who asked."""
    receipt = request.GET.get("receipt", "").replace("\x00", "").strip().upper()[:20]
    if not is_allowed("studios.help_state", client_address(request), limit=LOOKS_PER_MINUTE):
        return render(request, "studios/help_state.html", {"is_too_often": True}, status=429)
    item = HelpRequest.objects.select_related("studio").filter(receipt=receipt).first() if receipt else None
    context = {"item": item, "receipt": receipt, "messages": messages.get_messages(request)}
    return render(request, "studios/help_state.html", context, status=404 if receipt and not item else 200)
