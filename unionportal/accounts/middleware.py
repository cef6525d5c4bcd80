"""What an account must do first: choose its own password, or sign in anew where its session may no longer last."""

from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect


class MustChangePasswordMiddleware:
    """Sends such an account from every private page to the password form."""

    allowed = {"accounts:password_change", "accounts:logout"}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if not getattr(view_func, "login_required", True) or request.resolver_match.view_name in self.allowed:
            return None
        if request.user.is_authenticated and request.user.must_change_password:
            return redirect("accounts:password_change")
        return None


class ShortSessionsOfStaffMiddleware:
    """Ends the long session of a worker who has become staff since: it was made for a phone and not for the admin."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if not getattr(view_func, "login_required", True) or not request.user.is_authenticated:
            return None
        if request.user.is_staff and request.session.get_expiry_age() > settings.SESSION_COOKIE_AGE:
            logout(request)
            return redirect("accounts:login")
        return None
