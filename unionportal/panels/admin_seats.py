"""A panel's page in the admin: rubric and seats in place, recusals in sight, a judge replaced with a reason."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from unionportal.accounts.models import User
from unionportal.panels.models import Assignment, Criterion, Panel, Recusal, Sheet
from unionportal.panels.services import seats

JUDGING_GROUPS = ("裁判", "评委")


def judging_users():
    """Return the accounts that may be given a seat: those of judges and experts."""
    who = Q(judge__isnull=False) | Q(groups__name__in=JUDGING_GROUPS)
    return User.objects.filter(who, is_active=True).distinct().order_by("name")


class CriterionInline(admin.TabularInline):
    model = Criterion
    fields = ["position", "group", "name", "clause", "kind", "maximum", "step", "partial"]
    extra = 0


class SeatInline(admin.TabularInline):
    """Seats may be laid out until the first mark is in; after that a judge is replaced, never rewritten."""

    model = Assignment
    fields = ["seat", "label", "user", "role", "is_marking"]
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).filter(ended_at=None)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = judging_users()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReplaceForm(forms.Form):
    """Who takes a seat over, and why."""

    user = forms.ModelChoiceField(
        User.objects.none(), label="接替的裁判（账号）", required=False, empty_label="（纸质评分，没有账号）"
    )
    label = forms.CharField(
        label="显示名", max_length=50, required=False, help_text="没有账号时必填，如“裁判6”。"
    )
    reason = forms.CharField(label="更换的理由", max_length=300)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = judging_users()

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("user") and not cleaned.get("label"):
            self.add_error("label", "请选择接替的账号，或填写显示名。")
        return cleaned


class SeatingAdmin:
    """Mixed into the admin class of panels."""

    change_form_template = "admin/panels/panel/change_form.html"
    inlines = [CriterionInline, SeatInline]

    def get_urls(self):
        view = self.admin_site.admin_view(self.replace)
        return [
            path("<int:pk>/replace/<int:seat>/", view, name="panels_panel_replace"),
            *super().get_urls(),
        ]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        panel = form.instance
        seats.recuse_by_rule(panel=panel)
        if panel.status == Panel.Status.OPEN:
            seats.make_sheets(panel=panel)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            submitted = Q(sheets__status=Sheet.Status.SUBMITTED)
            context |= {
                "may_replace": request.user.has_perm("panels.change_assignment"),
                "seated": obj.assignments.select_related("user").annotate(
                    submitted=Count("sheets", filter=submitted)
                ),
                "recusals": Recusal.objects.filter(assignment__panel=obj).select_related(
                    "assignment", "candidate__unit", "candidate__panel"
                ),
                "total": sum(criterion.maximum for criterion in obj.criteria.all()),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def replace(self, request, pk, seat):
        """Put somebody else in a judge's seat; also after the first mark, when the seats themselves are closed."""
        if not request.user.has_perm("panels.change_assignment"):
            raise PermissionDenied
        panel = get_object_or_404(self.get_queryset(request), pk=pk)
        assignment = panel.assignments.filter(pk=seat, ended_at=None).first()
        if assignment is None:
            raise Http404("没有这个席位")
        form = ReplaceForm(request.POST or None)
        if form.is_valid():
            try:
                seats.replace_judge(assignment=assignment, actor=request.user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                self.message_user(request, f"{assignment.seat} 号席位已更换裁判。", messages.SUCCESS)
                return redirect("admin:panels_panel_change", panel.pk)
        return self._replace_page(request, panel, assignment, form)

    def _replace_page(self, request, panel, assignment, form):
        context = {
            **self.admin_site.each_context(request),
            "title": f"更换裁判：{assignment}",
            "subtitle": str(panel),
            "panel": panel,
            "submitted": assignment.sheets.filter(status=Sheet.Status.SUBMITTED).count(),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/panels/panel/replace.html", context)
