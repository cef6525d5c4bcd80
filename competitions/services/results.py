"""Sealing, publishing and correcting results."""

import hashlib
import json

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from competitions import scoring
from competitions.models import Appearance, Competition, Entry, ResultRow, ResultSheet, Stage
from competitions.services import public_notices
from competitions.services.calculation import calculate_stage
from competitions.services.stages import forget_tie_decisions, lock_stage, stage_panels
from unionportal.audit.services import record
from unionportal.panels.services import seats
from unionportal.panels.services.decisions import spread_alarms
from unionportal.people.models import Milestone
from unionportal.people.services import MilestoneLine, replace_milestones

Status = Stage.Status
SEALABLE = {Status.SCORING, Status.PAUSED, Status.CHECKING}
PUBLISHABLE = {Status.SEALED, Status.HALL, Status.NOTICE}
SEALED_OR_LATER = PUBLISHABLE | {Status.PUBLISHED}


class Blocked(ValidationError):
    """A stage cannot be sealed yet; `messages` says what still stands in the way, one line each."""


def require(actor, permission):
    """Raise PermissionDenied unless the actor holds the permission."""
    if not actor.has_perm(permission):
        raise PermissionDenied(f"{actor} 没有这项权限。")


def blockers(stage, result=None):
    """Return what still keeps the stage from being sealed, as Chinese sentences; empty when nothing does."""
    if stage.status not in SEALABLE:
        return [f"“{stage}”现为“{stage.get_status_display()}”，录入成绩后才能锁定。"]
    if not stage.appearances.exists():
        return [f"“{stage}”还没有选手。"]
    try:
        result = result or calculate_stage(stage)[1]
    except ValueError as error:
        return [f"“{stage}”：{error}"]
    lines = [f"“{stage}”：{blocker.text}" for blocker in result.blockers]
    for candidate in spread_alarms(panels=stage_panels(stage)):
        lines.append(
            f"“{stage}”：{candidate}的裁判评分相差超过 {candidate.panel.spread_limit} 分，请裁判长说明。"
        )
    return lines


@transaction.atomic
def seal_stage(*, stage, actor):
    """Fix the results of a stage as a new ResultSheet, not yet public, and return it.

    Raises Blocked with every reason, PermissionDenied, or ValidationError.
    """
    require(actor, "competitions.seal_stage")
    stage = lock_stage(stage)
    if stage.status in SEALABLE and not stage.appearances.exists():
        raise Blocked(blockers(stage))
    if stage.status not in SEALABLE:
        raise Blocked(blockers(stage))
    for panel in stage_panels(stage):
        seats.close_panel(panel=panel, actor=actor)
    rule, result = calculate_stage(stage)
    reasons = blockers(stage, result)
    if reasons:
        raise Blocked(reasons)
    sheet = _write_sheet(stage, rule, result, actor)
    stage.status = Status.SEALED
    stage.save(update_fields=["status"])
    record(actor, "competitions.stage_sealed", stage, version=sheet.version, sha256=sheet.sha256)
    return sheet


def _write_sheet(stage, rule, result, actor):
    last = stage.result_sheets.order_by("-version").first()
    sheet = ResultSheet(
        stage=stage,
        version=last.version + 1 if last else 1,
        reason=stage.correction_reason,
        rule_text=scoring.describe(rule),
        contestants=sum(1 for line in result.lines if line.rank is not None and not line.is_guest),
        modules=[
            {"name": module.name, "weight": f"{module.weight.normalize():f}"} for module in rule.modules
        ],
        sealed_at=timezone.now(),
        sealed_by=actor.name,
    )
    rows = _rows(sheet, rule, result)
    sheet.content = canonical(sheet, rows)
    sheet.sha256 = digest(sheet.content)
    sheet.save()
    for row in rows:
        row.sheet = sheet
    ResultRow.objects.bulk_create(rows)
    return sheet


def _rows(sheet, rule, result):
    people = {
        appearance.pk: appearance
        for appearance in Appearance.objects.filter(stage=sheet.stage)
        .select_related("entry__person")
        .prefetch_related("attempts")
    }
    levels = {band.name: level for level, band in enumerate(rule.awards, 1)}
    return [
        _row(rule, line, people[line.key], position=position, award_level=levels.get(line.award))
        for position, line in enumerate(result.lines, 1)
    ]


def _row(rule, line, appearance, **fields):
    has_total = line.total is not None
    counted = next((attempt for attempt in appearance.attempts.all() if attempt.is_counted), None)
    scores = [
        {
            "name": module.name,
            "weight": f"{module.weight.normalize():f}",
            "score": str(line.modules[module.key].shown),
        }
        for module in rule.modules
        if module.key in line.modules
    ]
    return ResultRow(
        appearance=appearance,
        rank=line.rank,
        name=line.label,
        unit_name=appearance.entry.unit_name,
        total=line.total,
        total_text=str(line.total) if has_total else "",
        seconds=counted.seconds if counted and has_total else None,
        status=line.status,
        is_guest=line.is_guest,
        advances=line.advances,
        award=line.award or "",
        tie_note=line.tie_note,
        module_scores=scores,
        working=scoring.working(rule, line) if has_total else None,
        **fields,
    )


def canonical(sheet, rows):
    """Return the sheet as canonical JSON: sorted keys, no spaces, figures as printed.

    The names of competition, event and stage are those of the sealing: a title put right later is no tampering.
    """
    body = {
        **_names(sheet),
        "version": sheet.version,
        "reason": sheet.reason,
        "rule": sheet.rule_text,
        "modules": sheet.modules,
        "contestants": sheet.contestants,
        "rows": [
            {
                "rank": row.rank,
                "name": row.name,
                "unit": row.unit_name,
                "modules": row.module_scores,
                "total": row.total_text,
                "seconds": row.seconds,
                "status": row.status,
                "is_guest": row.is_guest,
                "advances": row.advances,
                "award": row.award,
                "tie_note": row.tie_note,
                "working": row.working,
            }
            for row in rows
        ],
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _names(sheet):
    if sheet.content:
        sealed = json.loads(sheet.content)
        return {key: sealed.get(key) for key in ("competition", "event", "stage")}
    event = sheet.stage.event
    return {"competition": event.competition.title, "event": event.name, "stage": sheet.stage.name}


def digest(content):
    """Return the SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def is_intact(sheet):
    """Tell whether a sheet and its rows still say what was sealed."""
    return digest(sheet.content) == sheet.sha256 and canonical(sheet, list(sheet.rows.all())) == sheet.content


@transaction.atomic
def publish_results(*, stage, actor, published_at=None):
    """Put the sealed results before the public, write growth records, and return the ResultSheet.

    `published_at` is for results that were public before they were entered here; the audit line tells that it was given.
    """
    require(actor, "competitions.publish_results")
    stage = lock_stage(stage)
    competition = stage.event.competition
    if competition.status == Competition.Status.DRAFT:
        raise ValidationError(f"“{competition}”还是草稿，请先公告竞赛，再发布成绩。")
    if competition.status == Competition.Status.CANCELLED:
        raise ValidationError(f"“{competition}”已取消，不能再发布成绩。")
    sheet = stage.result_sheets.filter(published_at=None).first()
    if stage.status not in PUBLISHABLE or sheet is None:
        raise ValidationError(f"“{stage}”现为“{stage.get_status_display()}”，成绩锁定后才能发布。")
    if not is_intact(sheet):
        raise ValidationError(
            f"“{stage}”的成绩册与锁定时不一致，不能发布。请退回该轮次，核对后重新锁定，并告知审计员。"
        )
    check_publication_time(stage, published_at)
    public_notices.refuse_while_in_notice(sheet)
    sheet.published_at, sheet.published_by = published_at or timezone.now(), actor.name
    sheet.save(update_fields=["published_at", "published_by"])
    stage.status, stage.correction_reason = Status.PUBLISHED, ""
    stage.save(update_fields=["status", "correction_reason"])
    write_milestones(sheet)
    given = {"published_at": published_at.isoformat(), "note": "补录原公布时间"} if published_at else {}
    record(
        actor, "competitions.results_published", stage, version=sheet.version, sha256=sheet.sha256, **given
    )
    return sheet


def check_publication_time(stage, published_at):
    """Raise ValidationError for a back-filled time of publication that cannot be true."""
    if published_at is None:
        return
    if published_at > timezone.now():
        raise ValidationError("补录的公布时间不能晚于现在。")
    if stage.held_on and timezone.localdate(published_at) < stage.held_on:
        raise ValidationError(f"补录的公布时间早于“{stage}”的比赛日期，请核对。")
    if stage.result_sheets.filter(published_at__gte=published_at).exists():
        raise ValidationError(f"补录的公布时间早于“{stage}”上一版成绩册的公布时间，请核对。")


def write_milestones(sheet):
    """Write what this sheet adds to people's growth records; lines of an earlier version are withdrawn."""
    stage = sheet.stage
    event = stage.event
    competition = event.competition
    prefix = f"competitions.stage:{stage.pk}:"
    on = stage.held_on or competition.final_on or timezone.localdate(sheet.published_at)
    names_all = competition.public_scope != Competition.PublicScope.AWARDS
    rows = sheet.rows.exclude(rank=None).filter(is_guest=False)
    entries = Entry.objects.filter(appearances__result_rows__in=rows).prefetch_related("members").in_bulk()
    lines = []
    for row in rows.select_related("appearance"):
        entry = entries[row.appearance.entry_id]
        people = (
            [entry.person_id] if entry.person_id else [member.person_id for member in entry.members.all()]
        )
        is_public = bool(row.award) or names_all
        lines += [
            MilestoneLine(
                person_id=person,
                on=on,
                title=f"{competition.title} {event.name} {stage.name}",
                place=row.award or f"第 {row.rank} 名",
                # One person may be in two teams of a stage.
                source_key=f"{prefix}{row.appearance_id}:{person}",
                visibility=Milestone.Visibility.PUBLIC if is_public else Milestone.Visibility.SELF,
                url=sheet.get_absolute_url(),
            )
            for person in people
        ]
    return replace_milestones(
        source_prefix=prefix, kind=Milestone.Kind.COMPETITION, tier=Milestone.Tier.DISTRICT, lines=lines
    )


@transaction.atomic
def reopen_stage(*, stage, actor, reason):
    """Open a sealed or published stage for correction; the next sealing makes the next version with this reason.

    A sealed sheet nobody has seen is dropped (its digest stays in the audit); published ones stay readable.
    """
    require(actor, "competitions.reopen_stage")
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回更正的理由；它会印在新的成绩册上。"})
    stage = lock_stage(stage)
    if stage.status not in SEALED_OR_LATER:
        raise ValidationError(f"“{stage}”现为“{stage.get_status_display()}”，没有锁定，无须退回。")
    for sheet in stage.result_sheets.filter(published_at=None):
        public_notices.withdraw_for(sheet=sheet, actor=actor, reason=reason.strip())
        record(actor, "competitions.result_sheet_dropped", stage, version=sheet.version, sha256=sheet.sha256)
        sheet.rows.all().delete()
        sheet.delete()
    for panel in stage_panels(stage):
        seats.reopen_panel(panel=panel, actor=actor, reason=reason)
    stage.correction_reason = reason.strip() if stage.result_sheets.exists() else ""
    stage.status = Status.SCORING
    stage.save(update_fields=["status", "correction_reason"])
    forget_tie_decisions(stage)
    record(actor, "competitions.stage_reopened", stage, reason=reason.strip())
    return stage
