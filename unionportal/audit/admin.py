from django.contrib import admin

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "target_label", "address"]
    list_filter = [("at", admin.DateFieldListFilter), "action"]
    search_fields = ["actor_name", "target_label", "action"]
    date_hierarchy = "at"
    show_full_result_count = False
