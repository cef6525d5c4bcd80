from django.apps import AppConfig
from django.db.models import Q

from unionportal.panels.lines import claim_panels


class CraftsmenConfig(AppConfig):
    name = "craftsmen"
    verbose_name = "工匠选树"

    def ready(self):
        claim_panels(permission="craftsmen.view_offer", own=Q(kind="selection"))
