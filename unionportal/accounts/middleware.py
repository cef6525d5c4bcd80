"""An account with a handed-out password can do nothing before choosing its own."""

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
