from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from unionportal.demo import loading


class Command(BaseCommand):
    help = "载入演示数据；已载入的不会重复。"

    def handle(self, *args, **options):
        if not settings.DEBUG:
            raise CommandError("演示账号的密码是公开的，不能载入生产环境（DEBUG 已关闭）。")
        wrote = loading.load()
        self.stdout.write("演示数据已载入。" if wrote else "演示数据已在库中，未作改动。")
