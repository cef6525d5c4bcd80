"""Workers' accounts: signing up, joining the own record, and codes handed out over the counter."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from unionportal.accounts import phone_codes
from unionportal.accounts.phone_views import VERIFIED, sign_in
from unionportal.common import identity
from unionportal.people import claims, phones
from unionportal.people.account_forms import ClaimForm, CodeHandOutForm, SignUpForm
from unionportal.people.models import Claim
from unionportal.people.sign_up import search_units
from unionportal.people.sign_up import sign_up as make_account

RECEIVED = "已收到。核对一致的即时生效；需要人工核实的，办好后发消息告诉您。"


def proved_phone(request):
    """Return the phone number that this session has proved within the half hour, or ""."""
    verified = request.session.get(VERIFIED)
    return phone_codes.verified_phone(verified["key"]) if verified else ""


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def sign_up(request):
    """Ask a proved phone number's owner for name, unit and consent, and make the account."""
    phone = proved_phone(request)
    if not phone:
        return redirect("accounts:phone")
    is_search = "find" in request.POST
    form = SignUpForm(request.POST or None)
    if not is_search and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "unit", "unit_claimed", "is_flexible")}
        try:
            user = make_account(phone=phone, **fields)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            target = request.session.pop(VERIFIED)["next"]
            sign_in(request, user)
            return redirect(target or "account_home")
    context = {"form": form, "phone": identity.mask_phone(phone), "is_search": is_search}
    return render(request, "people/sign_up.html", context)


@never_cache
@login_not_required
@require_safe
def unit_choices(request):
    """The units that words find, as a part of the page of signing up; only for whoever is signing up."""
    if not proved_phone(request):
        raise Http404
    words = request.GET.get("unit_words", "").replace("\0", "")
    return render(request, "people/_unit_choices.html", {"words": words, "found": search_units(words)})


@never_cache
@require_http_methods(["GET", "POST"])
def claim(request):
    """Join the own account to the record the union keeps, by name and full ID number."""
    waiting = request.user.claims.filter(ground=Claim.Ground.IDENTITY, status=Claim.Status.WAITING)
    if claims.identified_person(request.user) or (request.method == "GET" and waiting.exists()):
        return redirect("account_home")
    form = ClaimForm(request.POST or None)
    if form.is_valid():
        try:
            claims.ask_to_join(user=request.user, id_number=form.cleaned_data["id_number"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, RECEIVED)
            return redirect("account_home")
    return render(request, "people/claim.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def code_hand_out(request):
    """Hand out a one-time code to somebody who stands in front of a member of staff or a liaison."""
    if not phones.may_hand_out(request.user):
        raise PermissionDenied("只有工会工作人员和在任的经办人可以发放登录码。")
    form, code = CodeHandOutForm(request.POST or None), ""
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "phone", "reason")}
        try:
            code = phones.hand_out_code(**fields, actor=request.user)
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "people/code_hand_out.html", {"form": form, "code": code})
