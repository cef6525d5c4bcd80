"""What learners thought of a class: words are read before they are shown; the marks as charts."""

from django.contrib import admin, messages
from django.utils import timezone

from academies import numbers
from academies.admin.pages import Pages, require
from academies.models import Academy, Course, CourseRun, Feedback
from academies.services.feedback import moderate_feedback
from unionportal.audit.admin_base import ReadOnlyAdmin


class WordsFilter(admin.SimpleListFilter):
    """Feedback that says something in words."""

    title = "意见"
    parameter_name = "has_words"

    def lookups(self, request, model_admin):
        return [("1", "有文字"), ("0", "无文字")]

    def queryset(self, request, queryset):
        if self.value() == "1":
            return queryset.exclude(words="")
        return queryset.filter(words="") if self.value() == "0" else queryset


@admin.register(Feedback)
class FeedbackAdmin(Pages, ReadOnlyAdmin):
    """Learners' names stand on no public page beside what they wrote, and staff need not look for them here either."""

    change_list_template = "admin/academies/feedback/change_list.html"
    list_display = ["run", "content", "teacher", "usefulness", "words", "is_shown", "given_on"]
    list_filter = ["is_shown", WordsFilter, "enrolment__run__academy", "enrolment__run__course"]
    list_select_related = ["enrolment__run__course"]
    search_fields = ["words", "enrolment__run__course__name"]
    fields = ["run", "content", "teacher", "usefulness", "words", "is_shown", "given_at"]
    readonly_fields = ["run"]
    actions = ["show", "hide"]
    further = {"summary/": "summary"}

    @admin.display(description="班次")
    def run(self, feedback):
        return feedback.enrolment.run

    @admin.display(description="日期", ordering="given_at")
    def given_on(self, feedback):
        return timezone.localdate(feedback.given_at)

    def has_moderate_permission(self, request):
        return request.user.has_perm("academies.change_feedback")

    @admin.action(description="公开展示所选意见", permissions=["moderate"])
    def show(self, request, queryset):
        self._moderate(request, queryset.exclude(words=""), True)

    @admin.action(description="不公开所选意见", permissions=["moderate"])
    def hide(self, request, queryset):
        self._moderate(request, queryset, False)

    def _moderate(self, request, queryset, is_shown):
        changed = [item for item in queryset if item.is_shown != is_shown]
        for item in changed:
            moderate_feedback(feedback=item, is_shown=is_shown, actor=request.user)
        word = "公开展示" if is_shown else "不再公开"
        self.message_user(request, f"{len(changed)} 条意见{word}。", messages.SUCCESS)

    def summary(self, request):
        """The marks of all feedback, of one academy's, course's or run's."""
        require(request, "view_feedback")
        rows, chosen = Feedback.objects.all(), {}
        for name, model in (("academy", Academy), ("course", Course), ("run", CourseRun)):
            key = request.GET.get(name, "")
            if key.isdecimal() and len(key) < 10 and (found := model.objects.filter(pk=key).first()):
                path = {"academy": "enrolment__run__academy", "course": "enrolment__run__course"}
                rows = rows.filter(**{path.get(name, "enrolment__run"): found})
                chosen[name] = found
        count, lines = numbers.feedback_summary(rows)
        return self.page(
            request,
            "feedback/summary",
            "评价汇总",
            count=count,
            lines=lines,
            words=rows.exclude(words="").select_related("enrolment__run__course")[:30],
            chosen=chosen,
            academies=Academy.objects.all(),
            courses=Course.objects.all(),
        )
