"""A competition, its organisers and events."""

from datetime import date

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q

from competitions.admin.base import DraftPartAdmin, confirm, links, run_each
from competitions.admin.certificates import CertifyingAdmin
from competitions.admin.stages import StageInline
from competitions.admin.uploads import UploadingAdmin
from competitions.models import CommitteeMember, Competition, Document, Entry, Event, Organiser, Stage
from competitions.services import copying, lifecycle, readiness, uploads
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.audit.admin_steps import SteppingAdmin


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
        return links(event, "打开") if event.pk else "保存后填写"


def parse_day(text):
    """Return the date of a form field, or None where it is left empty; raises ValidationError for anything else."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValidationError(f"“{text[:20]}”不是日期，请按 2026-05-23 的样子填写。") from None


class DocumentInline(admin.TabularInline):
    model = Document
    fields = ["kind", "title", "dated_on", "file", "text", "position"]
    autocomplete_fields = ["file"]
    extra = 0


class CommitteeInline(admin.TabularInline):
    model = CommitteeMember
    fields = ["body", "duty", "name", "unit_name", "position"]
    extra = 0


@admin.register(Competition)
class CompetitionAdmin(DraftPartAdmin, CertifyingAdmin, UploadingAdmin, SteppingAdmin, AuditedModelAdmin):
    change_form_template = "admin/competitions/competition/change_form.html"
    list_display = ["title", "year", "edition", "status", "final_on", "public_scope"]
    list_filter = ["status", "year", "brand", "sectors"]
    search_fields = ["title", "short_title", "slug"]
    slug_from = ["brand", "edition", "year"]
    filter_horizontal = ["sectors"]
    readonly_fields = ["status", "announced_at"]
    autocomplete_fields = ["poster"]
    inlines = [OrganiserInline, EventInline, DocumentInline, CommitteeInline]
    actions = ["announce", "close"]

    def save_model(self, request, obj, form, change):
        before = Competition.objects.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        if before and (notice := lifecycle.note_changes(before=before, after=obj, actor=request.user)):
            text = f"竞赛已公告，系统已按改动生成更正通知“{notice.title}”，请在“竞赛文件”中补上原因。"
            self.message_user(request, text, messages.WARNING)

    @admin.action(description="公告所选竞赛", permissions=["change"])
    def announce(self, request, queryset):
        self._move(request, queryset, Competition.Status.ANNOUNCED)

    @admin.action(description="结束所选竞赛", permissions=["change"])
    def close(self, request, queryset):
        warning = "结束后不再接受报名；可以在竞赛页面重新打开。"
        if asked := confirm(self, request, queryset, title="结束竞赛", warning=warning):
            return asked
        return self._move(request, queryset, Competition.Status.CLOSED)

    def _move(self, request, queryset, to):
        def move(competition):
            lifecycle.move_competition(competition=competition, to=to, actor=request.user)

        run_each(self, request, queryset, f"已转为“{to.label}”", move)

    def standing(self, request, obj):
        """What the page shows above its form: state, stages with their counts, steps and what is missing."""
        stages = list(
            Stage.objects.filter(event__competition=obj)
            .select_related("event__competition")
            .annotate(people=Count("appearances"))
            .order_by("event__position", "event_id", "position")
        )
        running = [stage for stage in stages if stage.status in lifecycle.UNFINISHED]
        entries = Entry.objects.filter(event__competition=obj).aggregate(
            accepted=Count("pk", filter=Q(status=Entry.Status.ACCEPTED)),
            pending=Count("pk", filter=Q(status=Entry.Status.PENDING)),
        )
        for stage in stages:
            stage.next_step = readiness.next_step(stage, request.user)
            stage.way_on = readiness.way_on(stage)
        return {
            "stages": stages,
            "next_start": copying.next_start(obj),
            "entries": entries,
            "steps": readiness.competition_steps(obj, running),
            "advice": readiness.advice(obj) if obj.status == Competition.Status.DRAFT else [],
            "uploads": uploads.KINDS,
            "step_url": "admin:competitions_competition_step",
        }

    def take_step(self, request, record, act, reason):
        if act == "copy":
            starts_on = parse_day(request.POST.get("starts_on", ""))
            draft = copying.copy_competition(competition=record, actor=request.user, starts_on=starts_on)
            return f"已按“{record}”建立草稿：日期已顺延，人员、成绩、附件未带入，请逐项核对。", draft
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
class EventAdmin(DraftPartAdmin, AuditedModelAdmin):
    list_display = ["name", "code", "competition", "team_size", "position"]
    list_filter = ["competition"]
    list_select_related = ["competition"]
    search_fields = ["name", "code", "competition__title"]
    autocomplete_fields = ["competition"]
    inlines = [StageInline]


@admin.register(Document)
class DocumentAdmin(AuditedModelAdmin):
    list_display = ["title", "kind", "competition", "dated_on"]
    list_filter = ["kind"]
    list_select_related = ["competition"]
    search_fields = ["title", "competition__title"]
    autocomplete_fields = ["competition", "file"]


@admin.register(CommitteeMember)
class CommitteeMemberAdmin(AuditedModelAdmin):
    list_display = ["name", "body", "duty", "unit_name", "competition"]
    list_filter = ["body"]
    list_select_related = ["competition"]
    search_fields = ["name", "competition__title"]
    autocomplete_fields = ["competition"]
