"""The portal's routes, and some that break: each raises what its address names."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, HttpResponse
from django.urls import include, path

from unionportal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]
SECRET = "SECRET-110118199001010143"
RAISED = {
    "400": SuspiciousOperation(SECRET),
    "403": PermissionDenied("只有裁判长可以退回。"),
    "404": Http404(SECRET),
    "500": RuntimeError(SECRET),
}


@login_not_required
def broken(request, status):
    raise RAISED[status]


@login_not_required
def database_error(request, code):
    """A real error of the database with this SQLSTATE."""
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{code}'; END $$")
    return HttpResponse("no error")


@login_not_required
def slow(request):
    """A statement that takes longer than it may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse("no error")


@login_not_required
def takes_posts(request):
    return HttpResponse(f"{request.method} taken")


urlpatterns = [
    path("broken/<str:status>/", broken),
    path("database/<str:code>/", database_error),
    path("slow/", slow),
    path("post/", takes_posts),
    path("", include("unionportal.urls")),
]
