"""Settings of ISCM, all of them from the environment.

``make run`` and ``make test`` set every variable themselves; a deployment sets at least
SECRET_KEY, DATABASE_URL, REDIS_URL and ALLOWED_HOSTS (see .env.example and docs/operations.md).
"""

from pathlib import Path

import environ
import pghistory
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.FileAwareEnv()  # VAR or VAR_FILE (Docker secrets)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("ISCM_VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="")
if not SECRET_KEY or (SECRET_KEY.startswith("sample-") and not DEBUG):
    raise ImproperlyConfigured("Set SECRET_KEY to a long random value (make run does this for you).")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
FORWARDED_ALLOW_IPS = env.list(
    "FORWARDED_ALLOW_IPS", default=["127.0.0.1", "::1"]
)  # addresses of our own proxy; * for any
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000")

# Every first-party app, top of the house first (docs/architecture.md: import down, announce up).
FIRST_PARTY_APPS = [
    "samples",
    "portal",
    "kpis",
    "finance",
    "logistics",
    "quality",
    "sales",
    "sourcing",
    "inventory",
    "ledger",
    "suppliers",
    "catalog",
    "parties",
    "reference",
    "core",
]
FIRST_PARTY_APPS = [name for name in FIRST_PARTY_APPS if (BASE_DIR / name / "apps.py").exists()]

INSTALLED_APPS = [
    *reversed(FIRST_PARTY_APPS),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "iscm.health.MetricsMiddleware",  # first: probes answer whatever hosts and redirects say
    "iscm.middleware.ClientAddressMiddleware",
    "iscm.middleware.RequestIdMiddleware",
    "core.web.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "iscm.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "iscm.middleware.ScopeMiddleware",
    "core.web.errors.RuleBrokenMiddleware",
]

ROOT_URLCONF = "iscm.urls"
WSGI_APPLICATION = "iscm.wsgi.application"
AUTH_USER_MODEL = "parties.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "core.web.context.shell",
            ],
            "builtins": ["core.templatetags.iscm"],
        },
    },
]
FORM_RENDERER = "core.web.renderer.FormRenderer"

# The application logs in as iscm_app, which owns nothing; only migrations and backups use iscm_owner
# (dev.py and docker-compose.yml hand them DATABASE_OWNER_URL as DATABASE_URL).
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///iscm")}
DATABASES["default"].update(
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=600),
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,  # iscm.middleware.ScopeMiddleware opens the one transaction of a request
)
# A worker that is stopped in mid-transaction must not hold its locks for ever. The owner's own transactions are
# migrations, which may take as long as they need.
_TIMEOUT_MS = 0 if DATABASES["default"].get("USER") == "iscm_owner" else 30_000
DATABASES["default"].setdefault("OPTIONS", {}).update(
    # pgtrigger asks for its setting in every row's trigger. Unset, each answer is an error whose subtransaction walks all
    # deferred foreign keys, and a bulk write turns quadratic (2,000 ledger entries after an import: 23 s, else 0.1 s).
    options=f"-c lock_timeout=3000 -c transaction_timeout={_TIMEOUT_MS} -c timezone=UTC -c pgtrigger.ignore={{}}"
)

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # the outbox is the record; see docs/adr/0002-outbox.md
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # KiB
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True
CELERY_DB_REUSE_MAX = 1_000_000  # tasks a connection serves, with the plans it has made; iscm.celery sees to its health

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD: str | None = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited by staff; nobody signs up
ACCOUNT_ADAPTER = "parties.accounts.InvitedOnly"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/5m/key,60/5m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.bool("HTTPS", default=not DEBUG)
ACCOUNT_SESSION_REMEMBER = True
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"  # staff; who comes from outside is led on to:
OUTSIDE_HOME = "/portal/"

CACHES = {
    # Rate limits live in Postgres, so that they hold when Valkey is down.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("HTTPS", default=not DEBUG):
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
# No USE_THOUSAND_SEPARATOR: it would write the id 1037 in an address as 1,037. The filters qty, money and spoken_number group.
FORMAT_MODULE_PATH = ["iscm.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.web.static.NodeModulesFinder",
]
WHITENOISE_USE_FINDERS = env.bool("WHITENOISE_USE_FINDERS", default=DEBUG)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "files")},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# EMAIL_URL, e.g. smtp+tls://user:password@host:587; without one, mail is written to files (make run).
vars().update(env.email_url_config(env("EMAIL_URL", default="") or "filemail:///"))
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="iscm@localhost")
EMAIL_TIMEOUT = 15  # seconds: a mail server that hangs must not hold a worker
AUDIT_MAIL_TO = env.list("AUDIT_MAIL_TO", default=[])  # who keeps the daily head of the event chain (core.heads)

API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=600)  # requests of one token; 0: no limit

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["parties.api.authentication.BearerToken", "parties.api.authentication.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.ActorRequired"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.Json"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.LimitOffset",
    "DEFAULT_FILTER_BACKENDS": ["core.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "core.api.problem.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttle.PerToken"],
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ISCM API",
    "DESCRIPTION": "Orders, shipments, stock, money and KPIs of an importer, as one API. "
    "Money is a decimal string with its currency; errors are RFC 9457 problem details.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["core.api.schema.name_enums"],
    "GET_LIB_DOC_EXCLUDES": "core.api.schema.inner_docs",
}

PGHISTORY_APPEND_ONLY = True
# Versions are found by their row (and their document, core.audit): an index is written with every one of them.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True)
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()  # who and through which door, on the audit row itself

LOG_JSON = env.bool("LOG_JSON", default=not DEBUG)
from iscm.logs import LOGGING  # noqa: E402,F401  (needs no settings; structlog's pipeline)
