from django.urls import path

from craftsmen import branch_views, nomination_form_views, nomination_views

app_name = "nominations"
urlpatterns = [
    path("", nomination_views.nomination_list, name="nomination_list"),
    path("new/", nomination_views.nomination_start, name="nomination_start"),
    path("branch/", branch_views.branch_desk, name="branch_desk"),
    path("branch/<int:offer_pk>/<int:body_pk>/", branch_views.branch_act, name="branch_act"),
    path("branch/<int:offer_pk>/<int:body_pk>/summary/", branch_views.branch_summary, name="branch_summary"),
    path("<uuid:uuid>/", nomination_views.nomination_detail, name="nomination_detail"),
    path("<uuid:uuid>/act/<slug:act>/", nomination_views.nomination_act, name="nomination_act"),
    path("<uuid:uuid>/form/", branch_views.nomination_document, name="nomination_document"),
    path("<uuid:uuid>/files/<uuid:key>/", nomination_views.nomination_file, name="nomination_file"),
    path("<uuid:uuid>/edit/<slug:step>/", nomination_form_views.nomination_edit, name="nomination_edit"),
    path("<uuid:uuid>/save/<slug:step>/", nomination_form_views.nomination_save, name="nomination_save"),
    path("<uuid:uuid>/photo/", nomination_form_views.nomination_photo, name="nomination_photo"),
    path("<uuid:uuid>/attach/", nomination_form_views.nomination_attach, name="nomination_attach"),
    path(
        "<uuid:uuid>/remove/<int:pk>/",
        nomination_form_views.nomination_file_remove,
        name="nomination_file_remove",
    ),
]
