"""Certificates for the awards of published results: issued in one go, and brought in line after a correction."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import ResultRow, ResultSheet, Stage
from unionportal.certificates.models import Certificate
from unionportal.certificates.services import (
    CertificateLine,
    issue_certificates,
    reissue_certificate,
    revoke_certificate,
)

Status = Certificate.Status
PRINTED = ("name", "award")


@dataclass
class StagePlan:
    """What the certificates of a stage still lack against its newest published results."""

    stage: Stage
    sheet: ResultSheet
    fresh: list = field(default_factory=list)  # CertificateLines nobody has been given yet
    kept: list = field(default_factory=list)  # valid Certificates that say what the results say
    changed: list = field(
        default_factory=list
    )  # (valid Certificate, CertificateLine that it should have been)
    lost: list = field(default_factory=list)  # valid Certificates of awards that are no more
    revoked: list = field(default_factory=list)  # CertificateLines whose certificate was revoked

    @property
    def is_settled(self):
        return not (self.fresh or self.changed or self.lost)


def source_key(appearance_id):
    """Return what an award's certificate certifies: one appearance in one stage, whatever version of its results."""
    return f"competitions.award:{appearance_id}"


def plans(competition):
    """Return a StagePlan for each published stage of the competition that has awards, or had certificates."""
    sheets = (
        ResultSheet.objects.exclude(published_at=None)
        .newest()
        .filter(stage__event__competition=competition, stage__status=Stage.Status.PUBLISHED)
        .select_related("stage__event__competition")
        .order_by("stage__event__position", "stage__event_id", "stage__position")
    )
    found = [plan(sheet) for sheet in sheets]
    return [item for item in found if not item.is_settled or item.kept or item.revoked]


def plan(sheet):
    """Compare the awards of a published sheet with the certificates of its stage."""
    rows = sheet.rows.filter(is_guest=False).select_related("appearance__entry__person__merged_into")
    keys = {source_key(pk) for pk in sheet.stage.appearances.values_list("pk", flat=True)}
    certificates = Certificate.objects.filter(source_key__in=keys).select_related(
        "series", "design", "person"
    )
    valid = {item.source_key: item for item in certificates if item.status == Status.ISSUED}
    once = {item.source_key for item in certificates}
    made = StagePlan(sheet.stage, sheet)
    for line in [_line(sheet, row) for row in rows if row.award]:
        current = valid.pop(line.source_key, None)
        if current is None:
            (made.revoked if line.source_key in once else made.fresh).append(line)
        elif all(current.facts.get(key) == line.all_facts()[key] for key in PRINTED):
            made.kept.append(current)
        else:
            made.changed.append((current, line))
    made.lost = list(valid.values())
    return made


def _line(sheet, row: ResultRow):
    event = sheet.stage.event
    facts = {
        "title": event.competition.title,
        "event": event.name,
        "award": row.award,
        "unit": row.unit_name,
        "year": event.competition.year,
    }
    person = row.appearance.entry.person
    holder = person and (person.merged_into or person)
    return CertificateLine(source_key(row.appearance_id), row.name, facts, holder)


@transaction.atomic
def settle_certificates(*, stages, design, series, issued_on, actor, reason="", renews=False):
    """Give every award of these stages its certificate, and return (issued, reissued, revoked) Certificates.

    After a correction those that changed are replaced and those that fell away revoked, for which a reason is asked.
    A revoked one is issued anew only with `renews`. All or nothing; ValidationError says why not.
    """
    locked = Stage.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=[item.pk for item in stages]
    )
    locked = list(locked.select_related("event__competition").order_by("pk"))
    for stage in locked:
        if stage.status != Stage.Status.PUBLISHED:
            raise ValidationError(f"“{stage}”现为“{stage.get_status_display()}”，成绩发布后才能签发证书。")
    newest = ResultSheet.objects.exclude(published_at=None).newest().filter(stage__in=locked)
    order = ("stage__event__position", "stage__event_id", "stage__position")
    made = [plan(sheet) for sheet in newest.select_related("stage__event__competition").order_by(*order)]
    if not reason.strip() and any(item.changed or item.lost for item in made):
        raise ValidationError({"reason": "成绩更正后有证书要换发或撤销，请写明原因。"})
    reissued = [
        reissue_certificate(certificate=certificate, reason=reason, actor=actor, line=line)
        for item in made
        for certificate, line in item.changed
    ]
    lines = [line for item in made for line in item.fresh + (item.revoked if renews else [])]
    issued = []
    if lines:
        issued = issue_certificates(
            design=design, series=series, issued_on=issued_on, lines=lines, actor=actor
        )
    # Last, because the others lock their series before their certificate: so does everybody, and nobody deadlocks.
    revoked = [
        revoke_certificate(certificate=certificate, ground=reason, actor=actor)
        for item in made
        for certificate in item.lost
    ]
    return issued, reissued, revoked
