from django.urls import path

from unionportal.inbox import views

app_name = "inbox"
urlpatterns = [
    path("", views.message_list, name="message_list"),
    path("read/", views.message_read_all, name="message_read_all"),
    path("<int:pk>/read/", views.message_read, name="message_read"),
]
