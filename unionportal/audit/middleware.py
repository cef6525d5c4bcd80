"""Remembers where the running request comes from, so that services need no request to audit it."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.conf import settings


@dataclass(frozen=True)
class Origin:
    address: str = ""
    request_id: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def current_origin():
    """Return the Origin of the running request; an empty one on the command line."""
    return _origin.get()


@contextmanager
def without_address():
    """Leave the caller's address out of the audit lines written meanwhile: it would say who raised an objection."""
    token = _origin.set(replace(_origin.get(), address=""))
    try:
        yield
    finally:
        _origin.reset(token)


def client_address(request):
    """Return the caller's address: the one that our own outermost proxy saw, never what a caller claims.

    With PROXY_COUNT = n the n-th entry from the right of X-Forwarded-For is the first that we did not write.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if settings.PROXY_COUNT and len(hops) >= settings.PROXY_COUNT:
        return hops[-settings.PROXY_COUNT]
    return request.META.get("REMOTE_ADDR", "")


def remember_request(get_response):
    """Middleware: keep the request's origin for the time it runs."""

    def middleware(request):
        token = _origin.set(Origin(client_address(request)[:45], getattr(request, "request_id", "")))
        try:
            return get_response(request)
        finally:
            _origin.reset(token)

    return middleware
