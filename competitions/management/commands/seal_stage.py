from django.db import transaction

from competitions.management.competition_command import StageCommand
from competitions.services import results, stages


class Command(StageCommand):
    help = "锁定一个轮次的成绩（每个赛项的这一轮，已锁定的除外；要么全部锁定，要么都不锁定）。"
    permission = "competitions.seal_stage"

    @transaction.atomic
    def act(self, actor, *, slug, stage, **options):
        locked = stages.lock_stages(competition=self.find_competition(slug), name=stage)
        # After a correction of one event the others stay as they are.
        locked = [item for item in locked if item.status not in results.SEALED_OR_LATER] or locked
        reasons = [line for item in locked for line in results.blockers(item)]
        if reasons:
            raise results.Blocked(["还不能锁定：", *reasons])
        sheets = [results.seal_stage(stage=item, actor=actor) for item in locked]
        return "\n".join(
            f"已锁定：{sheet}，{sheet.contestants} 人，SHA-256 {sheet.sha256}" for sheet in sheets
        )
