from django.apps import AppConfig
from django.db.models import Q

from unionportal.panels.lines import claim_panels


class StudiosConfig(AppConfig):
    name = "studios"
    verbose_name = "创新工作室"

    def ready(self):
        claim_panels(permission="studios.view_campaign", own=Q(kind="campaign"))
