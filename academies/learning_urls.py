"""What the admitted learn. Part of the namespace `academies`."""

from django.urls import path

from academies import exam_views, learning_views

urlpatterns = [
    path("", learning_views.learning_list, name="learning_list"),
    path("<uuid:key>/", learning_views.learning_run, name="learning_run"),
    path("<uuid:key>/pass/", learning_views.pass_detail, name="pass_detail"),
    path("<uuid:key>/pass.png", learning_views.pass_picture, name="pass_picture"),
    path("<uuid:key>/feedback/", learning_views.feedback_new, name="feedback_new"),
    path("<uuid:key>/materials/<int:pk>/<slug:part>/", learning_views.material_file, name="material_file"),
    path("<uuid:key>/lessons/<uuid:lesson_key>/", learning_views.lesson_detail, name="lesson_detail"),
    path(
        "<uuid:key>/lessons/<uuid:lesson_key>/progress/",
        learning_views.lesson_progress,
        name="lesson_progress",
    ),
    path("<uuid:key>/lessons/<uuid:lesson_key>/make-up/", learning_views.make_up_new, name="make_up_new"),
    path("<uuid:key>/exam/", exam_views.exam_detail, name="exam_detail"),
    path("<uuid:key>/exam/<int:number>/", exam_views.attempt, name="attempt"),
    path("<uuid:key>/exam/<int:number>/answers/", exam_views.attempt_answers, name="attempt_answers"),
]
