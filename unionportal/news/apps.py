from django.apps import AppConfig


class NewsConfig(AppConfig):
    name = "unionportal.news"
    verbose_name = "新闻"
