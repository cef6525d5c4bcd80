from django.core.management.base import BaseCommand

from academies.services.seats import settle_all


class Command(BaseCommand):
    help = "让逾期未确认的递补作废，把名额转给下一位；建议每小时运行一次。"

    def handle(self, *args, **options):
        changes = settle_all()
        offered = sum(change.status == change.Status.OFFERED for change in changes)
        self.stdout.write(f"作废逾期递补 {len(changes) - offered} 个，新通知递补 {offered} 个。")
