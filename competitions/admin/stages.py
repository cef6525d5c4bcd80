"""Stages with their modules, tie-breaks and prizes."""

from django import forms
from django.contrib import admin
from django.utils.html import format_html

from competitions.admin.base import DraftPartAdmin, OpenStageAdmin, confirm, links, run_each
from competitions.models import AwardRule, Module, Stage, TieBreak
from competitions.services import readiness, recusals, results, setup, stages
from unionportal.audit.admin_steps import SteppingAdmin, record_url


class StageInlineForm(forms.ModelForm):
    """A stage within its event's page; closed with its results as on its own page."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.status not in stages.TAKES_MARKS:
            for field in self.fields.values():
                field.disabled = True


class StageInline(admin.TabularInline):
    model = Stage
    form = StageInlineForm
    fields = ["name", "position", "held_on", "venue", "advance", "status", "page"]
    readonly_fields = ["status", "page"]
    extra = 0
    can_delete = False

    @admin.display(description="模块、同分、奖项")
    def page(self, stage):
        return links(stage, "打开") if stage.pk else "保存后填写"


class ModuleInlineForm(forms.ModelForm):
    """A module within its stage's page: where marks come from is settled once, with its panel."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "source" in self.fields:
            self.fields["source"].disabled = True


class ModuleInline(admin.TabularInline):
    model = Module
    form = ModuleInlineForm
    fields = ["name", "position", "source", "weight", "pass_line", "panel_page", "page"]
    readonly_fields = ["panel_page", "page"]
    extra = 0
    can_delete = False

    @admin.display(description="评分标准与裁判")
    def panel_page(self, module):
        if module.pk is None:
            return "保存后填写"
        return format_html('<a href="{}">打开</a>', record_url(module.panel)) if module.panel_id else "—"

    @admin.display(description="模块")
    def page(self, module):
        return links(module, "打开") if module.pk else "—"


class TieBreakInline(admin.TabularInline):
    model = TieBreak
    fields = ["position", "kind", "module", "criterion"]
    extra = 0

    def get_formset(self, request, obj=None, **kwargs):
        self.stage = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        related = db_field.related_model.objects
        if db_field.name == "module":
            kwargs["queryset"] = related.filter(stage=self.stage)
        elif db_field.name == "criterion":
            kwargs["queryset"] = related.filter(panel__module__stage=self.stage)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AwardRuleInline(admin.TabularInline):
    model = AwardRule
    fields = ["position", "name", "count", "share"]
    extra = 0


@admin.register(Stage)
class StageAdmin(DraftPartAdmin, SteppingAdmin, OpenStageAdmin):
    change_form_template = "admin/competitions/stage/change_form.html"
    stage_path = ""
    list_display = ["__str__", "competition", "status", "held_on", "advance"]
    list_filter = ["status", "event__competition"]
    list_select_related = ["event__competition"]
    search_fields = ["name", "event__name", "event__competition__title"]
    autocomplete_fields = ["event"]
    readonly_fields = ["status", "correction_reason"]
    inlines = [ModuleInline, TieBreakInline, AwardRuleInline]
    actions = ["seal", "publish"]

    @admin.display(description="竞赛")
    def competition(self, stage):
        return stage.event.competition

    @admin.action(description="锁定所选轮次的成绩", permissions=["seal"])
    def seal(self, request, queryset):
        warning = "锁定后评分、裁定都不再改动，形成成绩册，不对外发布。"
        if asked := confirm(self, request, queryset, title="锁定成绩", warning=warning):
            return asked
        return run_each(
            self,
            request,
            queryset,
            "成绩已锁定",
            lambda stage: results.seal_stage(stage=stage, actor=request.user),
        )

    @admin.action(description="发布所选轮次的成绩（发布后不能改动）", permissions=["publish"])
    def publish(self, request, queryset):
        warning = "发布后公众可以看到，不能改动；更正须另出新版并写明理由。"
        if asked := confirm(self, request, queryset, title="发布成绩", warning=warning):
            return asked
        return run_each(
            self,
            request,
            queryset,
            "成绩已发布",
            lambda stage: results.publish_results(stage=stage, actor=request.user),
        )

    def why_kept(self, obj):
        return super().why_kept(obj) or ("已有出场选手，不能删除。" if obj.appearances.exists() else "")

    def has_seal_permission(self, request):
        return request.user.has_perm("competitions.seal_stage")

    def has_publish_permission(self, request):
        return request.user.has_perm("competitions.publish_results")

    def save_formset(self, request, form, formset, change):
        if formset.model is Module:
            for module in formset.save(commit=False):
                setup.give_panel(module)
        super().save_formset(request, form, formset, change)

    def standing(self, request, obj):
        """What the page shows above its form: state, counts, steps with what stands in the way, recusals."""
        modules = list(obj.modules.select_related("panel"))
        return {
            "people": obj.appearances.count(),
            "modules": modules,
            "total_weight": sum(module.weight for module in modules),
            "steps": readiness.stage_steps(obj, stages.MOVES.get(obj.status, ()), request.user),
            "sheets": obj.result_sheets.all(),
            "notice": readiness.stage_notice(obj),
            "recusals": recusals.expected_recusals(obj),
            "may_open_board": Stage.objects.boards_for(request.user).filter(pk=obj.pk).exists(),
            "step_url": "admin:competitions_stage_step",
        }

    def take_step(self, request, record, act, reason):
        actor = request.user
        if act == "seal":
            results.seal_stage(stage=record, actor=actor)
            return f"成绩已锁定：{record}。核对无误后发布。", record
        if act == "publish":
            results.publish_results(stage=record, actor=actor)
            return f"成绩已发布：{record}", record
        if act == "enter":
            return f"已编入 {stages.enter_all(stage=record, actor=actor)} 个报名：{record}", record
        if act == "reopen":
            results.reopen_stage(stage=record, actor=actor, reason=reason)
            return f"已退回更正：{record}", record
        to = next((status for status in Stage.Status if status.value == act), record.status)
        moved = stages.move_stage(stage=record, to=Stage.Status(to), actor=actor, reason=reason)
        return f"“{moved}”已转为“{moved.get_status_display()}”", moved


@admin.register(Module)
class ModuleAdmin(DraftPartAdmin, OpenStageAdmin):
    list_display = ["name", "stage", "source", "weight", "position"]
    list_filter = ["source", "stage__event__competition"]
    list_select_related = ["stage__event"]
    search_fields = ["name", "stage__name", "stage__event__name"]


@admin.register(TieBreak)
class TieBreakAdmin(OpenStageAdmin):
    list_display = ["stage", "position", "kind", "module", "criterion"]
    list_filter = ["kind", "stage__event__competition"]
    list_select_related = ["stage__event", "module", "criterion"]


@admin.register(AwardRule)
class AwardRuleAdmin(OpenStageAdmin):
    list_display = ["name", "stage", "position", "count", "share"]
    list_filter = ["stage__event__competition"]
    list_select_related = ["stage__event"]
