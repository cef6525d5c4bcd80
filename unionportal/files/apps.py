from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "unionportal.files"
    verbose_name = "文件"
