"""Lessons with their materials, questions with their choices, and what learners did with them."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from academies.admin.pages import PartAdmin, TeacherAccounts, TellsChanges
from academies.models import (
    Choice,
    CourseRun,
    CourseTeacher,
    Lesson,
    Material,
    Progress,
    Question,
    QuizAttempt,
)
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin

OPEN = (CourseRun.Status.DRAFT, CourseRun.Status.ANNOUNCED)
CLOSED_RUN = "班次已结业或已取消，不能再改。"


class OfOpenRun:
    """Mixed into the admin class of what belongs to a run: kept as it is once the run is completed or cancelled."""

    def run_of(self, obj):
        return obj.run

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or self.run_of(obj).status in OPEN
        return super().has_change_permission(request, obj) and is_open

    def why_kept(self, obj):
        return super().why_kept(obj) or ("" if self.run_of(obj).status in OPEN else CLOSED_RUN)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "run":
            kwargs["queryset"] = CourseRun.objects.filter(status__in=OPEN).select_related("course")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MaterialInline(admin.StackedInline):
    model = Material
    fields = [("kind", "title", "position"), "file", "link", ("poster", "seconds")]
    autocomplete_fields = ["file", "poster"]
    extra = 0


@admin.register(Lesson)
class LessonAdmin(TellsChanges, TeacherAccounts, OfOpenRun, AuditedModelAdmin):
    list_display = ["title", "run", "kind", "held", "hours", "teacher", "is_closed"]
    list_filter = ["kind", "starts_at", "run__academy", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["run__course", "teacher"]
    search_fields = ["title", "run__course__name", "teacher__name", "venue"]
    autocomplete_fields = ["run", "teacher"]
    readonly_fields = ["closed_at"]
    inlines = [MaterialInline]
    ordering = ["-starts_at", "-pk"]
    fieldsets = [
        (None, {"fields": ["run", ("position", "title"), "kind"]}),
        (
            "时间与教师",
            {"fields": [("starts_at", "ends_at"), "hours", "teacher", "teacher_user", "venue", "closed_at"]},
        ),
        (
            "线上课文",
            {
                "fields": ["text"],
                "description": "线上自学的课次在这里写课文；图片、文件和视频加在下面的“课件”中。",
            },
        ),
    ]

    @admin.display(description="时间", ordering="starts_at")
    def held(self, lesson):
        if lesson.starts_at is None:
            return "随时"
        starts = f"{timezone.localtime(lesson.starts_at):%Y-%m-%d %H:%M}"
        return f"{starts}–{timezone.localtime(lesson.ends_at):%H:%M}" if lesson.ends_at else f"{starts} 起"

    @admin.display(description="已结束考勤", boolean=True)
    def is_closed(self, lesson):
        return lesson.closed_at is not None

    def why_kept(self, obj):
        if obj.attendance.exists() or obj.progress.exists():
            return "这一课次已有考勤或学习记录，不能删除。"
        return super().why_kept(obj)


class LessonInline(admin.TabularInline):
    """The timetable of a run; a lesson is taken off on its own page, which says what stands against it."""

    model = Lesson
    fields = ["position", "title", "kind", "starts_at", "ends_at", "hours", "teacher", "venue"]
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "课次（课文、课件和教师账号在课次页填写）"

    def get_formset(self, request, obj=None, **kwargs):
        self.run = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "teacher":
            kwargs["queryset"] = CourseTeacher.objects.filter(course=self.run and self.run.course_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ChoiceFormset(forms.BaseInlineFormSet):
    """The answers of a question: two at least, and as many right ones as its kind asks for."""

    def clean(self):
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        right = sum(bool(data.get("is_right")) for data in kept)
        if len(kept) < 2:
            raise ValidationError("每题至少要有两个选项；判断题请填“正确”和“错误”。")
        if self.instance.kind == Question.Kind.MULTIPLE and not right:
            raise ValidationError("多选题至少要有一个正确选项。")
        if self.instance.kind != Question.Kind.MULTIPLE and right != 1:
            raise ValidationError(
                f"{self.instance.get_kind_display()}须有且只有一个正确选项，现有 {right} 个。"
            )


class ChoiceInline(admin.TabularInline):
    model = Choice
    formset = ChoiceFormset
    fields = ["text", "is_right", "position"]
    extra = 2


@admin.register(Question)
class QuestionAdmin(OfOpenRun, AuditedModelAdmin):
    list_display = ["text", "kind", "points", "run"]
    list_filter = ["kind", "run__academy", "run__course"]
    list_select_related = ["run__course"]
    search_fields = ["text", "run__course__name"]
    autocomplete_fields = ["run"]
    inlines = [ChoiceInline]


@admin.register(Material)
class MaterialAdmin(OfOpenRun, PartAdmin, AuditedModelAdmin):
    list_display = ["title", "kind", "lesson", "position"]
    list_filter = ["kind"]
    list_select_related = ["lesson__run__course"]
    search_fields = ["title", "lesson__title"]
    autocomplete_fields = ["lesson", "file", "poster"]

    def run_of(self, obj):
        return obj.lesson.run


@admin.register(Choice)
class ChoiceAdmin(OfOpenRun, PartAdmin, AuditedModelAdmin):
    list_display = ["text", "is_right", "question"]
    list_select_related = ["question"]
    search_fields = ["text", "question__text"]
    autocomplete_fields = ["question"]

    def run_of(self, obj):
        return obj.question.run


@admin.register(Progress)
class ProgressAdmin(ReadOnlyAdmin):
    list_display = ["learner", "lesson", "watched_seconds", "updated_at", "completed_at"]
    list_filter = [("completed_at", admin.EmptyFieldListFilter), "lesson__run__academy"]
    list_select_related = ["enrolment__person", "lesson"]
    search_fields = ["enrolment__person__name", "lesson__title"]

    @admin.display(description="学员", ordering="enrolment__person__pinyin")
    def learner(self, progress):
        return progress.enrolment.person.name


@admin.register(QuizAttempt)
class QuizAttemptAdmin(ReadOnlyAdmin):
    list_display = ["learner", "run", "number", "score", "started_at", "submitted_at"]
    list_filter = [("submitted_at", admin.EmptyFieldListFilter), "enrolment__run__academy"]
    list_select_related = ["enrolment__person", "enrolment__run__course"]
    search_fields = ["enrolment__person__name", "enrolment__run__course__name"]

    @admin.display(description="学员", ordering="enrolment__person__pinyin")
    def learner(self, attempt):
        return attempt.enrolment.person.name

    @admin.display(description="班次")
    def run(self, attempt):
        return attempt.enrolment.run
