"""Management commands that act for somebody: who it is, and errors that people can read."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from unionportal.accounts.models import User


class ActorCommand(BaseCommand):
    """A command with --as USER. Services' refusals become one clear message and exit status 1."""

    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--as", dest="username", metavar="USER", help="以哪个账号的名义操作（记入审计）")

    def handle(self, *args, **options):
        actor = self.find_actor(options["username"])
        try:
            return self.act(actor, **options)
        except ValidationError as error:
            raise CommandError("\n".join([*self.lines_before(error), *error.messages])) from error
        except PermissionDenied as error:
            raise CommandError(str(error) or "没有这项权限。") from error
        except (OSError, ValueError) as error:
            raise CommandError(
                getattr(error, "strerror", None)
                and f"打不开文件：{error.filename}（{error.strerror}）"
                or str(error)
            ) from error

    def act(self, actor, **options):
        """Do the work of the command; returns what to print on standard output, or None."""
        raise NotImplementedError

    def lines_before(self, error):
        """Return further lines to print before an error's own messages."""
        return []

    @staticmethod
    def find_actor(username):
        """Return the account to act as: the one named, else the only superuser there is."""
        if username:
            user = User.objects.named(username).filter(is_active=True).first()
            if user is None:
                raise CommandError(f"没有可用的账号“{username}”。")
            return user
        superusers = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
        if len(superusers) != 1:
            raise CommandError("请用 --as 账号 指明以谁的名义操作。")
        return superusers[0]
