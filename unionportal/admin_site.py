"""The admin site of the portal: one sign-in for everything, 404 for what is not there, our own words."""

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from unionportal import work_queue, work_queue_studios
from unionportal.people.models import Person


class TellingChoices(AutocompleteJsonView):
    """What a search box offers: people with their unit, for many are called the same."""

    def get_queryset(self):
        found = super().get_queryset()
        return found.select_related("unit") if self.model_admin.model is Person else found

    def serialize_result(self, obj, to_field_name):
        result = super().serialize_result(obj, to_field_name)
        if isinstance(obj, Person):
            result["text"] = f"{obj}（{obj.unit or '灵活就业'}）"
        return result


class PortalAdminSite(AdminSite):
    site_header = "密云区总工会"
    site_title = "管理后台"
    index_title = "工作台"
    index_template = "admin/work_queue.html"
    enable_nav_sidebar = False

    def index(self, request, extra_context=None):
        """The work queue: what waits for this user, above the list of tables."""
        tasks = work_queue.tasks_of(request.user)
        context = {
            "today": timezone.localdate(),
            "urgent": [task for task in tasks if task.is_urgent],
            "tasks": [task for task in tasks if not task.is_urgent],
            "total": sum(task.count for task in tasks),
            "diary": work_queue_studios.diary_of(request.user),
            "recent": work_queue.recent_acts(request.user),
            "dates": work_queue.dates_ahead(request.user),
        }
        return super().index(request, {**context, **(extra_context or {})})

    def login(self, request, extra_context=None):
        """There is one sign-in page; somebody signed in who is not staff has no business here."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def autocomplete_view(self, request):
        return TellingChoices.as_view(admin_site=self)(request)

    def password_change(self, request, extra_context=None):
        """There is one page for that too: it is audited and lifts the duty to change a handed-out password."""
        return redirect("accounts:password_change")

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        def guarded(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            # No text of the database holds this character; filters and pickers would hand it on all the same.
            if any("\0" in value for _, values in request.GET.lists() for value in values):
                raise BadRequest("网址中含有无效字符，请从列表页重新进入。")
            return inner(request, *args, **kwargs)

        guarded.csrf_exempt = getattr(inner, "csrf_exempt", False)
        return guarded
