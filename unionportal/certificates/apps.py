from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "unionportal.certificates"
    verbose_name = "证书"
