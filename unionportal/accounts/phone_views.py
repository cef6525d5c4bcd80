"""Signing in by phone: the number, then the code; a number that has no account goes on to signing up."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from unionportal.accounts import phone_codes
from unionportal.accounts.forms import CodeForm, PhoneForm
from unionportal.accounts.models import User
from unionportal.accounts.views import keep_signed_in
from unionportal.audit.middleware import client_address
from unionportal.common import identity, sms

# What the session keeps between the two pages: {"key", "phone" (masked), "next", "shown"}.
ASKED = "phone_asked"
VERIFIED = "phone_verified"
BACKEND = "django.contrib.auth.backends.ModelBackend"
STAFF_ONLY_BY_PASSWORD = "这个账号请用登录名和密码登录。"
CLOSED = "这个账号已停用，请联系区总工会。"


def safe_next(request, target):
    """Return the page to go on to if it is one of ours, else ""; a word without a slash would be taken for a route's name."""
    is_safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if is_safe and target.startswith("/") else ""


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def phone(request):
    """Ask for the phone number, and send a code to it."""
    target = safe_next(request, request.POST.get("next", request.GET.get("next", "")))
    form = PhoneForm(request.POST or None)
    if form.is_valid():
        number = form.cleaned_data["phone"]
        try:
            asked, code = phone_codes.ask_for_code(phone=number, address=client_address(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            request.session[ASKED] = {
                "key": str(asked.key),
                "phone": identity.mask_phone(number),
                "next": target,
                "shown": code if settings.SHOW_CODES else "",
            }
            return redirect("accounts:phone_code")
    return render(request, "accounts/phone.html", {"form": form, "next": target, "has_sms": sms.is_on()})


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def phone_code(request):
    """Ask for the code; the right one signs in, or leads on to signing up."""
    asked = request.session.get(ASKED)
    if asked is None:
        return redirect("accounts:phone")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        number = phone_codes.use_code(key=asked["key"], typed=form.cleaned_data["code"])
        if number is None:
            form.add_error("code", phone_codes.WRONG)
        else:
            return _let_in(request, number, asked)
    context = {"form": form, "asked": asked, "has_sms": sms.is_on()}
    return render(request, "accounts/phone_code.html", context)


def _let_in(request, number, asked):
    """Sign the account of a proved number in; one without an account goes to signing up."""
    del request.session[ASKED]
    user = User.objects.with_phone(number).first()
    if user is None:
        request.session.cycle_key()  # whoever knew the session before does not sign up with this number
        request.session[VERIFIED] = {"key": asked["key"], "next": asked["next"]}
        return redirect(settings.SIGN_UP_URL)
    if user.is_staff or user.is_superuser or not user.is_active:
        words = CLOSED if not user.is_active else STAFF_ONLY_BY_PASSWORD
        return render(request, "accounts/phone_refused.html", {"words": words}, status=403)
    sign_in(request, user)
    return redirect(asked["next"] or resolve_url(settings.LOGIN_REDIRECT_URL))


def sign_in(request, user):
    """Sign an account in whose phone number has been proved."""
    login(request, user, backend=BACKEND)
    keep_signed_in(request)
