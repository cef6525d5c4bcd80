from django.contrib import admin
from django.utils.html import format_html

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.files import services
from unionportal.files.forms import UploadForm
from unionportal.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    """Files are uploaded and looked at; a stored file never changes."""

    list_display = ["name", "kind", "purpose", "is_public", "size", "owner", "created_at"]
    list_filter = ["kind", "is_public", "purpose"]
    search_fields = ["name"]
    list_select_related = ["owner"]
    fields = ["link", "kind", "purpose", "is_public", "content_type", "size", "sha256", "owner", "created_at"]

    @admin.display(description="文件")
    def link(self, stored):
        return format_html('<a href="{}">{}</a>', stored.get_absolute_url(), stored.name)

    def has_add_permission(self, request):
        return request.user.has_perm("files.add_storedfile")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if change:
            return super().get_form(request, obj, change=change, **kwargs)
        return UploadForm

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["upload", "purpose", "is_public"]

    def get_readonly_fields(self, request, obj=None):
        return ["link"] if obj else []

    def save_model(self, request, obj, form, change):
        data = form.cleaned_data
        stored = services.store_file(
            inspected=data["upload"], actor=request.user, purpose=data["purpose"], is_public=data["is_public"]
        )
        obj.pk, obj.name = stored.pk, stored.name

    def log_addition(self, request, obj, message):
        """The service has written the line."""
