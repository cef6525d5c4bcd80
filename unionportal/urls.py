"""All routes. Private by default: the open ones are one list in tests/test_access.py."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.decorators.http import require_safe

from unionportal import my_views, views
from unionportal.sitemaps import SITEMAPS

urlpatterns = [
    path("", views.home, name="home"),
    path("start/", views.start, name="start"),
    path("news/", include("unionportal.news.urls")),
    path("notices/", include("unionportal.notices.urls")),
    path("competitions/", include("competitions.urls")),
    path("craftsmen/nominations/", include("craftsmen.nomination_urls")),
    path("craftsmen/", include("craftsmen.urls")),
    path("studios/applications/", include("studios.application_urls")),
    path("studios/mine/", include("studios.own_urls")),
    path("studios/", include("studios.urls")),
    path("academies/", include("academies.urls")),
    path("files/", include("unionportal.files.urls")),
    path("", include("unionportal.certificates.urls")),
    path("my/", my_views.account_home, name="account_home"),
    path("my/record/", my_views.record, name="my_record"),
    path("account/", my_views.moved, name="account_moved"),
    path("account/bar/", views.account_bar, name="account_bar"),
    path("account/", include("unionportal.accounts.urls")),
    path("account/", include("unionportal.people.urls")),
    path("my/messages/", include("unionportal.inbox.urls")),
    path("staff/", admin.site.urls),
    path("judging/stages/", include("competitions.board_urls")),
    path("judging/", include("unionportal.panels.urls")),
    path("contact/", views.contact, name="contact"),
    path("site-map/", views.site_map, name="site_map"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("robots.txt", views.robots, name="robots"),
    path(
        "sitemap.xml",
        require_safe(login_not_required(sitemap)),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
    path("health/", views.health, name="health"),
]
handler400 = "unionportal.views.bad_request"
handler403 = "unionportal.views.forbidden"
handler404 = "unionportal.views.not_found"
handler500 = "unionportal.views.server_error"
