from django.core.management.base import BaseCommand

from unionportal.inbox import services


class Command(BaseCommand):
    help = "发送尚未发出的短信和邮件，删除超过保存期的消息；请每隔几分钟运行一次。"

    def handle(self, *args, **options):
        sent = services.deliver()
        forgotten = services.forget_old()
        self.stdout.write(f"发出 {sent} 条，删除过期消息 {forgotten} 条。")
