from django.apps import AppConfig
from django.db.models import Q

from unionportal.panels.lines import claim_panels


class CompetitionsConfig(AppConfig):
    name = "competitions"
    verbose_name = "技能竞赛"

    def ready(self):
        claim_panels(permission="competitions.view_stage", own=Q(kind="contest"))
