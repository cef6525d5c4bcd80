"""Designs and series of certificates, and the certificates of the competition that the demo plays through."""

from pathlib import Path

import yaml

from competitions.models import Competition
from competitions.services import certificates
from unionportal.certificates.models import Certificate, CertificateDesign, CertificateSeries

FILE = Path(__file__).parent / "certificates.yaml"


def load_certificates(actor, title):
    """Make what is missing, and issue the awards of the competition of this title; True if anything was written."""
    described = yaml.safe_load(FILE.read_text("utf-8"))
    made = [
        CertificateDesign.objects.get_or_create(line=item["line"], name=item["name"], defaults=item)[1]
        for item in described["designs"]
    ]
    made += [
        CertificateSeries.objects.get_or_create(code=item["code"], defaults=item)[1]
        for item in described["series"]
    ]
    if Certificate.objects.exists():
        return any(made)
    competition = Competition.objects.get(title=title)
    issued, _, _ = certificates.settle_certificates(
        stages=[plan.stage for plan in certificates.plans(competition)],
        design=CertificateDesign.objects.get(name=described["issue"]["design"]),
        series=CertificateSeries.objects.get(code=described["issue"]["series"]),
        issued_on=described["issue"]["on"],
        actor=actor,
    )
    return any(made) or bool(issued)
