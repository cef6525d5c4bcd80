"""Forms of the admin of notices."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from unionportal.notices.forms import AttachedFiles, LineChoice
from unionportal.notices.models import NoticeLine, Objection


class LineFormSet(forms.BaseInlineFormSet):
    """The list of a draft: places may be exchanged in one go, and none is given twice."""

    def clean(self):
        super().clean()
        places = [
            form.cleaned_data.get("position")
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        places = [place for place in places if place is not None]
        twice = sorted({place for place in places if places.count(place) > 1})
        if twice:
            raise ValidationError(f"序号 {'、'.join(map(str, twice))} 重复，请改为不同的序号。")


class LineForm(forms.ModelForm):
    """One line of a draft; that no place is given twice is checked over the whole list."""

    class Meta:
        model = NoticeLine
        fields = ["position", "name", "unit_name", "occupation", "proposed", "note", "stroke_override"]

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"position"}


class RegisterForm(AttachedFiles):
    """An objection that came by letter, telephone or visit, as staff enter it."""

    channel = forms.ChoiceField(
        label="渠道",
        choices=[item for item in Objection.Channel.choices if item[0] != Objection.Channel.PAGE],
    )
    received_at = forms.DateTimeField(
        label="收到时间",
        initial=timezone.now,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    postmarked_on = forms.DateField(
        label="邮戳日期",
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text="来信必填，是否逾期以邮戳为准。",
    )
    line = LineChoice(
        queryset=NoticeLine.objects.none(), required=False, label="对象", empty_label="整个公示"
    )
    kind = forms.ChoiceField(label="提出人", choices=Objection.Kind)
    is_anonymous = forms.BooleanField(
        label="匿名反映", required=False, help_text="作为线索留存：不影响公示，不登记姓名。"
    )
    name = forms.CharField(label="姓名或单位名称", max_length=100, required=False)
    contact = forms.CharField(
        label="联系方式", max_length=200, required=False, help_text="加密保存，查看须有权限并留痕。"
    )
    text = forms.CharField(label="异议内容", widget=forms.Textarea({"rows": 8, "cols": 80}))

    def __init__(self, *args, notice, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields |= self.fields_for_files()
        self.fields["line"].queryset = notice.lines.exclude(status=NoticeLine.Status.REMOVED)

    def clean(self):
        data = super().clean()
        data["uploads"] = self.inspected_files()
        return data

    def objection(self):
        """Return what register_objection wants to know."""
        places = self.fields_for_files()
        return {name: value for name, value in self.cleaned_data.items() if name not in places}
