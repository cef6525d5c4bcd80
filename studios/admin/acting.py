"""What the admin pages of studios share: a state above the form, and acts that each call one service."""

from django import forms
from django.contrib import admin
from django.urls import reverse

from unionportal.audit.acts import ActingAdmin, AskForm


class ConfirmForm(AskForm):
    """Nothing to fill in: the act is confirmed."""


class ReasonForm(AskForm):
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea({"rows": 3}))


class StudioActing(ActingAdmin):
    """Acts on a record of studios: `services` names for each act the service and what it is told of the record as."""

    change_form_template = "admin/studios/acting.html"
    subject = ""
    services = {}

    def perform(self, request, obj, act, given):
        service, done = self.services[act]
        service(**{self.subject: obj}, actor=request.user, **given)
        return done, obj


class RowsOnly(admin.TabularInline):
    """Rows that services write: looked at here, changed by acts."""

    extra = 0
    can_delete = False
    view_on_site = False

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


def page_of(record):
    """Return the address of a record's page in the admin."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
