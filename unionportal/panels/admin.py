"""Panels in the admin. Rubric and seats close with the first mark; sheets and marks are only looked at."""

from fractions import Fraction

from django.contrib import admin
from django.db.models import Q

from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.panels.admin_seats import SeatingAdmin
from unionportal.panels.forms import plain
from unionportal.panels.lines import OfOneLine, panels_of
from unionportal.panels.models import (
    Assignment,
    Candidate,
    CandidateFile,
    Criterion,
    CriterionLevel,
    DeclaredTie,
    Deduction,
    Judge,
    Mark,
    Panel,
    Recusal,
    Sheet,
    SheetVersion,
)


class UnlockedPanelAdmin(AuditedModelAdmin):
    """Records of a panel, editable until its first mark is in."""

    panel_path = "panel"

    def is_unlocked(self, obj):
        panel = obj
        for name in filter(None, self.panel_path.split("__")):
            panel = getattr(panel, name)
        return panel.locked_at is None

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or self.is_unlocked(obj))

    def why_kept(self, obj):
        if self.is_unlocked(obj):
            return super().why_kept(obj)
        return "已有评分记入，评分项与席位不能再删除；裁判不能到场的，请用“更换”。"

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        first, _, rest = self.panel_path.partition("__")
        if db_field.name == first:
            path = f"{rest}__locked_at" if rest else "locked_at"
            kwargs["queryset"] = db_field.related_model.objects.filter(**{path: None})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Panel)
class PanelAdmin(OfOneLine, SeatingAdmin, UnlockedPanelAdmin):
    panel_path = line_path = ""
    list_display = ["title", "status", "seats", "min_judges", "trim", "is_blind", "locked_at"]
    list_filter = ["status", "trim", "is_blind"]
    search_fields = ["title"]
    readonly_fields = ["kind", "status", "locked_at", "mixed_numbers_reason"]

    def why_kept(self, obj):
        started = obj.status != Panel.Status.PREPARING or obj.sheets.exists()
        return super().why_kept(obj) or ("评分已经开始，评审组不能删除。" if started else "")


@admin.register(Criterion)
class CriterionAdmin(OfOneLine, UnlockedPanelAdmin):
    list_display = ["name", "panel", "position", "kind", "maximum", "step"]
    list_filter = ["kind"]
    list_select_related = ["panel"]
    search_fields = ["name", "panel__title"]


@admin.register(CriterionLevel)
class CriterionLevelAdmin(OfOneLine, UnlockedPanelAdmin):
    panel_path = line_path = "criterion__panel"
    list_display = ["criterion", "level", "text"]
    list_select_related = ["criterion"]


@admin.register(Candidate)
class CandidateAdmin(OfOneLine, AuditedModelAdmin):
    list_display = ["__str__", "panel", "code", "order", "station", "is_marked"]
    list_select_related = ["panel"]
    search_fields = ["label", "code", "panel__title"]
    fields = [
        "panel",
        "label",
        "unit",
        "code",
        "order",
        "station",
        "brief",
        "blind_brief",
        "is_marked",
        "spread_answer",
    ]
    readonly_fields = ["panel", "label", "unit", "is_marked", "spread_answer"]


@admin.register(CandidateFile)
class CandidateFileAdmin(OfOneLine, AuditedModelAdmin):
    line_path = "candidate__panel"
    list_display = ["label", "candidate", "file", "is_blind_safe"]
    list_filter = ["is_blind_safe"]
    list_select_related = ["candidate__panel", "file"]
    search_fields = ["label", "candidate__label", "candidate__code"]
    raw_id_fields = ["candidate", "file"]


@admin.register(Judge)
class JudgeAdmin(AuditedModelAdmin):
    list_display = ["user", "unit", "qualification", "valid_until"]
    list_select_related = ["user", "unit"]
    search_fields = ["user__name", "unit__name"]
    autocomplete_fields = ["unit"]
    filter_horizontal = ["sectors"]


@admin.register(DeclaredTie)
class DeclaredTieAdmin(AuditedModelAdmin):
    list_display = ["user", "person", "kind"]
    list_filter = ["kind"]
    list_select_related = ["user", "person"]
    search_fields = ["user__name", "person__name"]
    autocomplete_fields = ["person"]


@admin.register(Assignment)
class AssignmentAdmin(OfOneLine, UnlockedPanelAdmin):
    list_display = ["label", "panel", "seat", "role", "user", "ended_at", "set_aside_at"]
    list_filter = ["role"]
    list_select_related = ["panel", "user"]
    search_fields = ["label", "user__name", "panel__title"]
    readonly_fields = ["ended_at", "reason", "set_aside_at", "set_aside_reason"]


@admin.register(Recusal)
class RecusalAdmin(OfOneLine, ReadOnlyAdmin):
    """Added and lifted on the panel's page, for a stated reason."""

    line_path = "assignment__panel"
    list_display = ["assignment", "candidate", "ground", "note"]
    list_filter = ["ground"]
    list_select_related = ["assignment", "candidate__panel"]
    search_fields = ["assignment__label", "candidate__label"]


class PanelStatusFilter(admin.ChoicesFieldListFilter):
    """The state of the panel, told apart by its title from the sheet's own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "评审组状态"


class JudgeFilter(admin.RelatedOnlyFieldListFilter):
    """Whoever holds the seat, under the name that a list of sheets has for them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "裁判、评委"


@admin.register(Sheet)
class SheetAdmin(OfOneLine, ReadOnlyAdmin):
    list_display = ["candidate", "assignment", "panel", "status", "version", "submitted_at"]
    fields = [
        "panel",
        "candidate",
        "assignment",
        "status",
        "version",
        "total",
        "submitted_at",
        "reopen_reason",
    ]
    list_filter = [
        "status",
        ("panel__status", PanelStatusFilter),
        ("panel", admin.RelatedOnlyFieldListFilter),
        ("assignment__user", JudgeFilter),
    ]
    list_select_related = ["candidate__panel", "assignment", "panel"]
    search_fields = ["candidate__label", "assignment__label", "panel__title"]

    @admin.display(description="总分")
    def total(self, sheet):
        return plain(None if sheet.total_thirds is None else Fraction(sheet.total_thirds) / 3)


@admin.register(Mark)
class MarkAdmin(OfOneLine, ReadOnlyAdmin):
    line_path = "sheet__panel"
    list_display = ["sheet", "criterion", "value", "level"]
    list_select_related = ["sheet__candidate__panel", "sheet__assignment", "criterion"]
    search_fields = ["sheet__candidate__label"]


@admin.register(Deduction)
class DeductionAdmin(ReadOnlyAdmin):
    list_display = ["points", "reason", "sheet", "candidate"]
    list_select_related = ["sheet__candidate__panel", "sheet__assignment", "candidate__panel"]

    def get_queryset(self, request):
        own = panels_of(request.user).values("pk")
        return super().get_queryset(request).filter(Q(sheet__panel__in=own) | Q(candidate__panel__in=own))


@admin.register(SheetVersion)
class SheetVersionAdmin(OfOneLine, ReadOnlyAdmin):
    line_path = "sheet__panel"
    list_display = ["sheet", "number", "saved_by", "saved_at"]
    list_select_related = ["sheet__candidate__panel", "sheet__assignment"]
    search_fields = ["sheet__candidate__label"]
