"""What a learner fills in. No form writes to the database."""

from django import forms
from django.core.exceptions import ValidationError

MOST_RANGES = 200
MOST_SECONDS = 24 * 60 * 60
RATINGS = [(5, "很好"), (4, "好"), (3, "一般"), (2, "差"), (1, "很差")]


class FeedbackForm(forms.Form):
    """Three ratings, and words where one has any."""

    content = forms.TypedChoiceField(label="课程内容", choices=RATINGS, coerce=int, widget=forms.RadioSelect)
    teacher = forms.TypedChoiceField(label="教师授课", choices=RATINGS, coerce=int, widget=forms.RadioSelect)
    usefulness = forms.TypedChoiceField(
        label="对工作有用", choices=RATINGS, coerce=int, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="想说的话（可不填）",
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        help_text="工作人员都会看；经选登的会匿名显示在课程页上。请不要写姓名、电话。",
    )


def read_report(sent):
    """Return what a lesson's script reports, checked; raises ValidationError for anything else."""
    try:
        ranges = [[int(start), int(end)] for start, end in sent.get("ranges", [])]
        block = sent.get("block")
        report = {
            "material": int(sent["material"]) if sent.get("material") is not None else None,
            "second": int(sent.get("second", 0)),
            "ranges": ranges,
            "block": None if block is None else int(block),
            "read": sent.get("read") is True,
        }
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValidationError("无法读懂发来的学习进度。") from error
    seconds = [report["second"], *(second for pair in ranges for second in pair), report["block"] or 0]
    is_odd = len(ranges) > MOST_RANGES or any(start > end for start, end in ranges)
    if is_odd or not all(0 <= second <= MOST_SECONDS for second in seconds):
        raise ValidationError("无法读懂发来的学习进度。")
    return report


def read_answers(sent):
    """Return {question: [choices]} of what a script sends; raises ValidationError for anything else."""
    try:
        return {str(int(key)): [int(choice) for choice in chosen] for key, chosen in sent.items()}
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValidationError("无法读懂发来的答案。") from error


def typed_answers(data):
    """Return {question: [choices]} of a form, one field `q-<question>` for each."""
    names = [name for name in data if name.startswith("q-")]
    return read_answers({name.removeprefix("q-"): data.getlist(name) for name in names})
