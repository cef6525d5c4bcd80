from django.urls import path

from unionportal.certificates import views

app_name = "certificates"
urlpatterns = [
    path("check/", views.check, name="check"),
    path("check/<slug:code>/", views.check_detail, name="check_detail"),
    path("certificates/<slug:code>.png", views.certificate_picture, name="certificate_picture"),
    path("certificates/<slug:code>.pdf", views.certificate_file, name="certificate_file"),
]
