from django.contrib import admin
from django.utils.html import format_html

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "purpose", "is_public", "size", "owner", "created_at"]
    list_filter = ["kind", "is_public", "purpose"]
    search_fields = ["name"]
    list_select_related = ["owner"]
    fields = ["link", "kind", "purpose", "is_public", "content_type", "size", "sha256", "owner", "created_at"]
    readonly_fields = ["link"]

    @admin.display(description="文件")
    def link(self, stored):
        return format_html('<a href="{}">{}</a>', stored.get_absolute_url(), stored.name)
