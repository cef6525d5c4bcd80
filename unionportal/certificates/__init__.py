"""Certificates (证书) of all lines of work: numbered, frozen at issue, checked by anybody through the code on them.

版式 CertificateDesign: how it looks and what it says; 编号序列 CertificateSeries: whose numbers run without a gap;
证书 Certificate: issued 有效, reissued 已换发, revoked 已撤销. The lines of work decide who gets one and call
`services.issue_certificates`; the words are in wording.py, the page in certificate.typ.
"""
