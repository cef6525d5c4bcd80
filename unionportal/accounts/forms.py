from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
from django.core.exceptions import ValidationError

from unionportal.accounts import services
from unionportal.accounts.models import User


class AccountCreationForm(UserCreationForm):
    """A new account with a first password that its owner must change."""

    class Meta:
        model = User
        fields = ["username", "name", "email", "is_staff"]

    def save(self, commit=True):
        self.instance.must_change_password = True
        return super().save(commit)


class HandedOutPasswordForm(AdminPasswordChangeForm):
    """A password that staff hand out: good for one sign-in, then its owner must choose another."""

    def save(self, commit=True):
        self.user.must_change_password = True
        return super().save(commit)


class AccountForm(forms.ModelForm):
    """An account as staff see it; `actor` is set by the admin."""

    actor = None

    class Meta:
        model = User
        fields = ["username", "name", "email", "is_staff", "is_active", "must_change_password", "groups"]

    def clean_is_active(self):
        if self.actor and self.instance.pk == self.actor.pk and not self.cleaned_data["is_active"]:
            raise ValidationError("不能停用自己的账号。")
        return self.cleaned_data["is_active"]

    def clean_groups(self):
        roles = self.cleaned_data["groups"]
        if self.instance.pk and set(roles) != set(self.instance.groups.all()):
            services.check_roles(roles, user=self.instance, actor=self.actor)
        return roles
