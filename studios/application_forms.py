"""The forms of an application: who, then step by step. A draft may be incomplete, never wrong in kind."""

import uuid

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from studios.conditions import asked_of
from studios.models import ApplicationFile, ConditionAnswer, StudioApplication
from unionportal.common import identity

STEPS = {"basic": "基本情况", "conditions": "条件自查", "papers": "材料与提交"}
ROWS = (
    ("name", "kind"),
    ("host_unit", "sector"),
    ("field", "leader_post"),
    ("founded_on", "phone"),
    "address",
    "team",
    "equipment",
    "story",
    "goals",
    "unit_opinion",
)
BASIC = [name for row in ROWS for name in ((row,) if isinstance(row, str) else row)]
HELP = {
    "name": "与拟制作的牌匾一字不差，名称自带的引号也要写上",
    "host_unit": "提交前必填",
    "field": "提交前必填，如 药学服务、无轨采矿设备",
    "address": "提交前必填",
    "phone": "会公开，请填办公电话",
    "team": "提交前必填。一人一行：姓名，岗位或职称。负责人不用写",
    "story": "提交前必填。成立经过、团队、做过什么，2000 字以内",
    "goals": "提交前必填。两年内要解决的问题，2000 字以内",
}
LIMITS = {"story": 2000, "goals": 2000, "unit_opinion": 500}
MOST_IN_DRAFT = 10_000


class StartForm(forms.Form):
    """Which round, which union, which studio, and its leader by name and number."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    campaign = forms.ModelChoiceField(None, label="认定批次", empty_label=None)
    body = forms.ModelChoiceField(None, label="申报工会", empty_label=None)
    studio = forms.ModelChoiceField(
        None,
        label="已有的工作室",
        required=False,
        empty_label="（新申报的工作室）",
        help_text="已在台账中、申报更高级别的，请选择",
    )
    name = forms.CharField(label="工作室名称", max_length=100, help_text=HELP["name"])
    leader_name = forms.CharField(label="负责人姓名", max_length=50)
    leader_id_number = forms.CharField(
        label="负责人身份证号",
        max_length=30,
        help_text="18 位，只用于确认是同一个人，加密保存。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args, campaigns, bodies, studios, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns
        self.fields["body"].queryset = bodies
        self.fields["studio"].queryset = studios
        if not studios.exists():
            del self.fields["studio"]

    def clean_key(self):
        return self.cleaned_data["key"] or uuid.uuid4()

    def refuse(self, reasons):
        """Show the form again with the reasons and what was typed; sent again it is another sending."""
        self.data = self.data.copy()
        self.data["key"] = str(uuid.uuid4())
        self.add_error(None, reasons)

    def _cleaned(self, rule, name):
        try:
            return rule(self.cleaned_data[name])
        except identity.IdentityProblem as problem:
            raise ValidationError(f"{problem.problem}。{problem.remedy}。") from problem

    def clean_leader_name(self):
        return self._cleaned(identity.clean_name, "leader_name")

    def clean_leader_id_number(self):
        return self._cleaned(identity.clean_id_number, "leader_id_number")


def _helper(*rows):
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout("version", *rows)
    return helper


class BasicForm(forms.ModelForm):
    """What the application says of the studio; every field may still be blank but its name."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = StudioApplication
        fields = BASIC
        widgets = {"founded_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        units = self.instance.body.units.current()
        if self.instance.host_unit_id:
            units = units | units.model.objects.filter(pk=self.instance.host_unit_id)
        self.fields["host_unit"].queryset = units.distinct()
        for name in BASIC:
            self._dress(name)
        rows = [Field(row) if isinstance(row, str) else Div(*row, css_class="fields") for row in ROWS]
        self.helper = _helper(*rows)

    def _dress(self, name):
        field = self.fields[name]
        field.required = name == "name"
        field.help_text = HELP.get(name, "")
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = "请选择"
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 8 if name in ("story", "goals") else 4
            field.max_length = None
            field.validators = [rule for rule in field.validators if not isinstance(rule, MaxLengthValidator)]
            field.widget.attrs["maxlength"] = MOST_IN_DRAFT
            if name in LIMITS:
                field.widget.attrs["data-count"] = LIMITS[name]

    def _post_clean(self):
        """The service writes, not the form: the instance stays as it was read."""

    def clean(self):
        data = super().clean()
        for name, value in list(data.items()):
            if isinstance(value, str):
                data[name] = value.replace("\r\n", "\n").replace("\r", "\n")
                if len(data[name]) > MOST_IN_DRAFT:
                    self.add_error(name, f"超过 {MOST_IN_DRAFT} 字，请精简。")
        return data

    field_names = BASIC

    @property
    def kept(self):
        """What the service writes: fields and no answers."""
        return {"fields": {name: self.cleaned_data[name] for name in BASIC}}

    def texts(self):
        """Return the fields as a browser sends them."""
        return {name: _text(self.initial.get(name)) for name in BASIC}


class ConditionsForm(forms.Form):
    """The check-list: for each condition a number where one is asked for, and what there is to say."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = instance.version
        self.asked = asked_of(instance.campaign)
        known = {item.condition: item for item in instance.answers.all()}
        rows = []
        for condition, threshold, unit, hint in self.asked:
            answer, name = known.get(condition), ConditionAnswer.Condition(condition).label
            names = [f"{condition}_text"]
            if unit:
                names.insert(0, f"{condition}_number")
                self.fields[names[0]] = forms.IntegerField(
                    label=f"{name}：数量（{unit}，不少于 {threshold}）",
                    min_value=0,
                    max_value=1_000_000_000,
                    required=False,
                )
                self.initial[names[0]] = answer.number if answer else None
            self.fields[names[-1]] = forms.CharField(
                label=f"{name}：说明",
                required=False,
                help_text=hint,
                max_length=1000,
                widget=forms.Textarea({"rows": 3}),
            )
            self.initial[names[-1]] = answer.text if answer else ""
            rows.append(Fieldset(name, *names))
        self.helper = _helper(*rows)

    @property
    def field_names(self):
        return [name for name in self.fields if name != "version"]

    @property
    def kept(self):
        """What the service writes: no fields, and the answers by condition."""
        data = self.cleaned_data
        answers = {
            str(condition): {
                "number": data.get(f"{condition}_number"),
                "text": data[f"{condition}_text"].replace("\r\n", "\n"),
            }
            for condition, *_ in self.asked
        }
        return {"fields": {}, "answers": answers}

    def texts(self):
        """Return the fields as a browser sends them."""
        return {name: _text(self.initial.get(name)) for name in self.field_names}


class PapersForm(forms.Form):
    """The last step has papers of its own; of the form only the version is left."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_names = ()

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = instance.version
        self.helper = _helper()

    @property
    def kept(self):
        return {"fields": {}}

    def texts(self):
        return {}


FORMS = {"basic": BasicForm, "conditions": ConditionsForm, "papers": PapersForm}


def _text(value):
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class AttachForm(forms.Form):
    """A paper: what it is and, for evidence, which condition it proves."""

    upload = forms.FileField(
        label="选择文件", help_text="PDF、Word、Excel 或照片（JPEG、PNG、WebP），单个不超过 20 MB。"
    )
    about = forms.ChoiceField(label="这是什么")
    caption = forms.CharField(label="说明", max_length=100, required=False)

    def __init__(self, *args, campaign, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = ApplicationFile.Kind
        self.fields["about"].choices = [
            *(
                (str(item[0]), f"证明：{ConditionAnswer.Condition(item[0]).label}")
                for item in asked_of(campaign)
            ),
            (kinds.PHOTO.value, kinds.PHOTO.label),
            (kinds.FORM.value, kinds.FORM.label),
        ]

    @property
    def kind_and_condition(self):
        """Return (kind, condition) of what was chosen."""
        about = self.cleaned_data["about"]
        if about in ConditionAnswer.Condition.values:
            return ApplicationFile.Kind.EVIDENCE, about
        return about, ""
