"""The upward ledger in the admin: quotas with what is taken of them, and each recommendation's way."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q

from craftsmen.models import Recommendation, RecommendationQuota
from craftsmen.services import recommendation_files, recommendations
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.files.sending import file_response

Status = Recommendation.Status


class SendForm(AskForm):
    on = forms.DateField(label="报送日期")
    document_number = forms.CharField(label="报送文号", max_length=50)


class DateForm(AskForm):
    on = forms.DateField(label="上级公示开始日期")


class AwardForm(AskForm):
    on = forms.DateField(label="授予日期", help_text="决定的成文日期。")
    document_title = forms.CharField(label="决定名称", max_length=200, required=False)
    document_number = forms.CharField(label="文号", max_length=50)
    is_public = forms.BooleanField(label="在工匠风采中公开展示", required=False, initial=True)


class CloseForm(AskForm):
    on = forms.DateField(label="日期")
    note = forms.CharField(label="情况说明", max_length=300)


class QuotaForm(forms.ModelForm):
    """A quota is not lowered below what is taken of it."""

    class Meta:
        model = RecommendationQuota
        fields = ["title", "year", "quota", "document_number", "due_on"]

    def clean_quota(self):
        quota = self.cleaned_data["quota"]
        if self.instance.pk:
            taken = recommendations.lock_quota(self.instance.pk).recommendations.live().count()
            if quota < taken:
                raise ValidationError(f"已推荐 {taken} 个，名额不能少于此数。")
        return quota


class RecommendationForm(forms.ModelForm):
    """A recommendation within its quota, whose row stays locked until this one is saved."""

    class Meta:
        model = Recommendation
        fields = ["quota", "person", "unit", "team_name", "recommended_on", "note"]

    def clean(self):
        cleaned = super().clean()
        if quota := cleaned.get("quota"):
            recommendations.refuse_beyond_quota(recommendations.lock_quota(quota.pk), besides=self.instance)
        return cleaned


class RecommendationInline(admin.TabularInline):
    model = Recommendation
    fields = ["subject", "status", "recommended_on", "sent_on", "notice_from", "result_on"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request, obj=None):
        return False

    @admin.display(description="推荐对象")
    def subject(self, item):
        return item.subject

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person", "unit", "quota__title")


@admin.register(RecommendationQuota)
class RecommendationQuotaAdmin(AuditedModelAdmin):
    form = QuotaForm
    list_display = [
        "title",
        "year",
        "quota",
        "recommended",
        "sent",
        "in_notice",
        "awarded",
        "not_awarded",
        "due_on",
    ]
    list_filter = ["year", "title"]
    list_select_related = ["title"]
    search_fields = ["title__name", "document_number"]
    autocomplete_fields = ["title"]
    inlines = [RecommendationInline]
    actions = ["export"]

    def get_queryset(self, request):
        counts = {
            name: Count("recommendations", filter=condition)
            for name, condition in (
                ("live", ~Q(recommendations__status=Status.WITHDRAWN)),
                *((f"n_{status}", Q(recommendations__status=status)) for status in Status.values),
            )
        }
        return super().get_queryset(request).annotate(**counts)

    def has_delete_permission(self, request, obj=None):
        is_used = obj is not None and obj.recommendations.exists()
        return super().has_delete_permission(request, obj) and not is_used

    @admin.display(description="已推荐")
    def recommended(self, quota):
        return quota.live

    @admin.display(description="已报送")
    def sent(self, quota):
        return quota.n_sent

    @admin.display(description="上级公示")
    def in_notice(self, quota):
        return quota.n_in_notice

    @admin.display(description="获授予")
    def awarded(self, quota):
        return quota.n_awarded

    @admin.display(description="未获授予")
    def not_awarded(self, quota):
        return quota.n_not_awarded

    @admin.action(description="导出所选项目的推荐台账（Excel）", permissions=["view"])
    def export(self, request, queryset):
        response = file_response("recommendations.xlsx")
        chosen = Recommendation.objects.filter(quota__in=queryset.values("pk"))
        recommendation_files.export_recommendations(
            recommendations=chosen, actor=request.user, target=response
        )
        return response


@admin.register(Recommendation)
class RecommendationAdmin(ActingAdmin, AuditedModelAdmin):
    change_form_template = "admin/craftsmen/acting.html"
    form = RecommendationForm
    list_display = [
        "shown_subject",
        "quota",
        "status",
        "recommended_on",
        "sent_on",
        "notice_from",
        "result_on",
    ]
    list_filter = ["quota__year", "quota__title", "status"]
    list_select_related = ["quota__title", "person", "unit"]
    search_fields = ["person__name", "person__pinyin", "unit__name", "team_name"]
    autocomplete_fields = ["quota", "person", "unit"]
    acts = {
        "send": Act("登记报送", SendForm, "craftsmen.change_recommendation"),
        "notice": Act("登记上级公示", DateForm, "craftsmen.change_recommendation"),
        "award": Act("登记获授予", AwardForm, "craftsmen.change_recommendation", "同时登记一项荣誉。"),
        "decline": Act("登记未获授予", CloseForm, "craftsmen.change_recommendation"),
        "withdraw": Act(
            "撤回推荐", CloseForm, "craftsmen.change_recommendation", "撤回后名额空出。", ends=True
        ),
    }

    @admin.display(description="推荐对象", ordering="person__pinyin")
    def shown_subject(self, item):
        return item.subject

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or obj.status == Status.RECOMMENDED
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request, obj=None):
        return False

    def acts_open(self, obj):
        return [name for name, (origins, _) in recommendations.MOVES.items() if obj.status in origins]

    def perform(self, request, obj, act, given):
        services = {
            "send": recommendations.send_recommendation,
            "notice": recommendations.note_notice,
            "award": recommendations.award_recommendation,
        }
        common = {"recommendation": obj, "actor": request.user, **given}
        if act in services:
            done = services[act](**common)
        else:
            done = recommendations.close_recommendation(act=act, **common)
        return f"已办理：{done.get_status_display()}。", done

    def standing(self, request, obj):
        facts = [("进展", obj.get_status_display()), ("推荐", obj.recommended_on)]
        dates = (("报送", obj.sent_on), ("上级公示", obj.notice_from), ("结果", obj.result_on))
        return {"facts": [*facts, *((name, on) for name, on in dates if on)], "honour": obj.honour}
