"""App configurations of the shell: its commands and post-migrate work, and the admin with a site of our own."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from unionportal import database, roles


class PortalAdminConfig(AdminConfig):
    default_site = "unionportal.admin_site.PortalAdminSite"


class UnionPortalConfig(AppConfig):
    name = "unionportal"
    verbose_name = "门户"

    def ready(self):
        # Permissions and tables exist only after migrate, so groups and grants are made then.
        post_migrate.connect(roles.sync_groups_after_migrate, sender=self)
        post_migrate.connect(database.grant_to_app_role_after_migrate, sender=self)
