from django.apps import AppConfig


class PanelsConfig(AppConfig):
    name = "unionportal.panels"
    verbose_name = "评审"
