"""A selection in the admin: its calendar, channels and rules, titles with quotas, places per branch, extensions."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from craftsmen.models import Allocation, EligibilityRule, Extension, Nomination, Offer, Selection, SlateRule
from craftsmen.services import allocation_files, selections, setup
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.audit.admin_steps import SteppingAdmin, record_url
from unionportal.files.admin_imports import Imported, ImportingAdmin
from unionportal.panels.services import rubric_files

MOST_PLACES = allocation_files.MOST


class OfferInline(admin.TabularInline):
    """A title is taken off its selection on its own page, which says what would go with it."""

    model = Offer
    fields = ["title", "quota", "surplus_percent", "position", "page"]
    readonly_fields = ["page"]
    extra = 0
    can_delete = False

    @admin.display(description="评分标准与名单要求")
    def page(self, offer):
        return format_html('<a href="{}">打开</a>', record_url(offer)) if offer.pk else "保存后填写"


class EligibilityRuleInline(admin.StackedInline):
    model = EligibilityRule
    fields = [("position", "kind", "number"), ("skill_level", "lifted_by_placing", "offer"), "text"]
    extra = 0

    def get_formset(self, request, obj=None, **kwargs):
        self.selection = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "offer":
            kwargs["queryset"] = Offer.objects.filter(selection=self.selection).select_related(
                "selection", "title"
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ExtensionInline(admin.TabularInline):
    model = Extension
    fields = ["body", "until", "reason", "allowed_by"]
    readonly_fields = ["allowed_by"]
    autocomplete_fields = ["body"]
    extra = 0


class PlaceForm(forms.Form):
    """The grid of places: one number a title and branch, blank for none."""

    def __init__(self, *args, offers, table, **kwargs):
        super().__init__(*args, **kwargs)
        self.offers, self.table = offers, table
        for body, numbers in table:
            for offer, number in zip(offers, numbers, strict=True):
                label = f"{body.name} {offer.title.name}"
                widget = forms.NumberInput(attrs={"aria-label": label, "inputmode": "numeric"})
                self.fields[f"p{offer.pk}-{body.pk}"] = forms.IntegerField(
                    label=label,
                    min_value=0,
                    max_value=MOST_PLACES,
                    required=False,
                    initial=number,
                    widget=widget,
                )

    def lines(self):
        """Return [(body, [bound field per offer])]."""
        return [(body, [self[f"p{offer.pk}-{body.pk}"] for offer in self.offers]) for body, _ in self.table]

    def places(self):
        """Return the cleaned numbers by (offer key, body key)."""
        return {
            (offer.pk, body.pk): self.cleaned_data[f"p{offer.pk}-{body.pk}"] or 0
            for body, _ in self.table
            for offer in self.offers
        }


@admin.register(Selection)
class SelectionAdmin(ImportingAdmin, SteppingAdmin, AuditedModelAdmin):
    change_form_template = "admin/craftsmen/selection/change_form.html"
    import_of_record = True
    import_title = "推荐名额"
    import_note = "表中列出的镇街、系统工会按表更新，未列出的不变；有一处问题即整份不写入。"
    list_display = ["title", "year", "status", "opens_on", "unit_deadline", "branch_deadline"]
    list_filter = ["status", "year"]
    search_fields = ["title", "slug"]
    slug_from = ["title"]
    readonly_fields = ["status", "announced_at", "copied_from"]
    autocomplete_fields = ["notice_file"]
    inlines = [OfferInline, EligibilityRuleInline, ExtensionInline]
    save_on_top = False
    fieldsets = [
        (None, {"fields": ["title", "slug", "year", "status", "basis", "introduction", "notice_file"]}),
        (
            "日程",
            {
                "fields": [
                    ("opens_on", "unit_deadline", "branch_deadline"),
                    ("review_ends_on", "scoring_starts_on", "scoring_ends_on"),
                    "ceremony_on",
                ]
            },
        ),
        ("推荐渠道", {"fields": [("by_unit", "by_association", "by_expert", "by_self")]}),
        (
            "公示与递补",
            {"fields": [("unit_notice_days", "notice_days"), "refills", "contact_phone"]},
        ),
        ("登记", {"classes": ["collapse"], "fields": ["announced_at", "copied_from"]}),
    ]

    def get_urls(self):
        view = self.admin_site.admin_view(self.allocations)
        name = "craftsmen_selection_allocations"
        return [path("<int:pk>/allocations/", view, name=name), *super().get_urls()]

    def has_delete_permission(self, request, obj=None):
        is_draft = obj is None or obj.status == Selection.Status.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    def save_formset(self, request, form, formset, change):
        """A new title gets its panel; an extension says who allowed it."""
        for item in formset.save(commit=False) if formset.model in (Offer, Extension) else ():
            if isinstance(item, Offer) and item.panel_id is None:
                item.panel = setup.usual_panel(f"{item.selection} {item.title}")
            elif isinstance(item, Extension):
                item.allowed_by = request.user
        super().save_formset(request, form, formset, change)

    def standing(self, request, obj):
        """What the page shows above its form: state, titles with their figures, steps and what is missing."""
        offers = selections.offers_with_places(obj)
        count = Nomination.objects.filter(offer__selection=obj).aggregate(
            handed_in=Count("pk", filter=~Q(status__in=["draft", "withdrawn"])),
            reviewed=Count("pk", filter=Q(status=Nomination.Status.REVIEWED)),
        )
        return {
            "offers": offers,
            "nominations": count,
            "steps": selections.selection_steps(obj, offers),
            "advice": selections.advice(obj, offers) if obj.status == Selection.Status.DRAFT else [],
            "step_url": "admin:craftsmen_selection_step",
        }

    def take_step(self, request, record, act, reason):
        if act == "copy":
            draft = setup.copy_selection(selection=record, actor=request.user)
            return f"已按“{record}”建立草稿，日期顺延一年，请逐项核对。", draft
        to = next((status for status in Selection.Status if status.value == act), None)
        if to is None:
            to = record.status
        moved = selections.move_selection(selection=record, to=to, actor=request.user, reason=reason)
        return f"已转为“{moved.get_status_display()}”：{moved}", moved

    def allocations(self, request, pk):
        """The places of every branch on one page."""
        selection = self.record_to_change(request, pk)
        offers = list(selection.offers.select_related("title"))
        table = allocation_files.grid(selection, offers)
        form = PlaceForm(request.POST or None, offers=offers, table=table)
        if form.is_valid():
            try:
                changed = setup.set_allocations(selection=selection, places=form.places(), actor=request.user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.message_user(request, f"已保存，改动 {changed} 处。", messages.SUCCESS)
                return redirect("admin:craftsmen_selection_allocations", selection.pk)
        return self._allocations_page(request, selection, offers, table, form)

    def _allocations_page(self, request, selection, offers, table, form):
        sums = [sum(numbers[i] or 0 for _, numbers in table) for i in range(len(offers))]
        context = {
            **self.admin_site.each_context(request),
            "title": "推荐名额",
            "subtitle": str(selection),
            "selection": selection,
            "form": form,
            "heads": [
                {"offer": offer, "sum": total, "gap": total - offer.quota, "short": offer.quota - total}
                for offer, total in zip(offers, sums, strict=True)
            ],
            "import_url": self.import_url(selection),
            "blank_url": self.import_url(selection, "_blank"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/craftsmen/selection/allocations.html", context)

    def run_import(self, request, record, workbook, source):
        report = allocation_files.import_allocations(
            selection=record, workbook=workbook, actor=request.user, source=source
        )
        facts = [("读到镇街、系统工会", report.rows), ("改动", report.changed)]
        facts += [(f"{title}合计（评选名额 {quota}）", total) for title, total, quota in report.sums]
        return Imported(facts, writes=bool(report.changed))

    def write_blank(self, request, record, target):
        allocation_files.write_allocations(target, record)

    def after_import(self, record):
        return reverse("admin:craftsmen_selection_allocations", args=[record.pk])


class SlateRuleInline(admin.TabularInline):
    model = SlateRule
    extra = 0


@admin.register(Offer)
class OfferAdmin(ImportingAdmin, AuditedModelAdmin):
    """One title of a selection; its experts' panel has a page of its own."""

    change_form_template = "admin/craftsmen/offer/change_form.html"
    import_of_record = True
    import_title = "评分标准"
    import_note = "按评分项的名称更新；有一处问题即整份不写入。记入首个得分后不能再改。"
    list_display = ["title", "selection", "quota", "surplus_percent", "panel"]
    list_filter = ["selection"]
    list_select_related = ["title", "selection", "panel"]
    search_fields = ["title__name", "selection__title"]
    readonly_fields = ["slate_settled_at"]
    inlines = [SlateRuleInline]

    def has_add_permission(self, request):
        """A title is added on its selection's page."""
        return False

    def get_readonly_fields(self, request, obj=None):
        return ["selection", *self.readonly_fields]

    def has_delete_permission(self, request, obj=None):
        is_draft = obj is None or obj.selection.status == Selection.Status.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            criteria = list(obj.panel.criteria.prefetch_related("levels"))
            context |= {
                "panel": obj.panel,
                "criteria": criteria,
                "points": sum(criterion.maximum for criterion in criteria),
                "import_url": self.import_url(obj),
                "may_import": self.has_change_permission(request, obj) and obj.panel.locked_at is None,
                "has_lines": obj.slate_lines.exists(),
                "may_meet": obj.nominations.filter(status=Nomination.Status.PROPOSED).exists()
                and request.user.has_perm("craftsmen.add_meeting"),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def run_import(self, request, record, workbook, source):
        report = rubric_files.import_rubric(
            panel=record.panel, workbook=workbook, actor=request.user, source=source
        )
        facts = [
            ("新增评分项", report.added),
            ("修改评分项", report.changed),
            ("删去评分项", report.dropped),
            ("满分合计", report.total),
        ]
        return Imported(facts, writes=bool(report.added or report.changed or report.dropped))

    def write_blank(self, request, record, target):
        rubric_files.write_rubric(target, record.panel)


@admin.register(Allocation)
class AllocationAdmin(AuditedModelAdmin):
    list_display = ["body", "offer", "places"]
    list_filter = ["offer__selection", "offer__title"]
    list_select_related = ["body", "offer__title", "offer__selection"]
    search_fields = ["body__name"]
    autocomplete_fields = ["body"]


@admin.register(EligibilityRule)
class EligibilityRuleAdmin(AuditedModelAdmin):
    list_display = ["__str__", "kind", "selection", "offer", "lifted_by_placing"]
    list_filter = ["selection", "kind"]
    list_select_related = ["selection", "offer__title", "offer__selection"]


@admin.register(SlateRule)
class SlateRuleAdmin(AuditedModelAdmin):
    list_display = ["kind", "number", "offer"]
    list_filter = ["offer__selection"]
    list_select_related = ["offer__title", "offer__selection"]


@admin.register(Extension)
class ExtensionAdmin(AuditedModelAdmin):
    list_display = ["selection", "body", "until", "reason", "allowed_by"]
    list_filter = ["selection"]
    list_select_related = ["selection", "body", "allowed_by"]
    readonly_fields = ["allowed_by"]
    autocomplete_fields = ["body"]

    def save_model(self, request, obj, form, change):
        obj.allowed_by = request.user
        super().save_model(request, obj, form, change)
