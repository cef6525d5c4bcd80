from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "unionportal.audit"
    verbose_name = "审计"
