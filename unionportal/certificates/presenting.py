"""What the check page says of a certificate: its facts and its state, and nothing that is not printed on it."""

from django.utils import timezone

from unionportal.certificates.models import Certificate
from unionportal.certificates.wording import FACTS, chinese_date

Status = Certificate.Status


def checked(certificate):
    """Return the context of a certificate's check page."""
    facts = [(label, certificate.facts[key]) for key, label in FACTS.items() if certificate.facts.get(key)]
    return {
        "certificate": certificate,
        "facts": [
            ("证书编号", certificate.number),
            ("种类", certificate.get_kind_display()),
            *facts,
            ("发证单位", "、".join(certificate.words["issuers"])),
            ("发证日期", chinese_date(certificate.issued_on)),
        ],
        "state": certificate.status,
        "verdict": verdict(certificate),
        "asked_at": timezone.now(),
    }


def verdict(certificate):
    """Return the sentence under the state."""
    if certificate.status == Status.REISSUED:
        return f"本证已于{_day(certificate.reissued_at)}换发新证，不再有效，请查验新证上的二维码。"
    if certificate.status == Status.REVOKED:
        return f"本证已于{_day(certificate.revoked_at)}撤销，不再有效。"
    return "本证由以下单位签发，现为有效。请核对纸质证书与下列内容一致。"


def _day(moment):
    day = timezone.localdate(moment)
    return f" {day.year} 年 {day.month} 月 {day.day} 日"
