"""Workbooks in the admin: upload, a preview of what would change, then the very file that was previewed is applied."""

from dataclasses import dataclass, field
from io import BytesIO

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from unionportal.common.spreadsheets import WorkbookProblem, open_workbook
from unionportal.files.models import StoredFile
from unionportal.files.sending import file_response
from unionportal.files.services import inspect_document, store_file


@dataclass
class Imported:
    """What a workbook does or did: (name, number) facts, faults by row, whether anything is written.

    `new` are (heading, lines) of records that it would make besides; somebody ticks that they are none known already.
    """

    facts: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    writes: bool = False
    new: list = field(default_factory=list)


class WorkbookForm(forms.Form):
    """A workbook; its content is inspected before anything is stored."""

    workbook = forms.FileField(label="Excel 文件（.xlsx）")

    def clean_workbook(self):
        return inspect_document(self.cleaned_data["workbook"])


class ImportingAdmin:
    """Mixed into an admin class: routes import/, import/blank.xlsx and import/<key>/, of the list or of a record.

    The class gives `run_import(request, record, workbook, source)` → Imported and `write_blank(request, record, target)`.
    """

    import_title = ""
    import_note = ""
    import_of_record = False

    def get_urls(self):
        start = "<int:pk>/import/" if self.import_of_record else "import/"
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        wrap = self.admin_site.admin_view
        return [
            path(start, wrap(self.import_upload), name=name),
            path(f"{start}blank.xlsx", wrap(self.import_blank), name=f"{name}_blank"),
            path(f"{start}<uuid:key>/", wrap(self.import_preview), name=f"{name}_preview"),
            *super().get_urls(),
        ]

    def import_url(self, record, page="", *arguments):
        """Return the address of one of the three pages."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_import{page}"
        return reverse(name, args=[*([record.pk] if record else []), *arguments])

    def import_record(self, request, pk):
        """Return the record a workbook is for, None for the whole list; refuse whoever may not change this kind."""
        if not request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"):
            raise PermissionDenied
        if pk is None:
            return None
        record = self.get_queryset(request).filter(pk=pk).first()
        if record is None:
            raise Http404("没有这条记录")
        return record

    def _purpose(self, record):
        return f"import:{self.opts.label_lower}:{record.pk if record else 'all'}"

    def import_upload(self, request, pk=None):
        """Take a file in; a file refused whole is not kept."""
        record = self.import_record(request, pk)
        files = (request.POST, request.FILES) if request.method == "POST" else ()
        form = WorkbookForm(*files)
        context = {"form": form}
        if form.is_valid():
            inspected = form.cleaned_data["workbook"]
            shown = self._try(request, record, BytesIO(inspected.data), inspected.name)
            if not shown.refusals:
                # Its rows may say what only the readers of these records may know: no address of its own.
                stored = store_file(
                    inspected=inspected, actor=request.user, purpose=self._purpose(record), is_guarded=True
                )
                return redirect(self.import_url(record, "_preview", stored.key))
            context["shown"] = shown
        return self._import_page(request, record, **context)

    def import_preview(self, request, key, pk=None):
        """Show what a kept file would change; by POST apply that very file."""
        record = self.import_record(request, pk)
        stored = get_object_or_404(StoredFile, purpose=self._purpose(record), key=key)
        with stored.file.open("rb") as source:
            shown = self._try(request, record, source, stored.name)
            if request.method == "POST" and (not shown.new or "confirmed" in request.POST):
                return self._apply(request, record, source, stored)
        if request.method == "POST":
            self.message_user(request, "请先核对将新建的记录并勾选确认，尚未写入。", messages.ERROR)
        return self._import_page(request, record, stored=stored, shown=shown)

    def _try(self, request, record, source, name):
        """Import in a transaction that is rolled back."""
        try:
            workbook = open_workbook(source)
            with transaction.atomic():
                report = self.run_import(request, record, workbook, name)
                transaction.set_rollback(True)
        except WorkbookProblem as problem:
            return Imported(refusals=[str(problem)])
        except ValidationError as error:
            return Imported(refusals=error.messages, problems=getattr(error, "problems", []))
        return report

    def _apply(self, request, record, source, stored):
        source.seek(0)
        try:
            report = self.run_import(request, record, open_workbook(source), stored.name)
        except (WorkbookProblem, ValidationError) as error:
            text = "；".join(getattr(error, "messages", [str(error)]))
            self.message_user(request, f"没有写入：{text}", messages.ERROR)
            return redirect(request.get_full_path())
        facts = "，".join(f"{name} {number}" for name, number in report.facts)
        self.message_user(request, f"{self.import_title}已导入：{facts}。", messages.SUCCESS)
        return redirect(self.after_import(record))

    def after_import(self, record):
        """Return where one goes after an import."""
        base = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{base}_change", args=[record.pk]) if record else reverse(f"{base}_changelist")

    def import_blank(self, request, pk=None):
        """Send the workbook to fill in."""
        record = self.import_record(request, pk)
        response = file_response(f"{self.opts.model_name}.xlsx")
        self.write_blank(request, record, response)
        return response

    def _import_page(self, request, record, **context):
        context = {
            **self.admin_site.each_context(request),
            "title": f"导入{self.import_title}",
            "subtitle": str(record or ""),
            "record": record,
            "back_url": self.after_import(record),
            "upload_url": self.import_url(record),
            "blank_url": self.import_url(record, "_blank"),
            "note": self.import_note,
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(request, "admin/import.html", context)
