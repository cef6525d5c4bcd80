"""The ledger of studios, with what each holds; leaders change and plaques go by acts alone."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from studios import diary
from studios.admin.acting import FreshForm, OncePerPerson, RowsOnly, StudioActing, day, page_of
from studios.admin.numbers import NumbersPages
from studios.models import Recognition, Studio, StudioFile, StudioMember
from studios.services import recognitions, studio_files
from studios.services import studios as services
from studios.services.growth import rewrite_milestones
from unionportal.audit.acts import Act, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.common import identity
from unionportal.files.admin_imports import Imported, ImportingAdmin
from unionportal.files.sending import file_response
from unionportal.people.services import person_by_identity

LEADER = StudioMember.Role.LEADER
DIFFERENT = "姓名与身份证号可能不一致，请对照身份证核对。"


class LeaderForm(AskForm):
    """Who leads from now on: a member, or somebody else by name (and ID number, for the growth record)."""

    member = forms.ModelChoiceField(
        StudioMember.objects.none(), label="从成员中选", required=False, empty_label="（不从成员中选）"
    )
    name = forms.CharField(label="或填写姓名", max_length=50, required=False)
    id_number = forms.CharField(
        label="身份证号", required=False, help_text="填写后记入本人成长档案；只留加密后的号码。"
    )
    on = forms.DateField(label="更换日期", initial=timezone.localdate)
    post = forms.CharField(label="岗位、职称", max_length=100, required=False)
    honour = forms.CharField(label="所获荣誉", max_length=100, required=False)
    reason = forms.CharField(
        label="更换原因", max_length=200, help_text="如 原负责人退休、调离、荣誉被撤销。"
    )

    def clean_id_number(self):
        try:
            return identity.clean_id_number(self.cleaned_data["id_number"], allow_blank=True)
        except identity.IdentityProblem as problem:
            raise ValidationError(f"{problem.problem}。{problem.remedy}。") from problem

    def clean(self):
        given = super().clean()
        if given.get("id_number") and not given.get("name") and not given.get("member"):
            self.add_error("name", "填写了身份证号的，请填写姓名。")
        return given


class RecogniseForm(AskForm):
    level = forms.ChoiceField(label="级别", choices=Recognition.Level)
    document_title = forms.CharField(label="认定文件", max_length=200, required=False)
    document_number = forms.CharField(label="文号", max_length=50, required=False)
    named_on = forms.DateField(label="成文日期", required=False, help_text="认定自此日起有效。")
    valid_to = forms.DateField(label="有效期至", required=False)
    is_incomplete = forms.BooleanField(label="旧台账暂缺文号或日期（待补）", required=False)


class DelistForm(AskForm):
    reason = forms.CharField(label="摘牌事由", max_length=300)
    document_number = forms.CharField(label="摘牌决定文号", max_length=50)
    on = forms.DateField(label="摘牌日期", initial=timezone.localdate)


class EndForm(AskForm):
    reason = forms.CharField(label="停办原因", max_length=300)
    on = forms.DateField(label="停办日期", initial=timezone.localdate)


class GroundForm(AskForm):
    ground = forms.CharField(label="到期情况", max_length=300, help_text="如 期满，未申请复核。")


class MemberInline(admin.TabularInline):
    """The members; the leader stands above and changes by the act."""

    model = StudioMember
    formset = OncePerPerson
    fields = ["person", "name", "role", "post", "honour", "started_on", "ended_on", "position"]
    autocomplete_fields = ["person"]
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(role=LEADER).select_related("person")

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role":
            kwargs["choices"] = [item for item in StudioMember.Role.choices if item[0] != LEADER]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class FileInline(admin.TabularInline):
    model = StudioFile
    fields = ["kind", "file", "caption", "position"]
    autocomplete_fields = ["file"]
    extra = 0


class RecognitionInline(RowsOnly):
    model = Recognition
    fields = ["level", "document_number", "named_on", "plaque_on", "valid_to", "status"]
    show_change_link = True


class DiaryFilter(admin.SimpleListFilter):
    """What the staff diary is about."""

    title = "须关注"
    parameter_name = "diary"

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _) in diary.FILTERS.items()]

    def queryset(self, request, queryset):
        if self.value() not in diary.FILTERS:
            return queryset
        return queryset.filter(pk__in=diary.FILTERS[self.value()][1]())


@admin.register(Studio)
class StudioAdmin(NumbersPages, ImportingAdmin, StudioActing, AuditedModelAdmin):
    form = FreshForm
    view_on_site = False  # a button where there is something to see
    change_list_template = "admin/studios/studio/change_list.html"
    import_title = "工作室台账"
    import_note = (
        "按台账编号，或按名称和所在单位认出同一个工作室：已有的更新空缺项，没有的新建。"
        "名称之外的资料不全也可导入，缺的标为“待补”。"
    )
    list_display = ["name", "kind", "leader_name", "host_unit", "branch", "levels", "status", "lacks"]
    list_filter = [
        DiaryFilter,
        "status",
        "kind",
        ("recognitions__level", admin.ChoicesFieldListFilter),
        "is_incomplete",
        "sector",
        "branch",
        "town",
    ]
    list_select_related = ["host_unit", "branch"]
    search_fields = ["name", "pinyin", "key", "host_unit__name", "members__name", "field"]
    autocomplete_fields = ["host_unit", "body", "branch", "sector", "cover"]
    readonly_fields = ["status", "ended_on", "ended_reason"]
    list_per_page = 60
    inlines = [MemberInline, RecognitionInline, FileInline]
    actions = ["export"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "key"),
                    ("kind", "is_public"),
                    ("host_unit", "body"),
                    ("branch", "town"),
                    ("sector", "field"),
                    ("founded_on", "phone"),
                    ("is_incomplete", "incomplete_note"),
                ]
            },
        ),
        ("简介", {"fields": ["story", "goals", ("cover", "cover_alt")]}),
        ("场地与设备", {"fields": ["address", ("rooms", "area_sqm"), "equipment"]}),
    ]
    acts = {
        "leader": Act(
            "更换负责人",
            LeaderForm,
            "studios.replace_leaders",
            "原负责人的任期到更换之日为止。",
            is_main=False,
        ),
        "recognise": Act("登记认定", RecogniseForm, "studios.recognise_studios", is_main=False),
        "end": Act(
            "登记停办",
            EndForm,
            "studios.delist_studios",
            "停办后公开页面撤下，有效认定一并终止。",
            ends=True,
        ),
        "delist": Act(
            "摘牌",
            DelistForm,
            "studios.delist_studios",
            "摘牌后公开页面撤下，授牌的成长记录一并撤回。",
            ends=True,
        ),
    }

    def get_queryset(self, request):
        active = Recognition.objects.filter(status=Recognition.Status.ACTIVE)
        found = super().get_queryset(request).with_leader()
        return found.prefetch_related(Prefetch("recognitions", active, to_attr="active_recognitions"))

    def save_model(self, request, obj, form, change):
        if not change:
            obj.slug = services.free_slug(obj.name)
            obj.branch = obj.branch or services.branch_above(obj.body)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        members = any(formset.model is StudioMember and formset.has_changed() for formset in formsets)
        if change and (members or {"is_public", "name"} & set(form.changed_data)):
            rewrite_milestones(form.instance)

    @admin.display(description="负责人", ordering="leader_name", empty_value="（空缺）")
    def leader_name(self, studio):
        return studio.leader_name

    @admin.display(description="级别")
    def levels(self, studio):
        return "、".join(item.get_level_display() for item in studio.active_recognitions) or "—"

    @admin.display(description="待补", ordering="is_incomplete")
    def lacks(self, studio):
        return "待补" if studio.is_incomplete else None

    def acts_open(self, obj):
        return self.acts if obj.status == Studio.Status.ACTIVE else []

    def act_form(self, request, obj, act, *sent):
        form = super().act_form(request, obj, act, *sent)
        if act == "leader":
            form.fields["member"].queryset = obj.members.current().exclude(role=LEADER)
        return form

    def perform(self, request, obj, act, given):
        if act == "leader":
            return self._change_leader(request, obj, given)
        service, done = {
            "recognise": (recognitions.recognise, "认定已登记。"),
            "end": (services.end_studio, "已登记停办。"),
            "delist": (recognitions.delist, "已摘牌。"),
        }[act]
        service(studio=obj, actor=request.user, **given)
        return done, obj

    @staticmethod
    @transaction.atomic
    def _change_leader(request, obj, given):
        member, id_number = given.pop("member"), given.pop("id_number")
        person = member.person if member else None
        name = member.name if member else given["name"]
        if id_number and person is None:
            source = f"{obj}负责人"
            person = person_by_identity(name=name, id_number=id_number, actor=request.user, source=source)
            if person is None:
                raise ValidationError({"id_number": DIFFERENT})
        leader = services.change_leader(
            studio=obj, actor=request.user, **{**given, "name": name, "person": person, "member": member}
        )
        return f"现任负责人：{leader.name}。", obj

    def standing(self, request, obj):
        leader = obj.leader
        person = leader.person if leader else None
        facts = [
            ("状态", obj.get_status_display()),
            (
                "现任负责人",
                f"{leader.name}（{day(leader.started_on, '任职日期待补')}{' 起' if leader.started_on else ''}）"
                if leader
                else "空缺",
            ),
            ("负责人退休年月", self._retirement(obj, person)),
            ("本年度成果", obj.achievements.counted().filter(year=timezone.localdate().year).count()),
        ]
        if obj.ended_on:
            facts.append(("停办或摘牌", f"{day(obj.ended_on)}，{obj.ended_reason}"))
        former = obj.members.filter(role=LEADER).exclude(ended_on=None)
        told = [
            (f"{item.name}　{day(item.started_on, '？')} 至 {day(item.ended_on)}　{item.ended_reason}", "")
            for item in former
        ]
        missing = [f"待补：{obj.incomplete_note}"] if obj.is_incomplete else []
        links = (
            [("查看公开页面", obj.get_absolute_url())] if Studio.objects.public().filter(pk=obj.pk) else []
        )
        return {"facts": facts, "lines": [("历任负责人", told)], "warnings": missing, "links": links}

    @staticmethod
    def _retirement(studio, person):
        """Return the leader's month in words, and that it has passed where that asks for a new leader."""
        month = person and person.retirement_month
        if not month:
            return ""
        is_past = (month.year, month.month) < (timezone.localdate().year, timezone.localdate().month)
        asks = "（已过，须更换负责人）" if is_past and studio.status == Studio.Status.ACTIVE else ""
        return f"{month:%Y年%-m月}{asks}"

    def run_import(self, request, record, workbook, source):
        report = studio_files.import_studios(workbook=workbook, actor=request.user, source=source)
        facts = [
            ("新建", report.made),
            ("更新", report.updated),
            ("不变", report.unchanged),
            ("其中待补", report.incomplete),
            ("拒收", len(report.refused)),
        ]
        new = [(f"将新建单位 {len(report.new_units)} 个", report.new_units)] if report.new_units else []
        return Imported(facts, report.refused, writes=bool(report.made or report.updated), new=new)

    def write_blank(self, request, record, target):
        studio_files.write_blank(target)

    @admin.action(description="导出所选工作室（Excel）", permissions=["view"])
    def export(self, request, queryset):
        response = file_response("工作室台账.xlsx")
        studio_files.export_studios(studios=queryset, actor=request.user, target=response)
        return response

    def why_kept(self, obj):
        return "工作室不删除：停办请用“登记停办”，误建的请改名后停办。"


@admin.register(Recognition)
class RecognitionAdmin(StudioActing, AuditedModelAdmin):
    list_display = ["studio", "level", "document_number", "named_on", "plaque_on", "valid_to", "status"]
    list_filter = [
        "status",
        "level",
        ("plaque_on", admin.EmptyFieldListFilter),
        ("plaque_photo", admin.EmptyFieldListFilter),
        "is_incomplete",
        "valid_to",
    ]
    list_select_related = ["studio"]
    search_fields = ["studio__name", "studio__pinyin", "document_number"]
    autocomplete_fields = ["studio", "plaque_photo"]
    readonly_fields = ["status", "ground", "ended_on", "ended_document"]
    acts = {"expire": Act("登记到期", GroundForm, "studios.recognise_studios", ends=True)}
    subject = "recognition"
    services = {"expire": (recognitions.expire_recognition, "已登记到期。")}

    def has_add_permission(self, request):
        return False  # by the act on the studio's page, or by a campaign

    def why_kept(self, obj):
        return "认定不删除：到期请用“登记到期”，摘牌在工作室页面办理。"

    def get_readonly_fields(self, request, obj=None):
        return ["studio", "level", *self.readonly_fields] if obj else self.readonly_fields

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        rewrite_milestones(obj.studio)

    def acts_open(self, obj):
        return self.acts if obj.status == Recognition.Status.ACTIVE else []

    def standing(self, request, obj):
        lines = [("工作室", [(str(obj.studio), page_of(obj.studio))])]
        if obj.application_id:
            lines.append(("申报", [(str(obj.application), page_of(obj.application))]))
        return {"facts": [("状态", obj.get_status_display())], "lines": lines}
