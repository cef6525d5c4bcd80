"""What the admin classes of competitions share: acts on several records, and the closing with the results."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError

from competitions.services import stages
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


class OpenStageAdmin(AuditedModelAdmin):
    """Records of a stage, editable until its results are sealed."""

    stage_path = "stage"
    OPEN = stages.TAKES_MARKS

    def is_open(self, obj):
        stage = obj
        for name in filter(None, self.stage_path.split("__")):
            stage = getattr(stage, name)
        return stage.status in self.OPEN

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or self.is_open(obj))

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or self.is_open(obj))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        first, _, rest = self.stage_path.partition("__")
        if db_field.name == first:
            path = f"{rest}__status__in" if rest else "status__in"
            kwargs["queryset"] = db_field.related_model.objects.filter(**{path: self.OPEN})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
