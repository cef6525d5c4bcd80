"""Settings for the tests: a PostgreSQL of their own, tables made by their owner, fast passwords."""

import os

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("EMBEDDED_SERVER_NAME", "tests")
os.environ["DATABASE_AS_OWNER"] = "true"

from unionportal.settings import *  # noqa: E402, F403
from unionportal.settings import BASE_DIR  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = BASE_DIR / ".pytest_cache" / "media"
