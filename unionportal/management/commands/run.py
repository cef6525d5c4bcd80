import os
import signal
import socket
import subprocess
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from unionportal.demo import loading

LOCAL = "127.0.0.1"


class Command(BaseCommand):
    help = "准备数据库与演示数据，然后在本机提供服务；按 Ctrl-C 停止。"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, port, **options):
        self.refuse_taken_port(port)
        # Without a terminal a stop comes as SIGTERM, and a shell in the background has SIGINT ignored: end at both.
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, signal.default_int_handler)
        try:
            self.prepare()
            self.greet(port)
            # People trying the portal should meet its own pages for errors, not the developer's.
            settings.DEBUG, settings.ALLOWED_HOSTS = (
                False,
                settings.ALLOWED_HOSTS or [LOCAL, "localhost", "[::1]"],
            )
            options = {"use_reloader": False, "skip_checks": True, "insecure_serving": True}
            call_command("runserver", f"{LOCAL}:{port}", **options)
        except KeyboardInterrupt:
            pass
        finally:
            self.stop_database()

    @staticmethod
    def refuse_taken_port(port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCAL, port))
            except OSError as error:
                raise CommandError(f"端口 {port} 已被占用或不可用，请换一个：make run PORT=8001") from error

    def prepare(self):
        """Migrate as the owner if anything is missing, then load the demo data as the role that serves."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            connections.close_all()
            self.stdout.write("正在建立数据表……")
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ, check=True)  # noqa: S603
        if settings.DEBUG:
            self.stdout.write("正在检查演示数据……")
            call_command("demo", stdout=self.stdout)

    def greet(self, port):
        lines = [
            "",
            f"密云区总工会门户已启动： http://{LOCAL}:{port}/",
            f"管理后台： http://{LOCAL}:{port}/staff/",
            "",
        ]
        if settings.DEBUG:
            lines.append(f"演示账号（密码都是 {loading.PASSWORD}）：")
            lines.append(f"  {loading.SUPERUSER[0]:<12}全部权限")
            lines += [f"  {username:<12}{role}" for username, _, role in loading.ACCOUNTS]
            lines.append(f"职工 zhigong 也可用手机号 {loading.WORKER_PHONE} 登录，验证码显示在页面上。")
        self.stdout.write("\n".join([*lines, "", "按 Ctrl-C 停止。"]))
        self.stdout.flush()

    def stop_database(self):
        """Stop the embedded PostgreSQL unless somebody else is using it."""
        connections.close_all()
        server = settings.EMBEDDED_SERVER
        if server and server.status().running and server.other_connections() == 0:
            server.stop()
        self.stdout.write("已停止。")
