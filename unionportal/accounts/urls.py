from django.contrib.auth import views as auth_views
from django.urls import path

from unionportal.accounts import phone_views, views
from unionportal.accounts.forms import SignInForm

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignIn.as_view(authentication_form=SignInForm), name="login"),
    path("phone/", phone_views.phone, name="phone"),
    path("phone/code/", phone_views.phone_code, name="phone_code"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
