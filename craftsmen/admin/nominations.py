"""Nominations as staff see them: a queue with filters, and for each a dossier with what may be done next."""

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST

from craftsmen import dossier, flags, road
from craftsmen.models import Nomination, NominationFile
from craftsmen.services import export, prechecks, review
from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.admin_steps import SteppingAdmin
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import described
from unionportal.files.sending import file_response

FLAGS = {"is_double": "重复申报", "holds_title": "已获同级或更高称号", "is_objected": "部门有不同意见"}


class FlagFilter(admin.SimpleListFilter):
    """Nominations that somebody should look at twice."""

    title = "须留意"
    parameter_name = "flag"

    def lookups(self, request, model_admin):
        return list(FLAGS.items())

    def queryset(self, request, queryset):
        return queryset.filter(**{self.value(): True}) if self.value() in FLAGS else queryset


@admin.register(Nomination)
class NominationAdmin(SteppingAdmin, ReadOnlyAdmin):
    """What was handed in. Nobody writes on somebody else's form: what is wrong goes back with a reason."""

    change_form_template = "admin/craftsmen/nomination/dossier.html"
    change_list_template = "admin/craftsmen/nomination/queue.html"
    list_display = ["name", "offer", "unit_name", "branch", "branch_rank", "status", "noted", "submitted_on"]
    list_filter = [
        "status",
        "offer__selection",
        "offer__title",
        FlagFilter,
        ("branch", admin.RelatedOnlyFieldListFilter),
        "channel",
        "worker_kind",
    ]
    list_select_related = ["person", "offer__selection", "offer__title", "branch"]
    search_fields = ["person__name", "person__pinyin", "unit_name", "occupation", "body__name"]
    ordering = ["offer", "branch", "branch_rank", "pk"]
    fieldsets = [(None, {"fields": []})]
    list_per_page = 50
    view_on_site = False
    actions = ["accept"]

    def get_queryset(self, request):
        return flags.with_flags(super().get_queryset(request).handed_in())

    @admin.display(description="申报人", ordering="person__pinyin")
    def name(self, nomination):
        return nomination.person.name

    @admin.display(description="须留意")
    def noted(self, nomination):
        found = [(word,) for name, word in FLAGS.items() if getattr(nomination, name)]
        return format_html_join(" ", '<span class="flag">{}</span>', found) if found else ""

    @admin.display(description="提交日期", ordering="submitted_at")
    def submitted_on(self, nomination):
        at = nomination.submitted_at
        return timezone.localtime(at).strftime("%Y-%m-%d") if at else None

    def changelist_view(self, request, extra_context=None):
        may_export = {"may_export": self.has_review_permission(request), "title": "申报推荐"}
        return super().changelist_view(request, {**may_export, **(extra_context or {})})

    def get_urls(self):
        export_view = self.admin_site.admin_view(self.export)
        return [path("export.xlsx", export_view, name="craftsmen_nomination_export"), *super().get_urls()]

    def export(self, request):
        """Send what the list shows, with its filters, as a workbook; by POST, because it leaves an audit line."""
        return require_POST(self._export)(request)

    def _export(self, request):
        if not request.user.has_perm("craftsmen.review_nominations"):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("筛选条件无效，请从列表页重新导出。") from error
        response = file_response(f"申报推荐{timezone.localdate():%Y%m%d}.xlsx")
        export.export_nominations(nominations=found, actor=request.user, target=response)
        return response

    @admin.action(description="所选申报通过审查", permissions=["review"])
    def accept(self, request, queryset):
        done = 0
        for nomination in queryset:
            try:
                review.accept_nomination(nomination=nomination, actor=request.user)
            except ValidationError as error:
                self.message_user(request, "；".join(error.messages), messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, f"{done} 份申报通过审查。", messages.SUCCESS)

    def has_review_permission(self, request):
        return request.user.has_perm("craftsmen.review_nominations")

    def standing(self, request, obj):
        """What the dossier shows: everything on the form, what to look at twice, what happened, what may come next."""
        line = getattr(obj, "slate_line", None)
        return {
            "steps": review.review_steps(obj, request.user),
            "step_url": "admin:craftsmen_nomination_step",
            "next_on_road": road.NEXT.get(obj.status, ""),
            "facts": dossier.facts(obj),
            "texts": dossier.texts(obj),
            "files": obj.files.select_related("file"),
            "outcomes": prechecks.outcomes_of(obj),
            "doubles": flags.doubles_of(obj),
            "honours": flags.earlier_honours(obj),
            "consulted": obj.consultation_lines.select_related("consultation"),
            "visits": obj.field_visits.prefetch_related("photos"),
            "line": line,
            "timeline": [described(entry) for entry in history_of(obj)],
        }

    def take_step(self, request, record, act, reason):
        actor, name = request.user, record.person.name
        if act == "accept":
            return f"{name}：审查通过。", review.accept_nomination(nomination=record, actor=actor)
        if act == "refuse":
            done = review.refuse_nomination(nomination=record, actor=actor, reason=reason)
            return f"{name}：已认定为不符合条件。", done
        if act == "withdraw":
            return f"{name}：申报已撤回。", review.take_back(nomination=record, actor=actor, reason=reason)
        levels = {"to_unit": Nomination.Level.UNIT, "to_branch": Nomination.Level.BRANCH}
        if act not in levels:
            raise ValidationError("没有这一步。")
        level = levels[act]
        done = review.send_back(nomination=record, actor=actor, level=level, reason=reason)
        return f"{name}：已退回{level.label}。", done


def history_of(nomination):
    """Return what the audit knows of a nomination, oldest first."""
    return AuditEntry.objects.filter(
        target_model=nomination._meta.label_lower, target_key=str(nomination.pk)
    ).order_by("pk")


@admin.register(NominationFile)
class NominationFileAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "nomination", "link"]
    list_filter = ["kind", "nomination__offer__selection"]
    list_select_related = [
        "nomination__person",
        "nomination__offer__selection",
        "nomination__offer__title",
        "file",
    ]
    search_fields = ["caption", "nomination__person__name", "file__name"]
    fields = ["nomination", "kind", "caption", "link"]

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(nomination__status=Nomination.Status.DRAFT)

    @admin.display(description="文件")
    def link(self, item):
        url = reverse("nominations:nomination_file", args=[item.nomination.uuid, item.file.key])
        return format_html('<a href="{}">{}</a>', url, item.file.name)


def nomination_url(nomination):
    """Return the address of a nomination's dossier."""
    return reverse("admin:craftsmen_nomination_change", args=[nomination.pk])
