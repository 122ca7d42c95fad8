"""Every setting, once. What differs between places is an environment variable; safe by default."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config.cache import shared_cache_url
from config.providers import for_allauth

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ---- Where things lie ------------------------------------------------------------------------
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
"""The one folder that is written to: database, mail files, secret key, logs."""


def _secret_key() -> str:
    """From SECRET_KEY, or from the file that `make run` generates; never a default."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    try:
        return (VAR_DIR / "secret-key").read_text().strip()
    except OSError:
        raise ImproperlyConfigured(
            f"No secret key: set SECRET_KEY, or start once with `make run`, which writes {VAR_DIR / 'secret-key'}."
        ) from None


def _identifier_keys() -> str:
    """From IDENTIFIER_KEYS, or from the file that `make run` generates. None at all is found by `doctor`."""
    if keys := env.str("IDENTIFIER_KEYS", default=""):
        return keys
    try:
        return Path(env.str("IDENTIFIER_KEYS_FILE", default=str(VAR_DIR / "identifier-keys"))).read_text()
    except OSError:
        return ""


SECRET_KEY = _secret_key()
IDENTIFIER_KEYS = _identifier_keys()
"""What seals names, dates of birth, NHS numbers and places: `name:base64`, the first seals, all open."""
DEBUG = env.bool("DEBUG", default=False)
HTTPS = env.bool("HTTPS", default=True)
"""Whether people reach us over https. Only `make run` on one's own machine says no."""
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
"""Whom to tell of a hole in the service: `mailto:` or `https:`. Shown to everybody at /.well-known/security.txt."""
STATUS_TOKEN = env.str("STATUS_TOKEN", default="")
"""What a monitor sends to read /health/status; empty: there is no such page."""
HOSTS = env.int("HOSTS", default=1)
"""On how many machines this installation runs."""

# ---- Applications ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "reviews.apps.ReviewsConfig",
    "notifications.apps.NotificationsConfig",
    "workflows.apps.WorkflowsConfig",
    "accounts.apps.AccountsConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "guardian",
    "django_fsm",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    # First what every answer has, also one that a later line gives.
    "accounts.pages.middleware.numbered",
    "accounts.pages.middleware.only_our_own",
    "accounts.pages.middleware.never_stored",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.pages.middleware.clean_input",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",  # counts the bytes of an answer: what writes one stands below
    "accounts.pages.middleware.refused_in_words",
    "config.manifest.OnlyDeclared",  # before all others that look at the view
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.pages.second_factor.SecondFactorRequired",
    "accounts.pages.middleware.SignInRequired",
    "accounts.pages.middleware.files_let_in",  # before whatever reads what was posted
    "accounts.pages.middleware.sent_again",
    "config.counting.CountedPerPerson",
    "django.contrib.messages.middleware.MessageMiddleware",
    "workflows.middleware.ToldInTheLedger",  # the last: it stands next to the view
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "config" / "jinja2"],
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "config.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "config.jinja.for_every_page",
            ],
        },
    },
]
FORM_RENDERER = "config.jinja.PageRenderer"

# ---- Database --------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "rapid-review.sqlite3"}
}
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    if HOSTS > 1:
        raise ImproperlyConfigured(
            f"SQLite cannot serve {HOSTS} hosts: it locks one file on one machine. Set DATABASE_URL to a PostgreSQL."
        )
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a read-then-write in DEFERRED mode fails under two writers
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# ---- People ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: no row for nobody
GUARDIAN_MONKEY_PATCH_GROUP = False
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.services.passwords.ContextValidator"},
    {"NAME": "accounts.services.known_passwords.EverydayValidator"},
    {"NAME": "accounts.services.known_passwords.StolenValidator"},
]
STOLEN_PASSWORDS = env.str("STOLEN_PASSWORDS", default="")
"""A file of stolen passwords: a line for each, sorted, that begins with its SHA-1 in capitals. Empty: there is none."""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
"""Secret keys of before: what they sealed and signed is still read, and sealed anew with SECRET_KEY."""
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"  # strict would sign out who comes by a link in a mail
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
"""Not in a cookie: words such as whom somebody phoned stay out of the browser's store, and end with the session."""
CSRF_FAILURE_VIEW = "accounts.pages.errors.form_has_expired"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^due/feed\.ics$", r"^\.well-known/security\.txt$"]
"""Of these, health says nothing of anybody; the others are refused by http (accounts.pages.encrypted)."""
SECURE_REFERRER_POLICY = "same-origin"
"""Tells other sites nothing, as "no-referrer" would. Under that one browsers send `Origin: null` with our own forms
too, and Django, rightly, refuses those."""
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
USE_X_FORWARDED_HOST = False  # whoever writes that header would choose where links lead
X_FRAME_OPTIONS = "DENY"
FORM_ORIGINS: list[str] = []
"""Other origins to which a form of ours may lead on, such as a provider of sign-ins: browsers stop the rest."""

# ---- Signing in: allauth's part --------------------------------------------------------------
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]  # nobody signs up: see the adapter
ACCOUNT_EMAIL_VERIFICATION = "none"  # a link goes to the address before anybody can sign in with it
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm"}
ACCOUNT_RATE_LIMITS = False  # ours: accounts/services/limits.py
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_TIMEOUT = 15 * 60  # between the password and the second factor
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey is both factors: its device checks who holds it
MFA_TOTP_ISSUER = "Rapid Review"
MFA_RECOVERY_CODE_DIGITS = (
    10  # of codes made before they were kept as hashes: a migration makes them once more
)
MFA_RATE_LIMITS = False  # ours
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "accounts.adapters.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # the adapter finds the person, within the domains of the provider
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
OIDC_PROVIDERS = env.json("OIDC_PROVIDERS", default=[])
"""OpenID Connect providers of partnerships: a JSON list of objects with `id`, `name`, `client_id`, `secret`,
`server_url`, `domains` (whose addresses it may sign in, and no other's) and perhaps `second_factor`
(`{"amr": ["mfa"], "acr": []}`: which words of its token are trusted to mean that a second factor was used)."""
SOCIALACCOUNT_PROVIDERS = for_allauth(OIDC_PROVIDERS)
ALLAUTH_TRUSTED_PROXY_COUNT = env.int(
    "TRUSTED_PROXIES", default=1 if env.bool("BEHIND_PROXY", default=False) else 0
)
"""How many proxies of ours a request comes through: only what they wrote into X-Forwarded-For is believed."""

# ---- What comes in ---------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_MAX_MEMORY_SIZE = 26 * 1024 * 1024
"""The largest body of a page that takes files: one file of 25 MB, and what is typed beside it."""
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
"""No file on the disk before it is sealed."""
ATTACHMENTS_DIR = Path(env.str("ATTACHMENTS_DIR", default=str(VAR_DIR / "attachments")))
"""Where the files of returns lie, sealed: the same folder for every web and worker process."""
CLAMAV = env.str("CLAMAV", default="")
"""The virus scanner, ClamAV's daemon: `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`; empty: there is none."""
UNSCANNED_FILES = env.str("UNSCANNED_FILES", default="held")
"""Where there is no scanner: `held`, nobody gets a file; `served`, everybody gets what nobody has scanned."""
if UNSCANNED_FILES not in ("held", "served"):
    raise ImproperlyConfigured(f"UNSCANNED_FILES is {UNSCANNED_FILES!r}: it can be `held` or `served`.")

# ---- Words, days and clocks ------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True

# ---- Static files ----------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str(
            "STATIC_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# ---- Celery: the bell, never the memory ------------------------------------------------------
CELERY_BROKER_URL = env.str("BROKER_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {"BACKEND": "config.cache.SharedCache", "LOCATION": shared_cache_url(CELERY_BROKER_URL)}
    if shared_cache_url(CELERY_BROKER_URL)
    else {"BACKEND": "accounts.shared_cache.TableCache"},
    "database": {"BACKEND": "accounts.shared_cache.TableCache"},
}
"""Where tries are counted, for all processes: the broker's database 1; while that is away, or is none, a table."""
CELERY_TIMEZONE = "UTC"  # London's clock changes would skip an hour; our own code knows London
CELERY_ENABLE_UTC = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True  # every task may run twice
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
SWEEP_EVERY = env.float("SWEEP_EVERY", default=60.0)
DELIVER_EVERY = env.float("DELIVER_EVERY", default=20.0)
INSPECT_EVERY = env.float("INSPECT_EVERY", default=300.0)
SCAN_EVERY = env.float("SCAN_EVERY", default=10.0)
LETTERS_EVERY = env.float("LETTERS_EVERY", default=5.0)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "workflows.tasks.sweep",
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY * 2},
    },
    "deliver": {
        "task": "notifications.tasks.deliver",
        "schedule": DELIVER_EVERY,
        "options": {"expires": DELIVER_EVERY * 2},
    },
    "inspect": {
        "task": "workflows.tasks.inspect",
        "schedule": INSPECT_EVERY,
        "options": {"expires": INSPECT_EVERY},
    },
    "letters": {
        "task": "accounts.tasks.post_letters",
        "schedule": LETTERS_EVERY,
        "options": {"expires": LETTERS_EVERY * 2},
    },
    "suspend": {
        "task": "accounts.tasks.suspend_unused",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "forget-ended": {
        "task": "accounts.tasks.forget_ended",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "watch-access": {
        "task": "reviews.tasks.watch_access",
        "schedule": INSPECT_EVERY,
        "options": {"expires": INSPECT_EVERY},
    },
    "scan-attachments": {
        "task": "reviews.tasks.scan_files",
        "schedule": SCAN_EVERY,
        "options": {"expires": SCAN_EVERY * 2},
    },
    "sweep-store": {
        "task": "reviews.tasks.sweep_files",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "empty-copies": {
        "task": "reviews.tasks.empty_copies",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = env.str("BEAT_SCHEDULE", default=str(VAR_DIR / "beat-schedule"))

# ---- Mail ------------------------------------------------------------------------------------
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 10
ADMINS: list[str] = []  # no error is mailed: its page may be about a child
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Rapid Review <no-reply@localhost>")
SEND_WINDOW = env.str("SEND_WINDOW", default="08:30-17:30")
"""When a chasing mail may go out on working days, London time; `always` for a test bench."""
NOTICE_LEASE_SECONDS = env.int("NOTICE_LEASE_SECONDS", default=300)

# ---- The engine ------------------------------------------------------------------------------
WORKFLOWS_RULE_BOOK = "reviews.rules.RULE_BOOK"
OUTAGE_AFTER = env.float("OUTAGE_AFTER", default=900.0)
"""Seconds without a sweep that are called an outage; what it left is told together, and reported."""
KNOW_NO_CASE = ("accounts.", "config.health", "config.well_known", "allauth.", "django.")
"""Modules whose views need not declare that they show nothing of a case: they cannot, they know of none."""
LEDGER_ANCHORS = env.str("LEDGER_ANCHORS", default=str(VAR_DIR / "anchors"))
"""The folder to which each night the ends of the ledger's chains are written; best on another machine's disk."""
LEDGER_WITNESSES = env.list("LEDGER_WITNESSES", default=[])
"""The addresses of the people (two, with accounts) who are mailed each night's anchor of the ledger."""
UNUSUAL_CASES_A_DAY = env.int("UNUSUAL_CASES_A_DAY", default=20)
"""More cases than so many, looked at by one person in a day, are told to who runs and audits the partnership."""
UNUSUAL_HOURS = env.str("UNUSUAL_HOURS", default="22:00-06:00")
"""Looking at a case between these, London time, is told likewise."""
UNUSUAL_REFUSALS_A_DAY = env.int("UNUSUAL_REFUSALS_A_DAY", default=3)
"""Asking in a day for more cases than so many that one may not see is told likewise."""
CALENDAR_FEEDS = env.bool("CALENDAR_FEEDS", default=True)
"""Whether people may have what is due in their own calendars, by an address that holds a secret."""
HOLIDAYS_URL = env.str("HOLIDAYS_URL", default="")
"""Where a worker asks every night for gov.uk's list of bank holidays; empty: people bring it themselves."""

# ---- Logs: references only -------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django": {"handlers": [], "level": "INFO"}},  # not Django's own handlers, of which one mails
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
