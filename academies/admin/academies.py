"""Academies with their partners, yearly reviews, and the figures reported of earlier years."""

from django.contrib import admin
from django.db.models import Count, Q
from django.utils import timezone

from academies.admin.pages import PartAdmin
from academies.models import Academy, AcademyReview, Enrolment, Partner, ReportedTraining
from unionportal.audit.admin_base import AuditedModelAdmin


class PartnerInline(admin.TabularInline):
    model = Partner
    extra = 0


class AcademyReviewInline(admin.TabularInline):
    model = AcademyReview
    extra = 0


@admin.register(Academy)
class AcademyAdmin(AuditedModelAdmin):
    change_form_template = "admin/academies/academy/change_form.html"
    list_display = ["name", "tier", "status", "focus", "runs_now", "completions", "unveiled_on"]
    list_filter = ["status", "tier", "sectors"]
    search_fields = ["name", "short_name"]
    slug_from = ["name"]
    filter_horizontal = ["sectors"]
    autocomplete_fields = ["host", "cover"]
    inlines = [PartnerInline, AcademyReviewInline]
    fieldsets = [
        (
            None,
            {"fields": ["name", "short_name", "slug", ("tier", "status"), "host", "focus", "introduction"]},
        ),
        ("负责与联系", {"fields": ["dean", "contact_phone", "address", ("longitude", "latitude")]}),
        ("展示", {"fields": ["unveiled_on", "sectors", "cover", "position"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                running=Count("runs", filter=Q(runs__status="announced"), distinct=True),
                completed=Count(
                    "runs__enrolments",
                    filter=Q(runs__enrolments__status=Enrolment.Status.COMPLETED),
                    distinct=True,
                ),
            )
        )

    @admin.display(description="在办班次", ordering="running")
    def runs_now(self, academy):
        return academy.running

    @admin.display(description="结业人次", ordering="completed")
    def completions(self, academy):
        return academy.completed

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context["missing"] = self.missing(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def missing(self, academy):
        """Return what the public page of an academy still lacks, and whether last year's review is missing."""
        last_year = timezone.localdate().year - 1
        has_worked = academy.unveiled_on is None or academy.unveiled_on.year <= last_year
        checks = (
            (academy.dean, "院长"),
            (academy.unveiled_on, "揭牌日期"),
            (academy.address, "地址"),
            (academy.longitude is not None, "经纬度（地图链接要用）"),
            (academy.contact_phone, "咨询电话"),
            (academy.partners.exists(), "共建单位"),
            (
                not has_worked or academy.reviews.filter(year=last_year).exists(),
                f"{last_year} 年度考核",
            ),
        )
        return [words for is_there, words in checks if not is_there]


@admin.register(Partner)
class PartnerAdmin(PartAdmin, AuditedModelAdmin):
    list_display = ["name", "kind", "role", "academy", "position"]
    list_filter = ["kind", "academy"]
    list_select_related = ["academy"]
    search_fields = ["name", "academy__name"]


@admin.register(AcademyReview)
class AcademyReviewAdmin(PartAdmin, AuditedModelAdmin):
    list_display = ["academy", "year", "result", "reviewed_on"]
    list_filter = ["year", "result", "academy"]
    list_select_related = ["academy"]


@admin.register(ReportedTraining)
class ReportedTrainingAdmin(AuditedModelAdmin):
    list_display = ["year", "scope", "completions", "courses", "source"]
    list_filter = ["year", "academy"]
    list_select_related = ["academy"]

    @admin.display(description="学院", ordering="academy")
    def scope(self, reported):
        return reported.academy or "全区"
