"""What the judging desk shows of sheets, read in a fixed number of statements. While a panel is blind: codes only."""

from fractions import Fraction

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from unionportal.panels import scoring
from unionportal.panels.forms import fields_of, options_of, plain
from unionportal.panels.models import (
    Assignment,
    Candidate,
    CandidateFile,
    Criterion,
    Deduction,
    Panel,
    Recusal,
    Sheet,
    SheetVersion,
)

Status = Sheet.Status
QUICK = (Fraction(1), Fraction(9, 10), Fraction(4, 5), Fraction(7, 10), Fraction(3, 5))


def seats_of(user):
    """Return the user's marking seats on panels that are open or closed, with the counts of their sheets."""
    recused = Recusal.objects.filter(assignment=OuterRef("pk"), candidate=OuterRef("sheets__candidate"))
    mine = Q(sheets__candidate__is_marked=True) & ~Exists(recused)
    return (
        Assignment.objects.filter(user=user, ended_at=None, is_marking=True)
        .exclude(panel__status=Panel.Status.PREPARING)
        .select_related("panel")
        .annotate(
            total=Count("sheets", filter=mine),
            submitted=Count("sheets", filter=mine & Q(sheets__status=Status.SUBMITTED)),
            reopened=Count("sheets", filter=mine & Q(sheets__status=Status.REOPENED)),
        )
        .order_by(F("panel__status").desc(), "-panel")
    )


def chairs_a_contest(user):
    """Tell whether the user is chief judge of a contest's panel, marking or not: then there are boards to open."""
    seats = Assignment.objects.filter(user=user, ended_at=None, role=Assignment.Role.CHIEF)
    return seats.filter(panel__kind=Panel.Kind.CONTEST).exists()


def sheets_of(user, panel_id):
    """Return the user's sheets of a panel in the order of appearance, as rows that know only what a judge may see."""
    recused = Recusal.objects.filter(assignment=OuterRef("assignment"), candidate=OuterRef("candidate"))
    rows = (
        Sheet.objects.kept_by(user)
        .filter(panel=panel_id, assignment__ended_at=None, candidate__is_marked=True)
        .exclude(Exists(recused))
        .annotate(marked=Count("marks"))
        .order_by(F("candidate__order").asc(nulls_last=True), "candidate__code", "uuid")
        .values(
            "uuid",
            "status",
            "marked",
            "reopen_reason",
            is_blind=F("panel__is_blind"),
            code=F("candidate__code"),
            label=F("candidate__label"),
            station=F("candidate__station"),
        )
    )
    return [_row(row) for row in rows]


def _row(row):
    code, label = row.pop("code"), row.pop("label")
    row["title"] = _title(row.pop("is_blind"), code, label)
    row["is_submitted"] = row["status"] == Status.SUBMITTED
    row["state"] = Status(row["status"]).label
    return row


def _title(is_blind, code, label):
    return (code or "（未编号）") if is_blind else label


def sheet_to_show(user):
    """Return the queryset that a sheet of the desk is fetched from: the user's own, with all it needs at hand."""
    recused = Recusal.objects.filter(assignment=OuterRef("assignment"), candidate=OuterRef("candidate"))
    files = CandidateFile.objects.filter(candidate=OuterRef("candidate")).values(
        line=JSONObject(
            uuid="uuid",
            label="label",
            is_blind_safe="is_blind_safe",
            extension="file__extension",
            size="file__size",
        )
    )
    saved = SheetVersion.objects.filter(sheet=OuterRef("pk")).order_by("-number").values("saved_at")
    chief = Assignment.objects.filter(panel=OuterRef("panel"), role=Assignment.Role.CHIEF, ended_at=None)
    return (
        Sheet.objects.kept_by(user)
        .select_related("panel", "candidate__unit", "assignment")
        .annotate(
            is_recused=Exists(recused),
            has_chief=Exists(chief),
            saved_at=Subquery(saved[:1]),
            files=ArraySubquery(files),
        )
    )


def who_decides(sheet):
    """Return whom the judge of a sheet asks: the chief of the panel, or the staff where nobody is chief."""
    words = sheet.panel.words
    return words.chief if sheet.has_chief else words.staff


def why_closed(sheet):
    """Say why the judge may not mark this sheet now; blank if nothing forbids it."""
    asked = who_decides(sheet)
    if sheet.assignment.ended_at:
        return f"您已退出这个评审组，不能再评分；此前提交的评分表由{asked}处理。"
    if sheet.is_recused:
        return "您已回避这一位，不能给这一位打分。"
    if not sheet.candidate.is_marked:
        return "这一位已不参加评分（缺席、弃权或取消资格）。"
    if sheet.panel.status == Panel.Status.CLOSED:
        return f"评分已截止，评分表只能查看。确需更正，请联系{asked}。"
    if sheet.status == Status.SUBMITTED:
        return f"评分表已提交。确需修改，请{asked}退回。"
    if sheet.panel.status == Panel.Status.PREPARING:
        return "评分尚未开始。"
    return ""


def may_recuse(sheet):
    """Tell whether the judge may still declare not to mark this candidate."""
    is_over = sheet.panel.status == Panel.Status.CLOSED or sheet.assignment.ended_at
    return not (is_over or sheet.is_recused)


def recused_of(seat):
    """Return what the judge of this seat may call those whom he does not mark, in the order of appearance."""
    recused = Candidate.objects.filter(recusals__assignment=seat).order_by(
        F("order").asc(nulls_last=True), "code"
    )
    return [_title(seat.panel.is_blind, candidate.code, candidate.label) for candidate in recused]


def criteria_of(panel_id):
    """Return the rubric with the texts of its levels."""
    return list(
        Criterion.objects.filter(panel=panel_id).order_by("position", "pk").prefetch_related("levels")
    )


def saved_fields(sheet):
    """Return what is saved now as {field name: text}, and the points taken off for all judges alike."""
    taken = Deduction.objects.filter(Q(sheet=sheet) | Q(candidate=sheet.candidate_id)).order_by("pk")
    own = [deduction for deduction in taken if deduction.sheet_id]
    shared = [deduction for deduction in taken if not deduction.sheet_id]
    return fields_of(sheet.marks.all(), own), shared


def heading(sheet):
    """Return what a judge may read about the candidate: of one recused nothing but the title."""
    candidate, is_blind = sheet.candidate, sheet.panel.is_blind
    shown = {
        "title": _title(is_blind, candidate.code, candidate.label),
        "kind": sheet.panel.words.code if is_blind else sheet.panel.words.candidate,
        "station": candidate.station,
        "unit": candidate.unit.name if candidate.unit and not is_blind else "",
    }
    if sheet.is_recused:
        return shown
    return shown | {
        "brief": brief_lines(candidate.blind_brief if is_blind else candidate.brief),
        "files": [line for line in sheet.files if line["is_blind_safe"] or not is_blind],
    }


def brief_lines(text):
    """Return a candidate's material line by line as (is a heading, text): a line in 【】 heads what follows."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(True, line[1:-1]) if line[0] == "【" and line[-1] == "】" else (False, line) for line in lines]


def lines_of(criteria, form):
    """Return the criteria as the form shows them: value, options, quick values, errors."""
    return [_line(number, criterion, form) for number, criterion in enumerate(criteria, 1)]


def _line(number, criterion, form):
    name = f"m-{criterion.pk}"
    value = str(form.data.get(name, "") if form.is_bound else form.initial.get(name, ""))
    texts = {str(level.level): level.text for level in criterion.levels.all()}
    is_points = criterion.kind == Criterion.Kind.POINTS
    return {
        "number": number,
        "name": name,
        "criterion": criterion,
        "value": value,
        "shown": dict([] if is_points else options_of(criterion)).get(value, value),
        "maximum": plain(criterion.maximum),
        "step": plain(criterion.step),
        "options": [] if is_points else [(v, label, texts.get(v, "")) for v, label in options_of(criterion)],
        "quick": _quick(criterion) if is_points else [],
        "errors": form.errors.get(name, []) if form.is_bound else [],
    }


def _quick(criterion):
    """The marks given most: from all down to six tenths, each on the criterion's step."""
    step = Fraction(criterion.step)
    return list(dict.fromkeys(plain(part * Fraction(criterion.maximum) // step * step) for part in QUICK))


def total_of(criteria, marks, deductions):
    """Return the running total as text: blanks are left out, points taken off, not below 0."""
    given = ((criterion.rule(), marks.get(criterion.pk)) for criterion in criteria)
    earned = sum((scoring.mark_worth(rule, value) for rule, value in given if value is not None), Fraction(0))
    return plain(max(earned - sum(map(Fraction, deductions)), Fraction(0)))
