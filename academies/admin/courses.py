"""Courses and who teaches them."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q

from academies.admin.pages import PartAdmin
from academies.models import Course, CourseTeacher, Enrolment
from unionportal.audit.admin_base import AuditedModelAdmin


class CourseTeacherInline(admin.StackedInline):
    model = CourseTeacher
    fields = [("name", "title", "position"), "person", "introduction"]
    autocomplete_fields = ["person"]
    extra = 0


class CourseForm(forms.ModelForm):
    """A course is published with what its card and its page show."""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("status") == Course.Status.PUBLISHED:
            for name, words in (("summary", "简介"), ("outline", "课程大纲")):
                if not cleaned.get(name):
                    self.add_error(name, f"发布前请填写{words}。")
            if not (cleaned.get("theory_hours") or cleaned.get("practice_hours")):
                self.add_error("theory_hours", "发布前请填写学时。")
        return cleaned


@admin.register(Course)
class CourseAdmin(AuditedModelAdmin):
    form = CourseForm
    change_form_template = "admin/academies/course/change_form.html"
    list_display = ["name", "sector", "delivery", "hours_in_all", "status", "runs_in_all", "completions"]
    list_filter = ["status", "delivery", "sector"]
    list_select_related = ["sector"]
    search_fields = ["name", "slug", "occupation"]
    slug_from = ["name"]
    autocomplete_fields = ["cover"]
    inlines = [CourseTeacherInline]
    actions = ["publish", "archive"]
    fieldsets = [
        (None, {"fields": ["name", "slug", ("status", "position"), ("sector", "occupation"), "delivery"]}),
        ("内容", {"fields": ["audience", "summary", "outline", ("theory_hours", "practice_hours")]}),
        ("题图", {"fields": ["cover", "cover_alt"]}),
    ]

    def get_queryset(self, request):
        completed = Q(runs__enrolments__status=Enrolment.Status.COMPLETED)
        return (
            super()
            .get_queryset(request)
            .annotate(
                run_count=Count("runs", distinct=True),
                completed=Count("runs__enrolments", filter=completed, distinct=True),
            )
        )

    def why_kept(self, obj):
        return "这门课程开过班，不能删除；不再开设的，请改为“已下架”。" if obj.runs.exists() else ""

    @admin.display(description="学时")
    def hours_in_all(self, course):
        return f"{course.hours.normalize():f}"

    @admin.display(description="班次", ordering="run_count")
    def runs_in_all(self, course):
        return course.run_count

    @admin.display(description="结业人次", ordering="completed")
    def completions(self, course):
        return course.completed

    @admin.action(description="发布所选课程", permissions=["change"])
    def publish(self, request, queryset):
        self._set(request, queryset, Course.Status.PUBLISHED)

    @admin.action(description="下架所选课程", permissions=["change"])
    def archive(self, request, queryset):
        self._set(request, queryset, Course.Status.ARCHIVED)

    def _set(self, request, queryset, status):
        for course in queryset:
            lines = missing(course) if status == Course.Status.PUBLISHED else []
            if lines:
                self.message_user(
                    request, f"“{course}”暂不能发布，还缺：{'、'.join(lines)}。", messages.ERROR
                )
            elif course.status != status:
                course.status = status
                course.save(update_fields=["status"])
                self.log_change(request, course, {"状态": status.label})
                self.message_user(request, f"“{course}”{status.label}。", messages.SUCCESS)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= {"missing": missing(obj), "runs": obj.runs.select_related("academy")[:10]}
        return super().render_change_form(request, context, add, change, form_url, obj)


def missing(course):
    """Return what a course lacks before people can be invited to it."""
    checks = (
        (course.summary, "简介"),
        (course.outline, "课程大纲"),
        (course.hours, "学时"),
        (course.audience, "适合谁学"),
        (course.teachers.exists(), "授课教师"),
    )
    return [words for is_there, words in checks if not is_there]


@admin.register(CourseTeacher)
class CourseTeacherAdmin(PartAdmin, AuditedModelAdmin):
    list_display = ["name", "title", "course", "person"]
    list_select_related = ["course", "person"]
    search_fields = ["name", "course__name"]
    autocomplete_fields = ["course", "person"]
