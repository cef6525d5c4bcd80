from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "unionportal.people"
    verbose_name = "职工与单位"
