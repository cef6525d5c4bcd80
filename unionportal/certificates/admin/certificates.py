from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from unionportal.accounts.models import SiteSettings
from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.certificates import handing_out, services
from unionportal.certificates.admin.base import FurtherPagesMixin, sent
from unionportal.certificates.forms import ReissueForm, RevokeForm
from unionportal.certificates.models import Certificate, issuing_lines
from unionportal.certificates.wording import FACTS


@admin.register(Certificate)
class CertificateAdmin(FurtherPagesMixin, ReadOnlyAdmin):
    """Certificates are issued by the lines of work; here they are found, printed, reissued and revoked."""

    change_form_template = "admin/certificates/certificate/change_form.html"
    list_display = ["number", "holder", "kind", "summary", "status", "issued_on"]
    list_filter = ["status", "kind", ("series", admin.RelatedOnlyFieldListFilter), "series__year"]
    search_fields = ["number", "holder"]
    search_help_text = "按编号或持证人找"
    list_select_related = ["series"]
    date_hierarchy = "issued_on"
    ordering = ["-issued_on", "series", "serial"]
    actions = ["as_pdf", "as_overprint", "as_zip", "as_list"]
    further = {"reissue/": "reissue", "revoke/": "revoke"}
    fields = [
        "number", "holder", "person", "kind", "printed_facts", "design", "series", "status", "issued_on", "issued_at",
        "issued_by", "source_key", "replaces", "reissue_reason", "reissued_at",
        "revoked_at", "revoked_ground", "revoked_document",
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    @staticmethod
    def line_of(record):
        return record.series.line

    @admin.display(description="事项")
    def summary(self, certificate):
        facts = certificate.facts
        return " ".join(facts[key] for key in ("title", "event", "award") if facts.get(key))

    @admin.display(description="证书事项")
    def printed_facts(self, certificate):
        return "；".join(f"{FACTS[key]}：{value}" for key, value in certificate.facts.items() if value)

    def get_readonly_fields(self, request, obj=None):
        return ["printed_facts"]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["may_issue"] = self.issues_in(request, obj)
        context["is_valid"] = obj.status == Certificate.Status.ISSUED
        context["replacement"] = Certificate.objects.filter(replaces=obj).first()
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_issue_permission(self, request):
        return bool(issuing_lines(request.user))

    @admin.action(description="下载所选：合并 PDF", permissions=["issue"])
    def as_pdf(self, request, queryset):
        return self._hand_out(request, queryset.issuable_by(request.user).valid(), "pdf")

    @admin.action(description="下载所选：套打 PDF", permissions=["issue"])
    def as_overprint(self, request, queryset):
        return self._hand_out(request, queryset.issuable_by(request.user).valid(), "overprint")

    @admin.action(description="下载所选：压缩包", permissions=["issue"])
    def as_zip(self, request, queryset):
        return self._hand_out(request, queryset.issuable_by(request.user).valid(), "zip")

    @admin.action(description="导出所选：Excel 清单", permissions=["view"])
    def as_list(self, request, queryset):
        return self._hand_out(request, queryset, "xlsx")

    def _hand_out(self, request, certificates, kind):
        site = SiteSettings.load().address_for(request)
        try:
            made = handing_out.hand_out(
                certificates=certificates, kind=kind, site=site, name="证书", actor=request.user
            )
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return None
        return sent(made.content, made.content_type, made.name)

    def reissue(self, request, pk):
        """Replace a certificate; the facts may be put right on the way."""
        certificate = self.record_to_issue(request, pk)
        form = ReissueForm(request.POST or None, certificate=certificate)
        return self._act(request, certificate, form, "换发证书", lambda: self._reissued(request, form))

    def _reissued(self, request, form):
        new = services.reissue_certificate(actor=request.user, **form.asked())
        self.message_user(request, f"已换发，新证书编号 {new.number}。", messages.SUCCESS)
        return new

    def revoke(self, request, pk):
        """Revoke a certificate for good."""
        certificate = self.record_to_issue(request, pk)
        form = RevokeForm(request.POST or None)
        return self._act(
            request, certificate, form, "撤销证书", lambda: self._revoked(request, certificate, form)
        )

    def _revoked(self, request, certificate, form):
        done = services.revoke_certificate(certificate=certificate, actor=request.user, **form.cleaned_data)
        self.message_user(request, f"已撤销 {done.number}。", messages.SUCCESS)
        return done

    def _act(self, request, certificate, form, title, act):
        """Show the form of an act; by POST do it, or show what stands in the way with all that was typed."""
        if form.is_valid():
            try:
                return redirect("admin:certificates_certificate_change", act().pk)
            except ValidationError as error:
                form.add_error(None, error.messages)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(certificate),
            "certificate": certificate,
            "form": form,
            "back": reverse("admin:certificates_certificate_change", args=[certificate.pk]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/certificates/certificate/act.html", context)
