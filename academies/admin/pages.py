"""What the further pages of the academies share: their routes, their right, their look, files sent from them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path

from academies.services import runs
from unionportal.accounts.models import User

# The groups whose accounts may keep a class's attendance; unionportal/roles.py names them.
TEACHING_GROUPS = ("教师", "学院业务员")


def require(request, codename):
    """Raise PermissionDenied unless the user has this right of the academies."""
    if not request.user.has_perm(f"academies.{codename}"):
        raise PermissionDenied


class TeacherAccounts:
    """Mixed into an admin class with a teacher's account: offers those of teachers and of the academies' staff."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in ("head_teacher", "teacher_user"):
            teaching = Q(groups__name__in=TEACHING_GROUPS) | Q(classes__isnull=False)
            users = User.objects.filter(teaching | Q(lessons__isnull=False), is_active=True)
            kwargs["queryset"] = users.distinct().order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TellsChanges:
    """Mixed into the admin class of what makes up a run's schedule: those in the run are told what a change has changed.

    What the schedule was is kept by the request: one admin object serves all of them, also at the same time.
    """

    def save_model(self, request, obj, form, change):
        run = self.run_of(obj)
        request.schedule_before = runs.schedule_of(run) if run.pk else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self._tell(request, self.run_of(form.instance), request.schedule_before)

    def delete_model(self, request, obj):
        run = self.run_of(obj)
        before = runs.schedule_of(run)
        super().delete_model(request, obj)
        if obj is not run:
            self._tell(request, run, before)

    def delete_queryset(self, request, queryset):
        for obj in queryset:
            self.delete_model(request, obj)

    def _tell(self, request, run, before):
        if lines := runs.tell_changes(run=run, before=before, actor=request.user):
            self.message_user(request, f"已把变动告诉学员：{'；'.join(lines)}。", messages.WARNING)


class PartAdmin:
    """Mixed into the admin class of what is kept on another record's page: the list is there, the index leaves it out."""

    def has_module_permission(self, request):
        return False


class Pages:
    """Mixed into an admin class: `further` is {address: method}, each under the guard of the admin site."""

    further = {}

    def get_urls(self):
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path(address, self.admin_site.admin_view(getattr(self, method)), name=f"{label}_{method}")
            for address, method in self.further.items()
        ]
        return [*pages, *super().get_urls()]

    def find(self, request, pk):
        """Return a record with all its page shows, or 404."""
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404("没有这条记录")
        return found

    def page(self, request, template, title, **context):
        """Return a page of the admin."""
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/academies/{template}.html", context)
