from django.urls import path

from studios import ask_views, views

app_name = "studios"
urlpatterns = [
    path("", views.studio_list, name="studio_list"),
    path("achievements/", views.achievement_list, name="achievement_list"),
    path("achievements/<int:pk>/", views.achievement_detail, name="achievement_detail"),
    path("ask/", ask_views.help_ask, name="help_ask"),
    path("ask/state/", ask_views.help_state, name="help_state"),
    path("<slug:slug>/", views.studio_detail, name="studio_detail"),
]
