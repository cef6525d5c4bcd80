from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "unionportal.inbox"
    verbose_name = "消息"
