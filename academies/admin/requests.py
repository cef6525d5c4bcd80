"""Classes that units ask for: a queue to answer, to pool and to open a run from."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from academies.admin.pages import Pages, require
from academies.models import ClassRequest, CourseRun
from academies.services import class_requests
from unionportal.audit.acts import Act, ActingAdmin, AskForm, add_errors
from unionportal.audit.admin_base import ReadOnlyAdmin

CHANGE = "academies.change_classrequest"
Status = ClassRequest.Status


class AnswerForm(AskForm):
    answer = forms.CharField(
        label="答复",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="随站内消息发给申请人。",
    )


class OpenRunForm(forms.ModelForm):
    """The run to open: the rest is filled in on its own page."""

    class Meta:
        model = CourseRun
        fields = ["course", "academy", "name", "starts_on", "ends_on", "capacity"]
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("starts_on", "ends_on")
        }


@admin.register(ClassRequest)
class ClassRequestAdmin(Pages, ActingAdmin, ReadOnlyAdmin):
    change_form_template = "admin/academies/acting.html"
    list_display = ["topic", "unit_name", "sector", "people", "wanted", "status", "requested_on", "run_link"]
    list_filter = ["status", "sector", "requested_at"]
    list_select_related = ["sector", "run__course"]
    search_fields = ["topic", "unit_name", "note"]
    actions = ["pool"]
    further = {"open/": "open_run"}
    view_on_site = False
    fields = [
        "unit_name", "topic", "sector", "people", "wanted", "note", "contact_name", "contact_phone",
        "requested_by", "requested_at", "status", "answer", "run",
    ]  # fmt: skip
    readonly_fields = ["wanted", "contact_phone"]
    acts = {
        "answer": Act("答复", AnswerForm, CHANGE),
        "decline": Act("暂不开班", AnswerForm, CHANGE),
    }

    @admin.display(description="希望开班")
    def wanted(self, item):
        ends = [f"{day:%Y-%m-%d}" for day in (item.wanted_from, item.wanted_to) if day]
        return " 至 ".join(ends) or "不限"

    @admin.display(description="申请日期", ordering="requested_at")
    def requested_on(self, item):
        return timezone.localdate(item.requested_at)

    @admin.display(description="班次", ordering="run")
    def run_link(self, item):
        if item.run is None:
            return ""
        url = reverse("admin:academies_courserun_change", args=[item.run_id])
        return format_html('<a href="{}">{}</a>', url, item.run)

    @admin.display(description="联系电话")
    def contact_phone(self, item):
        return item.contact_phone or "—"

    def acts_open(self, obj):
        return [] if obj.status == Status.OPENED else self.acts

    def standing(self, request, obj):
        return {
            "facts": [
                ("人数", obj.people),
                ("希望开班", self.wanted(obj)),
                ("状态", obj.get_status_display()),
            ],
            "open_url": ""
            if obj.status == Status.OPENED
            else f"{reverse('admin:academies_classrequest_open_run')}?request={obj.pk}",
            "run": obj.run,
        }

    def perform(self, request, obj, act, data):
        done = class_requests.answer_request(
            request=obj, answer=data["answer"], actor=request.user, is_declined=act == "decline"
        )
        return f"已答复，并通知申请人：{done}", done

    def has_pool_permission(self, request):
        return request.user.has_perm(CHANGE)

    @admin.action(description="把所选申请合为一班", permissions=["pool"])
    def pool(self, request, queryset):
        keys = "&".join(f"request={key}" for key in queryset.order_by("pk").values_list("pk", flat=True))
        return redirect(f"{reverse('admin:academies_classrequest_open_run')}?{keys}")

    def open_run(self, request):
        """Open one run for the requests named in the address; its capacity is the people asked for."""
        require(request, "change_classrequest")
        require(request, "add_courserun")
        keys = request.GET.getlist("request")
        if not all(key.isdecimal() and len(key) < 10 for key in keys):
            raise BadRequest("申请编号无效，请从订单班申请列表中选择。")
        asked = list(ClassRequest.objects.filter(pk__in=keys).order_by("pk"))
        if not asked:
            self.message_user(request, "请先在列表中勾选要开班的申请。", messages.ERROR)
            return redirect("admin:academies_classrequest_changelist")
        people = sum(item.people for item in asked)
        form = OpenRunForm(request.POST or None, initial={"capacity": people})
        if form.is_valid():
            try:
                run = class_requests.open_for_requests(requests=asked, run=form.instance, actor=request.user)
            except ValidationError as error:
                add_errors(form, error)
            else:
                self.message_user(request, "已建立班次草稿，并通知申请单位。请排课后发布。", messages.SUCCESS)
                return redirect("admin:academies_courserun_change", run.pk)
        return self.page(request, "classrequest/open", "按申请开班", form=form, asked=asked, people=people)
