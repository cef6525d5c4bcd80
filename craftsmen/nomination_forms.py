"""The forms of a nomination: who, then step by step what the 推荐审批表 asks. A draft may be incomplete, never wrong in kind."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError

from craftsmen.eligibility import rule_text
from craftsmen.models import EligibilityRule, Nomination, NominationFile
from craftsmen.services.prechecks import LIMITS, REQUIRED, UNIT_NOTICE
from unionportal.common import identity

STEPS = {
    "basic": "基本情况",
    "career": "经历",
    "deeds": "事迹",
    "unit": "单位意见",
    "papers": "材料",
    "check": "预审与提交",
}
FIELDS = {
    "basic": (
        ("unit", "unit_name"),
        ("unit_nature", "sector"),
        ("occupation", "post"),
        ("skill_level", "education"),
        ("ethnicity", "political"),
        ("worker_kind", "is_union_member"),
        ("is_front_line", "is_manager"),
    ),
    "career": (
        ("worked_since", "trade_since", "district_since"),
        "resume",
        "honours",
        "rewards_and_penalties",
    ),
    "deeds": ("short_deeds", "full_deeds", "unique_skill", "achievements", "apprentices"),
    "unit": ("unit_opinion", ("unit_notice_from", "unit_notice_to"), "unit_notice_result"),
    "papers": (),
    "check": ("consents_to_publication",),
}
HELP = {
    "unit": "选定后单位名称随之带出，可按公章改写",
    "unit_name": "与公章一致的全称；灵活就业的可不填",
    "occupation": "如 电焊工、养老护理员",
    "post": "如 班组长、高级工程师",
    "skill_level": "以证书为准，没有的留空",
    "trade_since": "从事现工种的起始日期",
    "district_since": "在密云区工作的起始日期",
    "resume": "从参加工作写起，每段一行：起止年月、单位、岗位",
    "honours": "系统已知的竞赛成绩和荣誉已填入，请补充；每项一行：年月、名称、授予单位",
    "rewards_and_penalties": "没有的填“无”",
    "short_deeds": "不超过 500 字，用于评审和公示，突出最主要的事迹",
    "full_deeds": "不超过 2,000 字，时间、地点、数据写清楚",
    "unique_skill": "独有的技术、操作法、诀窍",
    "achievements": "专利、革新、工艺改进及其效益",
    "apprentices": "带徒人数、姓名、成绩",
    "unit_opinion": "单位对申报人表现的评价和推荐意见，须经集体研究",
    "unit_notice_result": "如 公示无异议",
    "consents_to_publication": "勾选即表示申报人本人知情，并同意公示其姓名、单位、事迹和照片。",
}
# A draft may run over, so that nothing pasted in is lost; handing in refuses it.
MOST_IN_DRAFT = 10_000
LONG = {"resume": 6, "honours": 4, "rewards_and_penalties": 3, "short_deeds": 8, "full_deeds": 16}
MARKED = {name for names in REQUIRED.values() for name in names} | set(UNIT_NOTICE)
PROVED_BY_PAPER = (EligibilityRule.Kind.PAPER, EligibilityRule.Kind.SKILL_LEVEL)
YES_NO = [("", "请选择"), ("True", "是"), ("False", "否")]


def names_of(step):
    """Return the names of a step's fields in their order."""
    return [name for row in FIELDS[step] for name in ((row,) if isinstance(row, str) else row)]


class StartForm(forms.Form):
    """Which title, by which road, and who. The number is checked here and matched by the service."""

    offer = forms.ModelChoiceField(None, label="申报称号", empty_label=None)
    road = forms.ChoiceField(label="推荐渠道")
    name = forms.CharField(label="申报人姓名", max_length=50)
    id_number = forms.CharField(
        label="身份证号",
        max_length=30,
        help_text="18 位，只用于确认是同一个人，加密保存。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args, offers, roads, needs_identity=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["offer"].queryset = offers
        self.fields["road"].choices = list(roads.items())
        if len(roads) == 1:
            self.fields["road"].initial = next(iter(roads))
            self.fields["road"].widget = forms.HiddenInput()
        if not needs_identity:
            del self.fields["name"], self.fields["id_number"]

    def _cleaned(self, rule, name):
        try:
            return rule(self.cleaned_data[name])
        except identity.IdentityProblem as problem:
            raise ValidationError(f"{problem.problem}。{problem.remedy}。") from problem

    def clean_name(self):
        return self._cleaned(identity.clean_name, "name")

    def clean_id_number(self):
        return self._cleaned(identity.clean_id_number, "id_number")


class StepForm(forms.ModelForm):
    """One step of the long form, bound to a nomination; every field may still be blank."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = Nomination
        fields = [name for step in FIELDS for name in names_of(step)]
        widgets = {
            **{name: forms.Select(choices=YES_NO) for name in ("is_union_member", "is_front_line")},
            **{
                name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                for name in fields
                if name.endswith(("_since", "_from", "_to"))
            },
        }

    def __init__(self, *args, step, **kwargs):
        super().__init__(*args, **kwargs)
        self.step = step
        for name in set(self.fields) - set(names_of(step)) - {"version"}:
            del self.fields[name]
        if self.instance.channel != Nomination.Channel.UNIT:
            for name in set(UNIT_NOTICE) & set(self.fields):
                del self.fields[name]
        for name in set(names_of(step)) & set(self.fields):
            self._dress(name)
        self.initial["version"] = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("version", *(self._row(row) for row in FIELDS[step]))

    def _dress(self, name):
        field = self.fields[name]
        field.help_text = HELP.get(name, "")
        # A mark and not `required`: the draft may leave it blank, handing in may not.
        field.required = False
        if name in MARKED:
            field.label = f"{field.label} ＊"
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = "请选择"
        elif isinstance(field.widget, forms.Select):
            field.widget.choices = [
                (value, label if value else "请选择") for value, label in field.widget.choices
            ]
        if name == "unit_notice_from":
            field.help_text = f"须公示满 {self.instance.offer.selection.unit_notice_days} 个工作日"
        elif name == "unit":
            body = self.instance.body
            field.queryset = body.units.current() if body else field.queryset.none()
            if not field.queryset.exists():
                del self.fields[name]
        elif isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = LONG.get(name, 4)
            field.max_length, field.validators = None, []
            field.widget.attrs["maxlength"] = MOST_IN_DRAFT
            if name in LIMITS:
                field.widget.attrs["data-count"] = LIMITS[name]

    def _row(self, row):
        names = [name for name in ((row,) if isinstance(row, str) else row) if name in self.fields]
        return Field(*names) if isinstance(row, str) else Div(*names, css_class="fields")

    @property
    def field_names(self):
        return [name for name in names_of(self.step) if name in self.fields]

    def clean(self):
        data = super().clean()
        for name in self.field_names:
            value = data.get(name)
            if isinstance(value, str) and len(value) > MOST_IN_DRAFT:
                self.add_error(name, f"超过 {MOST_IN_DRAFT} 字，请精简。")
            elif isinstance(value, str):
                data[name] = value.replace("\r\n", "\n").replace("\r", "\n")
        return data

    def _post_clean(self):
        """The service writes, not the form: the instance stays as it was read."""

    @property
    def values(self):
        """The cleaned values of the step's fields."""
        return {name: self.cleaned_data[name] for name in self.field_names}


def saved_texts(nomination, step):
    """Return the step's fields as a browser sends them: {name: text}."""
    form = StepForm(instance=nomination, step=step)
    return {
        name: as_text(
            form.initial.get(name), is_box=isinstance(form.fields[name].widget, forms.CheckboxInput)
        )
        for name in form.field_names
    }


def as_text(value, *, is_box=False):
    """Return a value as an HTML form holds it; an unticked box is an empty text."""
    if is_box:
        return "on" if value else ""
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def percent_field(label, choices):
    """Return a field for a place or share in percent: a choice of three, which the script makes any number."""
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=100,
        initial=choices[0][0],
        widget=forms.Select(choices=choices),
    )


class PhotoForm(forms.Form):
    """A picture and what of it to keep; the script lets one tap on the face."""

    photo = forms.FileField(label="选择照片", widget=forms.FileInput(attrs={"accept": "image/*"}))
    across = percent_field("人像左右位置", [(50, "居中"), (25, "偏左"), (75, "偏右")])
    down = percent_field("人像上下位置", [(50, "居中"), (25, "偏上"), (75, "偏下")])
    share = percent_field("取景范围", [(100, "最大"), (75, "近一些"), (50, "更近")])

    def clean_share(self):
        return max(self.cleaned_data["share"], 20)


class AttachForm(forms.Form):
    """A paper: what it is and, for evidence, which rule it proves."""

    upload = forms.FileField(
        label="选择文件",
        help_text="PDF、Word、Excel 或照片（JPEG、PNG、WebP），单个不超过 20 MB。",
    )
    about = forms.ChoiceField(label="这是什么")
    caption = forms.CharField(label="说明", max_length=100, required=False)

    def __init__(self, *args, rules, takes_unit_form, **kwargs):
        super().__init__(*args, **kwargs)
        self.rules = {f"rule-{rule.pk}": rule for rule in rules if rule.kind in PROVED_BY_PAPER}
        kinds = NominationFile.Kind
        self.fields["about"].choices = [
            *((key, f"证明：{rule_text(rule)}") for key, rule in self.rules.items()),
            (kinds.EVIDENCE.value, "其他证明材料"),
            (kinds.PHOTO.value, kinds.PHOTO.label),
            *([(kinds.UNIT_FORM.value, kinds.UNIT_FORM.label)] if takes_unit_form else []),
        ]

    @property
    def kind_and_rule(self):
        about = self.cleaned_data["about"]
        if about in self.rules:
            return NominationFile.Kind.EVIDENCE, self.rules[about]
        return about, None


class ReasonForm(forms.Form):
    """Why something is sent back or withdrawn."""

    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class PassUpForm(forms.Form):
    """The branch's opinion and its stamped list, for those ticked on the page."""

    opinion = forms.CharField(
        label="镇街、系统工会意见",
        max_length=1000,
        initial="经审核，材料属实，同意推荐。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    scan = forms.FileField(label="盖章的推荐汇总表（扫描件或照片）")
