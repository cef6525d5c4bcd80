from datetime import datetime

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from competitions.management.competition_command import StageCommand
from competitions.services import results, stages


class Command(StageCommand):
    help = "发布一个轮次已锁定的成绩。发布后不能改动，更正须出新版。"
    permission = "competitions.publish_results"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--published-at", metavar="TIME", help="补录往届成绩时填原来的公布时间，如 2025-05-23T20:30"
        )

    @transaction.atomic
    def act(self, actor, *, slug, stage, published_at=None, **options):
        at = time_of(published_at) if published_at else None
        locked = stages.lock_stages(competition=self.find_competition(slug), name=stage)
        # After a correction of one event the others are published already.
        locked = [item for item in locked if item.status != item.Status.PUBLISHED] or locked
        sheets = [results.publish_results(stage=item, actor=actor, published_at=at) for item in locked]
        return "\n".join(f"已发布：{sheet} {sheet.get_absolute_url()}" for sheet in sheets)


def time_of(text):
    """Return the time in Beijing that a text such as 2025-05-23T20:30 names, or raise CommandError."""
    try:
        return timezone.make_aware(datetime.fromisoformat(text))
    except ValueError:
        raise CommandError(f"--published-at 应为时间（如 2025-05-23T20:30），现为“{text}”。") from None
