"""The admin class that all our admin pages stand on: audited, and 404 for what is not there."""

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.audit.wording import described
from unionportal.common.slugs import free_slug

SECRET_FIELDS = {"password", "password1", "password2", "id_number", "phone", "contact_phone"}
HISTORY_LENGTH = 200


def shown(value, field=None):
    """Return a short plain text of a form value for the audit line: a choice by its words."""
    if field is not None and not hasattr(field, "queryset") and hasattr(field, "choices"):
        value = dict(field.choices).get(value, value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if hasattr(value, "all"):
        value = value.all()
    if hasattr(value, "__iter__") and not isinstance(value, str | bytes):
        return "、".join(str(item) for item in value)[:300]
    return str(value)[:300] if value is not None else ""


class AuditedModelAdmin(admin.ModelAdmin):
    """Every change leaves an audit line in its own transaction; a record's history page reads those lines."""

    # The fields whose words make the slug where staff leave it blank; empty: the slug must be typed.
    slug_from = ()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "slug" and self.slug_from:
            field.required = False
            field.help_text = "网址中的一段，只用小写字母、数字和短横；留空即按名称自动生成。"
        return field

    def get_view_on_site_url(self, obj=None):
        # The public finds no page of what is not public.
        records = self.model._default_manager
        shown = getattr(records, "public", None) or getattr(records, "published", None)
        is_shown = obj is None or shown is None or shown().filter(pk=obj.pk).exists()
        return super().get_view_on_site_url(obj) if is_shown else None

    def save_form(self, request, form, change):
        obj = super().save_form(request, form, change)
        if self.slug_from and not obj.slug:
            words = [getattr(obj, name) for name in self.slug_from]
            obj.slug = free_slug(self.model.objects, *words, otherwise=self.opts.model_name)
        return obj

    def why_kept(self, obj):
        """Say why a record may not be deleted now although the role might; blank where nothing forbids it."""
        return ""

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or not self.why_kept(obj))

    def delete_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and super().has_delete_permission(request, obj) and (why := self.why_kept(obj)):
            raise PermissionDenied(why)
        return super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def construct_change_message(self, request, form, formsets, add=False):
        changes = {
            self._label(form, name): "（已修改）"
            if name in SECRET_FIELDS
            else shown(form.cleaned_data.get(name), form.fields.get(name))
            for name in form.changed_data
        }
        for formset in formsets or []:
            label = str(formset.model._meta.verbose_name)
            for verb, objects in (
                ("新增", formset.new_objects),
                ("修改", [item for item, _ in formset.changed_objects]),
                ("删除", formset.deleted_objects),
            ):
                if objects:
                    changes[f"{verb}{label}"] = shown(objects)
        return changes

    @staticmethod
    def _label(form, name):
        # The form that hands out a password calls its change "password", which is none of its fields.
        field = form.fields.get(name)
        return str(field.label or name) if field else {"password": "密码"}.get(name, name)

    def response_action(self, request, queryset):
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError as error:
                raise BadRequest("所选记录无效，请刷新列表后重选。") from error
        # Deleting and its audit lines are separate calls in Django's action: both, or nothing.
        with transaction.atomic():
            return super().response_action(request, queryset)

    def log_addition(self, request, obj, message):
        return self._record(request, "added", obj, message)

    def log_change(self, request, obj, message):
        return self._record(request, "changed", obj, message)

    def log_deletions(self, request, queryset):
        return [self._record(request, "deleted", obj, {}) for obj in queryset]

    def _record(self, request, verb, obj, message):
        details = message if isinstance(message, dict) else {"说明": str(message)}
        return record(
            request.user, f"{obj._meta.app_label}.{obj._meta.model_name}_{verb}", obj, **{"changes": details}
        )

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404("没有这条记录")

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404("没有这条记录")
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(target_model=obj._meta.label_lower, target_key=str(obj.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": f"变更历史：{obj}",
            "entries": [described(entry) for entry in entries[:HISTORY_LENGTH]],
            "object": obj,
            "opts": self.opts,
            "module_name": capfirst(self.opts.verbose_name_plural),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/audit_history.html", context)


class ReadOnlyAdmin(AuditedModelAdmin):
    """Records that services write and nobody edits by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
