"""Settings of the portal: one file; the environment (or a .env file) decides.

Out of the box it is a development set-up on the embedded PostgreSQL. With DEBUG=false it is production, and
refuses to start until every secret is given; README.md and .env.example name them all.
"""

import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from unionportal.common.crypto import check_keys
from unionportal.embedded_postgres import EmbeddedServer

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=True)
COMMAND = sys.argv[1] if len(sys.argv) > 1 else ""

# ── Secrets: fixed throw-away values while developing, none at all in production ──────────────────────────
SECRETS = {
    "SECRET_KEY": "development-only-not-a-secret-development-only",
    "FIELD_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1rZXktb2YtMzItYnl0ZXM=",
    "HASH_KEY": "development-only-hash-key",
    "ALLOWED_HOSTS": "",
    "DATABASE_URL": "",
}
missing = [name for name in SECRETS if not DEBUG and not env.str(name, default="")]
if missing:
    raise ImproperlyConfigured(
        f"DEBUG 已关闭，但缺少生产环境必需的设置：{'、'.join(missing)}。请按 .env.example 填写后再启动。"
    )
SECRET_KEY = env.str("SECRET_KEY", default=SECRETS["SECRET_KEY"])
FIELD_KEYS = env.list("FIELD_KEYS", default=[SECRETS["FIELD_KEYS"]])
HASH_KEY = env.str("HASH_KEY", default=SECRETS["HASH_KEY"])
used = {SECRET_KEY, *FIELD_KEYS, HASH_KEY}
if not DEBUG and used & {value for value in SECRETS.values() if value}:
    raise ImproperlyConfigured("生产环境不得使用开发用的密钥，请重新生成 SECRET_KEY、FIELD_KEYS、HASH_KEY。")
check_keys(FIELD_KEYS, HASH_KEY)

# With DEBUG on and no hosts given Django answers local addresses only: a forgotten DEBUG serves nobody else.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# ── Applications ─────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "unionportal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "unionportal.audit",
    "unionportal.accounts",
    "unionportal.inbox",
    "unionportal.files",
    "unionportal.people",
    "unionportal.notices",
    "unionportal.certificates",
    "unionportal.news",
    "unionportal.panels",
    "competitions",
    "craftsmen",
    "academies",
    "studios",
    # Last: its work after a migration needs the permissions of all the others.
    "unionportal.apps.UnionPortalConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "unionportal.common.middleware.request_id",
    "csp.middleware.CSPMiddleware",
    "unionportal.common.middleware.response_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "unionportal.common.middleware.PrivateByDefaultMiddleware",
    "unionportal.accounts.middleware.ShortSessionsOfStaffMiddleware",
    "unionportal.accounts.middleware.MustChangePasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "unionportal.audit.middleware.remember_request",
    "unionportal.common.middleware.LockTimeoutMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "unionportal.urls"
WSGI_APPLICATION = "unionportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "unionportal.accounts.context.site",
                "unionportal.accounts.context.staff_only",
            ],
        },
    }
]
# The admin asks for two context processors by name; accounts.context.staff_only runs both, on private pages only.
SILENCED_SYSTEM_CHECKS = ["admin.E402", "admin.E404"]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# ── Database: DATABASE_URL, or a private PostgreSQL of the project's own ─────────────────────────────────
# Migrations own the tables; everything else runs as portal_app, the role that the immutability triggers bind.
OWNER_COMMANDS = {"migrate", "flush", "dbshell"}
AS_OWNER = env.bool("DATABASE_AS_OWNER", default=COMMAND in OWNER_COMMANDS)
EMBEDDED_SERVER = None
if env.str("DATABASE_URL", default=""):
    owner_url = env.str("DATABASE_OWNER_URL", default="")
    DATABASES = {"default": env.db_url("DATABASE_OWNER_URL" if AS_OWNER and owner_url else "DATABASE_URL")}
else:
    EMBEDDED_SERVER = EmbeddedServer(name=env.str("EMBEDDED_SERVER_NAME", default="portal"), project=BASE_DIR)
    if COMMAND not in {"embedded_postgres", "check", "collectstatic"}:
        EMBEDDED_SERVER.ensure_running()
    DATABASES = {"default": EMBEDDED_SERVER.settings(role="portal_owner" if AS_OWNER else "portal_app")}
# The development server makes a thread for each connection and would keep all their database connections open.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0 if DEBUG else 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Room for the counters of common/throttling.py: beyond it entries are thrown out at random.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# ── Signing in ───────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "unionportal.accounts.passwords.NotAboutTheUser"},
    {"NAME": "unionportal.accounts.passwords.NotCommon"},
    {"NAME": "unionportal.accounts.passwords.NotOnlyDigits"},
    {"NAME": "unionportal.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "start"
# Where a phone number leads that has proved itself and has no account yet.
SIGN_UP_URL = "people:sign_up"
# The pair of account and address is locked, so that a stranger elsewhere cannot lock out a judge on duty.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "unionportal.audit.middleware.client_address"
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
# Objections to public notices that one network address may send in an hour; offices share an address.
OBJECTIONS_PER_HOUR = env.int("OBJECTIONS_PER_HOUR", default=10)
# Codes that one network address may ask for in an hour: a class that signs in together shares its hall's address.
PHONE_CODES_PER_HOUR = env.int("PHONE_CODES_PER_HOUR", default=200)
SESSION_COOKIE_AGE = 12 * 60 * 60  # workers' own lasts longer: accounts.services.WORKER_SESSION

# ── Messages that leave the portal ───────────────────────────────────────────────────────────────────────
# A class of common/sms.py's shape. Production names its own, or none: then nobody gets a code by SMS.
CONSOLE_SMS = "unionportal.common.sms.ConsoleBackend"
SMS_BACKEND = env.str("SMS_BACKEND", default=CONSOLE_SMS if DEBUG else "")
if not DEBUG and SMS_BACKEND == CONSOLE_SMS:
    raise ImproperlyConfigured(
        "ConsoleBackend 会把验证码写进日志，不能用于生产环境；请改用短信服务，或留空 SMS_BACKEND。"
    )
# A page shows the code it has sent only on a portal that answers local addresses alone: read here and not from
# DEBUG, because `manage.py run` serves with DEBUG off. No variable of the environment turns it on.
SHOW_CODES = DEBUG and not ALLOWED_HOSTS and SMS_BACKEND == CONSOLE_SMS
# Mail goes out once EMAIL_URL is given (smtp+tls://user:password@host:587).
MAIL_IS_ON = bool(env.str("EMAIL_URL", default=""))
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="portal@localhost")
EMAIL_TIMEOUT = 10
# How a message leaves its page: channel → class with address_of(user) and send(address, message).
INBOX_CHANNELS = {
    "sms": "unionportal.inbox.channels.BySms",
    "mail": "unionportal.inbox.channels.ByMail",
}
MESSAGES_KEPT_DAYS = env.int("MESSAGES_KEPT_DAYS", default=400)

# ── Language, files, static ──────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "zh-hans"
LOCALE_PATHS = [BASE_DIR / "unionportal" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
STATIC_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
if DEBUG:
    STATIC_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE},
}

# ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "unionportal": {"handlers": ["console"], "level": "INFO"},
        # Django itself writes errors to the console only while DEBUG is on.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "axes": {"handlers": ["console"], "level": "WARNING"},
    },
}
