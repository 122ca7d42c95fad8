"""The settings, as a process meets them: each test loads them anew in one of its own."""

import json
import os
from pathlib import Path

import pytest

from tests.services import manage

SECRET = "only-for-checking-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """What a production installation is told."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **bare,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": SECRET,
        "IDENTIFIER_KEYS": "only-for-checking:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "SITE_URL": "https://reviews.example.org",
        "ALLOWED_HOSTS": "reviews.example.org",
        "DATABASE_URL": "postgres://reviews@localhost/reviews",
        "BROKER_URL": "redis://localhost:6379/0",
        "SECURITY_CONTACT": "mailto:security@example.org",
        "EMAIL_URL": "smtp+tls://mail.example.org:587",
        "BEHIND_PROXY": "true",
        "CLAMAV": "tcp://clamav:3310",
        "STOLEN_PASSWORDS": "tests/data/stolen-passwords.txt",
        "HOSTS": "2",
    }


def test_a_production_installation_has_nothing_to_complain_of(production: dict[str, str]) -> None:
    answer = manage("check", "--deploy", "--fail-level", "WARNING", environment=production)

    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"SITE_URL": "http://reviews.example.org"}, "config.E001"),
        ({"ALLOWED_HOSTS": "*"}, "config.E002"),
        ({"EMAIL_URL": "consolemail://"}, "config.W001"),
        ({"SECURITY_CONTACT": ""}, "config.W002"),
        ({"IDENTIFIER_KEYS": "", "IDENTIFIER_KEYS_FILE": "/nowhere"}, "config.E003"),
        ({"IDENTIFIER_KEYS": "2026:short"}, "config.E003"),
        ({"CLAMAV": ""}, "config.W003"),
        ({"CLAMAV": "clamav:3310"}, "config.E025"),
        ({"STOLEN_PASSWORDS": ""}, "config.W004"),
        ({"STOLEN_PASSWORDS": "/nowhere"}, "config.E026"),
        ({"STOLEN_PASSWORDS": "README.md"}, "config.E027"),
        ({"HTTPS": "0"}, "security.W008"),
        ({"DEBUG": "1"}, "security.W018"),
    ],
)
def test_what_would_be_unsafe_is_found_before_people_come(
    production: dict[str, str], given: dict[str, str], found: str
) -> None:
    answer = manage("check", "--deploy", "--fail-level", "WARNING", environment={**production, **given})

    assert answer.returncode == 1
    assert found in answer.stderr


def test_sqlite_refuses_to_serve_two_machines(production: dict[str, str]) -> None:
    del production["DATABASE_URL"]

    answer = manage("check", environment=production)

    assert answer.returncode == 1
    last = answer.stderr.strip().splitlines()[-1]
    assert "SQLite cannot serve 2 hosts" in last
    assert "DATABASE_URL" in last


def test_a_choice_about_unscanned_files_that_is_none_starts_nothing(production: dict[str, str]) -> None:
    answer = manage("check", environment={**production, "UNSCANNED_FILES": "yes"})

    assert answer.returncode == 1
    assert "UNSCANNED_FILES is 'yes': it can be `held` or `served`." in answer.stderr


def test_without_a_secret_key_nothing_starts(production: dict[str, str]) -> None:
    del production["SECRET_KEY"]

    answer = manage("check", environment=production)

    assert answer.returncode == 1
    assert "No secret key: set SECRET_KEY" in answer.stderr


def test_sqlite_takes_its_lock_before_it_reads(production: dict[str, str]) -> None:
    # Two who read and then write would otherwise meet "database is locked".
    production.update(DATABASE_URL="", HOSTS="1")
    del production["DATABASE_URL"]
    show = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['transaction_mode'])"

    answer = manage("shell", "--no-imports", "-c", show, environment=production)

    assert answer.stdout.strip() == "IMMEDIATE"


def test_over_https_every_cookie_is_bound_to_this_host_and_there_is_none_for_messages(
    production: dict[str, str],
) -> None:
    show = """
import json
from django.conf import settings as s
print(json.dumps({
    "names": [s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME],
    "secure": [s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE],
    "hosts": [s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN],
    "paths": [s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH],
    "messages": s.MESSAGE_STORAGE.rpartition(".")[2],
}))
"""
    answer = manage("shell", "--no-imports", "-c", show, environment=production)

    assert json.loads(answer.stdout) == {
        "names": ["__Host-sessionid", "__Host-csrftoken", "__Host-device"],
        "secure": [True, True],
        "hosts": [None, None],
        "paths": ["/", "/"],
        "messages": "SessionStorage",
    }
