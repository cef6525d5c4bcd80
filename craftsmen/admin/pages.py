"""What the further pages of a selection share: who may open them, how they look, what a refusal does to a form."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from craftsmen.models import Conferral, Consultation, FieldVisit, Meeting, Offer, Selection
from unionportal.files.models import StoredFile


def require(request, codename):
    """Raise PermissionDenied unless the user has this right of the line of work."""
    if not request.user.has_perm(f"craftsmen.{codename}"):
        raise PermissionDenied


def find_selection(pk):
    """Return a selection, or 404."""
    found = Selection.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("没有这项评选")
    return found


def find_offer(pk):
    """Return an offer with its selection, title and panel, or 404."""
    found = Offer.objects.select_related("selection", "title", "panel").filter(pk=pk).first()
    if found is None:
        raise Http404("没有这个评选称号")
    return found


def find_paper(key):
    """Return a scan or picture that belongs to a record of a selection, or 404: it is sent from here alone."""
    owners = (
        Consultation.objects.values("scan"),
        Meeting.objects.values("scan"),
        Conferral.objects.values("scan"),
    )
    own = Q(pk__in=FieldVisit.photos.through.objects.values("storedfile"))
    for scans in owners:
        own |= Q(pk__in=scans.exclude(scan=None))
    found = StoredFile.objects.filter(own, key=key).first()
    if found is None:
        raise Http404("没有这个文件")
    return found


def paper_url(stored):
    """Return the address of such a file."""
    return reverse("admin:craftsmen_selection_paper", args=[stored.key])


def add_errors(form, error):
    """Show what a service refused on the form's own fields where it has them."""
    if hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
    else:
        form.add_error(None, error)


def attempt(form, service, /, **arguments):
    """Return what the service returns, or None with its refusal on the form."""
    try:
        return service(**arguments)
    except ValidationError as error:
        add_errors(form, error)
        return None


class Pages:
    """Mixed into an admin class that has pages beside Django's own."""

    def route(self, pattern, view, name):
        """Return the path of a page under the guard of the admin site."""
        return path(pattern, self.admin_site.admin_view(view), name=f"craftsmen_{name}")

    def page(self, request, template, title, **context):
        """Return a page of the admin."""
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, template, context)
