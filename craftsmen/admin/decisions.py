"""From the settled list to the titles: the road's page, the meeting, the notice, the conferral with what follows it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from craftsmen import road
from craftsmen.admin.pages import Pages, attempt, find_paper, find_selection, paper_url, require
from craftsmen.forms import (
    ArticleForm,
    CeremonyForm,
    CertificatesForm,
    ConferralForm,
    MeetingForm,
    NoticeForm,
)
from craftsmen.models import Conferral, Meeting
from craftsmen.services import conferral, notices
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.audit.admin_steps import record_url
from unionportal.files.services import store_file
from unionportal.files.views import send_file
from unionportal.notices.models import PublicNotice

PLAIN = "admin/craftsmen/plain_form.html"


def posted(request):
    """Return the positional arguments of a form that may carry files."""
    return (request.POST, request.FILES) if request.method == "POST" else ()


@admin.register(Meeting)
class MeetingAdmin(Pages, AuditedModelAdmin):
    form = MeetingForm
    list_display = ["body", "selection", "held_on", "minutes_number", "attended", "votes_for"]
    list_filter = ["selection"]
    list_select_related = ["selection"]
    search_fields = ["body", "minutes_number"]
    readonly_fields = ["minutes_scan", "recorded_by", "recorded_at"]

    def get_urls(self):
        return [
            self.route("papers/<uuid:key>/", self.paper, "selection_paper"),
            self.route("selection/<int:pk>/", self.progress, "selection_progress"),
            self.route("selection/<int:pk>/notice/", self.notice, "selection_notice"),
            self.route("selection/<int:pk>/confer/", self.confer, "selection_confer"),
            self.route("selection/<int:pk>/<slug:act>/", self.act, "selection_act"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        """A meeting stands as recorded once a notice rests on it."""
        if obj and notices.notices_of(obj.selection).exclude(status=PublicNotice.Status.DRAFT).exists():
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "selection"] if obj else self.readonly_fields

    def save_model(self, request, obj, form, change):
        if minutes := form.cleaned_data.get("minutes"):
            obj.scan = store_file(
                inspected=minutes, actor=request.user, purpose="审定会议纪要", is_guarded=True
            )
        super().save_model(request, obj, form, change)

    def add_view(self, request, form_url="", extra_context=None):
        """Record a meeting through its gate: the slate is settled first."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MeetingForm(*posted(request), initial={"selection": request.GET.get("selection")})
        if form.is_valid() and attempt(form, self._add_meeting, form=form, actor=request.user):
            self.message_user(request, "审定会议已登记，可以公示。", messages.SUCCESS)
            return redirect("admin:craftsmen_selection_progress", form.cleaned_data["selection"].pk)
        return self.page(request, PLAIN, "登记审定会议", form=form, submit="登记")

    @transaction.atomic
    def _add_meeting(self, form, actor):
        meeting, minutes = form.save(commit=False), form.cleaned_data["minutes"]
        meeting.scan = minutes and store_file(
            inspected=minutes, actor=actor, purpose="审定会议纪要", is_guarded=True
        )
        return notices.record_meeting(meeting=meeting, actor=actor)

    def paper(self, request, key):
        """Send a scan or a picture of a selection's records to the staff of this line of work."""
        return require_safe(self._paper)(request, key)

    def _paper(self, request, key):
        require(request, "view_consultation")
        return send_file(find_paper(key))

    @admin.display(description="纪要扫描件")
    def minutes_scan(self, meeting):
        return (
            format_html('<a href="{}">{}</a>', paper_url(meeting.scan), meeting.scan) if meeting.scan else "—"
        )

    def progress(self, request, pk):
        """Show the whole road of a selection: numbers, where it stands, what comes next."""
        return require_safe(self._progress)(request, pk)

    def _progress(self, request, pk):
        require(request, "view_nomination")
        selection = find_selection(pk)
        context = {
            "selection": selection,
            "stops": road.road_of(selection),
            "may_step": request.user.has_perm("craftsmen.change_nomination"),
        }
        return self.page(request, "admin/craftsmen/selection/progress.html", str(selection), **context)

    def act(self, request, pk, act):
        """Bring the notices' findings over, or let the next reserve move up; by POST."""
        return require_POST(self._act)(request, pk, act)

    def _act(self, request, pk, act):
        require(request, "settle_slate")
        selection = find_selection(pk)
        try:
            if act == "follow":
                done = f"已更新 {notices.follow_notices(selection=selection, actor=request.user)} 人。"
            elif act == "refill":
                moved = notices.refill(selection=selection, actor=request.user)
                names = "、".join(line.nomination.person.name for line in moved)
                done = f"{names}已递补。"
            else:
                raise Http404("没有这一步")
        except ValidationError as error:
            self.message_user(request, "；".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:craftsmen_selection_progress", pk)

    def notice(self, request, pk):
        """Word the notice of the proposed, keep it as a draft, publish it."""
        require(request, "settle_slate")
        selection = find_selection(pk)
        draft = notices.notices_of(selection).filter(status=PublicNotice.Status.DRAFT).first()
        form = NoticeForm(
            *posted(request), instance=draft, initial=None if draft else first_notice(selection)
        )
        if form.is_valid():
            settings = {**form.cleaned_data, "selection": selection, "actor": request.user}
            kept = attempt(form, notices.draft_list, **settings)
            is_kept_only = "publish" not in request.POST
            if kept and (
                is_kept_only or attempt(form, notices.start_list, selection=selection, actor=request.user)
            ):
                done = "公示草稿已保存，尚未发布。" if is_kept_only else "公示已发布。"
                self.message_user(request, done, messages.SUCCESS)
                return redirect("admin:craftsmen_selection_progress", pk)
        return self._notice_page(request, selection, form)

    def _notice_page(self, request, selection, form):
        context = {
            "selection": selection,
            "form": form,
            "draft": notices.notices_of(selection).filter(status=PublicNotice.Status.DRAFT).first(),
            "nominations": notices.to_announce(selection),
            "obstacles": notices.obstacles_to_notice(selection),
        }
        return self.page(request, "admin/craftsmen/selection/notice.html", "公示拟授予名单", **context)

    def confer(self, request, pk):
        """Confer the titles of everybody who stands clear, by one decision."""
        require(request, "confer_titles")
        selection = find_selection(pk)
        nominations = conferral.conferrable(selection)
        form = ConferralForm(
            *posted(request), nominations=nominations, initial={"ceremony_on": selection.ceremony_on}
        )
        if form.is_valid():
            given = {
                "details": form.details(),
                "citations": form.citations(),
                "scan": form.cleaned_data["document"],
            }
            made = attempt(form, conferral.confer, selection=selection, actor=request.user, **given)
            if made:
                self.message_user(request, f"已授予，共 {made.honours.count()} 人。", messages.SUCCESS)
                return redirect(record_url(made))
        context = {"selection": selection, "form": form, "waiting": conferral.held_back(selection)}
        return self.page(request, "admin/craftsmen/selection/confer.html", "授予称号", **context)


def first_notice(selection):
    """Return what the form of a notice starts with."""
    titles = "、".join(f"“{offer.title}”" for offer in selection.offers.select_related("title"))
    meeting = selection.meetings.order_by("-recorded_at").first()
    basis = [selection.basis, f"{meeting.body}（{meeting.minutes_number}）" if meeting else ""]
    return {
        "title": f"关于 {selection.year} 年{titles}拟授予人选的公示"[:150],
        "basis": "；".join(filter(None, basis))[:300],
        "body": f"经单位推荐、资格审查、专家评审和会议审定，现对{selection}拟授予人选予以公示，接受社会监督。",
        "days": selection.notice_days,
        "contact_phone": selection.contact_phone,
        "contact_name": "密云区总工会",
        "order_rule": PublicNotice.OrderRule.STROKES,
    }


@admin.register(Conferral)
class ConferralAdmin(Pages, ReadOnlyAdmin):
    """Decisions are made on the page of the selection and stand as they were made."""

    change_form_template = "admin/craftsmen/conferral/change_form.html"
    list_display = ["document_number", "document_title", "selection", "document_on", "ceremony_on"]
    list_filter = ["selection"]
    list_select_related = ["selection"]
    search_fields = ["document_number", "document_title"]
    FORMS = {"certificates": "签发证书", "ceremony": "登记表彰大会", "article": "生成新闻稿"}

    def get_urls(self):
        route = self.route("<int:pk>/after/<slug:act>/", self.after, "conferral_after")
        return [route, *super().get_urls()]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            honours = obj.honours.select_related("person", "title", "certificate").order_by(
                "title__position", "pk"
            )
            may_step = request.user.has_perm("craftsmen.confer_titles")
            context |= {"honours": honours, "may_step": may_step, "forms": self.FORMS}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def after(self, request, pk, act):
        """What follows a decision, each for itself: certificates, the ceremony, the news."""
        require(request, "confer_titles")
        if act not in self.FORMS:
            raise Http404("没有这一步")
        made = get_object_or_404(Conferral.objects.select_related("selection", "article"), pk=pk)
        form = self._form(request, made, act)
        if form.is_valid():
            service = {
                "certificates": conferral.issue_honour_certificates,
                "ceremony": conferral.set_ceremony,
                "article": conferral.draft_article,
            }[act]
            if done := attempt(form, service, conferral=made, actor=request.user, **form.cleaned_data):
                self.message_user(
                    request,
                    f"{self.FORMS[act]}：已办理{f' {done} 份' if act == 'certificates' else ''}。",
                    messages.SUCCESS,
                )
                return redirect(record_url(made))
        title = f"{self.FORMS[act]}：{made.document_number}"
        return self.page(request, PLAIN, title, form=form, submit=self.FORMS[act], selection=made.selection)

    def _form(self, request, made, act):
        data = request.POST if request.method == "POST" else None
        if act == "certificates":
            return CertificatesForm(data, user=request.user, initial={"issued_on": made.document_on})
        if act == "ceremony":
            return CeremonyForm(data, initial={"on": made.ceremony_on, "place": made.ceremony_place})
        return ArticleForm(data)


def progress_url(selection):
    """Return the address of a selection's road."""
    return reverse("admin:craftsmen_selection_progress", args=[selection.pk])
