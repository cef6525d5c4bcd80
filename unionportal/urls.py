"""All routes. Private by default: the open ones are one list in tests/test_access.py."""

from django.contrib import admin
from django.urls import include, path

from unionportal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("news/", include("unionportal.news.urls")),
    path("competitions/", include("competitions.urls")),
    path("craftsmen/nominations/", include("craftsmen.nomination_urls")),
    path("craftsmen/", include("craftsmen.urls")),
    path("files/", include("unionportal.files.urls")),
    path("", include("unionportal.certificates.urls")),
    path("account/", include("unionportal.accounts.urls")),
    path("staff/", admin.site.urls),
    path("judging/stages/", include("competitions.board_urls")),
    path("judging/", include("unionportal.panels.urls")),
    path("health/", views.health, name="health"),
]
handler400 = "unionportal.views.bad_request"
handler403 = "unionportal.views.forbidden"
handler404 = "unionportal.views.not_found"
handler500 = "unionportal.views.server_error"
