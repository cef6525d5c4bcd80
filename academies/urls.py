from django.urls import include, path

from academies import enrolment_views, views

app_name = "academies"
urlpatterns = [
    path("requests/", include("academies.request_urls")),
    path("", views.academy_list, name="academy_list"),
    path("about/<slug:slug>/", views.academy_detail, name="academy_detail"),
    path("courses/", views.course_list, name="course_list"),
    path("courses/<slug:slug>/", views.course_detail, name="course_detail"),
    path("runs/<uuid:key>/", views.run_detail, name="run_detail"),
    path("runs/<uuid:key>/timetable.ics", views.run_calendar, name="run_calendar"),
    path("runs/<uuid:key>/mine/", enrolment_views.run_mine, name="run_mine"),
    path("runs/<uuid:key>/enrol/", enrolment_views.run_enrol, name="run_enrol"),
    path("runs/<uuid:key>/enrol/people/", enrolment_views.run_enrol_people, name="run_enrol_people"),
    path("runs/<uuid:key>/group.png", enrolment_views.run_group, name="run_group"),
    path("enrolments/", enrolment_views.enrolment_list, name="enrolment_list"),
    path("enrolments/union/", enrolment_views.union_list, name="union_list"),
    path("enrolments/<uuid:key>/", enrolment_views.enrolment_detail, name="enrolment_detail"),
    path("enrolments/<uuid:key>/act/<slug:act>/", enrolment_views.enrolment_act, name="enrolment_act"),
    path("learning/", include("academies.learning_urls")),
    path("", include("academies.attendance_urls")),
]
