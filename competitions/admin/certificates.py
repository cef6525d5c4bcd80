"""Certificates on a competition's page: who gets one, what a correction changes, and all of it done in one go."""

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminDateWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from competitions.services import certificates
from unionportal.certificates.models import CertificateDesign, CertificateSeries, Line

PERMISSION = f"certificates.issue_{Line.COMPETITIONS.value}"


class IssueForm(forms.Form):
    """How the certificates of a competition look, which numbers they get, and for which stages."""

    stages = forms.MultipleChoiceField(label="轮次", widget=forms.CheckboxSelectMultiple)
    design = forms.ModelChoiceField(CertificateDesign.objects.none(), label="版式", empty_label=None)
    series = forms.ModelChoiceField(CertificateSeries.objects.none(), label="编号序列", empty_label=None)
    issued_on = forms.DateField(label="发证日期", widget=AdminDateWidget, help_text="印在证书上。")
    reason = forms.CharField(
        label="更正原因", max_length=200, required=False, widget=AdminTextInputWidget,
        help_text="有证书要换发或撤销时必填，如 成绩更正。",
    )  # fmt: skip
    renews = forms.BooleanField(label="已撤销的重新签发", required=False)

    def __init__(self, *args, plans, user, year, **kwargs):
        super().__init__(*args, **kwargs)
        self.plans = {str(plan.stage.pk): plan for plan in plans}
        self.fields["stages"].choices = [(key, str(plan.stage)) for key, plan in self.plans.items()]
        self.fields["stages"].initial = list(self.plans)
        line = Line.COMPETITIONS
        self.fields["design"].queryset = CertificateDesign.objects.issuable_by(user).filter(line=line)
        self.fields["series"].queryset = CertificateSeries.objects.issuable_by(user).filter(line=line)
        self.fields["issued_on"].initial = timezone.localdate()
        self.fields["series"].initial = self.fields["series"].queryset.filter(year=year).first()
        if not any(plan.changed or plan.lost for plan in plans):
            del self.fields["reason"]
        if not any(plan.revoked for plan in plans):
            del self.fields["renews"]

    def asked(self):
        """Return what settle_certificates is asked for."""
        data = dict(self.cleaned_data)
        return data | {"stages": [self.plans[key].stage for key in data["stages"]]}


class CertifyingAdmin:
    """Mixed into the admin class of competitions."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.certificates)
        return [
            path("<int:pk>/certificates/", view, name="competitions_competition_certificates"),
            *super().get_urls(),
        ]

    def certificates(self, request, pk):
        """Show what the certificates of a competition lack against its results; by POST set it right."""
        competition = self.record_to_change(request, pk)
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        plans = certificates.plans(competition)
        form = IssueForm(
            request.POST or None, plans=plans, user=request.user, year=competition.year,
        )  # fmt: skip
        if form.is_valid():
            try:
                return self._settled(request, competition, form)
            except ValidationError as error:
                form.add_error(None, error.messages)
        context = {
            **self.admin_site.each_context(request),
            "title": "签发获奖证书",
            "subtitle": str(competition),
            "competition": competition,
            "plans": plans,
            "is_done": all(plan.is_settled and not plan.revoked for plan in plans),
            "printable": {item.series for plan in plans for item in plan.kept},
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/competitions/competition/certificates.html", context)

    def _settled(self, request, competition, form):
        issued, reissued, revoked = certificates.settle_certificates(actor=request.user, **form.asked())
        done = [
            f"{verb} {len(made)} 张"
            for verb, made in (("签发", issued), ("换发", reissued), ("撤销", revoked))
            if made
        ]
        self.message_user(
            request, "，".join(done) + "。" if done else "没有要办的，证书与成绩一致。", messages.SUCCESS
        )
        series = next((item.series_id for item in [*issued, *reissued]), None)
        if series:
            return redirect(reverse("admin:certificates_certificateseries_batch", args=[series]))
        return redirect("admin:competitions_competition_certificates", competition.pk)
