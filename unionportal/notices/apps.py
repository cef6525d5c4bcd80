from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "unionportal.notices"
    verbose_name = "公示"
