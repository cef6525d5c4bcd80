"""Objections: read, looked into, decided; never rewritten."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.admin_steps import Step, SteppingAdmin
from unionportal.files.views import send_file
from unionportal.notices.models import Objection
from unionportal.notices.services import objections


@admin.register(Objection)
class ObjectionAdmin(SteppingAdmin, ReadOnlyAdmin):
    change_form_template = "admin/notices/objection/change_form.html"
    list_display = ["receipt", "notice", "line", "channel", "status", "received_at"]
    list_filter = ["status", "channel", "is_anonymous", "notice__line"]
    list_select_related = ["notice", "line"]
    search_fields = ["receipt", "notice__title", "line__name"]
    fields = [
        "receipt", "notice", "line", "kind", "channel", "received_at", "postmarked_on", "status", "finding",
        "decided_by", "decided_at",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def get_urls(self):
        further = [
            path(
                "<int:pk>/objector/",
                self.admin_site.admin_view(self.objector),
                name="notices_objection_objector",
            ),
            path(
                "<int:pk>/attachments/<uuid:key>/",
                self.admin_site.admin_view(self.attachment),
                name="notices_objection_attachment",
            ),
        ]
        return [*further, *super().get_urls()]

    def standing(self, request, obj):
        """What the page shows above the record: evidence, what may be done, who may look behind the name."""
        steps = []
        if obj.status == Objection.Status.RECEIVED:
            steps.append(Step("investigate", "开始核查", is_main=True))
        return {
            "steps": steps,
            "step_url": "admin:notices_objection_step",
            "attachments": obj.attachments.all(),
            "may_read_objector": request.user.has_perm("notices.read_objectors"),
        }

    def take_step(self, request, record, act, reason):
        options = {"objection": record, "actor": request.user}
        if act == "investigate":
            return f"{record} 已开始核查。", objections.investigate(**options)
        if act in ("uphold", "dismiss"):
            made = objections.decide_objection(is_upheld=act == "uphold", finding=reason, **options)
            return f"{made} 的结论：{made.get_status_display()}。", made
        raise Http404("没有这一步")

    def record_to_read(self, request, pk):
        """Return an objection for somebody who may know who raised it; 404 for those of other lines of work."""
        if not request.user.has_perm("notices.read_objectors"):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def objector(self, request, pk):
        """Show name and contact once; POST only, so that no link, prefetch or history shows them again."""
        return require_POST(self._objector)(request, pk)

    def _objector(self, request, pk):
        objection = self.record_to_read(request, pk)
        name, contact = objections.reveal_objector(objection=objection, actor=request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": f"异议提出人：{objection}",
            "opts": self.opts,
        }
        context |= {"objection": objection, "name": name, "contact": contact}
        response = TemplateResponse(request, "admin/notices/objection/objector.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def attachment(self, request, pk, key):
        """Send a piece of evidence; by POST, because it leaves an audit line."""
        return require_POST(self._attachment)(request, pk, key)

    def _attachment(self, request, pk, key):
        objection = self.record_to_read(request, pk)
        stored = get_object_or_404(objection.attachments, key=key)
        objections.read_attachment(objection=objection, stored=stored, actor=request.user)
        return send_file(stored)
