from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "unionportal.accounts"
    verbose_name = "账号与站点"
