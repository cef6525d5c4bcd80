"""Classes that units ask for; included by the academies' own routes, in their namespace."""

from django.urls import path

from academies import request_views as views

urlpatterns = [
    path("", views.request_list, name="request_list"),
    path("new/", views.request_new, name="request_new"),
    path("<int:pk>/", views.request_detail, name="request_detail"),
]
