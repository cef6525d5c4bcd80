"""Acts on a record that ask for something first: a button on its page, a page with a form, one service called."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse


@dataclass(frozen=True)
class Act:
    """What may be done with a record: its button, the form it asks for, the right it takes, a hint or word of warning.

    One that `ends` something, turns it down or takes it back stands last, in red, and its hint looks like a warning.
    The first that is open stands out as the next step, unless it is one that nothing calls for (`is_main=False`).
    """

    label: str
    form: type
    permission: str
    warning: str = ""
    ends: bool = False
    is_main: bool = True


class AskForm(forms.Form):
    """A form of an act; every date in it has the browser's own picker."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ActingAdmin:
    """Mixed into an admin class: `acts` by name, `acts_open(obj)` which of them now, `perform(...)` the service."""

    change_form_template = "admin/acting.html"
    acts = {}

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        view = self.admin_site.admin_view(self.act_view)
        return [path("<int:pk>/act/<slug:act>/", view, name=name), *super().get_urls()]

    def act_view(self, request, pk, act):
        """Ask for what the act needs; by POST do it."""
        if act not in self.acts:
            raise Http404("没有这项办理")
        if not request.user.has_perm(self.acts[act].permission):
            raise PermissionDenied
        obj = self.get_queryset(request).filter(pk=pk).first()
        if obj is None:
            raise Http404("没有这条记录")
        form = self.act_form(
            request, obj, act, *((request.POST, request.FILES) if request.method == "POST" else ())
        )
        if form.is_valid():
            try:
                done, target = self.do(request, obj, act, form.cleaned_data)
            except ValidationError as error:
                add_errors(form, error)
            else:
                self.message_user(request, done, messages.SUCCESS)
                return redirect(self._page_of(target))
        context = {
            **self.admin_site.each_context(request),
            "title": self.acts[act].label,
            "subtitle": str(obj),
            "act": self.acts[act],
            "form": form,
            "original": obj,
            "record_url": self._page_of(obj),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def act_form(self, request, obj, act, *sent):
        """Return the form of an act, bound to what was sent."""
        return self.acts[act].form(*sent)

    def do(self, request, obj, act, given):
        """Do the act; returns (what to say, the record whose page follows)."""
        return self.perform(request, obj, act, given)

    @staticmethod
    def _page_of(record):
        meta = record._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            offered = [
                (name, self.acts[name])
                for name in self.acts_open(obj)
                if request.user.has_perm(self.acts[name].permission)
            ]
            act_url = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
            offered.sort(key=lambda item: item[1].ends)
            context |= {"offered": offered, "act_url": act_url, **self.standing(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def standing(self, request, obj):
        """Return what the page shows above its form: `facts` as (name, value) and more for its own template."""
        return {"facts": []}


def add_errors(form, error):
    """Put a service's ValidationError on the fields it names, the rest on the form as a whole."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
