from django.contrib import admin

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "purpose", "is_public", "size", "owner", "created_at"]
    list_filter = ["kind", "is_public", "purpose"]
    search_fields = ["name"]
    list_select_related = ["owner"]
