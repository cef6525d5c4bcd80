from django.apps import apps
from django.contrib import admin

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.inbox.models import Delivery, Message


class LineFilter(admin.SimpleListFilter):
    """By line of work, under the name of its app."""

    title, parameter_name = "条线", "line"

    def lookups(self, request, model_admin):
        lines = model_admin.get_queryset(request).order_by().values_list("line", flat=True).distinct()
        known = apps.app_configs
        return [(line, known[line].verbose_name if line in known else "其他") for line in sorted(lines)]

    def queryset(self, request, queryset):
        return queryset if self.value() is None else queryset.filter(line=self.value())


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What has been told to whom, and how it went out: to be looked at only."""

    list_display = ["sent_at", "user_name", "title", "is_read", "went_out"]
    list_filter = [LineFilter, ("read_at", admin.EmptyFieldListFilter), "deliveries__state"]
    list_select_related = ["user"]
    search_fields = ["user__name", "title"]
    date_hierarchy = "sent_at"
    fields = ["user_name", "title", "body", "url", "kind", "sent_at", "read_at", "went_out"]

    @admin.display(description="收件人", ordering="user__name")
    def user_name(self, message):
        return message.user.name

    @admin.display(description="已读", boolean=True)
    def is_read(self, message):
        return message.read_at is not None

    @admin.display(description="投递")
    def went_out(self, message):
        return "、".join(str(item) for item in message.deliveries.all()) or "仅网页"

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).prefetch_related("deliveries")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """How messages go out, for whoever keeps the services running: no word of what they say."""

    list_display = ["changed_at", "channel", "state", "attempts", "error"]
    list_filter = ["state", "channel"]
    fields = ["channel", "state", "attempts", "error", "changed_at"]
