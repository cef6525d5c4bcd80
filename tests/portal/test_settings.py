"""Production starts with all its secrets or not at all."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

COMPLETE = {
    "DEBUG": "false",
    "SECRET_KEY": "a-secret-key-of-production-that-is-long-enough-for-anybody",
    "FIELD_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "HASH_KEY": "a-hash-key-of-production",
    "ALLOWED_HOSTS": "portal.example.cn",
    "DATABASE_URL": "postgres://portal_app:x@127.0.0.1:1/portal",
}
DEVELOPMENT = {
    "SECRET_KEY": "development-only-not-a-secret-development-only",
    "FIELD_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1rZXktb2YtMzItYnl0ZXM=",
    "HASH_KEY": "development-only-hash-key",
}
PRINT = """
import unionportal.settings as s
print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS,
      s.DATABASES["default"]["USER"], s.EMBEDDED_SERVER, s.ALLOWED_HOSTS)
"""


def start(**environment):
    """Import the settings in a process of its own; a blank value stands for one that nobody gave."""
    blank = dict.fromkeys([*COMPLETE, "DATABASE_OWNER_URL"], "")
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=settings.BASE_DIR,
        env=known | blank | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "missing",
    [
        ["SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "ALLOWED_HOSTS", "DATABASE_URL"],
        ["HASH_KEY"],
        ["ALLOWED_HOSTS", "DATABASE_URL"],
        ["SECRET_KEY", "FIELD_KEYS"],
    ],
)
def test_production_names_exactly_what_is_missing(missing):
    given = {name: value for name, value in COMPLETE.items() if name not in missing}
    answer = start(**given)
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert f"缺少生产环境必需的设置：{'、'.join(missing)}。" in last
    assert [name for name in COMPLETE if name != "DEBUG" and name in last] == [
        name for name in COMPLETE if name in missing
    ]


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_production_refuses_the_secrets_of_development(name):
    answer = start(**COMPLETE | {name: DEVELOPMENT[name]})
    assert answer.returncode != 0
    assert "生产环境不得使用开发用的密钥" in answer.stderr.strip().splitlines()[-1]
    assert DEVELOPMENT[name] not in answer.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("FIELD_KEYS", "dG9vIHNob3J0", "FIELD_KEYS 的第 1 个密钥不是 base64 编码的 32 字节"),
        ("FIELD_KEYS", f"{COMPLETE['FIELD_KEYS']},not base64", "FIELD_KEYS 的第 2 个密钥不是"),
        ("HASH_KEY", "fifteen letters", "HASH_KEY 太短（现为 15 个字符），请设为至少 16 个字符"),
    ],
)
def test_keys_that_could_not_encrypt_or_hash_stop_the_start(name, value, says):
    answer = start(**COMPLETE | {name: value})
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert says in last
    assert value not in last


def test_production_with_everything_starts_strict():
    answer = start(**COMPLETE)
    assert answer.stderr == ""
    assert answer.stdout.split() == [
        *("False", "True", "True", "True", str(365 * 24 * 60 * 60)),
        *("portal_app", "None", "['portal.example.cn']"),
    ]


def test_production_refuses_a_development_key_among_others():
    answer = start(**COMPLETE | {"FIELD_KEYS": f"{COMPLETE['FIELD_KEYS']},{DEVELOPMENT['FIELD_KEYS']}"})
    assert answer.returncode != 0
    assert "生产环境不得使用开发用的密钥" in answer.stderr


SHOWS = "import unionportal.settings as s\nprint(s.SMS_BACKEND, s.SHOW_CODES)"


@pytest.mark.parametrize(
    ("environment", "answer"),
    [
        ({}, "unionportal.common.sms.ConsoleBackend True"),
        ({"ALLOWED_HOSTS": "portal.example.cn"}, "unionportal.common.sms.ConsoleBackend False"),
        ({"SMS_BACKEND": "ours.Sms"}, "ours.Sms False"),
        (COMPLETE, "False"),
        (COMPLETE | {"SHOW_CODES": "true"}, "False"),
        (COMPLETE | {"SMS_BACKEND": "ours.Sms"}, "ours.Sms False"),
    ],
)
def test_only_a_portal_for_its_own_machine_shows_codes_on_its_pages(environment, answer, monkeypatch):
    monkeypatch.setattr("tests.portal.test_settings.PRINT", SHOWS)
    started = start(**COMPLETE | {"DEBUG": "true", "ALLOWED_HOSTS": ""} | environment)
    assert started.stdout.strip() == answer


def test_production_refuses_to_write_codes_into_its_log():
    answer = start(**COMPLETE | {"SMS_BACKEND": "unionportal.common.sms.ConsoleBackend"})
    assert answer.returncode != 0
    assert "不能用于生产环境" in answer.stderr
