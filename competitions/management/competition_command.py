"""What the commands on a competition share."""

from pathlib import Path

from django.core.management.base import CommandError

from competitions.models import Competition
from unionportal.accounts.commands import ActorCommand
from unionportal.common.spreadsheets import open_workbook


class PermittedCommand(ActorCommand):
    """A command for accounts that hold `permission`; asked before anything is read."""

    permission = ""

    def find_actor(self, username):
        actor = super().find_actor(username)
        if not actor.has_perm(self.permission):
            raise CommandError(f"{actor} 没有这项权限，请换用有权限的账号（--as 账号）。")
        return actor


class CompetitionCommand(PermittedCommand):
    """A command whose first argument is a competition's slug."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("slug", metavar="SLUG", help="竞赛的网址用名（load_competition 打印的那一个）")

    @staticmethod
    def find_competition(slug):
        """Return the competition of this slug, or raise CommandError naming the latest ones."""
        competition = Competition.objects.filter(slug=slug).first()
        if competition is None:
            latest = "、".join(Competition.objects.order_by("-pk").values_list("slug", flat=True)[:5])
            raise CommandError(f"没有网址用名为“{slug}”的竞赛。最近的有：{latest or '（还没有竞赛）'}。")
        return competition

    @staticmethod
    def read_workbook(path):
        """Return the Workbook at this path."""
        return open_workbook(Path(path))

    def lines_before(self, error):
        return [problem_line(problem) for problem in getattr(error, "problems", [])]


class StageCommand(CompetitionCommand):
    """A command on the stage of one name, in every event of a competition."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--stage", required=True, metavar="NAME", help="轮次名称，如 决赛；指每个赛项的这一轮"
        )


def problem_line(problem):
    """Return a RowProblem as one line of text."""
    return f"第 {problem.row} 行［{problem.column}］{problem.problem}；{problem.remedy}。"
