from django.apps import apps
from django.contrib import admin
from django.utils.html import format_html_join

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import ACTIONS, VERBS, action_name, detail_lines


class ActFilter(admin.SimpleListFilter):
    """The acts by their Chinese names."""

    title = "动作"
    parameter_name = "act"

    def lookups(self, request, model_admin):
        return [*VERBS.items(), *ACTIONS.items()]

    def queryset(self, request, queryset):
        if self.value() in VERBS:
            return queryset.filter(action__endswith=f"_{self.value()}").exclude(action__in=ACTIONS)
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "act", "target", "address"]
    list_filter = [("at", admin.DateFieldListFilter), ActFilter]
    search_fields = ["actor_name", "target_label", "action"]
    date_hierarchy = "at"
    show_full_result_count = False
    fields = readonly_fields = ["at", "actor_name", "act", "target", "changes", "address", "request_id"]

    @admin.display(description="动作", ordering="action")
    def act(self, entry):
        return action_name(entry.action)

    @admin.display(description="对象", ordering="target_label")
    def target(self, entry):
        try:
            kind = apps.get_model(entry.target_model)._meta.verbose_name
        except (LookupError, ValueError):
            kind = ""
        return f"{kind} {entry.target_label}".strip() or "—"

    @admin.display(description="内容")
    def changes(self, entry):
        lines = [(name, text or "（空）") for name, text in detail_lines(entry.details)]
        return format_html_join("", "<div>{}：{}</div>", lines) or "—"
