from django.urls import path

from unionportal.panels import views

app_name = "panels"
urlpatterns = [
    path("", views.panel_list, name="panel_list"),
    path("panels/<int:pk>/", views.sheet_list, name="sheet_list"),
    path("sheets/<uuid:uuid>/", views.sheet_edit, name="sheet_edit"),
    path("sheets/<uuid:uuid>/save/", views.sheet_save, name="sheet_save"),
]
