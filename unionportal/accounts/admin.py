"""Accounts in the admin. Django's stock pages let anyone who may change users become a superuser; these do not.

No page offers superuser or single permissions. Roles are given by the security administrator, never to oneself;
the accounts of the three administrators and of superusers are closed to everybody else.
"""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction

from unionportal.accounts import services
from unionportal.accounts.forms import AccountCreationForm, AccountForm, HandedOutPasswordForm
from unionportal.accounts.models import ReportedFigure, SiteSettings, User
from unionportal.audit.admin_base import AuditedModelAdmin

admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(AuditedModelAdmin, UserAdmin):
    form = AccountForm
    add_form = AccountCreationForm
    change_password_form = HandedOutPasswordForm
    list_display = ["username", "name", "roles", "is_staff", "is_active", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["username", "name"]
    ordering = ["username"]
    filter_horizontal = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "name", "email"]}),
        ("状态", {"fields": ["is_active", "is_staff", "must_change_password"]}),
        ("角色", {"fields": ["groups"]}),
        ("时间", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "name", "email", "is_staff", "password1", "password2"]})]

    @admin.display(description="角色")
    def roles(self, user):
        return "、".join(group.name for group in user.groups.all()) or "（无）"

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = request.user
        return form

    def get_readonly_fields(self, request, obj=None):
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.has_perm("accounts.assign_roles") or obj == request.user:
            fields.append("groups")
        if not request.user.has_perm("accounts.add_user"):
            fields += ["username", "name", "email", "is_staff", "is_active", "must_change_password"]
        return fields

    def has_change_permission(self, request, obj=None):
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or request.user.is_superuser:
            return True
        guarded = any(group.name in services.SEPARATED_ROLES for group in obj.groups.all())
        return not obj.is_superuser and (not guarded or request.user.has_perm("accounts.assign_roles"))

    def has_delete_permission(self, request, obj=None):
        return False

    def user_change_password(self, request, id, form_url=""):
        # Whoever hands out a password can take the account over: giving roles must not be enough for it.
        if not request.user.has_perm("accounts.add_user"):
            raise PermissionDenied
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            return
        roles = form.cleaned_data.get("groups")
        if roles is not None:
            services.assign_roles(user=obj, roles=list(roles), actor=request.user)


@admin.register(SiteSettings)
class SiteSettingsAdmin(AuditedModelAdmin):
    list_display = ["name", "organiser", "hotline"]

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not SiteSettings.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.pk = 1
        super().save_model(request, obj, form, change)


@admin.register(ReportedFigure)
class ReportedFigureAdmin(AuditedModelAdmin):
    list_display = ["label", "value", "unit", "as_of", "source", "position"]
