"""Union bodies and who acts for them, in the admin."""

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import path
from django.views.decorators.http import require_POST

from unionportal.accounts.models import User
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.audit.services import record
from unionportal.files.admin_imports import Imported, ImportingAdmin
from unionportal.files.sending import file_response
from unionportal.people.models import Liaison, UnionBody
from unionportal.people.union_files import import_union_bodies, write_union_bodies

# The groups whose accounts may act for a union body; unionportal/roles.py names them.
LIAISON_GROUPS = ("基层工会经办人", "镇街系统工会经办人")


class LiaisonAccounts:
    """Mixed into an admin class with the field `user`: offers the accounts of liaisons, and none of a worker."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            liaisons = Q(groups__name__in=LIAISON_GROUPS) | Q(liaisons__isnull=False)
            kwargs["queryset"] = User.objects.filter(liaisons).distinct().order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class LiaisonInline(LiaisonAccounts, admin.TabularInline):
    """A liaison's time ends by its date; the row stays, so that old acts have their name."""

    model = Liaison
    extra = 0
    can_delete = False


@admin.register(UnionBody)
class UnionBodyAdmin(ImportingAdmin, AuditedModelAdmin):
    change_list_template = "admin/people/unionbody/change_list.html"
    import_title = "所属工会"
    import_note = "已有的按名称更新，覆盖单位只增不减；有问题的行逐行列出，其余写入。"
    list_display = ["name", "kind", "parent", "running_liaisons", "contact_phone"]
    list_filter = ["kind", ("parent", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["parent"]
    search_fields = ["name", "pinyin", "units__name"]
    autocomplete_fields = ["parent"]
    filter_horizontal = ["units"]
    inlines = [LiaisonInline]

    def get_queryset(self, request):
        running = Count("liaisons", filter=Q(liaisons__ended_on=None), distinct=True)
        return super().get_queryset(request).annotate(running=running)

    @admin.display(description="在任经办人", ordering="running")
    def running_liaisons(self, body):
        return f"{body.running} 人" if body.running else "无"

    def get_urls(self):
        view = self.admin_site.admin_view(self.export)
        return [path("export.xlsx", view, name="people_unionbody_export"), *super().get_urls()]

    def export(self, request):
        """Send the union bodies as a workbook; by POST, because it leaves an audit line."""
        return require_POST(self._export)(request)

    def _export(self, request):
        self.import_record(request, None)
        response = file_response("union-bodies.xlsx")
        write_union_bodies(response)
        record(request.user, "people.union_bodies_exported")
        return response

    def run_import(self, request, record, workbook, source):
        report = import_union_bodies(workbook=workbook, actor=request.user, source=source)
        facts = [("新增", report.added), ("更新", report.changed), ("与现有一致", report.unchanged)]
        return Imported(facts, report.refused, writes=bool(report.added or report.changed))

    def write_blank(self, request, record, target):
        write_union_bodies(target)


@admin.register(Liaison)
class LiaisonAdmin(LiaisonAccounts, AuditedModelAdmin):
    list_display = ["user", "body", "started_on", "ended_on"]
    list_filter = [("ended_on", admin.EmptyFieldListFilter), "body__kind"]
    list_select_related = ["user", "body"]
    search_fields = ["user__name", "user__username", "body__name"]
    autocomplete_fields = ["body"]

    def has_delete_permission(self, request, obj=None):
        return False
