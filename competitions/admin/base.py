"""What the admin classes of competitions share: acts on several records, and the closing with the results."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from competitions.models import Competition
from competitions.services import setup, stages
from unionportal.audit.admin_base import AuditedModelAdmin


def run_each(admin_class, request, queryset, done, service):
    """Call the service for each record in an action; tell what happened to each."""
    for item in queryset:
        try:
            service(item)
        except ValidationError as error:
            for message in error.messages:
                admin_class.message_user(request, message, messages.ERROR)
        except PermissionDenied as error:
            admin_class.message_user(request, str(error), messages.ERROR)
        else:
            admin_class.message_user(request, f"{done}：{item}", messages.SUCCESS)


def confirm(admin_class, request, queryset, *, title, warning):
    """Return a page that names the chosen records and asks once more, None once that was answered with yes."""
    if request.POST.get("confirmed"):
        return None
    context = {
        **admin_class.admin_site.each_context(request),
        "title": title,
        "warning": warning,
        "chosen": queryset,
        "opts": admin_class.opts,
        "action": request.POST.get("action"),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def links(record, words):
    """Return the links of an inline row: to the record's page, and while that is allowed to its deletion."""
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}"
    change = reverse(f"{name}_change", args=[record.pk])
    if setup.competition_of(record).status != Competition.Status.DRAFT:
        return format_html('<a href="{}">{}</a>', change, words)
    delete = reverse(f"{name}_delete", args=[record.pk])
    return format_html(
        '<a href="{}">{}</a>　<a href="{}" aria-label="删除{}">删除</a>', change, words, delete, record
    )


class DraftPartAdmin:
    """Mixed into the admin class of an event, stage or module: deleted whole, and only from a draft."""

    def why_kept(self, obj):
        competition = setup.competition_of(obj)
        if competition.status != Competition.Status.DRAFT:
            state = competition.get_status_display()
            return (
                f"“{competition}”{state}，{obj._meta.verbose_name}“{obj}”不能再删除；不再举办的，请取消竞赛。"
            )
        return super().why_kept(obj)

    def get_actions(self, request):
        # One at a time, on the page that says what goes with it.
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}

    def get_deleted_objects(self, objs, request):
        tree, counts, lacking, protected = super().get_deleted_objects(objs, request)
        panels = [panel for obj in objs for panel in setup.panels_of(obj)]
        for panel in panels:
            criteria = [f"评分项：{criterion}" for criterion in panel.criteria.all()]
            tree += [f"评审组：{panel}", *([criteria] if criteria else [])]
        return tree, counts | ({"评审组": len(panels)} if panels else {}), lacking, protected

    def delete_model(self, request, obj):
        setup.delete_part(part=obj)


class OpenStageAdmin(AuditedModelAdmin):
    """Records of a stage, editable until its results are sealed."""

    stage_path = "stage"
    OPEN = stages.TAKES_MARKS

    def stage_of(self, obj):
        stage = obj
        for name in filter(None, self.stage_path.split("__")):
            stage = getattr(stage, name)
        return stage

    def is_open(self, obj):
        return self.stage_of(obj).status in self.OPEN

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or self.is_open(obj))

    def why_kept(self, obj):
        return (
            super().why_kept(obj) if self.is_open(obj) else "所在轮次的成绩已经锁定或正在复核，不能再删除。"
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        first, _, rest = self.stage_path.partition("__")
        if db_field.name == first:
            path = f"{rest}__status__in" if rest else "status__in"
            kwargs["queryset"] = db_field.related_model.objects.filter(**{path: self.OPEN})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
