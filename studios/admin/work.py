"""Projects, apprenticeships and activities: what studios do, kept by hand."""

from django.contrib import admin

from studios.models import Activity, ActivityPhoto, Apprenticeship, Project
from unionportal.audit.admin_base import AuditedModelAdmin


@admin.register(Project)
class ProjectAdmin(AuditedModelAdmin):
    list_display = ["title", "studio", "lead_name", "started_on", "due_on", "status", "is_public"]
    list_filter = ["status", "started_on", "is_public"]
    list_select_related = ["studio"]
    search_fields = ["title", "studio__name", "lead_name"]
    autocomplete_fields = ["studio", "achievement"]


@admin.register(Apprenticeship)
class ApprenticeshipAdmin(AuditedModelAdmin):
    list_display = ["master_name", "apprentice_name", "studio", "trade", "started_on", "ends_on", "status"]
    list_filter = ["status", "ends_on"]
    list_select_related = ["studio"]
    search_fields = ["master_name", "apprentice_name", "studio__name"]
    autocomplete_fields = ["studio", "master", "apprentice", "agreement"]


class PhotoInline(admin.TabularInline):
    model = ActivityPhoto
    fields = ["file", "caption", "position"]
    autocomplete_fields = ["file"]
    extra = 0


@admin.register(Activity)
class ActivityAdmin(AuditedModelAdmin):
    list_display = ["title", "studio", "kind", "held_on", "people", "is_public"]
    list_filter = ["kind", "held_on", "is_public"]
    list_select_related = ["studio"]
    search_fields = ["title", "studio__name", "place"]
    autocomplete_fields = ["studio"]
    inlines = [PhotoInline]
