"""The settings of the tests: those of the product, in a folder of their own, with passwords that hash cheaply."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="rapid-tests-")
(Path(_folder) / "static").mkdir()
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ["VAR_DIR"] = _folder
os.environ.setdefault("SECRET_KEY", "for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789")
os.environ.setdefault("IDENTIFIER_KEYS", "for-tests-only:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
os.environ.setdefault("HTTPS", "0")
os.environ.setdefault("STATIC_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage")
os.environ.setdefault("BROKER_URL", "memory://")
# Playwright keeps an event loop running, and Django would refuse the database in its tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SITE_URL = "https://reviews.example.org"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the product: in memory SQLite has other locks, and no second process can look in.
    named = os.environ.get("TEST_DATABASE") or str(Path(_folder) / "test.sqlite3")
    DATABASES["default"]["TEST"] = {"NAME": named}
elif os.environ.get("MIGRATED"):
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["MIGRATED"], "MIGRATE": False}
