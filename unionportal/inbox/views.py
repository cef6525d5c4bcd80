from datetime import datetime

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from unionportal.inbox import services
from unionportal.inbox.models import Message

PAGE_SIZE = 15


@require_safe
@cache_control(private=True, no_store=True)
def message_list(request):
    """My messages, the newest first; `?unread=1` shows those not yet read."""
    messages = Message.objects.of(request.user)
    unread_count = messages.unread().count()
    is_filtered = bool(request.GET.get("unread"))
    context = {
        "page": Paginator(messages.unread() if is_filtered else messages, PAGE_SIZE).get_page(
            request.GET.get("page")
        ),
        "unread_count": unread_count,
        "is_filtered": is_filtered,
        "now": timezone.now().isoformat(),
    }
    return render(request, "inbox/message_list.html", context)


@require_POST
def message_read(request, pk):
    """Note that I have read a message, and go on to what it tells of where that was the button."""
    message = get_object_or_404(Message.objects.of(request.user), pk=pk)
    services.mark_read(message=message)
    if "go" in request.POST and message.url:
        return redirect(message.url)
    # A form names the page of the list it stood on; anything that is no query leads to the list's beginning.
    back = request.POST.get("back", "")
    return redirect(reverse("inbox:message_list") + (back if back.startswith("?") else ""))


@require_POST
def message_read_all(request):
    """Note that I have read what stood on the page I was shown: not what has come since."""
    try:
        until = datetime.fromisoformat(request.POST.get("until", ""))
        services.mark_all_read(user=request.user, until=until if until.tzinfo else timezone.make_aware(until))
    except (ValueError, OverflowError) as error:
        raise BadRequest("until") from error
    return redirect("inbox:message_list")
