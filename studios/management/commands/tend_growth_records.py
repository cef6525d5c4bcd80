from django.core.management.base import BaseCommand

from studios.services.growth import rewrite_after_expiry


class Command(BaseCommand):
    help = "工作室认定到期后，撤下成长档案里公开的记录和链接；建议每天运行一次。"

    def handle(self, *args, **options):
        self.stdout.write(f"重写成长档案 {rewrite_after_expiry()} 个工作室。")
