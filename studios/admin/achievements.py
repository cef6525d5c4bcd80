"""Achievements: handed in, verified, published; a secret one is here only for those who may read it."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html

from studios.admin.acting import (
    ConfirmForm,
    FreshForm,
    OncePerPerson,
    ReasonForm,
    RowsOnly,
    StudioActing,
    day,
    page_of,
)
from studios.models import Achievement, Adoption, Contribution, Evidence
from studios.services import achievement_files, evidence
from studios.services import achievements as services
from studios.services.secrecy import keep_back
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.files.admin_imports import Imported, ImportingAdmin
from unionportal.files.forms import UploadField
from unionportal.files.sending import file_response
from unionportal.files.views import send_file

Status = Achievement.Status
EDITABLE = (*Achievement.AT_HAND, Status.SUBMITTED)
HIDDEN = "（已修改）"


class RefuseForm(AskForm):
    reason = forms.CharField(label="理由", max_length=300)
    duplicate_of = forms.ModelChoiceField(
        Achievement.objects.none(), label="与哪项成果重复", required=False, empty_label="（不是重复）"
    )


class WithdrawForm(AskForm):
    reason = forms.CharField(label="撤回公开的理由", max_length=300)
    confidentiality = forms.ChoiceField(
        label="同时改为",
        choices=[("", "保密级别不变"), *Achievement.Confidentiality.choices[1:]],
        required=False,
    )


class ConfidentialityForm(AskForm):
    confidentiality = forms.ChoiceField(label="保密", choices=Achievement.Confidentiality)


class EvidenceForm(AskForm):
    inspected = UploadField(label="文件", help_text="PDF、Office 文件或图片；只有能看这项成果的人能打开。")
    caption = forms.CharField(label="说明", max_length=150)


class ContributionInline(admin.TabularInline):
    model = Contribution
    formset = OncePerPerson
    fields = ["position", "person", "name", "unit_name", "share"]
    autocomplete_fields = ["person"]
    extra = 0


class AdoptionInline(admin.TabularInline):
    model = Adoption
    fields = ["unit", "unit_name", "adopted_on", "effect"]
    autocomplete_fields = ["unit"]
    extra = 0


class EvidenceInline(RowsOnly):
    model = Evidence
    fields = ["paper", "caption"]
    readonly_fields = ["paper", "caption"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("file")

    @admin.display(description="文件")
    def paper(self, item):
        url = reverse("admin:studios_achievement_evidence", args=[item.achievement_id, item.file.key])
        return format_html('<a href="{}">{}</a>', url, item.file.name)


@admin.register(Achievement)
class AchievementAdmin(ImportingAdmin, StudioActing, AuditedModelAdmin):
    form = FreshForm
    view_on_site = False  # a button where there is something to see
    change_list_template = "admin/studios/achievement/change_list.html"
    import_title = "创新成果"
    import_note = "导入的成果都是草稿，逐项提交、核实后才计入；同一工作室、同一年度的同名成果不重复建立。"
    list_display = ["title", "studio", "kind", "year", "benefit_yuan", "confidentiality", "status"]
    list_filter = ["status", "kind", "year", "confidentiality", "outcome", "sector"]
    list_select_related = ["studio"]
    search_fields = ["title", "problem", "studio__name", "contributions__name", "patent_number"]
    autocomplete_fields = ["studio", "sector", "cover"]
    inlines = [ContributionInline, AdoptionInline, EvidenceInline]
    actions = ["export"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "studio",
                    "title",
                    ("kind", "year"),
                    ("sector", "confidentiality"),
                    "problem",
                    "solution",
                    "in_use_since",
                ]
            },
        ),
        ("经济效益", {"fields": [("benefit_yuan", "certified_by"), "benefit_basis"]}),
        ("专利、标准", {"fields": [("patent_kind", "patent_number", "patent_on")]}),
        ("图片", {"fields": [("cover", "cover_alt")]}),
    ]
    acts = {
        "submit": Act("提交核实", ConfirmForm, "studios.change_achievement"),
        "verify": Act(
            "核实通过", ConfirmForm, "studios.verify_achievements", "可公开的成果记入完成人成长档案。"
        ),
        "return": Act("退回修改", ReasonForm, "studios.verify_achievements", ends=True),
        "refuse": Act("不予认定", RefuseForm, "studios.verify_achievements", ends=True),
        "publish": Act("公开展示", ConfirmForm, "studios.verify_achievements", "公开后任何人都能看到。"),
        "withdraw": Act("撤回公开", WithdrawForm, "studios.verify_achievements", ends=True),
        "secrecy": Act("调整保密级别", ConfidentialityForm, "studios.verify_achievements", is_main=False),
        "attach": Act("附上证明材料", EvidenceForm, "studios.change_achievement"),
    }
    OPEN = {
        Status.DRAFT: ["submit", "attach"],
        Status.RETURNED: ["submit", "attach"],
        Status.SUBMITTED: ["verify", "return", "refuse", "attach"],
        Status.VERIFIED: ["publish", "secrecy", "attach"],
        Status.PUBLISHED: ["withdraw", "attach"],
        Status.REFUSED: [],
    }
    subject = "achievement"
    services = {
        "submit": (services.submit_achievement, "已提交，等待核实。"),
        "verify": (services.verify_achievement, "已核实。"),
        "return": (services.return_achievement, "已退回。"),
        "refuse": (services.refuse_achievement, "已登记不予认定。"),
        "publish": (services.publish_achievement, "已公开。"),
        "withdraw": (services.withdraw_achievement, "已撤回公开。"),
        "secrecy": (services.set_confidentiality, "保密级别已调整。"),
        "attach": (evidence.attach_evidence, "材料已附上。"),
    }

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def get_urls(self):
        view = self.admin_site.admin_view(self.evidence)
        name = "studios_achievement_evidence"
        return [path("<int:pk>/evidence/<uuid:key>/", view, name=name), *super().get_urls()]

    def evidence(self, request, pk, key):
        """Send a paper of an achievement to whoever may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        return send_file(get_object_or_404(found.evidence.select_related("file"), file__key=key).file)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.status in EDITABLE)

    def why_kept(self, obj):
        return "成果不删除；不予认定的留有结论。"

    def construct_change_message(self, request, form, formsets, add=False):
        """The words of a secret stay out of the audit: its reader may not be one who may read the secret."""
        changes = super().construct_change_message(request, form, formsets, add)
        secret = Achievement.Confidentiality.SECRET
        before = form.initial.get("confidentiality")
        return (
            dict.fromkeys(changes, HIDDEN) if secret in (before, form.instance.confidentiality) else changes
        )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change and form.instance.confidentiality == Achievement.Confidentiality.SECRET:
            keep_back(form.instance, form.initial["title"])

    def acts_open(self, obj):
        if obj.status == Status.VERIFIED and obj.confidentiality != Achievement.Confidentiality.PUBLIC:
            return ["secrecy", "attach"]
        return self.OPEN[obj.status]

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        if act == "refuse":
            alike = [item.pk for _, item in services.similar_to(obj, request.user)]
            form.fields["duplicate_of"].queryset = Achievement.objects.filter(pk__in=alike)
        return form

    def standing(self, request, obj):
        facts = [("状态", obj.get_status_display()), ("保密", obj.get_confidentiality_display())]
        if obj.verified_on:
            facts.append(("核实", f"{day(obj.verified_on)}　{obj.verified_by or ''}"))
        warnings = [f"理由：{obj.return_reason}"] if obj.return_reason else []
        alike = [
            (
                f"{percent}%　{item.title}（{item.studio}，{item.year}，{item.get_status_display()}）",
                page_of(item),
            )
            for percent, item in services.similar_to(obj, request.user)
        ]
        why = services.obstacles_to_submit(obj) if obj.status in Achievement.AT_HAND else []
        links = [("查看公开页面", obj.get_absolute_url())] if obj.status == Status.PUBLISHED else []
        return {
            "facts": facts,
            "warnings": warnings,
            "lines": [("名称相近，可能重复", alike)],
            "why_not": [("提交核实", why)],
            "links": links,
        }

    def run_import(self, request, record, workbook, source):
        report = achievement_files.import_achievements(workbook=workbook, actor=request.user, source=source)
        facts = [("新建草稿", report.made), ("不变", report.unchanged), ("拒收", len(report.refused))]
        return Imported(facts, report.refused, writes=bool(report.made))

    def write_blank(self, request, record, target):
        achievement_files.write_blank(target)

    @admin.action(description="导出所选成果（Excel）", permissions=["view"])
    def export(self, request, queryset):
        response = file_response("创新成果.xlsx")
        achievement_files.export_achievements(achievements=queryset, actor=request.user, target=response)
        return response
