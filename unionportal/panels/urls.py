from django.urls import path

from unionportal.panels import views

app_name = "panels"
urlpatterns = [
    path("", views.panel_list, name="panel_list"),
    path("panels/<int:pk>/", views.sheet_list, name="sheet_list"),
    path("sheets/<uuid:uuid>/", views.sheet_edit, name="sheet_edit"),
    path("sheets/<uuid:uuid>/save/", views.sheet_save, name="sheet_save"),
    path("sheets/<uuid:uuid>/recuse/", views.sheet_recuse, name="sheet_recuse"),
    path("files/<uuid:uuid>/", views.candidate_file, name="candidate_file"),
    path("worker.js", views.worker, name="worker"),
]
