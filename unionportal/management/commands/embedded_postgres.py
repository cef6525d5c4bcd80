"""Look at the embedded PostgreSQL, or stop it; it is started by whatever needs it first."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from unionportal.embedded_postgres import EmbeddedPostgresError


class Command(BaseCommand):
    help = "查看（status）或停止（stop）内置的 PostgreSQL。"
    requires_system_checks = []  # checks may ask the database, and so start it

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["status", "stop"], help="status：查看；stop：停止")

    def handle(self, *args, action, **options):
        server = settings.EMBEDDED_SERVER
        if server is None:
            self.stdout.write("当前使用 DATABASE_URL 指定的数据库，没有内置的 PostgreSQL。")
            return
        try:
            (self.show if action == "status" else self.stop)(server)
        except EmbeddedPostgresError as error:
            raise CommandError(str(error)) from error

    def show(self, server):
        status = server.status()
        if status.running:
            self.stdout.write(
                f"内置 PostgreSQL {status.version or '（正在启动）'} 正在运行，进程 {status.pid}。"
            )
            self.stdout.write(f"连接数：{server.other_connections()}")
        else:
            self.stdout.write("内置 PostgreSQL 没有运行。")
        self.stdout.write(
            f"数据目录：{status.data_dir}\n套接字目录：{status.socket_dir}\n日志：{status.log_file}"
        )

    def stop(self, server):
        if not server.status().running:
            self.stdout.write("内置 PostgreSQL 没有运行，无需停止。")
            return
        connections = server.other_connections()
        server.stop()
        self.stdout.write(f"内置 PostgreSQL 已停止，断开了 {connections} 个连接；数据保留。")
