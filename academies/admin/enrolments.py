"""Enrolments as staff see them: a queue with filters; deciding, moving on the list, marks, taking a completion back."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.views.decorators.http import require_POST

from academies.admin.pages import Pages, require
from academies.models import CourseRun, Enrolment
from academies.services import completion, enrolment, exports
from academies.services.seats import place_in_list
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.files.sending import file_response

CHANGE = "academies.change_enrolment"
Status = Enrolment.Status
MOST_RUNS = 60


class ReasonForm(AskForm):
    reason = forms.CharField(
        label="理由", max_length=250, widget=forms.Textarea(attrs={"rows": 3}), help_text="报名人会看到。"
    )


class PriorityForm(AskForm):
    priority = forms.IntegerField(
        label="候补优先级", min_value=-100, max_value=100, help_text="数字大的排在前面，一般为 0。"
    )
    reason = forms.CharField(label="理由", max_length=200, help_text="记入审计，可供查对。")


class ScoreForm(AskForm):
    score = forms.DecimalField(
        label="考核成绩（百分制）", required=False, min_value=0, max_value=100, decimal_places=2
    )


class ConfirmForm(AskForm):
    """Nothing more is asked."""


class ReasonedActions(ActionForm):
    reason = forms.CharField(
        label="理由",
        max_length=250,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "不通过、取消时必填"}),
    )


class RunFilter(admin.SimpleListFilter):
    """The latest runs that somebody has enrolled in; an older one is reached from its own page."""

    title = "班次"
    parameter_name = "run__id__exact"

    def lookups(self, request, model_admin):
        taken = Exists(Enrolment.objects.filter(run=OuterRef("pk")))
        runs = CourseRun.objects.filter(taken).select_related("course").order_by("-starts_on", "-pk")
        return [(str(run.pk), str(run)) for run in runs[:MOST_RUNS]]

    def queryset(self, request, queryset):
        value = self.value() or ""
        return queryset.filter(run=value) if value.isdecimal() else queryset


@admin.register(Enrolment)
class EnrolmentAdmin(Pages, ActingAdmin, ReadOnlyAdmin):
    """Nobody types a state: each act calls the service that keeps seats and waiting list true."""

    change_form_template = "admin/academies/acting.html"
    change_list_template = "admin/academies/enrolment/change_list.html"
    action_form = ReasonedActions
    list_display = [
        "name",
        "run",
        "unit_name",
        "status",
        "channel",
        "enrolled_at",
        "share",
        "score",
    ]
    list_filter = [
        "status",
        "channel",
        "run__academy",
        ("run__course", admin.RelatedOnlyFieldListFilter),
        RunFilter,
    ]
    list_select_related = ["person", "run__course", "run__academy"]
    search_fields = ["person__name", "person__pinyin", "unit_name", "run__course__name"]
    ordering = ["-pk"]
    list_per_page = 50
    view_on_site = False
    actions = ["approve", "reject", "cancel"]
    further = {"export.xlsx": "export"}
    fields = [
        "person", "run", "status", "channel", "enrolled_by", "body", "unit_name", "created_at", "queued_at",
        "offered_until", "approved_at", "priority", "priority_reason", "ended_at", "end_reason",
        "attendance_share", "score", "completed_at", "certificate",
    ]  # fmt: skip
    acts = {
        "approve": Act("审核通过", ConfirmForm, CHANGE),
        "reject": Act("审核不通过", ReasonForm, CHANGE, ends=True),
        "accept": Act("代为确认递补", ConfirmForm, CHANGE, "请先与本人电话确认。"),
        "priority": Act("调整候补次序", PriorityForm, "academies.change_priority", is_main=False),
        "score": Act("登记考核成绩", ScoreForm, CHANGE),
        "cancel": Act("取消报名", ReasonForm, CHANGE, "名额将按候补次序转给下一位。", ends=True),
        "revoke": Act(
            "撤销结业",
            ReasonForm,
            "academies.complete_runs",
            "结业证书随之撤销，成长档案中的记录撤下。",
            ends=True,
        ),
    }

    @admin.display(description="学员", ordering="person__pinyin")
    def name(self, item):
        return item.person.name

    @admin.display(description="报名时间", ordering="created_at")
    def enrolled_at(self, item):
        return timezone.localtime(item.created_at).strftime("%Y-%m-%d %H:%M")

    @admin.display(description="结业时出勤率", ordering="attendance_share")
    def share(self, item):
        return f"{item.attendance_share}%" if item.attendance_share is not None else ""

    def acts_open(self, obj):
        return {
            Status.APPLIED: ["approve", "reject", "cancel"],
            Status.WAITLISTED: ["priority", "cancel"],
            Status.OFFERED: ["accept", "cancel"],
            Status.APPROVED: ["score", "cancel"] if obj.run.has_exam else ["cancel"],
            Status.COMPLETED: ["revoke"],
        }.get(obj.status, [])

    def standing(self, request, obj):
        facts = [("学员", obj.person.name), ("状态", obj.get_status_display()), ("班次", str(obj.run))]
        if place := place_in_list(obj):
            facts.append(("候补", f"第 {place} 位"))
        if obj.status == Status.OFFERED:
            facts.append(("须确认于", f"{timezone.localtime(obj.offered_until):%m-%d %H:%M} 前"))
        if obj.attendance_share is not None:
            facts.append(("出勤率", f"{obj.attendance_share}%"))
        certificate = [obj.certificate] if obj.certificate else []
        return {"facts": facts, "certificates": certificate, "run": obj.run}

    def perform(self, request, obj, act, data):
        services = {
            "approve": enrolment.approve_enrolment,
            "reject": enrolment.reject_enrolment,
            "accept": enrolment.accept_offer,
            "priority": enrolment.set_priority,
            "score": completion.record_score,
            "cancel": enrolment.cancel_enrolment,
            "revoke": completion.revoke_completion,
        }
        done = services[act](enrolment=obj, actor=request.user, **data)
        return f"{obj.person.name}：{self.acts[act].label}，现为“{done.get_status_display()}”。", done

    @admin.action(description="审核通过所选报名", permissions=["decide"])
    def approve(self, request, queryset):
        self._each(request, queryset, enrolment.approve_enrolment)

    @admin.action(description="所选报名不通过（写明理由）", permissions=["decide"])
    def reject(self, request, queryset):
        self._each(request, queryset, enrolment.reject_enrolment, reason=request.POST.get("reason", ""))

    @admin.action(description="取消所选报名（写明理由）", permissions=["decide"])
    def cancel(self, request, queryset):
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "请写明取消的理由，报名人会看到。没有取消任何报名。", messages.ERROR)
            return
        self._each(request, queryset, enrolment.cancel_enrolment, reason=reason)

    def has_decide_permission(self, request):
        return request.user.has_perm(CHANGE)

    def _each(self, request, queryset, service, **arguments):
        """Do it to each in the order of applying, so that nobody overtakes; tell what came of it."""
        done = {}
        for item in queryset.order_by("created_at", "pk"):
            try:
                state = service(enrolment=item, actor=request.user, **arguments).get_status_display()
            except ValidationError as error:
                self.message_user(request, f"{item.person.name}：{'；'.join(error.messages)}", messages.ERROR)
            else:
                done[state] = done.get(state, 0) + 1
        if done:
            words = "，".join(f"{state} {count} 人" for state, count in done.items())
            self.message_user(request, f"已办理：{words}。", messages.SUCCESS)

    def export(self, request):
        """Send what the list shows, with its filters, as a workbook; by POST, because it leaves an audit line."""
        return require_POST(self._export)(request)

    def _export(self, request):
        require(request, "change_enrolment")
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("筛选条件无效，请从列表页重新导出。") from error
        response = file_response(f"学员名单{timezone.localdate():%Y%m%d}.xlsx")
        exports.export_enrolments(enrolments=found, actor=request.user, target=response)
        return response
