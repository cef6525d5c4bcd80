from django.urls import path

from unionportal.people import account_views

app_name = "people"
urlpatterns = [
    path("sign-up/", account_views.sign_up, name="sign_up"),
    path("sign-up/units/", account_views.unit_choices, name="unit_choices"),
    path("claim/", account_views.claim, name="claim"),
    path("codes/", account_views.code_hand_out, name="code_hand_out"),
]
