"""What the admin pages of certificates share."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.http import content_disposition_header

from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.certificates.models import issuing_lines


def sent(content, content_type, name, *, as_attachment=True):
    """Return a file as an answer that is kept nowhere."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment, name)
    response["Cache-Control"] = "private, no-store"
    return response


class FurtherPagesMixin:
    """Pages of a record beside Django's own: `further` is {last part of the address: method}."""

    further = {}

    def get_urls(self):
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path(
                f"<int:pk>/{address}",
                self.admin_site.admin_view(getattr(self, method)),
                name=f"{label}_{method}",
            )
            for address, method in self.further.items()
        ]
        return [*pages, *super().get_urls()]

    def record_to_see(self, request, pk):
        """Return the record for somebody who may look at such records; 404 for those of other lines of work."""
        record = self.get_queryset(request).filter(pk=pk).first()
        if record is None:
            raise Http404("没有这条记录")
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def record_to_issue(self, request, pk):
        """Return the record for somebody who issues in its line of work."""
        record = self.record_to_see(request, pk)
        if not self.issues_in(request, record):
            raise PermissionDenied
        return record

    def issues_in(self, request, record):
        """Say whether this user issues certificates in the record's line of work."""
        return self.line_of(record) in issuing_lines(request.user)


class LineAdmin(FurtherPagesMixin, AuditedModelAdmin):
    """Records of one line of work: seen by who may see the line, kept by the staff who issue in it."""

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    @staticmethod
    def line_of(record):
        return record.line

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

    def get_changeform_initial_data(self, request):
        lines = issuing_lines(request.user)
        only = {"line": lines[0]} if len(lines) == 1 else {}
        return only | super().get_changeform_initial_data(request)
