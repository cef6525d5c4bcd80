from django.urls import path

from studios import application_views as views

app_name = "applications"
urlpatterns = [
    path("", views.application_list, name="application_list"),
    path("new/", views.application_start, name="application_start"),
    path("<uuid:uuid>/", views.application_detail, name="application_detail"),
    path("<uuid:uuid>/edit/<slug:step>/", views.application_edit, name="application_edit"),
    path("<uuid:uuid>/save/<slug:step>/", views.application_save, name="application_save"),
    path("<uuid:uuid>/attach/", views.application_attach, name="application_attach"),
    path("<uuid:uuid>/remove/<int:pk>/", views.application_file_remove, name="application_file_remove"),
    path("<uuid:uuid>/files/<uuid:key>/", views.application_file, name="application_file"),
    path("<uuid:uuid>/withdraw/", views.application_withdraw, name="application_withdraw"),
]
