"""Template context for every page. Must not touch request.user on public pages: they stay cacheable."""

from django.contrib.auth.context_processors import auth
from django.contrib.messages.context_processors import messages
from django.utils.functional import SimpleLazyObject

from unionportal.accounts.models import SiteSettings


def site(request):
    """`site`: the SiteSettings, read only by templates that use it."""
    return {"site": SimpleLazyObject(SiteSettings.load)}


def staff_only(request):
    """`user`, `perms` and `messages` for pages behind sign-in; public pages get none of them."""
    match = request.resolver_match
    if match is None or not getattr(match.func, "login_required", True):
        return {}
    return {**auth(request), **messages(request)}
