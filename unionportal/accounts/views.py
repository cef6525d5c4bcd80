from django.contrib.auth import views as auth_views
from django.db import transaction
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject

from unionportal.accounts.forms import OwnPasswordForm
from unionportal.accounts.models import SiteSettings
from unionportal.accounts.services import WORKER_SESSION, is_worker
from unionportal.audit.services import record


def keep_signed_in(request):
    """Let a worker's session last; staff, judges and liaisons keep the shorter one of the settings."""
    if is_worker(request.user):
        request.session.set_expiry(WORKER_SESSION)


class OwnSiteMixin:
    """Keeps `site` what it is on every other page; Django's own views put another one into the context."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"site": SimpleLazyObject(SiteSettings.load)}


class SignIn(OwnSiteMixin, auth_views.LoginView):
    """Signing in with a password; workers may do so by phone instead (phone_views)."""

    def form_valid(self, form):
        response = super().form_valid(form)
        keep_signed_in(self.request)
        return response


class SignOut(OwnSiteMixin, auth_views.LogoutView):
    """Sign out, and say so."""


class PasswordChange(auth_views.PasswordChangeView):
    """Change one's own password; other sessions of the account end."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("accounts:password_change_done")

    @method_decorator(transaction.atomic)
    def form_valid(self, form):
        response = super().form_valid(form)
        user = self.request.user
        if user.must_change_password:
            user.must_change_password = False
            user.save(update_fields=["must_change_password"])
        record(user, "accounts.password_changed", user)
        return response
