"""Questions to the studios: routed, answered, shown; who asks stands behind a button that leaves its line."""

import datetime

from django import forms
from django.contrib import admin
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from studios.admin.acting import ConfirmForm, ReasonForm, StudioActing, page_of
from studios.models import HelpRequest, Studio
from studios.services import help_requests
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import ReadOnlyAdmin

Status = HelpRequest.Status
WISHED = "希望答复的工作室"


class RouteForm(AskForm):
    studio = forms.ModelChoiceField(
        Studio.objects.filter(status=Studio.Status.ACTIVE).order_by("pinyin"),
        label="分派至工作室",
        empty_label="请选择",
    )
    due_on = forms.DateField(
        label="答复期限", initial=lambda: timezone.localdate() + datetime.timedelta(help_requests.USUAL_DAYS)
    )


class AnswerForm(AskForm):
    text = forms.CharField(label="答复", widget=forms.Textarea({"rows": 8}))
    answered_by = forms.CharField(label="答复人", max_length=50)


@admin.register(HelpRequest)
class HelpRequestAdmin(StudioActing, ReadOnlyAdmin):
    change_form_template = "admin/studios/helprequest/change_form.html"
    list_display = ["title", "sector", "routed_to", "status", "due_on", "received_at"]
    list_filter = ["status", "sector", "consents_to_publication", "due_on"]
    list_select_related = ["sector", "studio"]
    search_fields = ["title", "question", "receipt", "studio__name"]
    fields = [
        "receipt",
        "title",
        "question",
        "sector",
        "consents_to_publication",
        "received_at",
        "studio",
        "due_on",
        "answer",
        "answered_by",
        "answered_on",
        "closed_reason",
    ]
    readonly_fields = [*fields, "wished"]
    acts = {
        "route": Act("分派", RouteForm, "studios.change_helprequest"),
        "answer": Act("登记答复", AnswerForm, "studios.change_helprequest"),
        "publish": Act("公开问题和答复", ConfirmForm, "studios.change_helprequest", "公开时不显示求助人。"),
        "hide": Act("撤回公开", ReasonForm, "studios.change_helprequest", ends=True),
        "close": Act(
            "不予受理", ReasonForm, "studios.change_helprequest", "求助人凭查询码会看到理由。", ends=True
        ),
    }
    subject = "item"
    services = {
        "route": (help_requests.route, "已分派。"),
        "answer": (help_requests.answer, "答复已登记。"),
        "publish": (help_requests.publish, "已公开。"),
        "hide": (help_requests.hide, "已撤回公开。"),
        "close": (help_requests.close, "已登记不予受理。"),
    }
    OPEN = {
        Status.RECEIVED: ["route", "close"],
        Status.ROUTED: ["answer", "route", "close"],
        Status.ANSWERED: ["publish", "answer"],
        Status.PUBLISHED: ["hide"],
        Status.CLOSED: [],
    }

    def get_urls(self):
        view = self.admin_site.admin_view(self.asker)
        return [path("<int:pk>/asker/", view, name="studios_helprequest_asker"), *super().get_urls()]

    def asker(self, request, pk):
        """Show who asks; only by POST, and it leaves an audit line."""
        return require_POST(self._asker)(request, pk)

    def _asker(self, request, pk):
        item = HelpRequest.objects.filter(pk=pk).first()
        if item is None:
            raise Http404("没有这条记录")
        name, contact = help_requests.reveal_asker(item=item, actor=request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": "求助人",
            "item": item,
            "name": name,
            "contact": contact,
            "opts": self.opts,
            "record_url": reverse("admin:studios_helprequest_change", args=[pk]),
        }
        return TemplateResponse(request, "admin/studios/helprequest/asker.html", context)

    @staticmethod
    def is_routed(obj):
        """Say whether staff gave the question to its studio; until then that is the one the asker wished for."""
        return obj.due_on is not None

    @admin.display(description="分派至", ordering="studio")
    def routed_to(self, obj):
        return obj.studio if self.is_routed(obj) else None

    @admin.display(description=WISHED)
    def wished(self, obj):
        return obj.studio or "-"

    def get_fields(self, request, obj=None):
        if obj is None or self.is_routed(obj):
            return self.fields
        return ["wished" if name == "studio" else name for name in self.fields]

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        if act == "route":
            form.fields["studio"].initial = obj.studio_id
        return form

    def acts_open(self, obj):
        found = self.OPEN[obj.status]
        return [name for name in found if name != "publish" or obj.consents_to_publication]

    def standing(self, request, obj):
        facts = [("状态", obj.get_status_display()), ("查询码", obj.receipt)]
        studio = [(str(obj.studio), page_of(obj.studio))] if obj.studio_id else []
        why = [] if obj.consents_to_publication else ["求助人没有同意公开。"]
        return {
            "facts": facts,
            "lines": [("分派至" if self.is_routed(obj) else WISHED, studio)],
            "why_not": [("公开问题和答复", why if obj.status == Status.ANSWERED else [])],
            "may_read_asker": request.user.has_perm("studios.read_askers"),
        }
