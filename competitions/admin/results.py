"""Sealed results: looked at, never edited."""

from django.contrib import admin

from competitions.models import ResultRow, ResultSheet
from unionportal.audit.admin_base import ReadOnlyAdmin


@admin.register(ResultSheet)
class ResultSheetAdmin(ReadOnlyAdmin):
    list_display = [
        "stage",
        "version",
        "contestants",
        "sealed_at",
        "sealed_by",
        "published_at",
        "published_by",
    ]
    list_filter = ["stage__event__competition", ("published_at", admin.EmptyFieldListFilter)]
    list_select_related = ["stage__event"]
    search_fields = ["stage__event__name", "stage__event__competition__title"]


@admin.register(ResultRow)
class ResultRowAdmin(ReadOnlyAdmin):
    list_display = ["sheet", "rank", "name", "unit_name", "total_text", "award", "status"]
    list_filter = ["award", "status", "sheet__stage__event__competition"]
    list_select_related = ["sheet__stage__event"]
    search_fields = ["name", "unit_name"]
