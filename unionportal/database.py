"""What the portal asks of PostgreSQL beyond Django: rights for the role it serves as."""

from django.db import connections

APP_ROLE = "portal_app"


def grant_to_app_role(using="default"):
    """Let the serving role read and write rows of every table, and nothing more.

    No TRUNCATE and no ownership: the triggers that freeze published results and the audit bind this role.
    Does nothing where the role does not exist (a server of one's own with a single account).
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if cursor.fetchone() is None:
            return
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def grant_to_app_role_after_migrate(using, **kwargs):
    """Signal handler: repeat the grants for tables that a migration has just made."""
    grant_to_app_role(using)
