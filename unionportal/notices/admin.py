from django.contrib import admin

from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.notices.models import Holiday, NoticeLine, NoticeStop, Objection, PublicNotice


@admin.register(Holiday)
class HolidayAdmin(AuditedModelAdmin):
    list_display = ["on", "name", "is_workday"]
    list_filter = ["is_workday"]
    search_fields = ["name"]
    date_hierarchy = "on"


@admin.register(PublicNotice)
class PublicNoticeAdmin(AuditedModelAdmin):
    list_display = ["title", "line", "status", "starts_on", "last_on", "days"]
    list_filter = ["status", "line"]
    search_fields = ["title"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)


@admin.register(NoticeLine)
class NoticeLineAdmin(ReadOnlyAdmin):
    list_display = ["notice", "position", "name", "unit_name", "proposed", "status"]
    list_filter = ["status"]
    list_select_related = ["notice"]
    search_fields = ["name", "unit_name"]

    def get_queryset(self, request):
        visible = PublicNotice.objects.visible_to(request.user)
        return super().get_queryset(request).filter(notice__in=visible)


@admin.register(NoticeStop)
class NoticeStopAdmin(ReadOnlyAdmin):
    list_display = ["notice", "stopped_at", "reason", "resumed_at", "continues_on"]
    list_select_related = ["notice"]

    def get_queryset(self, request):
        visible = PublicNotice.objects.visible_to(request.user)
        return super().get_queryset(request).filter(notice__in=visible)


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ["receipt", "notice", "line", "channel", "status", "received_at"]
    list_filter = ["status", "channel", "is_anonymous"]
    list_select_related = ["notice", "line"]
    search_fields = ["receipt", "notice__title"]
    fields = ["receipt", "notice", "line", "kind", "is_anonymous", "channel", "received_at", "postmarked_on"]
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)
