from django.urls import path

from competitions import views

app_name = "competitions"
urlpatterns = [
    path("", views.competition_list, name="competition_list"),
    path("<slug:slug>/", views.competition_detail, name="competition_detail"),
    path("<slug:slug>/results/", views.result_list, name="result_list"),
    path("<slug:slug>/results/<slug:code>/<int:position>/", views.result_detail, name="result_detail"),
    path(
        "<slug:slug>/results/<slug:code>/<int:position>/v<int:version>/",
        views.result_detail,
        name="result_version",
    ),
    path(
        "<slug:slug>/results/<slug:code>/<int:position>/v<int:version>.xlsx",
        views.result_book,
        name="result_book",
    ),
]
