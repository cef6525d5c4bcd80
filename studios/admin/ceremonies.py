"""Plaque ceremonies: the list, the proof sheet to print, the day itself, photographs and the news draft."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from studios.admin.acting import ConfirmForm, StudioActing, day, page_of
from studios.models import CeremonyPhoto, PlaqueCeremony, PlaqueLine, Recognition
from studios.services import ceremonies
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.news.models import Column

Status = PlaqueCeremony.Status


class ListForm(AskForm):
    recognitions = forms.ModelMultipleChoiceField(
        Recognition.objects.none(), label="已认定、尚未授牌", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recognitions"].queryset = ceremonies.waiting_for_plaques()


class ProofForm(AskForm):
    proofreader = forms.CharField(label="校对人", max_length=50, help_text="对照认定文件逐字核对过的人。")


class PhotoForm(AskForm):
    upload = forms.FileField(label="照片（公开）", widget=forms.FileInput({"accept": "image/*"}))
    caption = forms.CharField(label="照片说明", max_length=150)


class ColumnForm(AskForm):
    column = forms.ModelChoiceField(Column.objects.all(), label="栏目")


class LineInline(admin.TabularInline):
    model = PlaqueLine
    fields = ["recognition", "text", "position"]
    readonly_fields = ["recognition"]
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.status == Status.HELD)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.status == Status.HELD)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("recognition__studio")


class PhotoInline(admin.TabularInline):
    model = CeremonyPhoto
    fields = ["file", "caption", "position"]
    readonly_fields = ["file"]
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(PlaqueCeremony)
class PlaqueCeremonyAdmin(StudioActing, AuditedModelAdmin):
    list_display = ["title", "on", "place", "status", "proofread_by"]
    list_filter = ["status", "on"]
    search_fields = ["title", "place"]
    fields = ["title", ("on", "place"), "note"]
    inlines = [LineInline, PhotoInline]
    acts = {
        "list": Act("列入授牌名单", ListForm, "studios.recognise_studios"),
        "proofread": Act("登记牌匾校对", ProofForm, "studios.recognise_studios"),
        "hold": Act(
            "登记仪式已举行",
            ConfirmForm,
            "studios.recognise_studios",
            "授牌日期写入各项认定，负责人和成员的成长档案各记一笔；登记后不再改动。",
        ),
        "photo": Act("上传照片", PhotoForm, "studios.recognise_studios"),
        "article": Act("生成新闻稿", ColumnForm, "studios.recognise_studios"),
    }
    subject = "ceremony"
    adding = ("photo",)
    services = {
        "list": (ceremonies.list_plaques, "已列入名单，请打印校对单逐字核对。"),
        "proofread": (ceremonies.proofread, "校对已登记。"),
        "hold": (ceremonies.hold_ceremony, "授牌已登记，成长档案已写入。"),
        "photo": (ceremonies.add_photo, "照片已上传。"),
        "article": (ceremonies.draft_article, "新闻稿已生成，请在新闻中审核发布。"),
    }

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_fieldsets(self, request, obj=None):
        ((name, options),) = super().get_fieldsets(request, obj)
        note = {} if obj else {"description": "先保存名称和日期，再列入待授牌的工作室。"}
        return [(name, options | note)]

    def get_urls(self):
        proof = path(
            "<int:pk>/proof/",
            self.admin_site.admin_view(self.proof),
            name="studios_plaqueceremony_proof",
        )
        return [proof, *super().get_urls()]

    def proof(self, request, pk):
        """The proof sheet of the plaques (牌匾文字校对单), to print and sign."""
        self._require_view(request)
        ceremony = get_object_or_404(PlaqueCeremony, pk=pk)
        lines = ceremony.lines.select_related("recognition__studio__host_unit")
        context = {"ceremony": ceremony, "lines": lines, "today": timezone.localdate()}
        return TemplateResponse(request, "admin/studios/plaqueceremony/proof.html", context)

    def _require_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied

    def why_kept(self, obj):
        return "仪式已举行，记录不删除。" if obj.status == Status.HELD else ""

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.status == Status.HELD)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.model is PlaqueLine and formset.has_changed():
            ceremonies.unproof(ceremony=form.instance)

    def acts_open(self, obj):
        if obj.status == Status.HELD:
            return ["photo"] if obj.article_id else ["photo", "article"]
        done = ["list", "photo"]
        done += ["proofread"] if obj.status == Status.DRAFT and obj.lines.exists() else []
        return done + ([] if ceremonies.obstacles_to_hold(obj) else ["hold"])

    def standing(self, request, obj):
        facts = [("状态", obj.get_status_display()), ("牌匾", f"{obj.lines.count()} 块")]
        if obj.proofread_at:
            facts.append(("校对", f"{obj.proofread_by}　{day(timezone.localdate(obj.proofread_at))}"))
        article = [(obj.article.title, page_of(obj.article))] if obj.article_id else []
        why = [] if obj.status == Status.HELD else ceremonies.obstacles_to_hold(obj)
        return {
            "facts": facts,
            "lines": [("新闻稿", article)],
            "links": [("打印牌匾文字校对单", reverse("admin:studios_plaqueceremony_proof", args=[obj.pk]))],
            "why_not": [("登记仪式已举行", why)],
        }
