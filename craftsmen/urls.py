from django.urls import path

from craftsmen import views

app_name = "craftsmen"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("selections/", views.selection_list, name="selection_list"),
    path("selections/<slug:slug>/", views.selection_detail, name="selection_detail"),
    path("people/<slug:slug>/", views.profile_detail, name="profile_detail"),
    path("people/<slug:slug>/photo/", views.profile_photo, name="profile_photo"),
    path("people/<slug:slug>/poster.png", views.profile_poster, name="profile_poster"),
]
