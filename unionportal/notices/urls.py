from django.urls import path

from unionportal.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notice_list, name="notice_list"),
    path("<int:pk>/", views.notice_detail, name="notice_detail"),
    path("<int:pk>/objection/", views.objection_new, name="objection_new"),
    path("<int:pk>/objection/<str:receipt>/", views.objection_received, name="objection_received"),
]
