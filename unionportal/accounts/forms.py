import unicodedata

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    PasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)
from django.core.exceptions import ValidationError

from unionportal.accounts import services
from unionportal.accounts.models import User
from unionportal.common import identity


class SignInForm(AuthenticationForm):
    """The sign-in. Failures are counted under the account's own name, in whatever case it was typed."""

    def clean_username(self):
        typed = self.cleaned_data["username"]
        return User.objects.named(typed).values_list("username", flat=True).first() or typed.lower()


def clean_mobile(value):
    """Return the 11 digits of a mobile number; ValidationError for anything else, landlines too."""
    try:
        phone = identity.clean_phone(value)
    except identity.IdentityProblem as problem:
        raise ValidationError(f"{problem.problem}。{problem.remedy}。", code=problem.code) from problem
    if not phone.startswith("1"):
        raise ValidationError("这是固定电话，收不到验证码。请填写 11 位手机号。", code="landline")
    return phone


class PhoneForm(forms.Form):
    """The phone number to sign in with."""

    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "autofocus": True}),
    )

    def clean_phone(self):
        return clean_mobile(self.cleaned_data["phone"])


class CodeForm(forms.Form):
    """The code that was sent, or handed out."""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def clean_code(self):
        code = "".join(unicodedata.normalize("NFKC", self.cleaned_data["code"]).split())
        if not (code.isascii() and code.isdigit()):
            raise ValidationError("验证码是 6 位或 8 位数字。")
        return code


class OwnPasswordForm(PasswordChangeForm):
    """A new password of one's own; the handed-out one does not become it by being typed again."""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": "原密码不对，请重新输入。",
        "password_mismatch": "两次输入的新密码不一致，请重新输入。",
    }

    def clean(self):
        data = super().clean()
        new = self.cleaned_data.get("new_password1")
        if new and new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", "新密码不能与原密码相同，请另选一个。")
        return data


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


class AccountForm(UserChangeForm):
    """An account as staff see it, its password never more than a summary; `actor` is set by the admin."""

    actor = None

    class Meta(UserChangeForm.Meta):
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
