"""Issuing, reissuing and revoking certificates. All or nothing; numbers without a gap."""

import secrets
from collections import Counter
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.certificates import wording
from unionportal.certificates.checking import line_problems
from unionportal.certificates.models import Certificate, CertificateSeries

Status = Certificate.Status


@dataclass(frozen=True)
class CertificateLine:
    """One certificate asked for: what it certifies, the person if known, the name to print, and the facts.

    `source_key` names the thing certified once and for ever, such as `craftsmen.honour:12`. `facts` has keys of
    `wording.FACTS` and text values; `name` is the holder's and need not be given.
    """

    source_key: str
    holder: str
    facts: dict = field(default_factory=dict)
    person: object = None

    def all_facts(self):
        return {"name": self.holder} | {key: str(value).strip() for key, value in self.facts.items()}


def require_line(actor, line):
    """Raise PermissionDenied unless the actor issues certificates of this line of work."""
    if not actor.has_perm(f"certificates.issue_{line}"):
        raise PermissionDenied(f"{actor} 不能签发这个业务条线的证书。")


def valid_certificates(source_keys):
    """Return {source key: valid Certificate} of those source keys that have one."""
    return {item.source_key: item for item in Certificate.objects.valid().filter(source_key__in=source_keys)}


@transaction.atomic
def issue_certificates(*, design, series, issued_on, lines, actor):
    """Issue one certificate for each CertificateLine and return them in the order of the lines.

    A line whose source has a valid certificate gets that one back, unchanged: issuing again issues nothing twice.
    Raises ValidationError naming every person whose certificate cannot be printed; then nothing is issued.
    """
    lines = list(lines)
    series = _locked(series, design, actor)
    keys = [line.source_key for line in lines]
    if doubled := [key for key, count in Counter(keys).items() if count > 1]:
        raise ValidationError(f"同一事项列了两次：{'、'.join(doubled)}。")
    found = valid_certificates(keys)
    fresh = [line for line in lines if line.source_key not in found]
    made = _write(design, series, issued_on, fresh, actor)
    if made:
        record(
            actor,
            "certificates.certificates_issued",
            series,
            count=len(made),
            first=made[0].number,
            last=made[-1].number,
            design=design.name,
        )
    found |= {certificate.source_key: certificate for certificate in made}
    return [found[key] for key in keys]


def _locked(series, design, actor):
    """Lock the counter row of the series: from here to the end of the transaction nobody else takes a number of it."""
    series = CertificateSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
    require_line(actor, series.line)
    if design.line != series.line:
        raise ValidationError(f"版式“{design}”与编号序列“{series}”不属于同一业务条线。")
    return series


def _write(design, series, issued_on, lines, actor, **more):
    """Write a certificate for each line with the next numbers of the locked series."""
    if problems := line_problems(design, lines):
        raise ValidationError(problems)
    made = [
        Certificate(
            series=series,
            serial=serial,
            number=series.number(serial),
            code=secrets.token_urlsafe(16),
            design=design,
            kind=design.kind,
            person=line.person,
            holder=line.holder,
            facts=line.all_facts(),
            words=wording.words_of(design, line.all_facts(), issued_on),
            source_key=line.source_key,
            issued_on=issued_on,
            issued_by=actor.name,
            **more,
        )
        for serial, line in enumerate(lines, series.next_number)
    ]
    Certificate.objects.bulk_create(made)
    series.next_number += len(made)
    series.save(update_fields=["next_number"])
    return made


def _locked_valid(certificate, actor):
    """Lock a certificate after its series, in the order in which issuing locks, and see that it is still valid."""
    require_line(actor, certificate.series.line)
    certificate = (
        Certificate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("series", "design", "person")
        .get(pk=certificate.pk)
    )
    if certificate.status != Status.ISSUED:
        raise ValidationError(
            f"{certificate.number} 现为“{certificate.get_status_display()}”，只有有效的证书才能办理。"
        )
    return certificate


@transaction.atomic
def reissue_certificate(*, certificate, reason, actor, line=None, design=None, issued_on=None):
    """Replace a valid certificate by one with a new number and code, and return the new one.

    The old one then says 已换发 and nothing about the new one. `line` brings corrected facts for the same source,
    else the old ones are printed again; without `design` and `issued_on` they stay as they were.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请写明换发原因，如 遗失、损坏、姓名更正。"})
    design = design or certificate.design
    series = _locked(certificate.series, design, actor)
    old = _locked_valid(certificate, actor)
    line = line or CertificateLine(old.source_key, old.holder, old.facts, old.person)
    if line.source_key != old.source_key:
        raise ValidationError("换发只能针对同一事项。")
    old.status, old.reissued_at = Status.REISSUED, timezone.now()
    old.save(update_fields=["status", "reissued_at"])
    (new,) = _write(
        design, series, issued_on or old.issued_on, [line], actor, replaces=old, reissue_reason=reason
    )
    record(actor, "certificates.certificate_reissued", old, replacement=new.number, reason=reason)
    return new


@transaction.atomic
def revoke_certificate(*, certificate, ground, actor, document_number=""):
    """Revoke a valid certificate for good and return it; its check page says 已撤销 with the date."""
    ground = ground.strip()
    if not ground:
        raise ValidationError({"ground": "请写明撤销原因。"})
    certificate = _locked_valid(certificate, actor)
    certificate.status, certificate.revoked_at = Status.REVOKED, timezone.now()
    certificate.revoked_ground, certificate.revoked_document = ground, document_number.strip()
    certificate.save(update_fields=["status", "revoked_at", "revoked_ground", "revoked_document"])
    record(
        actor,
        "certificates.certificate_revoked",
        certificate,
        reason=ground,
        document=certificate.revoked_document,
    )
    return certificate
