"""Certificates in the admin: designs with a preview, series with their counter, and the certificates themselves."""

from unionportal.certificates.admin.certificates import CertificateAdmin
from unionportal.certificates.admin.designs import CertificateDesignAdmin
from unionportal.certificates.admin.series import CertificateSeriesAdmin

__all__ = ["CertificateAdmin", "CertificateDesignAdmin", "CertificateSeriesAdmin"]
