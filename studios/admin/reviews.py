"""The yearly review and the money: reports owed, decided, rectified; instalments paid against vouchers."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from craftsmen.admin.pages import attempt
from studios.admin.acting import (
    ConfirmForm,
    FreshForm,
    ReasonForm,
    RowsOnly,
    StudioActing,
    day,
    page_of,
    points,
)
from studios.models import AnnualReview, Grant, Instalment, Studio
from studios.presenting import whole_yuan
from studios.services import grants, review_files, reviews
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.files.forms import UploadField
from unionportal.files.sending import file_response
from unionportal.files.views import send_file

Status = AnnualReview.Status
Result = AnnualReview.Result


class OpenForm(AskForm):
    year = forms.IntegerField(
        label="考核年度", min_value=2000, max_value=2100, initial=lambda: timezone.localdate().year
    )
    due_on = forms.DateField(label="报送截止")


class DecideForm(AskForm):
    score = forms.DecimalField(
        label="考核得分",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text="0–100 分，可有两位小数。",
    )
    result = forms.ChoiceField(label="考核结果", choices=[("", "请选择"), *Result.choices[:3]])
    comment = forms.CharField(
        label="考核意见",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="限期整改的须写明须整改的问题。",
    )
    rectify_by = forms.DateField(label="整改期限", required=False, help_text="限期整改的须填写。")


class AcceptForm(AskForm):
    rectification = forms.CharField(label="整改验收情况", max_length=300)


class DelistForm(AskForm):
    reason = forms.CharField(label="摘牌事由", max_length=300)
    document_number = forms.CharField(label="摘牌决定文号", max_length=50)


class OverdueFilter(admin.SimpleListFilter):
    title = "逾期"
    parameter_name = "overdue"

    def lookups(self, request, model_admin):
        return [("report", "报告逾期未报"), ("rectify", "整改逾期未验收")]

    def queryset(self, request, queryset):
        if self.value() == "report":
            return queryset.overdue()
        return queryset.rectification_overdue() if self.value() == "rectify" else queryset


@admin.register(AnnualReview)
class AnnualReviewAdmin(StudioActing, AuditedModelAdmin):
    form = FreshForm
    change_list_template = "admin/studios/annualreview/change_list.html"
    list_display = [
        "studio",
        "year",
        "due_on",
        "status",
        "reminded_on",
        "shown_score",
        "result",
        "rectify_by",
    ]
    list_filter = ["status", "result", "year", OverdueFilter, "studio__branch"]
    list_select_related = ["studio"]
    search_fields = ["studio__name", "studio__pinyin"]
    actions = ["remind", "export"]
    fields = [
        ("studio", "year", "due_on"),
        ("achievement_count", "project_count", "activity_count", "apprentice_count"),
        "benefit_yuan",
        "results",
        "team",
        "activities",
        "funds",
        "plan",
    ]
    acts = {
        "refill": Act("重新取本年数据", ConfirmForm, "studios.change_annualreview", "会覆盖数字和清单各栏。"),
        "submit": Act("代为报送", ConfirmForm, "studios.change_annualreview"),
        "return": Act("退回修改", ReasonForm, "studios.decide_reviews", ends=True),
        "decide": Act("作出考核", DecideForm, "studios.decide_reviews"),
        "accept": Act("整改验收通过", AcceptForm, "studios.decide_reviews"),
        "delist": Act(
            "摘牌",
            DelistForm,
            "studios.delist_studios",
            "摘牌后公开页面撤下，授牌的成长记录撤回。",
            ends=True,
        ),
    }
    subject = "review"
    services = {
        "refill": (reviews.refill_report, "已重新取数。"),
        "return": (reviews.return_report, "已退回。"),
        "decide": (reviews.decide_review, "考核已登记。"),
        "accept": (reviews.accept_rectification, "整改验收通过。"),
        "delist": (reviews.delist_after_review, "已摘牌。"),
    }

    def get_urls(self):
        view = self.admin_site.admin_view(self.open_year)
        return [path("open/", view, name="studios_annualreview_open"), *super().get_urls()]

    def open_year(self, request):
        """Ask every recognised studio for its report of a year."""
        if not request.user.has_perm("studios.decide_reviews"):
            raise PermissionDenied
        form = OpenForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            made = attempt(form, reviews.open_reviews, actor=request.user, **form.cleaned_data)
            if made is not None:
                self.message_user(request, f"已布置 {made} 个工作室的年度考核。", messages.SUCCESS)
                return redirect(reverse("admin:studios_annualreview_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "布置年度考核",
            "form": form,
            "opts": self.opts,
            "original": "全部有效认定的工作室",
            "act": Act("布置", OpenForm, ""),
            "record_url": reverse("admin:studios_annualreview_changelist"),
        }
        return TemplateResponse(request, "admin/act.html", context)

    @admin.display(description="考核得分", ordering="score")
    def shown_score(self, review):
        return points(review.score)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.status in AnnualReview.OWED
        )

    def get_readonly_fields(self, request, obj=None):
        return ["studio", "year"]

    def acts_open(self, obj):
        if obj.studio.status != Studio.Status.ACTIVE:
            return []
        if obj.status in AnnualReview.OWED:
            is_late = obj.due_on < timezone.localdate()
            return ["refill", "submit", *(["decide"] if is_late else [])]
        if obj.status == Status.SUBMITTED:
            return ["decide", "return"]
        return ["accept", "delist"] if obj.result == Result.RECTIFY else []

    def perform(self, request, obj, act, given):
        if act == "submit":
            reviews.submit_report(review=obj, actor=request.user, fields={})
            return "已报送。", obj
        return super().perform(request, obj, act, given)

    def standing(self, request, obj):
        facts = [("状态", obj.get_status_display()), ("报送截止", day(obj.due_on))]
        if obj.result:
            facts += [
                ("结果", obj.get_result_display()),
                ("得分", points(obj.score)),
                ("考核日期", day(obj.decided_on)),
            ]
        if obj.rectify_by:
            facts.append(("整改期限", day(obj.rectify_by)))
        texts = [
            ("退回理由", obj.return_reason),
            ("考核意见", obj.comment),
            ("整改情况", obj.rectification),
        ]
        return {
            "facts": facts,
            "warnings": [f"{name}：{text}" for name, text in texts if text],
            "lines": [("工作室", [(str(obj.studio), page_of(obj.studio))])],
        }

    @admin.action(description="催报（每天一次）", permissions=["change"])
    def remind(self, request, queryset):
        count = reviews.remind(reviews=queryset, actor=request.user)
        self.message_user(request, f"已催报 {count} 个；已报送、今天已催过的不在其中。", messages.SUCCESS)

    @admin.action(description="导出所选考核（Excel）", permissions=["view"])
    def export(self, request, queryset):
        response = file_response("年度考核.xlsx")
        review_files.export_reviews(reviews=queryset, actor=request.user, target=response)
        return response


class PlanForm(AskForm):
    amount_yuan = forms.DecimalField(label="金额（元）", max_digits=12, decimal_places=2)
    planned_on = forms.DateField(label="计划拨付", required=False)


class PayForm(AskForm):
    instalment = forms.ModelChoiceField(Instalment.objects.none(), label="期次", empty_label=None)
    paid_on = forms.DateField(label="拨付日期", initial=timezone.localdate)
    voucher_number = forms.CharField(label="凭证号", max_length=50)
    inspected = UploadField(label="凭证扫描件", required=False)


class InstalmentInline(RowsOnly):
    model = Instalment
    fields = ["position", "amount_yuan", "planned_on", "paid_on", "voucher_number", "scan"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("voucher")

    @admin.display(description="凭证扫描件")
    def scan(self, instalment):
        if instalment.voucher is None:
            return ""
        url = reverse("admin:studios_grant_voucher", args=[instalment.grant_id, instalment.voucher.key])
        return format_html('<a href="{}">{}</a>', url, instalment.voucher.name)


@admin.register(Grant)
class GrantAdmin(StudioActing, AuditedModelAdmin):
    change_list_template = "admin/studios/grant/change_list.html"
    list_display = ["studio", "year", "amount", "source", "document_number", "decided_on"]
    list_filter = ["year", "source"]
    list_select_related = ["studio"]
    search_fields = ["studio__name", "document_number"]
    autocomplete_fields = ["studio"]
    inlines = [InstalmentInline]
    acts = {
        "plan": Act("安排拨付", PlanForm, "studios.change_grant"),
        "pay": Act("登记拨付", PayForm, "studios.change_grant"),
    }
    adding = ("plan",)

    def get_urls(self):
        view = self.admin_site.admin_view(self.voucher)
        return [
            path("<int:pk>/vouchers/<uuid:key>/", view, name="studios_grant_voucher"),
            *super().get_urls(),
        ]

    def voucher(self, request, pk, key):
        """Send the scan of a voucher: a guarded file, for those who may see the grant it was paid from."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        paid = Instalment.objects.select_related("voucher")
        return send_file(get_object_or_404(paid, grant=pk, voucher__key=key).voucher)

    @admin.display(description="金额", ordering="amount_yuan")
    def amount(self, grant):
        return whole_yuan(grant.amount_yuan)

    def changelist_view(self, request, extra_context=None):
        totals = [
            {"year": row["year"], "granted": whole_yuan(row["granted"]), "paid": whole_yuan(row["paid"])}
            for row in grants.totals_by_year()
        ]
        return super().changelist_view(request, {**(extra_context or {}), "totals": totals})

    def get_readonly_fields(self, request, obj=None):
        return ["studio", "year", "amount_yuan"] if obj and obj.instalments.exists() else []

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and "amount_yuan" not in form.fields and "amount_yuan" in request.POST:
            text = "本页打开之后已安排拨付：工作室、年度和金额没有修改，其余已保存。"
            self.message_user(request, text, messages.WARNING)

    def why_kept(self, obj):
        return "已安排拨付的补助不删除。" if obj.instalments.exists() else ""

    def acts_open(self, obj):
        return ["plan", *(["pay"] if obj.instalments.filter(paid_on=None).exists() else [])]

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        if act == "pay":
            unpaid = obj.instalments.filter(paid_on=None).select_related("grant__studio")
            form.fields["instalment"].queryset = unpaid
        return form

    def perform(self, request, obj, act, given):
        if act == "plan":
            grants.plan_instalment(grant=obj, actor=request.user, **given)
            return "已安排。", obj
        grants.pay_instalment(actor=request.user, **given)
        return "拨付已登记。", obj

    def standing(self, request, obj):
        rows = list(obj.instalments.all())
        planned, paid = (
            sum(row.amount_yuan for row in rows),
            sum(row.amount_yuan for row in rows if row.paid_on),
        )
        return {
            "facts": [
                ("补助", whole_yuan(obj.amount_yuan)),
                ("已安排", whole_yuan(planned)),
                ("已拨付", whole_yuan(paid)),
            ]
        }
