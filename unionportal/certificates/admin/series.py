from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from unionportal.accounts.models import SiteSettings
from unionportal.certificates import handing_out
from unionportal.certificates.admin.base import LineAdmin, sent
from unionportal.certificates.forms import BatchForm
from unionportal.certificates.models import Certificate, CertificateSeries

Status = Certificate.Status


@admin.register(CertificateSeries)
class CertificateSeriesAdmin(LineAdmin):
    """A run of numbers with its counter, and all its certificates to print at once."""

    change_form_template = "admin/certificates/certificateseries/change_form.html"
    list_display = ["code", "name", "line", "year", "issued", "next_number"]
    list_filter = ["year", "line"]
    search_fields = ["code", "name"]
    readonly_fields = ["next_number"]
    further = {"batch/": "batch", "batch/<slug:kind>/": "batch_file"}

    def get_queryset(self, request):
        counted = {
            f"{status.value}_count": Count("certificates", filter=Q(certificates__status=status))
            for status in Status
        }
        return super().get_queryset(request).annotate(issued_count_all=Count("certificates"), **counted)

    @admin.display(description="已签发", ordering="issued_count_all")
    def issued(self, series):
        return series.issued_count_all

    def get_readonly_fields(self, request, obj=None):
        is_used = obj is not None and obj.next_number > 1
        return [*self.readonly_fields, *(["line", "code", "year"] if is_used else [])]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context["may_issue"] = self.issues_in(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def batch(self, request, pk):
        """Choose which certificates of the series to print or take away, and how."""
        series = self.record_to_issue(request, pk)
        form = BatchForm(request.GET or None, series=series)
        chosen = form.chosen() if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": "打印与下载",
            "subtitle": str(series),
            "series": series,
            "form": form,
            "chosen": chosen,
            "kinds": handing_out.KINDS,
            "parts": handing_out.parts(chosen) if chosen is not None else [],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/certificates/certificateseries/batch.html", context)

    def batch_file(self, request, pk, kind):
        """Send the chosen certificates as one file."""
        series = self.record_to_issue(request, pk)
        if kind not in handing_out.KINDS:
            raise Http404("没有这种文件")
        form = BatchForm(request.GET, series=series)
        if not form.is_valid():
            return redirect("admin:certificates_certificateseries_batch", pk)
        site = SiteSettings.load().address_for(request)
        try:
            made = handing_out.hand_out(
                certificates=form.chosen(), kind=kind, site=site, name=series.code, actor=request.user
            )
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), "error")
            return redirect("admin:certificates_certificateseries_batch", pk)
        return sent(made.content, made.content_type, made.name)
