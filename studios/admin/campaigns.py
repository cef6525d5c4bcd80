"""A round of recognition on one page, from the call to the document; each application on its own."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from studios import conditions
from studios.admin.acting import ConfirmForm, ReasonForm, RowsOnly, StudioActing, day, page_of, points
from studios.models import ApplicationFile, Campaign, ConditionAnswer, SiteVisit, StudioApplication
from studios.services import applications, campaigns, naming, visits
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.files.forms import PicturesField
from unionportal.panels.models import Panel

Status = StudioApplication.Status
Round = Campaign.Status


class ProposeForm(AskForm):
    """Who is proposed, best first; a better one passed over asks for a reason."""

    def offer(self, campaign):
        """Add the scored applications of a campaign as boxes, each with a line for the reason."""
        statuses = (Status.SCORED, Status.PROPOSED, Status.NOT_CHOSEN)
        self.pool = list(campaign.applications.filter(status__in=statuses).order_by("rank", "pk"))
        for item in self.pool:
            rank = f"第 {item.rank} 名" if item.rank else "未排名"
            label = f"{rank}　{points(item.score) or '—'} 分　{item.name}"
            proposed = item.status == Status.PROPOSED
            self.fields[f"pick_{item.pk}"] = forms.BooleanField(label=label, required=False, initial=proposed)
            self.fields[f"why_{item.pk}"] = forms.CharField(
                label="名次在前而未入选的理由", max_length=300, required=False, initial=item.choice_reason
            )
        return self


class MeetingForm(AskForm):
    body = forms.CharField(label="会议名称", max_length=150, help_text="如 区总工会党组会")
    held_on = forms.DateField(label="会议日期")
    minutes_number = forms.CharField(label="会议纪要编号", max_length=50)


class NoticeForm(AskForm):
    contact_name = forms.CharField(label="受理部门", max_length=50)
    contact_phone = forms.CharField(label="受理电话", max_length=50)


class NameForm(AskForm):
    document_title = forms.CharField(label="认定文件", max_length=200)
    document_number = forms.CharField(label="文号", max_length=50)
    document_on = forms.DateField(label="成文日期", help_text="认定自此日起有效。")


class VisitForm(AskForm):
    visited_on = forms.DateField(label="考察日期", initial=timezone.localdate)
    visitors = forms.CharField(label="考察人员", max_length=200)
    report = forms.CharField(label="考察情况", widget=forms.Textarea({"rows": 6}))
    finding = forms.ChoiceField(label="结论", choices=SiteVisit.Finding)
    pictures = PicturesField(label="现场照片", required=False)


class ApplicationInline(RowsOnly):
    model = StudioApplication
    fields = ["rank", "page", "body", "leader", "shown_score", "status"]
    readonly_fields = ["page", "shown_score"]

    def get_queryset(self, request):
        found = super().get_queryset(request).handed_in()
        return found.select_related("body", "leader")

    @admin.display(description="工作室名称")
    def page(self, item):
        return format_html('<a href="{}">{}</a>', page_of(item), item.name)

    @admin.display(description="平均分")
    def shown_score(self, item):
        return points(item.score) or "-"


@admin.register(Campaign)
class CampaignAdmin(StudioActing, AuditedModelAdmin):
    list_display = ["title", "year", "level", "status", "opens_on", "closes_on", "quota", "document_number"]
    list_filter = ["status", "level", "year"]
    search_fields = ["title", "document_number"]
    inlines = [ApplicationInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    ("year", "level"),
                    ("opens_on", "closes_on"),
                    "basis",
                    "introduction",
                    "contact_phone",
                ]
            },
        ),
        (
            "申报条件（留空即不要求）",
            {
                "fields": [
                    ("needs_honour", "needs_plan"),
                    ("least_team", "least_area"),
                    ("least_projects", "least_results", "least_funds"),
                ]
            },
        ),
        (
            "评审与认定",
            {"fields": [("quota", "pass_score"), ("needs_visit", "notice_days"), "valid_years"]},
        ),
    ]
    acts = {
        "announce": Act("公告", ConfirmForm, "studios.change_campaign", "公告后，申报期内各工会可以填报。"),
        "shortlist": Act("列入专家评审", ConfirmForm, "studios.review_applications"),
        "open": Act("开始专家评审", ConfirmForm, "studios.review_applications"),
        "close": Act("截止专家评审", ConfirmForm, "studios.review_applications", "未交的评分表不再计入。"),
        "scores": Act("取评审结果", ConfirmForm, "studios.review_applications"),
        "propose": Act("拟定认定名单", ProposeForm, "studios.name_studios"),
        "meeting": Act("登记审定会议", MeetingForm, "studios.name_studios"),
        "notice": Act("起草公示", NoticeForm, "studios.name_studios"),
        "follow": Act("跟进公示结果", ConfirmForm, "studios.name_studios"),
        "name": Act(
            "登记认定文件", NameForm, "studios.name_studios", "名单中无异议的各工作室自成文之日起认定。"
        ),
        "finish": Act("结束本批次", ConfirmForm, "studios.change_campaign"),
    }

    def save_model(self, request, obj, form, change):
        if not change:
            campaigns.give_panel(obj)
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.status == Round.CLOSED)

    def get_readonly_fields(self, request, obj=None):
        return ["level"] if obj and obj.meeting_on else []  # what was decided and announced is what is named

    def why_kept(self, obj):
        return "" if obj.status == Round.DRAFT else "已公告的批次不删除。"

    def acts_open(self, obj):
        if obj.status != Round.ANNOUNCED:
            return ["announce"] if obj.status == Round.DRAFT else []
        counts = self._counts(obj)
        steps = {
            "shortlist": counts[Status.ACCEPTED] and obj.panel.status != Panel.Status.CLOSED,
            "open": obj.panel.status == Panel.Status.PREPARING and not campaigns.obstacles_to_open(obj),
            "close": obj.panel.status == Panel.Status.OPEN,
            "scores": obj.panel.status == Panel.Status.CLOSED and counts[Status.REVIEWING],
            "propose": counts[Status.SCORED] + counts[Status.PROPOSED] and not obj.meeting_on,
            "meeting": counts[Status.PROPOSED] and not obj.meeting_on,
            "notice": counts[Status.PROPOSED] and obj.meeting_on,
            "follow": naming.differences(obj),
            "name": bool(naming.nameable(obj)),
            "finish": obj.closes_on < timezone.localdate() and not campaigns.unfinished(obj),
        }
        return [name for name, is_open in steps.items() if is_open]

    @staticmethod
    def _counts(obj):
        found = list(obj.applications.values_list("status", flat=True))
        return {status: found.count(status) for status in Status}

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        return form.offer(obj) if act == "propose" else form

    def perform(self, request, obj, act, given):
        common = {"campaign": obj, "actor": request.user}
        if act == "propose":
            keys = [int(name.removeprefix("pick_")) for name, value in given.items() if value is True]
            reasons = {
                int(name.removeprefix("why_")): text
                for name, text in given.items()
                if name.startswith("why_")
            }
            chosen = list(obj.applications.filter(pk__in=keys))
            return f"拟认定 {naming.propose(chosen=chosen, reasons=reasons, **common)} 个。", obj
        if act == "notice":
            notice = naming.draft_list(**common, **given)
            return "公示草稿已生成，请核对后发布。", notice
        moves = {"announce": "announced", "finish": "closed"}
        if act in moves:
            campaigns.move_campaign(to=moves[act], **common)
            return "已办理。", obj
        service = {
            "shortlist": campaigns.shortlist,
            "open": campaigns.open_scoring,
            "close": campaigns.close_scoring,
            "scores": campaigns.take_scores,
            "meeting": naming.record_meeting,
            "follow": naming.follow_notice,
            "name": naming.name_studios,
        }[act]
        service(**common, **given)
        return "已办理。", obj

    def standing(self, request, obj):
        counts = self._counts(obj)
        facts = [("状态", obj.get_status_display())]
        facts += [(status.label, f"{counts[status]} 件") for status in Status if counts[status]]
        if obj.meeting_on:
            facts.append(("审定会议", f"{day(obj.meeting_on)} {obj.meeting_body}（{obj.minutes_number}）"))
        if obj.document_on:
            facts.append(("认定文件", f"{obj.document_title}（{obj.document_number}）{day(obj.document_on)}"))
        lines = [("专家评审", [(f"{obj.panel}（{obj.panel.get_status_display()}）", page_of(obj.panel))])]
        if obj.notice_id:
            lines.append(("公示", [(f"{obj.notice}（{obj.notice.state}）", page_of(obj.notice))]))
        why = []
        if obj.status == Round.ANNOUNCED and obj.panel.status == Panel.Status.PREPARING:
            why = [("开始专家评审", campaigns.obstacles_to_open(obj))]
        if obj.status == Round.ANNOUNCED and obj.closes_on < timezone.localdate():
            why.append(("结束本批次", campaigns.unfinished(obj)))
        return {"facts": facts, "lines": lines, "why_not": why}


class AnswerInline(RowsOnly):
    model = ConditionAnswer
    fields = ["condition", "number", "text"]


class PaperInline(RowsOnly):
    model = ApplicationFile
    fields = ["paper", "kind", "condition", "caption"]
    readonly_fields = ["paper"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("file", "application")

    @admin.display(description="文件")
    def paper(self, item):
        url = reverse("applications:application_file", args=[item.application.uuid, item.file.key])
        return format_html('<a href="{}">{}</a>', url, item.file.name)


@admin.register(StudioApplication)
class StudioApplicationAdmin(StudioActing, AuditedModelAdmin):
    view_on_site = False  # a button where there is something to see
    list_display = ["name", "campaign", "body", "leader", "shown_score", "rank", "status", "submitted_at"]
    list_filter = ["status", "campaign", "kind"]
    list_select_related = ["campaign", "body", "leader"]
    search_fields = ["name", "body__name", "leader__name", "host_unit__name"]
    inlines = [AnswerInline, PaperInline]
    fields = [
        ("campaign", "studio"),
        ("name", "kind"),
        ("host_unit", "body"),
        ("leader", "leader_post"),
        ("sector", "field"),
        ("founded_on", "phone"),
        "address",
        "team",
        "equipment",
        "story",
        "goals",
        "unit_opinion",
    ]
    acts = {
        "accept": Act("初审通过", ConfirmForm, "studios.review_applications", "通过后可列入专家评审。"),
        "return": Act(
            "退回修改",
            ReasonForm,
            "studios.review_applications",
            "申报工会会看到理由，改后再提交。",
            ends=True,
        ),
        "reject": Act("初审不通过", ReasonForm, "studios.review_applications", ends=True),
        "visit": Act("登记实地考察", VisitForm, "studios.review_applications"),
        "withdraw": Act("代为撤回", ReasonForm, "studios.review_applications", ends=True),
    }
    adding = ("visit",)
    DECISIONS = {"accept": Status.ACCEPTED, "return": Status.RETURNED, "reject": Status.REJECTED}
    VISITED = (Status.ACCEPTED, Status.REVIEWING, Status.SCORED, Status.PROPOSED)

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    @admin.display(description="平均分", ordering="score")
    def shown_score(self, item):
        return points(item.score)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request, obj=None):
        return False

    def acts_open(self, obj):
        runs = obj.campaign.status == Round.ANNOUNCED
        found = list(self.DECISIONS) if runs and obj.status == Status.APPLIED else []
        found += ["visit"] if runs and obj.status in self.VISITED else []
        return found + (["withdraw"] if obj.status in applications.WITHDRAWABLE else [])

    def perform(self, request, obj, act, given):
        common = {"application": obj, "actor": request.user}
        if act in self.DECISIONS:
            naming.decide_application(to=self.DECISIONS[act], **common, **given)
        elif act == "visit":
            visits.note_visit(**common, **given)
        else:
            applications.withdraw_application(**common, **given)
        return "已办理。", obj

    def standing(self, request, obj):
        facts = [("状态", obj.get_status_display())]
        facts += [("得分", f"{points(obj.score)}（第 {obj.rank} 名）")] if obj.score is not None else []
        reasons = (obj.return_reason, obj.rejected_reason, obj.withdrawn_reason, obj.choice_reason)
        checks = [
            (f"{check.label}（{check.asked}）：{check.word}　{check.note}", "")
            for check in conditions.checks_of(obj)
        ]
        told = [
            (f"{day(item.visited_on)}　{item.get_finding_display()}　{item.visitors}：{item.report}", "")
            for item in obj.visits.all()
        ]
        photos = [
            (str(photo), reverse("applications:application_file", args=[obj.uuid, photo.file.key]))
            for item in obj.visits.prefetch_related("photos__file")
            for photo in item.photos.all()
        ]
        studio = [(str(obj.studio), page_of(obj.studio))] if obj.studio_id else []
        return {
            "facts": facts,
            "warnings": [f"理由：{text}" for text in reasons if text],
            "lines": [("条件自查", checks), ("实地考察", told), ("现场照片", photos), ("工作室", studio)],
            "links": [("打印申报表", obj.get_absolute_url())],
        }
