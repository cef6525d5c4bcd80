from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from unionportal.certificates import paper, wording
from unionportal.certificates.admin.base import LineAdmin, sent
from unionportal.certificates.models import CertificateDesign
from unionportal.files.models import StoredFile

# What the picture does not show; the line of a design in use is not even among the fields sent.
NOT_DRAWN = ("line", "name", "__all__")
PICTURES = {"seal": "证书印章", "background": "证书底图"}


@admin.register(CertificateDesign)
class CertificateDesignAdmin(LineAdmin):
    """A design beside its picture, which follows what is typed."""

    change_form_template = "admin/certificates/certificatedesign/change_form.html"
    list_display = ["name", "line", "kind", "heading", "orientation"]
    list_filter = ["kind", "orientation", "line"]
    search_fields = ["name", "heading"]
    fieldsets = [
        (None, {"fields": ["line", "name", "kind", "orientation"]}),
        ("文字", {"fields": ["heading", "salutation", "body", "highlight", "closing", "issuers"]}),
        ("样子", {"fields": ["name_size", "body_size", "show_qr", "background", "seal"]}),
        ("套打：在预印好的纸上只打文字", {"fields": ["shift_x", "shift_y"]}),
    ]
    further = {"sample.png": "sample", "test-sheet.pdf": "test_sheet"}

    def get_urls(self):
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="certificates_certificatedesign_preview"), *super().get_urls()]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in PICTURES:
            images = StoredFile.objects.readable_by(request.user).filter(kind=StoredFile.Kind.IMAGE)
            kwargs["queryset"] = images.filter(purpose=PICTURES[db_field.name])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in PICTURES:
            field.help_text += f"先在“文件”里上传图片，用途填“{PICTURES[db_field.name]}”。"
        if db_field.name in ("body", "issuers"):
            field.widget = forms.Textarea(attrs={"rows": 4, "cols": 50})
        return field

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["placeholders"] = [(f"{{{name}}}", label) for name, label in wording.FACTS.items()]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def preview(self, request):
        """Draw what is typed, saved or not; the answer is a PNG, or what keeps it from being drawn."""
        return require_POST(self._preview)(request)

    def _preview(self, request):
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        form = self.get_form(request)(request.POST)
        form.is_valid()
        problems = [
            str(error) for name in form.errors if name not in NOT_DRAWN for error in form.errors[name]
        ]
        if problems:
            return HttpResponse("\n".join(problems), content_type="text/plain; charset=utf-8")
        return sent(paper.sample_picture(form.instance), "image/png", "预览.png", as_attachment=False)

    def sample(self, request, pk):
        """Send the picture of a saved design."""
        design = self.record_to_see(request, pk)
        return sent(paper.sample_picture(design), "image/png", f"{design.name}.png", as_attachment=False)

    def test_sheet(self, request, pk):
        """Send the sheet for finding the offsets: print it, hold it against a printed form, read the difference."""
        design = self.record_to_see(request, pk)
        return sent(paper.test_sheet_pdf(design), "application/pdf", f"套打测试 {design.name}.pdf")
