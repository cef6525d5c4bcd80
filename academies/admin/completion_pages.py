"""Completing a run: who fails and why, the confirmation, certificates in one go, and taking them away as one file."""

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from academies.admin.pages import Pages, require
from academies.models import CourseRun, Enrolment
from academies.services import completion
from academies.services import enrolment as enrolments
from unionportal.accounts.models import SiteSettings
from unionportal.audit.acts import AskForm, add_errors
from unionportal.certificates import handing_out
from unionportal.certificates.admin.base import sent
from unionportal.certificates.models import Certificate, CertificateDesign, CertificateSeries
from unionportal.people.models import Person

ISSUE = "certificates.issue_academies"
KINDS = {"pdf": "合并 PDF", "zip": "每人一个 PDF（ZIP）", "xlsx": "Excel 清单"}


class IssueForm(AskForm):
    """How the certificates of a run look, which numbers they get, and their date."""

    certificate_design = forms.ModelChoiceField(
        CertificateDesign.objects.none(), label="版式", empty_label=None
    )
    certificate_series = forms.ModelChoiceField(
        CertificateSeries.objects.none(), label="编号序列", empty_label=None
    )
    issued_on = forms.DateField(label="发证日期", help_text="印在证书上。")

    def __init__(self, *args, run, user, **kwargs):
        super().__init__(*args, **kwargs)
        for name, model in (
            ("certificate_design", CertificateDesign),
            ("certificate_series", CertificateSeries),
        ):
            self.fields[name].queryset = model.objects.issuable_by(user).filter(line="academies")
            self.fields[name].initial = getattr(run, f"{name}_id")
        self.fields["issued_on"].initial = timezone.localdate()


class EnrolForm(forms.Form):
    """People whom staff enrol."""

    people = forms.ModelMultipleChoiceField(Person.objects.current(), label="职工")

    def __init__(self, *args, site, **kwargs):
        super().__init__(*args, **kwargs)
        field = Enrolment._meta.get_field("person")
        self.fields["people"].widget = AutocompleteSelectMultiple(field, site)
        self.fields["people"].widget.choices = self.fields["people"].choices


class CompletingAdmin(Pages):
    """Mixed into the admin class of runs."""

    def get_urls(self):
        self.further = {
            **self.further,
            "<int:pk>/enrol/": "enrol",
            "<int:pk>/completion/": "completion",
            "<int:pk>/completion/certificates/": "issue",
            "<int:pk>/completion/<slug:kind>/": "certificates_file",
        }
        return super().get_urls()

    def enrol(self, request, pk):
        """Enrol people by name: seats first, then the list, as on every path."""
        require(request, "change_courserun")
        run = self.find(request, pk)
        form = EnrolForm(request.POST or None, site=self.admin_site)
        if form.is_valid():
            self._enrol(request, run, form.cleaned_data["people"])
            return redirect("admin:academies_courserun_enrol", pk)
        return self.page(request, "courserun/enrol", "录入学员", form=form, run=run, subtitle=str(run))

    def _enrol(self, request, run, people):
        for person in people:
            try:
                made = enrolments.enrol(
                    run=run, person=person, actor=request.user, channel=Enrolment.Channel.STAFF
                )
            except ValidationError as error:
                self.message_user(request, "；".join(error.messages), messages.ERROR)
            else:
                self.message_user(request, f"{person.name}：{made.get_status_display()}", messages.SUCCESS)

    def completion(self, request, pk):
        """Show who completes and who does not, and why; by POST write it."""
        require(request, "complete_runs")
        run = self.find(request, pk)
        if run.status not in (CourseRun.Status.ANNOUNCED, CourseRun.Status.COMPLETED):
            raise Http404("班次尚未发布或已取消")
        if request.method == "POST":
            try:
                completion.complete_run(run=run, actor=request.user)
            except ValidationError as error:
                self.message_user(request, "；".join(error.messages), messages.ERROR)
            else:
                self.message_user(
                    request, "结业已办理，成长档案已写入。下一步：签发结业证书。", messages.SUCCESS
                )
            return redirect("admin:academies_courserun_completion", pk)
        return self._completion_page(request, run, IssueForm(run=run, user=request.user))

    def _completion_page(self, request, run, form):
        previews = completion.preview(run)
        is_done = run.status == CourseRun.Status.COMPLETED
        if is_done:
            passed = sum(item.enrolment.status == Enrolment.Status.COMPLETED for item in previews)
        else:
            passed = sum(item.outcome.passes for item in previews)
        certified = [item.enrolment for item in previews if item.enrolment.certificate_id]
        return self.page(
            request,
            "courserun/completion",
            "办理结业",
            subtitle=str(run),
            run=run,
            previews=previews,
            passed=passed,
            failed=len(previews) - passed,
            is_done=is_done,
            obstacles=[] if is_done else completion.obstacles(run),
            certified=len(certified),
            uncertified=passed - len(certified) if is_done else 0,
            form=form,
            may_issue=is_done and request.user.has_perm(ISSUE),
            kinds=KINDS,
        )

    def issue(self, request, pk):
        """Issue what certificates are missing, all or none."""
        return require_POST(self._issue)(request, pk)

    def _issue(self, request, pk):
        run = self._certifiable(request, pk)
        form = IssueForm(request.POST, run=run, user=request.user)
        if form.is_valid():
            try:
                made = completion.certify_run(run=run, actor=request.user, **form.cleaned_data)
            except ValidationError as error:
                add_errors(form, error)
            else:
                self.message_user(request, f"结业证书已全部签发，共 {len(made)} 张。", messages.SUCCESS)
                return redirect("admin:academies_courserun_completion", pk)
        return self._completion_page(request, run, form)

    def _certifiable(self, request, pk):
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        run = self.find(request, pk)
        if run.status != CourseRun.Status.COMPLETED:
            raise Http404("班次尚未结业")
        return run

    def certificates_file(self, request, pk, kind):
        """Send all valid certificates of a run as one file; by POST, because it leaves an audit line."""
        return require_POST(self._certificates_file)(request, pk, kind)

    def _certificates_file(self, request, pk, kind):
        run = self._certifiable(request, pk)
        if kind not in KINDS:
            raise Http404("没有这种文件")
        chosen = Certificate.objects.valid().filter(enrolment__run=run).order_by("serial")
        site = SiteSettings.load().address_for(request)
        try:
            made = handing_out.hand_out(
                certificates=chosen, kind=kind, site=site, name=f"{run} 结业证书", actor=request.user
            )
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("admin:academies_courserun_completion", pk)
        return sent(made.content, made.content_type, made.name)
