from django.db import transaction

from competitions.management.competition_command import StageCommand
from competitions.services import results, stages


class Command(StageCommand):
    help = "发布一个轮次已锁定的成绩。发布后不能改动，更正须出新版。"
    permission = "competitions.publish_results"

    @transaction.atomic
    def act(self, actor, *, slug, stage, **options):
        locked = stages.lock_stages(competition=self.find_competition(slug), name=stage)
        # After a correction of one event the others are published already.
        locked = [item for item in locked if item.status != item.Status.PUBLISHED] or locked
        sheets = [results.publish_results(stage=item, actor=actor) for item in locked]
        return "\n".join(f"已发布：{sheet} {sheet.get_absolute_url()}" for sheet in sheets)
