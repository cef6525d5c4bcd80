"""A competition, its organisers and events."""

from django.contrib import admin
from django.db.models import Count, Q
from django.utils.html import format_html

from competitions.admin.base import run_each
from competitions.admin.stages import StageInline
from competitions.admin.uploads import UploadingAdmin
from competitions.models import Competition, Entry, Event, Organiser, Stage
from competitions.services import copying, lifecycle, readiness, uploads
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.audit.admin_steps import SteppingAdmin, record_url


class OrganiserInline(admin.TabularInline):
    model = Organiser
    fields = ["role", "name", "unit", "position"]
    autocomplete_fields = ["unit"]
    extra = 0


class EventInline(admin.TabularInline):
    """An event is deleted on its own page, which says what would go with it."""

    model = Event
    fields = ["name", "code", "team_size", "position", "page"]
    readonly_fields = ["page"]
    extra = 0
    can_delete = False

    @admin.display(description="轮次与简介")
    def page(self, event):
        return format_html('<a href="{}">打开</a>', record_url(event)) if event.pk else "保存后填写"


@admin.register(Competition)
class CompetitionAdmin(UploadingAdmin, SteppingAdmin, AuditedModelAdmin):
    change_form_template = "admin/competitions/competition/change_form.html"
    list_display = ["title", "year", "edition", "status", "final_on", "public_scope"]
    list_filter = ["status", "year", "brand", "sectors"]
    search_fields = ["title", "short_title", "slug"]
    filter_horizontal = ["sectors"]
    readonly_fields = ["status", "announced_at"]
    autocomplete_fields = ["rules_file", "poster"]
    inlines = [OrganiserInline, EventInline]
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

    def standing(self, request, obj):
        """What the page shows above its form: state, stages with their counts, steps and what is missing."""
        stages = list(
            Stage.objects.filter(event__competition=obj)
            .select_related("event")
            .annotate(people=Count("appearances"))
            .order_by("event__position", "event_id", "position")
        )
        running = [stage for stage in stages if stage.status in lifecycle.UNFINISHED]
        entries = Entry.objects.filter(event__competition=obj).aggregate(
            accepted=Count("pk", filter=Q(status=Entry.Status.ACCEPTED)),
            pending=Count("pk", filter=Q(status=Entry.Status.PENDING)),
        )
        return {
            "stages": stages,
            "entries": entries,
            "steps": readiness.competition_steps(obj, running),
            "advice": readiness.advice(obj) if obj.status == Competition.Status.DRAFT else [],
            "uploads": uploads.KINDS,
            "step_url": "admin:competitions_competition_step",
        }

    def take_step(self, request, record, act, reason):
        if act == "copy":
            draft = copying.copy_competition(competition=record, actor=request.user)
            return f"已按“{record}”建立草稿：日期、人员、成绩均未带入，请逐项核对。", draft
        to = next((status for status in Competition.Status if status.value == act), None)
        if to is None:
            to = record.status
        moved = lifecycle.move_competition(competition=record, to=to, actor=request.user, reason=reason)
        return f"已转为“{moved.get_status_display()}”：{moved}", moved


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
    inlines = [StageInline]
