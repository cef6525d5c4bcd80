"""Titles, honours with their revocation and yearly review, and the figures that were reported."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from craftsmen.models import Honour, HonourReview, HonourTitle, Profile, ReportedHonours
from craftsmen.services import honour_files, honours, profiles
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.certificates.models import Certificate
from unionportal.files.admin_imports import Imported, ImportingAdmin
from unionportal.files.sending import file_response
from unionportal.people.models import Person

REVIEWED_AT_ONCE = 50


class RevokeForm(AskForm):
    ground = forms.CharField(label="撤销事由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    document_number = forms.CharField(label="撤销决定文号", max_length=50)
    on = forms.DateField(label="撤销日期")


class WithdrawConsentForm(AskForm):
    note = forms.CharField(label="说明（何时、以何种方式提出）", max_length=300)


class ConfirmForm(AskForm):
    """Asks nothing but to confirm."""


@admin.register(HonourTitle)
class HonourTitleAdmin(AuditedModelAdmin):
    list_display = ["name", "tier", "kinds", "rank", "valid_years", "needs_yearly_review", "position"]
    list_filter = ["tier", "needs_yearly_review"]
    search_fields = ["name"]

    @admin.display(description="授予对象")
    def kinds(self, title):
        given = ((title.to_person, "个人"), (title.to_unit, "单位"), (title.to_team, "集体"))
        return "、".join(name for is_given, name in given if is_given)


@admin.register(ReportedHonours)
class ReportedHonoursAdmin(AuditedModelAdmin):
    list_display = ["year", "title", "count", "note"]
    list_filter = ["year", "title"]
    list_select_related = ["title"]
    search_fields = ["title__name"]
    autocomplete_fields = ["title"]


@admin.register(Honour)
class HonourAdmin(ImportingAdmin, ActingAdmin, AuditedModelAdmin):
    change_form_template = "admin/craftsmen/acting.html"
    change_list_template = "admin/craftsmen/honour/change_list.html"
    import_title = "荣誉名单"
    import_note = "合格的行写入，有问题的行逐行列出。“公开展示”留空的，只登记、不公开姓名。"
    list_display = ["shown_holder", "title", "year", "unit_name", "document_number", "state", "is_public"]
    list_filter = ["status", "year", "title__tier", "title", "is_public", "person__life_status"]
    list_select_related = ["title", "person", "unit"]
    search_fields = ["person__name", "person__pinyin", "team_name", "unit_name", "document_number"]
    autocomplete_fields = ["title", "person", "unit", "sector"]
    list_per_page = 50
    actions = ["export"]
    FROZEN = ("title", "person", "unit", "team_name", "year")
    acts = {
        "revoke": Act(
            "撤销荣誉",
            RevokeForm,
            "craftsmen.revoke_honours",
            "撤销后不能恢复：从工匠风采和成长档案中撤下，证书查验页显示“已撤销”。",
            ends=True,
        ),
        "withdraw": Act(
            "本人撤回公开同意",
            WithdrawConsentForm,
            "craftsmen.change_profile",
            "姓名、主页、海报立即从所有公开页面撤下；荣誉仍然有效，只计入年度人数。",
            ends=True,
        ),
        "profile": Act("建立工匠主页", ConfirmForm, "craftsmen.add_profile"),
    }

    @admin.display(description="获奖者", ordering="person__pinyin")
    def shown_holder(self, honour):
        return honour.holder

    @admin.display(description="状态", ordering="status")
    def state(self, honour):
        is_past = honour.valid_to and honour.valid_to < timezone.localdate()
        return "已到期" if is_past and honour.status == Honour.Status.ACTIVE else honour.get_status_display()

    def get_readonly_fields(self, request, obj=None):
        return self.FROZEN if obj and obj.certificate_id else ()

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or obj.status != Honour.Status.REVOKED
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        honours.complete(obj)
        super().save_model(request, obj, form, change)
        honours.write_milestones([obj])

    @admin.action(description="导出所选荣誉（Excel）", permissions=["view"])
    def export(self, request, queryset):
        response = file_response("honours.xlsx")
        honour_files.export_honours(honours=queryset, actor=request.user, target=response)
        return response

    def acts_open(self, obj):
        if obj.status != Honour.Status.REVOKED:
            yield "revoke"
        if obj.person_id:
            profile = Profile.objects.filter(person=obj.person_id).first()
            if profile is None and obj.status != Honour.Status.REVOKED:
                yield "profile"
            if profile is None or profile.consent_withdrawn_at is None:
                yield "withdraw"

    def perform(self, request, obj, act, given):
        if act == "revoke":
            return f"已撤销：{obj}", honours.revoke_honour(honour=obj, actor=request.user, **given)
        if obj.person is None:
            raise ValidationError("单位和集体没有个人主页。")
        if act == "withdraw":
            profile = profiles.withdraw_consent(person=obj.person, actor=request.user, **given)
            return f"{obj.person.name}已从公开页面撤下。", profile
        return "已建立主页草稿。", profiles.start_profile(person=obj.person, actor=request.user)

    def standing(self, request, obj):
        facts = [("状态", self.state(obj)), ("级别", obj.title.get_tier_display())]
        if obj.person:
            facts.append(("人员状态", obj.person.get_life_status_display()))
        if obj.revoked_on:
            facts += [("撤销日期", obj.revoked_on), ("撤销文号", obj.revoked_document)]
        certificates = Certificate.objects.filter(source_key=obj.source_key).order_by("-pk")
        return {
            "facts": facts,
            "certificates": certificates.visible_to(request.user).select_related("series"),
            "reviews": obj.reviews.select_related("reviewed_by"),
            "profile": Profile.objects.filter(person=obj.person_id).first() if obj.person_id else None,
        }

    def run_import(self, request, record, workbook, source):
        report = honour_files.import_honours(workbook=workbook, actor=request.user, source=source)
        facts = [("登记", report.accepted), ("其中公开展示", report.shown), ("已登记过", report.unchanged)]
        people = [
            f"{name}（{unit}）" + (f"　另有同名职工：{'、'.join(others)}" if others else "")
            for name, unit, others in report.new_people
        ]
        new = [("将新建单位", report.new_units), ("将新建职工档案", people)]
        new = [(f"{heading} {len(lines)} 个", lines) for heading, lines in new if lines]
        return Imported(facts, report.refused, writes=bool(report.accepted), new=new)

    def write_blank(self, request, record, target):
        honour_files.write_blank(target)

    def get_urls(self):
        view = self.admin_site.admin_view(self.review)
        return [path("review/", view, name="craftsmen_honour_review"), *super().get_urls()]

    def review(self, request):
        """The yearly review: many holders confirmed in one go."""
        if not request.user.has_perm("craftsmen.add_honourreview"):
            raise PermissionDenied
        year = timezone.localdate().year
        waiting = Honour.objects.awaiting_review(year).select_related("title", "person", "unit")
        titles = HonourTitle.objects.filter(honours__in=waiting).distinct()
        chosen = request.GET.get("title", "")
        if chosen.isdecimal():
            waiting = waiting.filter(title=get_object_or_404(HonourTitle, pk=chosen[:9]))
        waiting = waiting.order_by("title__position", "title", "person__pinyin", "unit_name", "pk")
        page = Paginator(waiting, REVIEWED_AT_ONCE).get_page(request.GET.get("page"))
        errors = []
        if request.method == "POST":
            errors = self._save_reviews(request, year)
            if not errors:
                return redirect(request.get_full_path())
        for honour in page.object_list:
            honour.given = self._given(request, honour)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{year} 年荣誉复核",
            "year": year,
            "page": page,
            "titles": titles,
            "chosen": chosen,
            "statuses": Person.LifeStatus.choices,
            "results": HonourReview.Result.choices,
            "errors": errors,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/craftsmen/honour/review.html", context)

    @staticmethod
    def _given(request, honour):
        """Return what stands in the row of an honour: what was sent, else what is known."""
        status = honour.person.life_status if honour.person else ""
        return {
            "is_chosen": str(honour.pk) in request.POST.getlist("honour"),
            "life_status": request.POST.get(f"life-{honour.pk}", status),
            "result": request.POST.get(f"result-{honour.pk}", HonourReview.Result.STANDS),
            "note": request.POST.get(f"note-{honour.pk}", ""),
        }

    def _save_reviews(self, request, year):
        """Save the rows that were ticked; returns what is wrong, nothing being saved then."""
        chosen = [int(pk) for pk in request.POST.getlist("honour") if pk.isdecimal() and len(pk) < 10]
        lines = [
            honours.ReviewLine(
                honour_id=pk,
                life_status=request.POST.get(f"life-{pk}", ""),
                result=request.POST.get(f"result-{pk}", ""),
                note=request.POST.get(f"note-{pk}", "")[:300],
            )
            for pk in chosen
        ]
        if not lines:
            return ["请先勾选要确认的荣誉。"]
        try:
            done = honours.review_honours(year=year, lines=lines, actor=request.user)
        except ValidationError as error:
            return error.messages
        skipped = (
            f"；另有 {len(lines) - len(done)} 项本年度已复核，未重复登记" if len(done) < len(lines) else ""
        )
        self.message_user(request, f"已复核 {len(done)} 项{skipped}。", messages.SUCCESS)
        return []


@admin.register(HonourReview)
class HonourReviewAdmin(ReadOnlyAdmin):
    list_display = ["page", "year", "life_status", "result", "note", "reviewed_by"]
    list_display_links = ["year"]  # the first column is a link itself
    list_filter = ["year", "result", "life_status", "honour__title"]
    list_select_related = ["honour__title", "honour__person", "honour__unit", "reviewed_by"]
    search_fields = ["honour__person__name", "honour__unit_name"]

    @admin.display(description="荣誉")
    def page(self, review):
        url = reverse("admin:craftsmen_honour_change", args=[review.honour_id])
        return format_html('<a href="{}">{}</a>', url, review.honour)
