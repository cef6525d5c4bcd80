"""What teachers and learners fill in about attendance. No form writes to the database."""

from django import forms


class ReasonForm(forms.Form):
    """Why a lesson is opened again."""

    reason = forms.CharField(label="重新打开的理由", max_length=200)


class DecisionForm(forms.Form):
    """A teacher's decision about a request to be signed in afterwards."""

    reason = forms.CharField(label="处理理由", max_length=300)
    decision = forms.ChoiceField(choices=[("granted", "同意"), ("refused", "不同意")])


class MakeUpForm(forms.Form):
    """Why somebody who came could not sign in."""

    reason = forms.CharField(
        label="没能签到的原因",
        max_length=300,
        widget=forms.Textarea({"rows": 4}),
        help_text="如 手机没电、会场没有信号，并写明谁能证明您到课。班主任或任课教师会看到。",
    )
