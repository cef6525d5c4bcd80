from django.urls import include, path

app_name = "academies"
urlpatterns = [
    path("learning/", include("academies.learning_urls")),
    path("", include("academies.attendance_urls")),
]
