"""The list of honours as a workbook: upload, preview of what would change, then the very file applied."""

from io import BytesIO

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from craftsmen.services import honour_files
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.common.spreadsheets import WorkbookProblem, open_workbook
from unionportal.files.models import StoredFile
from unionportal.files.services import inspect_document, store_file

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PURPOSE = "honours"
SALT = "craftsmen.honour_problems"


def workbook_response(name):
    """Return an empty response that sends a workbook under this name and is kept nowhere."""
    response = HttpResponse(content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["Cache-Control"] = "private, no-store"
    return response


def preview(workbook, actor):
    """Import in a transaction that is rolled back, and return what it came to."""
    with transaction.atomic():
        report = honour_files.import_honours(workbook=workbook, actor=actor)
        transaction.set_rollback(True)
    return report


class HonourUploadForm(forms.Form):
    workbook = forms.FileField(label="Excel 文件（.xlsx）")

    def clean_workbook(self):
        return inspect_document(self.cleaned_data["workbook"])


class HonourUpload:
    """Mixed into the admin class of honours; everything here asks for the right to add honours."""

    def get_urls(self):
        def route(pattern, view, name):
            return path(pattern, self.admin_site.admin_view(view), name=f"craftsmen_honour_{name}")

        return [
            route("upload/", self.upload, "upload"),
            route("upload/blank.xlsx", require_safe(self.blank), "blank"),
            route("upload/problems.xlsx", require_POST(self.problems), "problems"),
            route("upload/<uuid:key>/", self.preview, "preview"),
            *super().get_urls(),
        ]

    def _only_registrars(self, request):
        if not request.user.has_perm("craftsmen.add_honour"):
            raise PermissionDenied

    def upload(self, request):
        """Take a file in; a file refused whole is not kept."""
        self._only_registrars(request)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = HonourUploadForm(*sent)
        if form.is_valid():
            inspected = form.cleaned_data["workbook"]
            try:
                preview(open_workbook(BytesIO(inspected.data)), request.user)
            except WorkbookProblem as problem:
                form.add_error("workbook", str(problem))
            else:
                stored = store_file(inspected=inspected, actor=request.user, purpose=PURPOSE)
                return redirect("admin:craftsmen_honour_preview", stored.key)
        return self._page(request, form=form)

    def preview(self, request, key):
        """Show what a kept file would register; by POST register it."""
        self._only_registrars(request)
        files = StoredFile.objects.readable_by(request.user).filter(purpose=PURPOSE)
        stored = get_object_or_404(files, key=key)
        with stored.file.open("rb") as source:
            workbook = open_workbook(source)
        report = preview(workbook, request.user)
        if request.method == "POST":
            if (report.new_units or report.new_people) and "confirmed" not in request.POST:
                self.message_user(request, "请先核对新单位、新职工并勾选确认，尚未写入。", messages.ERROR)
                return redirect(request.path)
            done = honour_files.import_honours(workbook=workbook, actor=request.user, source=stored.name)
            told = f"已登记荣誉 {done.accepted} 项，其中公开展示 {done.shown} 项。"
            self.message_user(request, told, messages.SUCCESS)
            return redirect("admin:craftsmen_honour_changelist")
        rows = [problem.as_dict() for problem in report.refused]
        signed = signing.dumps(rows, salt=SALT, compress=True) if rows else ""
        return self._page(request, stored=stored, report=report, signed=signed)

    def _page(self, request, **context):
        context = {
            **self.admin_site.each_context(request),
            "title": "导入荣誉名单",
            "opts": self.opts,
            "blank_url": reverse("admin:craftsmen_honour_blank"),
            **context,
        }
        return TemplateResponse(request, "admin/craftsmen/honour/upload.html", context)

    def blank(self, request):
        """Send the empty workbook."""
        self._only_registrars(request)
        response = workbook_response("honours-blank")
        honour_files.write_blank(response)
        return response

    def problems(self, request):
        """Send the faults shown on the page as a workbook; the page carries them, signed, so nothing is kept."""
        self._only_registrars(request)
        try:
            rows = signing.loads(request.POST.get("problems", ""), salt=SALT, max_age=24 * 3600)
        except signing.BadSignature as error:
            raise BadRequest("问题清单已失效，请重新上传文件。") from error
        columns = [
            ColumnData("行", 8, "number"),
            *(ColumnData(name, 40) for name in ("列", "问题", "怎么改")),
        ]
        lines = [(item["row"], item["column"], item["problem"], item["remedy"]) for item in rows]
        response = workbook_response("problems")
        write_workbook(response, [SheetData("问题清单", columns, lines)])
        return response
