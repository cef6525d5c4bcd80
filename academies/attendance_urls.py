"""Attendance: the teacher's pages, and what a phone opens by scanning. Part of the namespace `academies`."""

from django.urls import path

from academies import attendance_views, scan_views

urlpatterns = [
    path("attendance/", attendance_views.lesson_list, name="lesson_list"),
    path("attendance/worker.js", attendance_views.worker, name="attendance_worker"),
    path("attendance/lessons/<uuid:key>/", attendance_views.lesson_sheet, name="lesson_sheet"),
    path("attendance/lessons/<uuid:key>/save/", attendance_views.lesson_save, name="lesson_save"),
    path("attendance/lessons/<uuid:key>/state/", attendance_views.lesson_state, name="lesson_state"),
    path("attendance/lessons/<uuid:key>/act/<slug:act>/", attendance_views.lesson_act, name="lesson_act"),
    path(
        "attendance/lessons/<uuid:key>/make-up/<int:pk>/",
        attendance_views.make_up_decide,
        name="make_up_decide",
    ),
    path(
        "attendance/lessons/<uuid:key>/screen/<slug:way>/",
        attendance_views.lesson_screen,
        name="lesson_screen",
    ),
    path("attendance/lessons/<uuid:key>/code/<slug:way>/", attendance_views.lesson_code, name="lesson_code"),
    path("s/<str:code>/", scan_views.scan, name="scan"),
    path("sign/", scan_views.sign, name="sign"),
    path("signed/<uuid:key>/", scan_views.signed, name="signed"),
]
