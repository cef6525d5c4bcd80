from django.urls import path

from studios import own_report_views as reports
from studios import own_views as views

app_name = "mystudios"
urlpatterns = [
    path("", views.studio_list, name="studio_list"),
    path("<int:pk>/", views.studio_detail, name="studio_detail"),
    path("<int:pk>/new/", views.achievement_new, name="achievement_new"),
    path("achievements/<int:pk>/", views.achievement_detail, name="achievement_detail"),
    path("achievements/<int:pk>/edit/", views.achievement_edit, name="achievement_edit"),
    path("achievements/<int:pk>/attach/", views.evidence_attach, name="evidence_attach"),
    path("achievements/<int:pk>/remove/<int:item>/", views.evidence_remove, name="evidence_remove"),
    path("achievements/<int:pk>/files/<uuid:key>/", views.evidence_file, name="evidence_file"),
    path("reports/<int:pk>/", reports.review_detail, name="review_detail"),
    path("reports/<int:pk>/edit/", reports.review_edit, name="review_edit"),
    path("reports/<int:pk>/refill/", reports.review_refill, name="review_refill"),
]
