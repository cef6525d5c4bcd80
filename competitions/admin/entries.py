"""Entries, appearances and what they have in the modules."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.http import Http404

from competitions.admin.base import OpenStageAdmin, run_each
from competitions.models import Appearance, Attempt, Entry, EntryMember, ModuleScore
from competitions.services import entries, stages
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.audit.admin_steps import SteppingAdmin


class ReasonedActionForm(ActionForm):
    """The bar of actions with a place for the reason that returning an entry asks for."""

    reason = forms.CharField(label="退回理由", required=False, max_length=300)


@admin.register(Entry)
class EntryAdmin(SteppingAdmin, AuditedModelAdmin):
    change_form_template = "admin/competitions/entry/change_form.html"
    list_display = [
        "number",
        "contestant",
        "unit_name",
        "event",
        "status",
        "source",
        "is_guest",
        "created_at",
    ]
    list_filter = ["status", "source", "is_guest", "event__competition", "event"]
    list_select_related = ["person", "event"]
    search_fields = ["number", "person__name", "person__pinyin", "team_name", "unit_name"]
    autocomplete_fields = ["event", "person", "unit"]
    list_per_page = 50
    action_form = ReasonedActionForm
    actions = ["accept", "send_back"]

    @admin.action(description="通过所选报名", permissions=["change"])
    def accept(self, request, queryset):
        run_each(
            self,
            request,
            queryset,
            "已通过",
            lambda entry: entries.accept_entry(entry=entry, actor=request.user),
        )

    @admin.action(description="退回所选报名（须填理由）", permissions=["change"])
    def send_back(self, request, queryset):
        reason = request.POST.get("reason", "")
        run_each(
            self,
            request,
            queryset,
            "已退回",
            lambda entry: entries.return_entry(entry=entry, actor=request.user, reason=reason),
        )

    @admin.display(description="选手或队名", ordering="person__pinyin")
    def contestant(self, entry):
        return entry.label

    def get_readonly_fields(self, request, obj=None):
        return ["status", "source", "reason"] if obj else ["status"]

    def standing(self, request, obj):
        """What the page shows above its form: state, rounds, steps."""
        return {
            "rounds": obj.appearances.select_related("stage"),
            "steps": entries.steps_of(obj),
            "step_url": "admin:competitions_entry_step",
        }

    def take_step(self, request, record, act, reason):
        actor = request.user
        if act == "accept":
            return f"已通过：{record}", entries.accept_entry(entry=record, actor=actor)
        if act == "return":
            return f"已退回：{record}", entries.return_entry(entry=record, actor=actor, reason=reason)
        if act == "withdraw":
            return f"已撤回：{record}", entries.withdraw_entry(entry=record, actor=actor, reason=reason)
        raise Http404("没有这一步")

    def why_kept(self, obj):
        return f"“{obj}”已进入轮次，不能删除。" if obj.appearances.exists() else super().why_kept(obj)


@admin.register(EntryMember)
class EntryMemberAdmin(AuditedModelAdmin):
    list_display = ["person", "entry", "position", "is_leader"]
    list_select_related = ["person", "entry__person"]
    search_fields = ["person__name", "entry__team_name"]
    autocomplete_fields = ["entry", "person"]


@admin.register(Appearance)
class AppearanceAdmin(OpenStageAdmin):
    list_display = ["entry", "stage", "order", "station", "code", "status"]
    list_filter = ["status", "stage__event__competition", "stage__name"]
    list_select_related = ["entry__person", "stage__event"]
    search_fields = ["entry__number", "entry__person__name", "entry__team_name", "code"]
    autocomplete_fields = ["entry"]
    readonly_fields = ["status", "status_reason", "decided_place", "decided_reason"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        stages.take_in(stage=obj.stage, actor=request.user)

    def why_kept(self, obj):
        if stages.is_marked(obj):
            return f"“{obj}”已有评分，不能删除；未参赛的，请登记为缺赛或弃权。"
        return super().why_kept(obj)

    def delete_model(self, request, obj):
        stages.remove_appearances(appearances=[obj])

    def delete_queryset(self, request, queryset):
        stages.remove_appearances(appearances=list(queryset))


class FiguresAdmin(OpenStageAdmin):
    """Records whose figures order a stage: a tie decided on other figures is to be decided anew."""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if form.changed_data:
            stages.forget_tie_decisions(self.stage_of(obj))

    def delete_model(self, request, obj):
        stages.forget_tie_decisions(self.stage_of(obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for obj in queryset:
            stages.forget_tie_decisions(self.stage_of(obj))
        super().delete_queryset(request, queryset)


@admin.register(Attempt)
class AttemptAdmin(FiguresAdmin):
    stage_path = "appearance__stage"
    list_display = ["appearance", "number", "is_counted", "seconds", "reason"]
    list_filter = ["is_counted", "appearance__stage__event__competition"]
    list_select_related = ["appearance__entry__person"]
    search_fields = ["appearance__entry__number", "appearance__entry__person__name"]
    raw_id_fields = ["appearance"]


@admin.register(ModuleScore)
class ModuleScoreAdmin(FiguresAdmin):
    stage_path = "attempt__appearance__stage"
    list_display = ["attempt", "module", "exam_score", "candidate"]
    list_filter = ["module__stage__event__competition", "module__name"]
    list_select_related = ["attempt__appearance__entry__person", "module", "candidate__panel"]
    search_fields = ["attempt__appearance__entry__number", "attempt__appearance__entry__person__name"]
    raw_id_fields = ["attempt", "candidate"]
