from django.urls import path

from unionportal.files import views

app_name = "files"
urlpatterns = [path("<uuid:key>.<slug:extension>", views.file_detail, name="file_detail")]
