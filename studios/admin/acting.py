"""What the admin pages of studios share: a state above the form, and acts that each call one service."""

import uuid

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms.models import BaseInlineFormSet
from django.urls import reverse
from django.utils.formats import date_format

from studios.services.rights import lock
from unionportal.accounts.services import KeyReused, do_once
from unionportal.audit.acts import ActingAdmin, AskForm

STALE = (
    "您打开本页之后，这条记录已有改动（可能在别处，也可能是连点了两次保存），本次没有保存。"
    "请另开一页核对；再点保存，即以本页填写的为准。"
)


class ConfirmForm(AskForm):
    """Nothing to fill in: the act is confirmed."""


class ReasonForm(AskForm):
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea({"rows": 3}))


class FreshForm(forms.ModelForm):
    """A record that others write too: what was saved elsewhere since the page was opened is not written over unseen."""

    read_at = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = self.instance.updated_at.isoformat() if self.instance.pk else ""
        self.initial["read_at"] = self.now

    def clean(self):
        data = super().clean()
        if self.instance.pk and data.get("read_at", "") != self.now:
            self.data = self.data.copy()
            self.data["read_at"] = self.now
            raise ValidationError(STALE)
        return data


class StudioActing(ActingAdmin):
    """Acts on a record of studios: `services` names for each act the service and what it is told of the record as."""

    change_form_template = "admin/studios/acting.html"
    subject = ""
    services = {}
    # Acts that add something each time: their forms carry a key, so that one sent twice adds it once.
    adding = ()

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        if act in self.adding:
            form.fields["key"] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        return form

    def do(self, request, obj, act, given):
        """Do an act, once however often its form is sent."""
        key = given.pop("key", None)
        if key is None:
            return self.perform(request, obj, act, given)
        body = {name: str(getattr(value, "name", value)) for name, value in given.items()}
        action = f"{self.opts.label_lower}.{act}:{obj.pk}"
        try:
            done = do_once(
                actor=request.user,
                key=key,
                action=action,
                body=body,
                work=lambda: self.perform(request, obj, act, given)[0],
            )
        except KeyReused as error:
            raise ValidationError(
                "这张表已经提交过一次。请返回核对；确要再办一次的，请重新打开本页。"
            ) from error
        return done, obj

    def get_object(self, request, object_id, from_field=None):
        """Return the record; one that is about to be saved is locked, as services lock it, and read as it is then."""
        obj = super().get_object(request, object_id, from_field)
        if obj is not None and request.method == "POST" and connection.in_atomic_block:
            lock(obj)
            obj = super().get_object(request, object_id, from_field)
        return obj

    def perform(self, request, obj, act, given):
        service, done = self.services[act]
        service(**{self.subject: obj}, actor=request.user, **given)
        return done, obj


class OncePerPerson(BaseInlineFormSet):
    """Rows of people: one who stands there twice is told before the database refuses the second."""

    def clean(self):
        super().clean()
        seen = set()
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            person = given.get("person")
            if person is None or given.get("DELETE") or given.get("ended_on"):
                continue
            if person in seen:
                form.add_error("person", "此人在本表中出现了两次，请删去一行。")
            seen.add(person)


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


def day(value, otherwise=""):
    """Return a day as lists write it: 2026年12月13日."""
    return date_format(value) if value else otherwise


def points(score):
    """Return a score without idle zeros: 92.5; None where there is none."""
    return None if score is None else f"{score:.2f}".rstrip("0").rstrip(".")


def page_of(record):
    """Return the address of a record's page in the admin."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
