"""A run in the admin: its state and what comes next, its timetable, rosters by Excel."""

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from academies import presenting, timetable
from academies.admin.completion_pages import CompletingAdmin
from academies.admin.lessons import OPEN, LessonInline
from academies.admin.overview_pages import OverviewPages
from academies.admin.pages import TeacherAccounts, TellsChanges
from academies.models import CourseRun, Enrolment
from academies.services import enrolment, rosters, runs
from academies.services.seats import settle_run
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.files.admin_imports import Imported, ImportingAdmin

CHANGE = "academies.change_courserun"
Status = CourseRun.Status


class AnnounceForm(AskForm):
    """Announcing asks for nothing more."""


class CancelForm(AskForm):
    reason = forms.CharField(
        label="取消原因",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写给已报名的人看，会随站内消息发给他们和代报的工会。",
    )


class CopyForm(AskForm):
    starts_on = forms.DateField(
        label="新班开班日期", help_text="报名、课次的日期一起顺延；学员、成绩和班级群二维码不带入。"
    )


class CapacityForm(AskForm):
    capacity = forms.IntegerField(
        label="名额",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="留空即不限。增加的名额立即按候补次序通知递补。",
    )


def period(first, last):
    """Return two days as lists write them: the second without its year where that is the first's."""
    if first is None and last is None:
        return "未定"
    start = f"{first:%Y-%m-%d}" if first else "未定"
    end = (
        "未定"
        if last is None
        else f"{last:%m-%d}"
        if first and first.year == last.year
        else f"{last:%Y-%m-%d}"
    )
    return f"{start} 至 {end}"


@admin.register(CourseRun)
class CourseRunAdmin(
    TellsChanges,
    TeacherAccounts,
    CompletingAdmin,
    OverviewPages,
    ImportingAdmin,
    ActingAdmin,
    AuditedModelAdmin,
):
    change_form_template = "admin/academies/courserun/change_form.html"
    change_list_template = "admin/academies/courserun/change_list.html"
    import_of_record = True
    import_title = "学员名单"
    import_note = (
        "一行一人，按行的次序占名额；好的行写入，有问题的行列出来，改好后可再传同一份文件，已报名的不会重复。"
    )
    list_display = ["__str__", "academy_name", "phase", "window", "dates", "seats", "waiting"]
    list_filter = [
        "status",
        "academy",
        "starts_on",
        ("course__sector", admin.RelatedOnlyFieldListFilter),
        "course__delivery",
    ]
    list_select_related = ["course", "academy"]
    search_fields = ["course__name", "name", "academy__name", "venue", "head_teacher_name"]
    readonly_fields = ["status", "announced_at", "completed_at", "cancel_reason"]
    autocomplete_fields = ["course", "academy", "group_qr"]
    inlines = [LessonInline]
    list_per_page = 50
    acts = {
        "announce": Act("发布班次", AnnounceForm, CHANGE, "发布后班次出现在课程目录，按报名时间开放报名。"),
        "capacity": Act("调整名额", CapacityForm, CHANGE),
        "copy": Act("复制为新班次", CopyForm, "academies.add_courserun"),
        "cancel": Act(
            "取消班次",
            CancelForm,
            CHANGE,
            "取消后不能恢复；所有报名随之取消，报名人会收到消息。",
            ends=True,
        ),
    }
    fieldsets = [
        (
            None,
            {"fields": [("course", "academy"), "name", "status", ("starts_on", "ends_on"), "schedule_note"]},
        ),
        (
            "报名",
            {
                "fields": [
                    ("enrolment_opens_at", "enrolment_closes_at"),
                    ("capacity", "minimum"),
                    ("needs_approval", "has_waiting_list", "promotes_after_start"),
                    "offer_hours",
                ]
            },
        ),
        (
            "告知学员",
            {"fields": ["venue", "online_link", ("fee", "fee_note"), "lunch", "transport", "to_bring"]},
        ),
        (
            "班主任与班级群",
            {
                "fields": [
                    ("head_teacher_name", "head_teacher_phone"),
                    "head_teacher",
                    ("group_qr", "group_qr_expires_on"),
                ]
            },
        ),
        (
            "考勤与结业",
            {
                "fields": [
                    ("opens_minutes_before", "late_after_minutes", "signs_out"),
                    ("attendance_percent", "late_counts_percent", "leave_counts_percent"),
                    "make_up_hours",
                    ("has_exam", "pass_score", "exam_attempts"),
                    ("certificate_design", "certificate_series"),
                ]
            },
        ),
        ("登记", {"classes": ["collapse"], "fields": ["announced_at", "completed_at", "cancel_reason"]}),
    ]

    def get_queryset(self, request):
        statuses = Enrolment.Status
        counts = {
            name: Count("enrolments", filter=Q(enrolments__status=status), distinct=True)
            for name, status in (
                ("applied_count", statuses.APPLIED),
                ("waiting_count", statuses.WAITLISTED),
                ("offered_count", statuses.OFFERED),
                ("approved_count", statuses.APPROVED),
                ("completed_count", statuses.COMPLETED),
                ("failed_count", statuses.FAILED),
            )
        }
        return super().get_queryset(request).annotate(**counts)

    def get_readonly_fields(self, request, obj=None):
        # Seats are counted under a lock: a run that exists gets its capacity by the act.
        return [*self.readonly_fields, "capacity"] if obj else self.readonly_fields

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.status in OPEN)

    def why_kept(self, obj):
        return "" if obj.status == Status.DRAFT else "只有草稿班次可以删除；不再开办的，请取消班次。"

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in ("certificate_design", "certificate_series"):
            kwargs["queryset"] = db_field.related_model.objects.filter(line="academies")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="学院", ordering="academy")
    def academy_name(self, run):
        return run.academy.short_name or run.academy.name

    @admin.display(description="状态", ordering="status")
    def phase(self, run):
        run.waiting = run.waiting_count
        return presenting.staff_words(run, timezone.now())

    @admin.display(description="上课日期", ordering="starts_on")
    def dates(self, run):
        return period(run.starts_on, run.ends_on)

    @admin.display(description="报名时间", ordering="enrolment_opens_at")
    def window(self, run):
        ends = (run.enrolment_opens_at, run.enrolment_closes_at)
        return period(*(at and timezone.localtime(at) for at in ends))

    @admin.display(description="已占/名额", ordering="taken")
    def seats(self, run):
        return f"{run.taken}/{run.capacity or '不限'}"

    @admin.display(description="候补", ordering="waiting_count")
    def waiting(self, run):
        return run.waiting_count or ""

    def run_of(self, obj):
        return obj

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change:
            settle_run(
                run=form.instance
            )  # a later start, or a list that may move again, frees its seats at once

    def acts_open(self, obj):
        return {
            Status.DRAFT: ["announce", "capacity", "copy", "cancel"],
            Status.ANNOUNCED: ["capacity", "copy", "cancel"],
        }.get(obj.status, ["copy"])

    def standing(self, request, obj):
        """What the page shows above its form: numbers, what is missing, clashes, where to go on."""
        is_open = obj.status in OPEN
        enrolments = f"{reverse('admin:academies_enrolment_changelist')}?run__id__exact={obj.pk}"
        counted = (
            ("待审核", obj.applied_count, "applied"),
            ("已录取", obj.approved_count, "approved"),
            ("待确认递补", obj.offered_count, "offered"),
            ("候补", obj.waiting_count, "waitlisted"),
            ("已结业", obj.completed_count, "completed"),
            ("未结业", obj.failed_count, "failed"),
        )
        return {
            "counts": [
                (words, count, f"{enrolments}&status__exact={status}")
                for words, count, status in counted
                if count
            ],
            "enrolments_url": enrolments,
            "lacking": runs.lacking(obj) if obj.status == Status.DRAFT else [],
            "advice": runs.advice(obj) if obj.status == Status.DRAFT else [],
            "clashes": timetable.clashes_of(obj) if is_open else [],
            "few": obj.status == Status.ANNOUNCED and obj.minimum and obj.taken < obj.minimum,
            "week": obj.starts_on,
            "phase": self.phase(obj),
            "awaits_completion": obj.status == Status.ANNOUNCED and obj.ends_on < timezone.localdate(),
            "is_announced": obj.status == Status.ANNOUNCED,
            "may_complete": obj.status in (Status.ANNOUNCED, Status.COMPLETED),
            "import_url": self.import_url(obj),
        }

    def perform(self, request, obj, act, data):
        actor = request.user
        if act == "announce":
            return f"已发布：{obj}", runs.announce_run(run=obj, actor=actor)
        if act == "capacity":
            done = enrolment.set_capacity(run=obj, capacity=data["capacity"], actor=actor)
            return f"名额已调整为{done.capacity or '不限'}：{obj}", done
        if act == "cancel":
            return f"已取消，并已通知报名的人：{obj}", runs.cancel_run(run=obj, actor=actor, **data)
        return "已复制为草稿，日期已顺延，请逐项核对后发布。", runs.copy_run(run=obj, actor=actor, **data)

    def run_import(self, request, record, workbook, source):
        report = rosters.import_roster(run=record, workbook=workbook, actor=request.user, source=source)
        facts = [("录取", report.seated), ("候补", report.waiting), ("待审核", report.applied)]
        facts += [("已报名未变", report.unchanged), ("不收的行", len(report.refused))]
        new = [("将新建的单位", report.new_units), ("将新建的职工", report.new_people)]
        return Imported(
            facts,
            problems=report.refused,
            writes=bool(report.written),
            new=[(heading, lines) for heading, lines in new if lines],
        )

    def write_blank(self, request, record, target):
        rosters.write_blank(target)
