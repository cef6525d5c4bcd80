"""Competitions in the admin. States move through services; what a sealed result stands on cannot be edited."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError

from competitions.models import (
    Appearance,
    Attempt,
    AwardRule,
    Competition,
    Entry,
    EntryMember,
    Event,
    Module,
    ModuleScore,
    Organiser,
    ResultRow,
    ResultSheet,
    Stage,
    TieBreak,
)
from competitions.services import lifecycle, results, stages
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin


def run_each(admin_class, request, queryset, done, service):
    """Call the service for each record in an action; tell what happened to each."""
    for item in queryset:
        try:
            service(item)
        except ValidationError as error:
            for message in error.messages:
                admin_class.message_user(request, message, messages.ERROR)
        except PermissionDenied as error:
            admin_class.message_user(request, str(error), messages.ERROR)
        else:
            admin_class.message_user(request, f"{done}：{item}", messages.SUCCESS)


class OpenStageAdmin(AuditedModelAdmin):
    """Records of a stage, editable until its results are sealed."""

    stage_path = "stage"
    OPEN = stages.TAKES_MARKS

    def is_open(self, obj):
        stage = obj
        for name in filter(None, self.stage_path.split("__")):
            stage = getattr(stage, name)
        return stage.status in self.OPEN

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or self.is_open(obj))

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or self.is_open(obj))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        first, _, rest = self.stage_path.partition("__")
        if db_field.name == first:
            path = f"{rest}__status__in" if rest else "status__in"
            kwargs["queryset"] = db_field.related_model.objects.filter(**{path: self.OPEN})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Competition)
class CompetitionAdmin(AuditedModelAdmin):
    list_display = ["title", "year", "edition", "status", "final_on", "public_scope"]
    list_filter = ["status", "year", "brand", "sectors"]
    search_fields = ["title", "short_title", "slug"]
    filter_horizontal = ["sectors"]
    readonly_fields = ["status", "announced_at"]
    autocomplete_fields = ["rules_file", "poster"]
    actions = ["announce", "close"]

    def has_delete_permission(self, request, obj=None):
        is_draft = obj is None or obj.status == Competition.Status.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    @admin.action(description="公告所选竞赛", permissions=["change"])
    def announce(self, request, queryset):
        self._move(request, queryset, Competition.Status.ANNOUNCED)

    @admin.action(description="结束所选竞赛", permissions=["change"])
    def close(self, request, queryset):
        self._move(request, queryset, Competition.Status.CLOSED)

    def _move(self, request, queryset, to):
        def move(competition):
            lifecycle.move_competition(competition=competition, to=to, actor=request.user)

        run_each(self, request, queryset, f"已转为“{to.label}”", move)


@admin.register(Organiser)
class OrganiserAdmin(AuditedModelAdmin):
    list_display = ["name", "role", "competition", "position"]
    list_filter = ["role"]
    list_select_related = ["competition"]
    search_fields = ["name", "competition__title"]
    autocomplete_fields = ["competition", "unit"]


@admin.register(Event)
class EventAdmin(AuditedModelAdmin):
    list_display = ["name", "code", "competition", "team_size", "position"]
    list_filter = ["competition"]
    list_select_related = ["competition"]
    search_fields = ["name", "code", "competition__title"]
    autocomplete_fields = ["competition"]


@admin.register(Stage)
class StageAdmin(OpenStageAdmin):
    stage_path = ""
    list_display = ["__str__", "competition", "status", "held_on", "advance"]
    list_filter = ["status", "event__competition"]
    list_select_related = ["event__competition"]
    search_fields = ["name", "event__name", "event__competition__title"]
    autocomplete_fields = ["event"]
    readonly_fields = ["status", "correction_reason"]
    actions = ["seal", "publish"]

    @admin.display(description="竞赛")
    def competition(self, stage):
        return stage.event.competition

    @admin.action(description="锁定所选轮次的成绩", permissions=["seal"])
    def seal(self, request, queryset):
        run_each(
            self,
            request,
            queryset,
            "成绩已锁定",
            lambda stage: results.seal_stage(stage=stage, actor=request.user),
        )

    @admin.action(description="发布所选轮次的成绩（发布后不能改动）", permissions=["publish"])
    def publish(self, request, queryset):
        run_each(
            self,
            request,
            queryset,
            "成绩已发布",
            lambda stage: results.publish_results(stage=stage, actor=request.user),
        )

    def has_seal_permission(self, request):
        return request.user.has_perm("competitions.seal_stage")

    def has_publish_permission(self, request):
        return request.user.has_perm("competitions.publish_results")


@admin.register(Module)
class ModuleAdmin(OpenStageAdmin):
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


@admin.register(Entry)
class EntryAdmin(AuditedModelAdmin):
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

    @admin.display(description="选手或队名", ordering="person__pinyin")
    def contestant(self, entry):
        return entry.label

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or not obj.appearances.exists())


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


@admin.register(Attempt)
class AttemptAdmin(OpenStageAdmin):
    stage_path = "appearance__stage"
    list_display = ["appearance", "number", "is_counted", "seconds", "reason"]
    list_filter = ["is_counted", "appearance__stage__event__competition"]
    list_select_related = ["appearance__entry__person"]
    search_fields = ["appearance__entry__number", "appearance__entry__person__name"]
    raw_id_fields = ["appearance"]


@admin.register(ModuleScore)
class ModuleScoreAdmin(OpenStageAdmin):
    stage_path = "attempt__appearance__stage"
    list_display = ["attempt", "module", "exam_score", "candidate"]
    list_filter = ["module__stage__event__competition", "module__name"]
    list_select_related = ["attempt__appearance__entry__person", "module", "candidate__panel"]
    search_fields = ["attempt__appearance__entry__number", "attempt__appearance__entry__person__name"]
    raw_id_fields = ["attempt", "candidate"]


@admin.register(ResultSheet)
class ResultSheetAdmin(ReadOnlyAdmin):
    list_display = [
        "stage",
        "version",
        "contestants",
        "sealed_at",
        "sealed_by",
        "published_at",
        "published_by",
    ]
    list_filter = ["stage__event__competition", ("published_at", admin.EmptyFieldListFilter)]
    list_select_related = ["stage__event"]
    search_fields = ["stage__event__name", "stage__event__competition__title"]


@admin.register(ResultRow)
class ResultRowAdmin(ReadOnlyAdmin):
    list_display = ["sheet", "rank", "name", "unit_name", "total_text", "award", "status"]
    list_filter = ["award", "status", "sheet__stage__event__competition"]
    list_select_related = ["sheet__stage__event"]
    search_fields = ["name", "unit_name"]
