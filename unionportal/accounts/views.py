from django.contrib.auth import views as auth_views
from django.db import transaction
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from unionportal.accounts.forms import OwnPasswordForm
from unionportal.audit.services import record


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
