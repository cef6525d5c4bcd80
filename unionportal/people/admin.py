from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.people import services
from unionportal.people.admin_claims import ClaimAdmin, LoginPhonePages
from unionportal.people.admin_unions import LiaisonAdmin, UnionBodyAdmin
from unionportal.people.forms import FormerNameForm, PersonForm, UnitForm
from unionportal.people.models import FormerName, Milestone, Person, Sector, Unit

__all__ = [
    "ClaimAdmin",
    "LiaisonAdmin",
    "MilestoneAdmin",
    "PersonAdmin",
    "SectorAdmin",
    "UnionBodyAdmin",
    "UnitAdmin",
]


@admin.register(Sector)
class SectorAdmin(AuditedModelAdmin):
    list_display = ["name", "position"]
    search_fields = ["name"]


class FormerNameInline(admin.TabularInline):
    model = FormerName
    form = FormerNameForm
    extra = 0


@admin.register(Unit)
class UnitAdmin(AuditedModelAdmin):
    form = UnitForm
    list_display = ["name", "short_name", "kind", "system", "town", "merged_into", "dissolved_on"]
    list_filter = ["kind", "system", "town", ("merged_into", admin.EmptyFieldListFilter)]
    list_select_related = ["merged_into"]
    search_fields = ["name", "short_name", "former_names__name", "pinyin"]
    autocomplete_fields = ["merged_into"]
    inlines = [FormerNameInline]

    def save_model(self, request, obj, form, change):
        if not change:
            return super().save_model(request, obj, form, change)
        before = Unit.objects.get(pk=obj.pk)
        name, into = obj.name, obj.merged_into
        obj.name, obj.merged_into = before.name, before.merged_into
        super().save_model(request, obj, form, change)
        if name != before.name:
            obj.name = services.rename_unit(unit=obj, name=name, actor=request.user).name
        if into != before.merged_into and into is not None:
            services.merge_units(unit=obj, into=into, actor=request.user)
        elif into != before.merged_into:
            services.separate_unit(unit=obj, actor=request.user)
        obj.merged_into = into
        return None


@admin.register(Person)
class PersonAdmin(LoginPhonePages, AuditedModelAdmin):
    form = PersonForm
    list_display = ["name", "gender", "unit", "occupation", "skill_level", "phone_tail", "life_status"]
    list_filter = [
        "life_status",
        "gender",
        "skill_level",
        "is_union_member",
        "is_front_line",
        "is_flexible",
        ("unit_claimed", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["unit"]
    search_fields = ["name", "pinyin", "unit__name", "phone_tail"]
    autocomplete_fields = ["unit"]
    readonly_fields = ["merged_into", "user"]
    change_form_template = "admin/people/person/change_form.html"

    def get_urls(self):
        reveal = path(
            "<path:object_id>/identity/",
            self.admin_site.admin_view(self.identity),
            name="people_person_identity",
        )
        return [reveal, *super().get_urls()]

    def identity(self, request, object_id):
        """Show the full numbers once; POST only, so that no link, prefetch or history shows them again."""
        return require_POST(self._identity)(request, object_id)

    def _identity(self, request, object_id):
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404("没有这条记录")
        if not (request.user.has_perm("people.read_identity") and self.has_view_permission(request, person)):
            raise PermissionDenied
        id_number, phone = services.reveal_identity(person=person, actor=request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": f"完整号码：{person.name}",
            "person": person,
            "id_number": id_number,
            "phone": phone,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/people/person/identity.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(Milestone)
class MilestoneAdmin(ReadOnlyAdmin):
    list_display = ["on", "person", "title", "place", "tier", "visibility"]
    list_filter = ["kind", "tier", "visibility"]
    list_select_related = ["person"]
    search_fields = ["person__name", "title"]
