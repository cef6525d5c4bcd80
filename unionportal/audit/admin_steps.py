"""Buttons of a record's page: POST forms whose views call one service each and say what came of it."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST


@dataclass(frozen=True)
class Step:
    """Something that may be done next: its name in URLs, its label, what stands in the way, the reason it asks for."""

    act: str
    label: str
    why_not: list = field(default_factory=list)
    reason: str = ""
    is_main: bool = False
    hint: str = ""


class SteppingAdmin:
    """Mixed into an admin class: gives it the route <pk>/step/<act>/, which changes the record through a service."""

    change_form_template = "admin/record.html"

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        view = self.admin_site.admin_view(self.step)
        return [path("<int:pk>/step/<slug:act>/", view, name=name), *super().get_urls()]

    def step(self, request, pk, act):
        """Do one step; only by POST, so that no link or prefetch moves anything."""
        return require_POST(self._step)(request, pk, act)

    def _step(self, request, pk, act):
        record = self.record_to_change(request, pk)
        try:
            done = self.take_step(request, record, act, request.POST.get("reason", ""))
        except ValidationError as error:
            for message in error.messages:
                self.message_user(request, message, messages.ERROR)
        else:
            self.message_user(request, done[0], messages.SUCCESS)
            record = done[1]
        return redirect(record_url(record))

    def record_to_change(self, request, pk):
        """Return the record for somebody who may change this kind of record, else refuse; 404 where there is none."""
        if not request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"):
            raise PermissionDenied
        record = self.get_queryset(request).filter(pk=pk).first()
        if record is None:
            raise Http404("没有这条记录")
        return record

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            may_step = request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
            context |= {"may_step": may_step, **self.standing(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)


def record_url(record):
    """Return the address of a record's page in the admin."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
