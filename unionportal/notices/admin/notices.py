"""Notices: the draft with its list, the clock, and what may be done next."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.audit.admin_steps import SteppingAdmin, record_url
from unionportal.files.sending import file_response
from unionportal.notices import archive, readiness
from unionportal.notices.admin.forms import LineForm, LineFormSet, RegisterForm
from unionportal.notices.models import NoticeLine, NoticeStop, Objection, PublicNotice, lines_of
from unionportal.notices.services import lifecycle, objections

CONTACT = ["contact_name", "contact_phone", "contact_address", "contact_email"]


class ClockFilter(admin.SimpleListFilter):
    title = "公示期"
    parameter_name = "clock"

    def lookups(self, request, model_admin):
        return [("today", "今日到期"), ("running", "公示中"), ("over", "期满待办结")]

    def queryset(self, request, queryset):
        if self.value() == "today":
            return queryset.running().filter(last_on=timezone.localdate())
        return {"running": queryset.running, "over": queryset.ended}.get(self.value(), queryset.all)()


class LineInline(admin.TabularInline):
    """The list of a draft. What a line of work has settled is not changed here: only strokes may be put right."""

    model = NoticeLine
    form = LineForm
    formset = LineFormSet
    extra = 0

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and not is_of_a_line_of_work(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not is_of_a_line_of_work(obj)

    def get_readonly_fields(self, request, obj=None):
        settled = [name for name in LineForm.Meta.fields if name != "stroke_override"]
        return settled if is_of_a_line_of_work(obj) else []


def is_of_a_line_of_work(notice):
    """True for a notice that a line of work drafted from its own records."""
    return notice is not None and bool(notice.source_key)


def is_draft(notice):
    """True for a notice that is still to be published, or to be written."""
    return notice is None or notice.status == PublicNotice.Status.DRAFT


@admin.register(PublicNotice)
class PublicNoticeAdmin(SteppingAdmin, AuditedModelAdmin):
    change_form_template = "admin/notices/publicnotice/change_form.html"
    list_display = ["title", "line", "state", "starts_on", "last_on", "days", "waiting"]
    list_filter = [ClockFilter, "status", "line"]
    search_fields = ["title", "lines__name"]
    fields = ["line", "title", "basis", "body", "order_rule", "days", "starts_on", *CONTACT]
    inlines = [LineInline]

    def get_queryset(self, request):
        waiting = Count("objections", filter=Q(objections__status__in=Objection.OPEN), distinct=True)
        return super().get_queryset(request).visible_to(request.user).annotate(waiting=waiting)

    @admin.display(description="状态", ordering="status")
    def state(self, notice):
        return notice.state

    @admin.display(description="待处理异议", ordering="waiting")
    def waiting(self, notice):
        return notice.waiting or ""

    def get_object(self, request, object_id, from_field=None):
        notice = super().get_object(request, object_id, from_field)
        if notice and request.method == "POST" and connection.in_atomic_block:
            # What the form may change depends on the state: nobody publishes the draft while it is being saved.
            return lifecycle.lock_notice(notice)
        return notice

    def view_on_site(self, notice):
        """Return the public page; None where there is none."""
        return None if is_draft(notice) or notice.withdrawn_at else notice.get_absolute_url()

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or not (obj.withdrawn_at or obj.status == PublicNotice.Status.CLOSED)
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request, obj=None):
        is_free = is_draft(obj) and not is_of_a_line_of_work(obj)
        return super().has_delete_permission(request, obj) and is_free

    def get_inlines(self, request, obj):
        """The list is edited in a draft; from then on the page shows it as printed."""
        return self.inlines if is_draft(obj) else []

    def get_readonly_fields(self, request, obj=None):
        return [] if is_draft(obj) else [name for name in self.fields if name not in CONTACT]

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "line":
            own = lines_of(request.user)
            kwargs["choices"] = [choice for choice in PublicNotice.Line.choices if choice[0] in own]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def standing(self, request, obj):
        """What the page shows above its form: clock, steps, the list as printed, objections."""
        found = obj.objections.select_related("line")
        return {
            **readiness.standing(obj),
            "objections": found,
            "may_register": request.user.has_perm("notices.add_objection") and not is_draft(obj),
            "step_url": "admin:notices_publicnotice_step",
        }

    def take_step(self, request, record, act, reason):
        options = {"notice": record, "actor": request.user}
        if act == "start":
            started = lifecycle.start_notice(**options)
            return f"已发布，公示到 {started.last_on:%Y-%m-%d}。", started
        if act == "resume-today":
            resumed = lifecycle.resume_notice(continues_on=timezone.localdate(), **options)
            return f"已恢复，公示到 {resumed.last_on:%Y-%m-%d}。", resumed
        plain = {
            "resume": (lifecycle.resume_notice, "已恢复"),
            "extend": (lifecycle.extend_notice, "已顺延"),
            "close": (lifecycle.close_notice, "已办结"),
        }
        if act in plain:
            service, told = plain[act]
            return f"{told}：{record}", service(**options)
        if act in ("stop", "withdraw"):
            service = lifecycle.stop_notice if act == "stop" else lifecycle.withdraw_notice
            return f"{'已中止' if act == 'stop' else '已撤下'}：{record}", service(reason=reason, **options)
        raise Http404("没有这一步")

    def get_urls(self):
        pages = {"objections/add": self.register, "list.xlsx": self.export, "archive.pdf": self.archive}
        names = ("register", "export", "archive")
        further = [
            path(f"<int:pk>/{address}", self.admin_site.admin_view(page), name=f"notices_publicnotice_{name}")
            for name, (address, page) in zip(names, pages.items(), strict=True)
        ]
        return [*further, *super().get_urls()]

    def record_to_see(self, request, pk):
        """Return a notice of this user's lines of work; 404 for any other."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        notice = self.get_queryset(request).filter(pk=pk).first()
        if notice is None:
            raise Http404("没有这条记录")
        return notice

    def register(self, request, pk):
        """Enter an objection that came by letter, telephone or visit."""
        if not request.user.has_perm("notices.add_objection"):
            raise PermissionDenied
        notice = self.record_to_see(request, pk)
        form = RegisterForm(request.POST or None, request.FILES or None, notice=notice)
        if form.is_valid():
            try:
                made = objections.register_objection(notice=notice, actor=request.user, **form.objection())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.message_user(request, f"已登记：{made}，{made.get_status_display()}。")
                return redirect(record_url(made))
        context = {**self.admin_site.each_context(request), "title": "登记异议", "opts": self.opts}
        context |= {"form": form, "notice": notice, "subtitle": str(notice)}
        return TemplateResponse(request, "admin/notices/publicnotice/register.html", context)

    def export(self, request, pk):
        """Send the list as a workbook."""
        notice = self.record_to_see(request, pk)
        return file_response(f"公示名单-{notice.pk}.xlsx", content=archive.list_workbook(notice))

    def archive(self, request, pk):
        """Send the archive as PDF; by POST, because it leaves an audit line."""
        return require_POST(self._archive)(request, pk)

    def _archive(self, request, pk):
        notice = self.record_to_see(request, pk)
        try:
            content = archive.archive_pdf(notice=notice, actor=request.user)
        except ValidationError as error:
            self.message_user(request, "；".join(error.messages), "ERROR")
            return redirect(record_url(notice))
        return file_response(f"公示归档-{notice.pk}.pdf", "application/pdf", content)


class OfANotice(ReadOnlyAdmin):
    """Records under a notice, seen by who sees the notice."""

    list_select_related = ["notice"]

    def get_queryset(self, request):
        visible = PublicNotice.objects.visible_to(request.user)
        return super().get_queryset(request).filter(notice__in=visible)


@admin.register(NoticeLine)
class NoticeLineAdmin(OfANotice):
    list_display = ["name", "notice", "position", "unit_name", "proposed", "status"]
    list_filter = ["status", "notice__line"]
    search_fields = ["name", "unit_name", "notice__title"]

    def has_delete_permission(self, request, obj=None):
        """Deleting a draft takes its lines along."""
        return obj is not None and is_draft(obj.notice) and request.user.has_perm("notices.delete_noticeline")


@admin.register(NoticeStop)
class NoticeStopAdmin(OfANotice):
    list_display = ["notice", "stopped_at", "reason", "resumed_at", "continues_on"]
