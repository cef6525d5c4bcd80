"""App configurations of the shell: its commands and post-migrate work, and the admin with a site of our own."""

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from unionportal import database, roles


class PortalAdminConfig(AdminConfig):
    default_site = "unionportal.admin_site.PortalAdminSite"


class UnionPortalConfig(AppConfig):
    name = "unionportal"
    verbose_name = "门户"

    def ready(self):
        # Permissions and tables exist only after migrate, so groups and grants are made then: with the last app
        # that has models, when Django has made everybody's permissions. (This app has none and gets no signal.)
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(roles.sync_groups_after_migrate, sender=last)
        post_migrate.connect(database.grant_to_app_role_after_migrate, sender=last)
