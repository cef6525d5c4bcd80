from django.contrib import admin

from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.certificates.models import Certificate, CertificateDesign, CertificateSeries, issuing_lines


class LineAdmin(AuditedModelAdmin):
    """Records of one line of work: seen by who may see the line, kept by the staff who issue in it."""

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_delete_permission(self, request, obj=None):
        is_used = obj is not None and obj.certificates.exists()
        return super().has_delete_permission(request, obj) and not is_used

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "line":
            kwargs["choices"] = [
                ("", "请选择"),
                *((line, line.label) for line in issuing_lines(request.user)),
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(CertificateDesign)
class CertificateDesignAdmin(LineAdmin):
    list_display = ["name", "line", "kind", "orientation"]
    list_filter = ["line", "kind"]
    search_fields = ["name", "heading"]


@admin.register(CertificateSeries)
class CertificateSeriesAdmin(LineAdmin):
    list_display = ["code", "name", "line", "year", "next_number"]
    list_filter = ["line", "year"]
    search_fields = ["code", "name"]
    readonly_fields = ["next_number"]


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = ["number", "holder", "kind", "status", "issued_on"]
    list_filter = ["status", "series__line", "series__year", "series"]
    search_fields = ["number", "holder"]
    list_select_related = ["series"]
    exclude = ["code", "facts", "words"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)
