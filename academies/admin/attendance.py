"""Who came, and who asks to be signed in afterwards. Teachers mark on their phones; here staff look and decide."""

from django import forms
from django.contrib import admin
from django.utils import timezone

from academies.models import Attendance, MakeUpRequest
from academies.services import attendance
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import ReadOnlyAdmin


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyAdmin):
    list_display = [
        "learner",
        "lesson",
        "run",
        "status",
        "source",
        "signed_in_at",
        "signed_out_at",
        "marked_by",
    ]
    list_filter = ["status", "source", "lesson__run__academy", "lesson__starts_at"]
    list_select_related = ["enrolment__person", "lesson__run__course", "marked_by"]
    search_fields = ["enrolment__person__name", "lesson__title", "lesson__run__course__name"]
    ordering = ["-lesson__starts_at", "pk"]

    @admin.display(description="学员", ordering="enrolment__person__pinyin")
    def learner(self, mark):
        return mark.enrolment.person.name

    @admin.display(description="班次")
    def run(self, mark):
        return mark.lesson.run


class DecisionForm(AskForm):
    reason = forms.CharField(label="理由", max_length=300, help_text="学员会看到。")


CHANGE = "academies.change_makeuprequest"


@admin.register(MakeUpRequest)
class MakeUpRequestAdmin(ActingAdmin, ReadOnlyAdmin):
    change_form_template = "admin/academies/acting.html"
    list_display = ["learner", "lesson", "run", "reason", "requested_at", "decision", "decided_by"]
    list_filter = ["decision", "lesson__run__academy"]
    list_select_related = ["enrolment__person", "lesson__run__course", "decided_by"]
    search_fields = ["enrolment__person__name", "lesson__title"]
    acts = {
        "grant": Act("同意补签", DecisionForm, CHANGE),
        "refuse": Act("不同意补签", DecisionForm, CHANGE),
    }

    @admin.display(description="学员", ordering="enrolment__person__pinyin")
    def learner(self, request):
        return request.enrolment.person.name

    @admin.display(description="班次")
    def run(self, request):
        return request.lesson.run

    def acts_open(self, obj):
        return self.acts if obj.decision == MakeUpRequest.Decision.WAITING else ()

    def standing(self, request, obj):
        lesson = obj.lesson
        when = f"{timezone.localtime(lesson.starts_at):%Y-%m-%d %H:%M}" if lesson.starts_at else "—"
        return {
            "facts": [
                ("学员", obj.enrolment.person.name),
                ("课次", f"{lesson.run} {lesson.title}"),
                ("上课时间", when),
                ("处理", obj.get_decision_display()),
            ]
        }

    def perform(self, request, obj, act, data):
        decided = attendance.decide_make_up(
            request=obj, is_granted=act == "grant", reason=data["reason"], actor=request.user
        )
        return f"{obj.enrolment.person.name}：{decided.get_decision_display()}", decided
