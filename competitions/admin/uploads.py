"""Workbooks on a competition's page: upload, preview of what would change, then the same file applied."""

from io import BytesIO

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from competitions.forms import UploadForm, UploadOptions
from competitions.models import Module
from competitions.services import entries, uploads
from unionportal.audit.admin_steps import record_url
from unionportal.common.spreadsheets import WorkbookProblem, open_workbook
from unionportal.files.models import StoredFile
from unionportal.files.sending import file_response
from unionportal.files.services import store_file, was_discarded

SALT = "competitions.problems"


def kept_file(stored):
    """Open a kept file; 404 where it went between the two looks at it."""
    try:
        return stored.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("没有这个文件") from error


class UploadingAdmin:
    """Mixed into the admin class of competitions; everything here asks for the right to change a competition."""

    def get_urls(self):
        def route(pattern, view, name):
            return path(
                f"<int:pk>/{pattern}",
                self.admin_site.admin_view(view),
                name=f"competitions_competition_{name}",
            )

        return [
            route("upload/<slug:kind>/", self.upload, "upload"),
            route("upload/<slug:kind>/blank.xlsx", self.blank, "blank"),
            route("upload/<slug:kind>/<uuid:key>/", self.preview, "preview"),
            route("problems.xlsx", self.problems, "problems"),
            route("entries.xlsx", self.export, "export"),
            *super().get_urls(),
        ]

    def _find(self, request, pk, kind):
        competition = self.record_to_change(request, pk)
        if kind not in uploads.KINDS:
            raise Http404("没有这种文件")
        return competition

    def upload(self, request, pk, kind):
        """Take a file in; a file refused whole is not kept."""
        competition = self._find(request, pk, kind)
        files = (request.POST, request.FILES) if request.method == "POST" else ()
        form = UploadForm(*files, competition=competition, kind=kind)
        context = {"form": form}
        if form.is_valid():
            inspected = form.cleaned_data.pop("workbook")
            shown = self._preview(request, competition, kind, form, BytesIO(inspected.data), inspected.name)
            if not shown.refusals:
                uploads.discard_forgotten(actor=request.user)
                stored = store_file(inspected=inspected, actor=request.user, purpose=f"{kind}:{pk}")
                url = reverse("admin:competitions_competition_preview", args=[pk, kind, stored.key])
                chosen = {name: form.data[name] for name in form.cleaned_data if form.data.get(name)}
                return redirect(f"{url}?{urlencode(chosen)}")
            context |= self._shown(shown)
        return self._page(request, competition, kind, **context)

    def preview(self, request, pk, kind, key):
        """Show what a kept file would change; by POST apply that very file."""
        competition = self._find(request, pk, kind)
        files = StoredFile.objects.readable_by(request.user).filter(purpose=f"{kind}:{pk}")
        stored = files.filter(key=key).first()
        if stored is None and was_discarded(key=key, purpose=f"{kind}:{pk}"):
            # The second click of two, or yesterday's page.
            self.message_user(request, "这份文件已经导入，或过期删除；需要时请重新上传。", messages.WARNING)
            return redirect("admin:competitions_competition_upload", pk, kind)
        if stored is None:
            raise Http404("没有这个文件")
        form = UploadOptions(request.GET, competition=competition, kind=kind)
        if not form.is_valid():
            return redirect("admin:competitions_competition_upload", pk, kind)
        with kept_file(stored) as source:
            if request.method == "POST":
                return self._apply(request, competition, kind, form, source, stored)
            shown = self._preview(request, competition, kind, form, source, stored.name)
        return self._page(request, competition, kind, stored=stored, **self._shown(shown))

    def _preview(self, request, competition, kind, form, source, name):
        try:
            workbook = open_workbook(source)
        except WorkbookProblem as problem:
            return uploads.Preview(refusals=[str(problem)])
        options = {"kind": kind, "competition": competition, "options": form.cleaned_data}
        return uploads.preview(workbook=workbook, actor=request.user, source=name, **options)

    def _apply(self, request, competition, kind, form, source, stored):
        options = {"kind": kind, "competition": competition, "options": form.cleaned_data}
        shown = self._preview(request, competition, kind, form, source, stored.name)
        if shown.new_units and "units_confirmed" not in request.POST:
            self.message_user(request, "请先核对新单位并勾选确认，尚未写入。", messages.ERROR)
            return redirect(request.get_full_path())
        source.seek(0)
        try:
            report = uploads.apply(
                workbook=open_workbook(source), actor=request.user, stored=stored, **options
            )
        except (WorkbookProblem, ValidationError) as error:
            text = "；".join(getattr(error, "messages", [str(error)]))
            self.message_user(request, f"没有写入：{text}", messages.ERROR)
            return redirect(request.get_full_path())
        facts = "，".join(f"{name} {number}" for name, number in uploads.told(report).facts)
        self.message_user(request, f"{uploads.KINDS[kind]}已导入：{facts}。", messages.SUCCESS)
        return redirect(record_url(competition))

    def _shown(self, shown):
        rows = [problem.as_dict() for problem in shown.problems]
        return {"shown": shown, "signed": signing.dumps(rows, salt=SALT, compress=True) if rows else ""}

    def _page(self, request, competition, kind, **context):
        context = {
            **self.admin_site.each_context(request),
            "title": f"导入{uploads.KINDS[kind]}",
            "subtitle": str(competition),
            "competition": competition,
            "kind": kind,
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(request, "admin/competitions/competition/upload.html", context)

    def blank(self, request, pk, kind):
        """Send the empty workbook of a kind, with the headers that this competition's files need."""
        competition = self._find(request, pk, kind)
        modules = Module.objects.filter(stage__event__competition=competition)
        response = file_response(f"{kind}.xlsx")
        modules = modules.select_related("stage__event", "panel").prefetch_related("panel__criteria")
        sheets = list(modules.order_by("stage__event__position", "stage__position", "position"))
        uploads.write_blank(response, kind=kind, modules=sheets)
        return response

    def problems(self, request, pk):
        """Send the faults shown on the page as a workbook; the page carries them, signed, so nothing is kept."""
        return require_POST(self._problems)(request, pk)

    def _problems(self, request, pk):
        self.record_to_change(request, pk)
        try:
            rows = signing.loads(request.POST.get("problems", ""), salt=SALT, max_age=24 * 3600)
        except signing.BadSignature as error:
            raise BadRequest("问题清单已失效，请重新上传文件。") from error
        response = file_response("problems.xlsx")
        uploads.write_problems(response, rows)
        return response

    def export(self, request, pk):
        """Send the entries as a workbook; by POST, because it leaves an audit line."""
        return require_POST(self._export)(request, pk)

    def _export(self, request, pk):
        competition = self.record_to_change(request, pk)
        response = file_response(f"entries-{competition.slug}.xlsx")
        entries.export_entries(competition=competition, actor=request.user, target=response)
        return response
