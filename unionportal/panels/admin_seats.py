"""A panel's page in the admin: rubric and seats in place, recusals added and lifted, a judge replaced with a reason."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from unionportal.accounts.models import User
from unionportal.panels.models import Assignment, Candidate, Criterion, Panel, Recusal, Sheet
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


class SeatFormSet(forms.BaseInlineFormSet):
    """Looks at the seats together: each alone is checked against the database, where the others are not yet."""

    def clean(self):
        super().clean()
        kept = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        kept = [data for data in kept if not data.get("DELETE")]
        marking = sum(1 for data in kept if data.get("is_marking"))
        if marking > self.instance.seats:
            raise forms.ValidationError(
                f"安排了 {marking} 名打分的裁判，多于“裁判席位数”{self.instance.seats}。请减少裁判，或改席位数。"
            )
        for name, words in (("seat", "席位"), ("user", "账号")):
            given = [data[name] for data in kept if data.get(name)]
            if len(set(given)) < len(given):
                raise forms.ValidationError(f"两行用了同一{words}，请逐行核对。")
        if sum(1 for data in kept if data.get("role") == Assignment.Role.CHIEF) > 1:
            raise forms.ValidationError("裁判长只能有一名，其余请选“裁判员”。")


class SeatInline(admin.TabularInline):
    """Seats may be laid out until the first mark is in; after that a judge is replaced, never rewritten."""

    model = Assignment
    formset = SeatFormSet
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
    reason = forms.CharField(
        label="更换的理由",
        max_length=300,
        help_text="原裁判的评分仍计入时，理由会与计分规则一起公布；请勿写病情等个人隐私。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = judging_users()

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("user") and not cleaned.get("label"):
            self.add_error("label", "请选择接替的账号，或填写显示名。")
        return cleaned


class RecuseForm(forms.Form):
    """Which judge shall not mark whom, and why."""

    assignment = forms.ModelChoiceField(Assignment.objects.none(), label="裁判", empty_label="请选择")
    candidate = forms.ModelChoiceField(Candidate.objects.none(), label="评审对象", empty_label="请选择")
    note = forms.CharField(label="回避的理由", max_length=200)

    def __init__(self, *args, panel, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignment"].queryset = panel.assignments.filter(ended_at=None)
        self.fields["candidate"].queryset = panel.candidates.select_related("unit")
        self.fields["candidate"].label_from_instance = lambda item: (
            f"{item.label}（{item.unit}）" if item.unit else item.label
        )


class SeatingAdmin:
    """Mixed into the admin class of panels."""

    change_form_template = "admin/panels/panel/change_form.html"
    inlines = [CriterionInline, SeatInline]

    def get_urls(self):
        def route(pattern, view, name):
            return path(f"<int:pk>/{pattern}", self.admin_site.admin_view(view), name=f"panels_panel_{name}")

        return [
            route("replace/<int:seat>/", self.replace, "replace"),
            route("recuse/", self.recuse, "recuse"),
            route("recusals/<int:recusal>/lift/", self.lift, "lift"),
            *super().get_urls(),
        ]

    def get_inlines(self, request, obj):
        """Return the rubric and the seats; once marks are in, the table of seats above the form says all of them."""
        return [CriterionInline] if obj and obj.locked_at else self.inlines

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        panel = form.instance
        seats.recuse_by_rule(panel=panel)
        if panel.status == Panel.Status.OPEN:
            seats.make_sheets(panel=panel)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            context |= {**self._standing(request.user, obj), "recuse_form": RecuseForm(panel=obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _standing(self, user, panel):
        """What the page shows above its form: seats with what counts, recusals as they are and as they will be."""
        recused = Recusal.objects.filter(
            assignment=OuterRef("sheets__assignment"), candidate=OuterRef("sheets__candidate")
        )
        submitted = Q(sheets__status=Sheet.Status.SUBMITTED)
        recusals = Recusal.objects.filter(assignment__panel=panel).select_related(
            "assignment", "candidate__unit", "candidate__panel"
        )
        known = {(item.assignment_id, item.candidate_id) for item in recusals}
        close = [
            pair
            for pair in seats.panel_closeness(panel)
            if pair.seat.is_marking and (pair.seat.pk, pair.subject.pk) not in known
        ]
        takes = panel.status != Panel.Status.CLOSED
        return {
            "may_replace": user.has_perm("panels.change_assignment"),
            "may_recuse": takes and user.has_perm("panels.add_recusal"),
            "may_lift": takes and user.has_perm("panels.delete_recusal"),
            "seated": panel.assignments.select_related("user").annotate(
                submitted=Count("sheets", filter=submitted),
                counting=Count("sheets", filter=submitted & Q(set_aside_at=None) & ~Exists(recused)),
            ),
            "recusals": recusals,
            "must": [pair for pair in close if pair.ground],
            "warnings": [pair for pair in close if not pair.ground],
            "total": sum(criterion.maximum for criterion in panel.criteria.all()),
        }

    def recuse(self, request, pk):
        """Add a recusal; a warning sends the same form ready-made."""
        return require_POST(self._recuse)(request, pk)

    def _recuse(self, request, pk):
        panel = self._panel(request, pk, "panels.add_recusal")
        form = RecuseForm(request.POST, panel=panel)
        if form.is_valid():
            done = "已添加回避：{assignment}不评{candidate.label}。"
            return self._did(request, panel, done, seats.recuse, **form.cleaned_data)
        for name, errors in form.errors.items():
            label = form.fields[name].label
            self.message_user(request, f"{label}：{'；'.join(errors)}", messages.ERROR)
        return redirect("admin:panels_panel_change", panel.pk)

    def lift(self, request, pk, recusal):
        """Lift a recusal for a stated reason."""
        return require_POST(self._lift)(request, pk, recusal)

    def _lift(self, request, pk, recusal):
        panel = self._panel(request, pk, "panels.delete_recusal")
        found = Recusal.objects.filter(assignment__panel=panel).select_related("assignment", "candidate")
        recusal = get_object_or_404(found, pk=recusal)
        done = f"已解除回避：{recusal.assignment}可以评{recusal.candidate.label}。"
        reason = request.POST.get("reason", "")[:200]
        return self._did(request, panel, done, seats.lift_recusal, recusal=recusal, reason=reason)

    def _panel(self, request, pk, permission):
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _did(self, request, panel, done, service, **given):
        """Call a service, tell what came of it, and go back to the panel's page."""
        try:
            service(actor=request.user, **given)
        except ValidationError as error:
            self.message_user(request, "；".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, done.format(**given), messages.SUCCESS)
        return redirect("admin:panels_panel_change", panel.pk)

    def replace(self, request, pk, seat):
        """Put somebody else in a judge's seat; also after the first mark, when the seats themselves are closed."""
        panel = self._panel(request, pk, "panels.change_assignment")
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
            "submitted": Sheet.objects.counting().filter(assignment=assignment).count(),
            "candidates": panel.candidates.filter(is_marked=True).count(),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/panels/panel/replace.html", context)
