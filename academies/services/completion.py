"""Completing a run: the preview, the decision, certificates and growth records; and taking a completion back."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from academies.completing import LessonLine, Outcome, RunRule, outcome
from academies.models import Attendance, CourseRun, Enrolment, Lesson, Progress
from academies.services import messages
from academies.services.seats import end, lock_run, settle
from unionportal.audit.services import record
from unionportal.certificates.services import CertificateLine, issue_certificates, revoke_certificate
from unionportal.people.models import Milestone
from unionportal.people.services import MilestoneLine, replace_milestones

Status = Enrolment.Status
DECIDED = (Status.COMPLETED, Status.FAILED)


@dataclass(frozen=True)
class Preview:
    """A learner of a run and whether they complete it."""

    enrolment: Enrolment
    outcome: Outcome


def rule_of(run):
    """Return what a run asks for."""
    return RunRule(
        attendance_percent=run.attendance_percent,
        late_counts_percent=run.late_counts_percent,
        leave_counts_percent=run.leave_counts_percent,
        has_exam=run.has_exam,
        pass_score=run.pass_score,
        signs_out=run.signs_out,
    )


def lesson_lines(run):
    """Return {enrolment key: [LessonLine]} of everybody seated; an on-line lesson counts once it was finished."""
    lessons = list(run.lessons.all())
    marks = {(item.enrolment_id, item.lesson_id): item for item in Attendance.objects.filter(lesson__run=run)}
    finished = set(
        Progress.objects.filter(lesson__run=run)
        .exclude(completed_at=None)
        .values_list("enrolment_id", "lesson_id")
    )

    def line(enrolment, lesson):
        if lesson.kind == Lesson.Kind.ONLINE:
            came = (enrolment, lesson.pk) in finished
            return LessonLine(lesson.hours, "present" if came else "absent")
        mark = marks.get((enrolment, lesson.pk))
        return LessonLine(
            lesson.hours, mark.status if mark else None, has_signed_out=bool(mark and mark.signed_out_at)
        )

    keys = run.enrolments.filter(status__in=(Status.APPROVED, *DECIDED)).values_list("pk", flat=True)
    return {key: [line(key, lesson) for lesson in lessons] for key in keys}


def preview(run):
    """Return a Preview of every learner of a run, those who fail first; writes nothing."""
    rule, lines = rule_of(run), lesson_lines(run)
    enrolments = run.enrolments.filter(pk__in=lines).select_related("person__user", "certificate")
    previews = [Preview(item, outcome(rule, lines[item.pk], item.score)) for item in enrolments]
    return sorted(previews, key=lambda item: (item.outcome.passes, item.enrolment.person.pinyin))


def obstacles(run):
    """Return what keeps a run from being completed, as Chinese sentences."""
    if run.status != CourseRun.Status.ANNOUNCED:
        return [f"“{run}”{run.get_status_display()}，不能办理结业。"]
    unclosed = run.lessons.exclude(kind=Lesson.Kind.ONLINE).filter(closed_at=None).count()
    lines = [f"还有 {unclosed} 个课次没有结束考勤。"] if unclosed else []
    if not run.enrolments.filter(status=Status.APPROVED).exists():
        lines.append("本班没有已录取的学员。")
    if run.ends_on > timezone.localdate():
        lines.append(f"结业日期是 {run.ends_on:%Y-%m-%d}，尚未到。")
    return lines


@transaction.atomic
def complete_run(*, run, actor):
    """Write who completed and who did not, and their growth records; returns the run. Waiting lists end here."""
    run = lock_run(run)
    if run.status == CourseRun.Status.COMPLETED:
        return run  # the second click of two
    # A teacher who corrects a list holds the lesson and not the run: it counts, or finds the run completed.
    list(run.lessons.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    if lacking := obstacles(run):
        raise ValidationError(lacking)
    now = timezone.now()
    open_ended = (Status.APPLIED, Status.WAITLISTED, Status.OFFERED)
    for enrolment in run.enrolments.filter(status__in=open_ended).select_related("person__user"):
        end(enrolment, Status.CANCELLED, "班次已结业", now)
        messages.tell_cancelled(enrolment, actor)
    # A paper being handed in holds its enrolment and not the run: its mark counts, or finds the run completed.
    list(run.enrolments.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    previews = preview(run)
    for item in previews:
        item.enrolment.status = Status.COMPLETED if item.outcome.passes else Status.FAILED
        item.enrolment.attendance_share = item.outcome.share
        item.enrolment.completed_at = now if item.outcome.passes else None
    Enrolment.objects.bulk_update(
        [item.enrolment for item in previews], ["status", "attendance_share", "completed_at"]
    )
    run.status, run.completed_at = CourseRun.Status.COMPLETED, now
    run.save(update_fields=["status", "completed_at"])
    settle(run, now)
    write_milestones(run)
    passed = sum(item.outcome.passes for item in previews)
    record(actor, "academies.run_completed", run, passed=passed, failed=len(previews) - passed)
    for item in previews:
        messages.tell_completion(item.enrolment, item.outcome.reasons, actor)
    return run


def write_milestones(run):
    """Make the growth records of a run exactly its completed enrolments; returns how many there are."""
    completed = run.enrolments.filter(status=Status.COMPLETED).select_related("person")
    prefix = f"academies.run:{run.pk}:"
    lines = [
        MilestoneLine(
            person_id=enrolment.person_id,
            on=run.ends_on,
            title=f"{run.academy} {run}",
            place="结业",
            source_key=f"{prefix}{enrolment.pk}",
            visibility=Milestone.Visibility.SELF,
            detail=f"{run.course.hours.normalize():f} 学时",
        )
        for enrolment in completed
    ]
    return replace_milestones(
        source_prefix=prefix, kind=Milestone.Kind.COURSE, tier=Milestone.Tier.DISTRICT, lines=lines
    )


def certificate_line(enrolment):
    """Return what a completion certificate says; never a skill level (职业技能等级由评价机构认定)."""
    run = enrolment.run
    return CertificateLine(
        source_key=f"academies.enrolment:{enrolment.pk}",
        holder=enrolment.person.name,
        person=enrolment.person,
        facts={
            "unit": enrolment.unit_name,
            "title": run.course.name,
            "event": run.name,
            "year": run.ends_on.year,
            "hours": f"{run.course.hours.normalize():f}",
            "period": f"{run.starts_on:%Y年%-m月%-d日}至{run.ends_on:%Y年%-m月%-d日}",
        },
    )


@transaction.atomic
def record_score(*, enrolment, score, actor):
    """Write the mark of an exam held on site, None to take it away; returns the Enrolment."""
    run = lock_run(enrolment.run)
    enrolment = Enrolment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment.pk)
    if run.status != CourseRun.Status.ANNOUNCED or enrolment.status != Status.APPROVED:
        raise ValidationError("只有已录取、尚未办理结业的学员可以登记成绩。")
    if score is not None and not 0 <= score <= 100:
        raise ValidationError({"score": "成绩应在 0 到 100 之间。"})
    before, enrolment.score = enrolment.score, score
    enrolment.save(update_fields=["score"])
    told = {
        name: "" if value is None else str(value) for name, value in (("before", before), ("after", score))
    }
    record(actor, "academies.score_recorded", enrolment, **told)
    return enrolment


@transaction.atomic
def issue_run_certificates(*, run, actor, issued_on=None):
    """Issue the certificates still missing of a completed run and return all of them; issuing again changes nothing."""
    run = lock_run(run)
    if run.status != CourseRun.Status.COMPLETED:
        raise ValidationError(f"“{run}”尚未办理结业，不能发证。")
    if run.certificate_design is None or run.certificate_series is None:
        raise ValidationError("请先在班次中选定结业证书版式和编号序列。")
    completed = list(
        run.enrolments.filter(status=Status.COMPLETED)
        .select_related("person__user", "run__course")
        .order_by("person__pinyin", "pk")
    )
    uncertified = [enrolment for enrolment in completed if enrolment.certificate_id is None]
    certificates = issue_certificates(
        design=run.certificate_design,
        series=run.certificate_series,
        issued_on=issued_on or timezone.localdate(),
        lines=[certificate_line(enrolment) for enrolment in completed],
        actor=actor,
    )
    for enrolment, certificate in zip(completed, certificates, strict=True):
        enrolment.certificate = certificate
    Enrolment.objects.bulk_update(completed, ["certificate"])
    for enrolment in uncertified:
        messages.tell_certified(enrolment, actor)
    return certificates


@transaction.atomic
def certify_run(*, run, certificate_design, certificate_series, issued_on, actor):
    """Choose how the certificates of a run look and issue them; returns all of them."""
    CourseRun.objects.filter(pk=lock_run(run).pk).update(
        certificate_design=certificate_design, certificate_series=certificate_series
    )
    return issue_run_certificates(run=run, actor=actor, issued_on=issued_on)


@transaction.atomic
def revoke_completion(*, enrolment, actor, reason):
    """Take somebody's completion back: certificate revoked, growth record withdrawn; returns the Enrolment."""
    run = lock_run(enrolment.run)
    enrolment = Enrolment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment.pk)
    if enrolment.status != Status.COMPLETED:
        raise ValidationError(
            f"{enrolment.person.name}现为“{enrolment.get_status_display()}”，没有可撤销的结业。"
        )
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销结业的理由。"})
    enrolment.status, enrolment.end_reason = Status.FAILED, reason.strip()
    enrolment.completed_at = None
    enrolment.save(update_fields=["status", "end_reason", "completed_at"])
    if enrolment.certificate:
        revoke_certificate(certificate=enrolment.certificate, ground=reason, actor=actor)
    write_milestones(run)
    record(actor, "academies.completion_revoked", enrolment, reason=reason.strip())
    messages.tell_revoked(enrolment, actor)
    return enrolment
