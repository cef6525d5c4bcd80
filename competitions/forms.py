"""Forms of the staff's pages for a competition."""

from django import forms

from competitions.models import Module, Stage
from unionportal.files.services import inspect_document


class UploadOptions(forms.Form):
    """What an uploaded workbook is about; which questions there are depends on its kind."""

    def __init__(self, *args, competition, kind, **kwargs):
        super().__init__(*args, **kwargs)
        if kind in ("exam", "panel"):
            names = Stage.objects.filter(event__competition=competition).order_by("position")
            names = dict.fromkeys(names.values_list("name", flat=True))
            self.fields["stage"] = forms.ChoiceField(label="轮次", choices=[(name, name) for name in names])
        if kind == "exam":
            self.fields["enter"] = forms.BooleanField(
                label="表中尚未进入本轮的选手一并进入本轮", required=False
            )
        if kind == "rubric":
            modules = Module.objects.filter(stage__event__competition=competition).exclude(panel=None)
            self.fields["module"] = PanelModuleField(
                modules.select_related("stage__event", "panel"), label="评审模块"
            )


class PanelModuleField(forms.ModelChoiceField):
    """A panel-marked module, told apart by its event and stage."""

    def label_from_instance(self, module):
        return f"{module.stage} {module}"


class UploadForm(UploadOptions):
    """The same with the workbook; its content is inspected here, before anything is stored."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workbook"] = forms.FileField(label="Excel 文件（.xlsx）")

    def clean_workbook(self):
        return inspect_document(self.cleaned_data["workbook"])
