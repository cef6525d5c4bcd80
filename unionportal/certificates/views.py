"""The public check pages, and the certificate itself for its holder."""

from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from unionportal.accounts.models import SiteSettings
from unionportal.audit.middleware import client_address
from unionportal.certificates import paper, presenting
from unionportal.certificates.forms import CheckForm
from unionportal.certificates.models import Certificate
from unionportal.common.identity import match_key
from unionportal.common.throttling import is_allowed

PER_MINUTE = {"check": 60, "search": 20}


def shown_fresh(view):
    """Answers of this view are kept by no cache and by no search engine: a revocation shows at once."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return inner


def too_often(request):
    response = render(request, "certificates/too_often.html", status=429)
    response["Retry-After"] = "60"
    return response


@require_safe
@login_not_required
@shown_fresh
def check_detail(request, code):
    """What a certificate says and whether it is valid, for whoever has the code on it."""
    if not is_allowed("check", client_address(request), limit=PER_MINUTE["check"]):
        return too_often(request)
    certificate = Certificate.objects.select_related("series").filter(code=code).first()
    if certificate is None:
        return render(request, "certificates/not_found.html", status=404)
    return render(request, "certificates/check_detail.html", presenting.checked(certificate))


# It changes nothing and knows no user, so a forged request gains nothing; without a token the page needs no cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@shown_fresh
def check(request):
    """Find a certificate by number and holder. By POST, so that names stand in no address and no log."""
    if request.method == "POST" and not is_allowed(
        "search", client_address(request), limit=PER_MINUTE["search"]
    ):
        return too_often(request)
    form = CheckForm(request.POST or None)
    if form.is_valid():
        found = (
            Certificate.objects.select_related("series").filter(number=form.cleaned_data["number"]).first()
        )
        # One answer for a wrong number and a wrong name, so that nobody learns which numbers there are.
        if found and match_key(found.holder) == match_key(form.cleaned_data["holder"]):
            return render(request, "certificates/check_detail.html", presenting.checked(found))
        form.add_error(None, "没有查到这张证书。请核对编号和持证人，两项都须与证书一致。")
    return render(request, "certificates/check.html", {"form": form})


def _of_reader(request, code):
    """The valid certificate of this code, for its holder and for staff of its line; to all others it does not exist."""
    certificates = Certificate.objects.downloadable_by(request.user)
    return get_object_or_404(certificates.select_related("design__seal", "design__background"), code=code)


def _sent(content, content_type, name, *, as_attachment=False):
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment, name)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def certificate_picture(request, code):
    """The certificate as a picture, to press and keep on a phone."""
    certificate = _of_reader(request, code)
    picture = paper.certificate_picture(certificate, site=SiteSettings.load().address_for(request))
    return _sent(picture, "image/png", paper.file_name(certificate, "png"))


@require_safe
def certificate_file(request, code):
    """The certificate as PDF, to print."""
    certificate = _of_reader(request, code)
    content = paper.certificates_pdf([certificate], site=SiteSettings.load().address_for(request))
    return _sent(content, "application/pdf", paper.file_name(certificate, "pdf"))
