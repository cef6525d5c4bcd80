"""Days off and working weekends beside the published calendar."""

from django.contrib import admin

from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.notices.models import Holiday


@admin.register(Holiday)
class HolidayAdmin(AuditedModelAdmin):
    list_display = ["on", "name", "is_workday"]
    list_filter = ["is_workday"]
    search_fields = ["name"]
    date_hierarchy = "on"
