"""Middleware for every answer: a request number, security headers, private by default, lock time-outs."""

import logging
import secrets

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import OperationalError
from django.shortcuts import render

logger = logging.getLogger("unionportal.request")

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
DEADLOCK_DETECTED = "40P01"
TIME_OUTS = (LOCK_NOT_AVAILABLE, QUERY_CANCELED, DEADLOCK_DETECTED)


def request_id(get_response):
    """Give each request a short random number that error pages and the log both show."""

    def middleware(request):
        request.request_id = secrets.token_hex(4)
        response = get_response(request)
        response["X-Request-ID"] = request.request_id
        return response

    return middleware


def response_headers(get_response):
    """Add the security headers that Django and django-csp do not set themselves."""

    def middleware(request):
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
        return response

    return middleware


class PrivateByDefaultMiddleware(LoginRequiredMiddleware):
    """Every view needs a signed-in user unless marked with login_not_required.

    Django's own looks at request.user first, which makes every public page vary by cookie.
    """

    def process_view(self, request, view_func, view_args, view_kwargs):
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class LockTimeoutMiddleware:
    """A row that somebody else holds for too long answers a friendly 503: nothing was saved."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        cause = exception.__cause__
        if isinstance(exception, OperationalError) and getattr(cause, "pgcode", None) in TIME_OUTS:
            logger.warning("time-out %s %s", request.request_id, request.path)
            return render(request, "503.html", {"request_id": request.request_id}, status=503)
        return None
