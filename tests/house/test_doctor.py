"""`manage.py doctor` and /health/status: each thing that breaks a promise is named in plain words, and nothing else is."""

import io
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from config import prepare, vitals
from notifications.models import Notice
from notifications.services import DELIVER
from reviews.models import Attachment
from tests import factories, services
from tests.reviews import attaching
from workflows.models import CalendarVersion, Heartbeat, Inspection
from workflows.services.watching import SWEEP, beat

HTTPS = (
    "People reach the service by http: passwords and what is written about children can be read on the way."
)
NOBODY_HEARS = "Mail is not sent by SMTP: nobody outside would hear of a deadline."


def said() -> list[str]:
    """What the doctor finds, without the remedies and the numbers; empty when all is well."""
    out = io.StringIO()
    try:
        call_command("doctor", stdout=out)
    except CommandError as error:
        sum_of_it = str(error)
        lines = [line.partition(". ")[2] for line in out.getvalue().splitlines() if line[0] != " "]
        many = "1 thing breaks a promise." if len(lines) == 1 else f"{len(lines)} things break a promise."
        return lines if sum_of_it == many else [sum_of_it]
    assert out.getvalue() == "Nothing breaks a promise.\n"
    return []


@pytest.fixture
def well(settings: Any, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation of which nothing is to be said: its settings, its clock, its lists, its disk."""
    settings.SITE_URL, settings.ALLOWED_HOSTS = (
        "https://reviews.example.org",
        ["reviews.example.org", "testserver"],
    )
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECRET_KEY = "for-a-doctor-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
    settings.VAR_DIR, settings.CELERY_BEAT_SCHEDULE_FILENAME = tmp_path, str(tmp_path / "beat")
    settings.SILENCED_SYSTEM_CHECKS = ["async.E001"]  # tests.settings sets that variable, for the browser
    settings.STATUS_TOKEN = "for-a-monitor"
    settings.CLAMAV, settings.ATTACHMENTS_DIR = "unix:///run/clamav/clamd.ctl", tmp_path / "attachments"
    settings.STOLEN_PASSWORDS = str(settings.BASE_DIR / "tests" / "data" / "stolen-passwords.txt")
    CalendarVersion.objects.update(
        checked_at=timezone.now(), known_until=timezone.now().date() + timedelta(days=800)
    )
    for name in (SWEEP, DELIVER):
        beat(name, at=timezone.now())
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10 * vitals.ROOM, 0, 5 * vitals.ROOM))
    return settings


def test_of_a_well_installation_the_doctor_says_nothing(well: Any) -> None:
    assert said() == []


GUESSED = "The secret key is short or easy to guess: whoever guesses it can sign in as anybody."
NO_CONTACT = "Nobody is named who hears of a hole in the service."
WRONG: list[tuple[dict[str, Any], list[str]]] = [
    (
        {
            "SITE_URL": "http://reviews.example.org",
            "ALLOWED_HOSTS": ["*"],
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "SECURITY_CONTACT": "",
            "SECRET_KEY": "short",
            "DEBUG": True,
            "SECURE_SSL_REDIRECT": False,
            "SESSION_COOKIE_SECURE": False,
            "CSRF_COOKIE_SECURE": False,
            "SECURE_HSTS_SECONDS": 0,
            "VAR_DIR": Path(__file__),
            "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        },
        [
            "ALLOWED_HOSTS lets any host name through.",
            "DEBUG is on: a page that fails shows what is in the case.",
            HTTPS,
            "Links in mails would lead to http://reviews.example.org, which is not https.",
            NOBODY_HEARS,
            NO_CONTACT,
            f"Nothing can be written to {__file__}.",
            "The broker does not answer: whatever is due is noticed late, though not lost.",
            GUESSED,
        ],
    ),
    (
        {"SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": [], "SECURITY_CONTACT": "https://a\nContact: b"},
        ["No host name is ours.", NO_CONTACT, GUESSED],
    ),
    ({"SECURE_HSTS_SECONDS": 0}, [HTTPS]),
    (
        {"STOLEN_PASSWORDS": ""},
        ["No list of stolen passwords is given: one that is known to everybody who guesses is taken."],
    ),
    ({"CLAMAV": ""}, ["No virus scanner is set up: files of returns are kept, and nobody can take them."]),
    (
        {"CLAMAV": "", "UNSCANNED_FILES": "served"},
        [
            "No virus scanner is set up, and files of returns are given out as they came: a virus among them too."
        ],
    ),
    (
        {"CLAMAV": "clamd:3310"},
        ["CLAMAV is 'clamd:3310', which is no address of a scanner: files of returns wait for ever."],
    ),
]


@pytest.mark.parametrize(
    ("settings_of_it", "words"),
    WRONG,
    ids=["many", "other ways", "one", "stolen passwords", "no scanner", "unscanned", "no address"],
)
def test_a_setting_that_breaks_a_promise_is_named_once(
    well: Any, settings_of_it: dict[str, Any], words: list[str]
) -> None:
    for name, value in settings_of_it.items():
        setattr(well, name, value)

    assert sorted(said()) == sorted(words)


def test_a_clock_that_nobody_hears_is_named(well: Any) -> None:
    # Given a sweep six minutes ago, and mail that was never looked for
    Heartbeat.objects.all().delete()
    beat(SWEEP, at=timezone.now() - timedelta(minutes=6, seconds=1))

    assert said() == [
        "The deadlines were last looked at 6 minutes ago: nobody is being reminded.",
        "Mail was last sent never: nobody is being reminded.",
    ]
    Heartbeat.objects.all().delete()
    for name in (SWEEP, DELIVER):
        beat(name, at=timezone.now() - timedelta(minutes=4, seconds=50))
    assert said() == []


def test_clocks_that_differ_are_named(well: Any, time_machine: Any) -> None:
    # Given a machine whose clock is two minutes behind the database's
    now = datetime.now(UTC)
    time_machine.move_to(now - timedelta(minutes=2))

    if connection.vendor == "postgresql":  # SQLite asks the clock of this very process
        (words,) = said()
        assert words.startswith("The clocks of this machine and of the database differ by 1")
    assert timedelta(minutes=1) > vitals.CLOCKS
    assert [one.code for one in vitals._of_clocks(timedelta(seconds=-31))] == ["config.E012"]
    assert list(vitals._of_clocks(timedelta(seconds=30))) == []


def test_what_waits_what_was_found_and_an_old_list_are_named(well: Any) -> None:
    # Given mail that waits for 20 minutes, a broken chain, and a list that nobody compared for 91 days
    factories.a_notified_case(factories.a_world())
    then = timezone.now() - timedelta(minutes=20, seconds=5)
    owed = Notice.objects.order_by("pk")[:1].values_list("pk", flat=True)
    Notice.objects.exclude(pk__in=list(owed)).delete()
    Notice.objects.update(send_after=then, state=Notice.State.WAITING)
    Inspection.objects.create(kind="verify-ledger", begun_at=then, ended_at=then, looked_at=9, wrong=2)
    CalendarVersion.objects.update(checked_at=timezone.now() - timedelta(days=91))

    assert said() == [
        "1 mail waits to be sent, the oldest for 20 minutes.",
        "Every chain of the ledger followed: 2 amiss.",
        "The list of bank holidays is 91 days old: nobody has compared it with gov.uk since.",
    ]


def test_bad_input_42_files_that_wait_for_the_scanner_are_named_after_a_quarter_of_an_hour(
    well: Any, client: Client
) -> None:
    # Given two files, the older of which has waited for 15 minutes
    world = factories.a_world()
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    Notice.objects.all().delete()
    for name in ("1.pdf", "2.pdf"):
        attaching.added(gp, world.gp_author, name=name)
    then = timezone.now() - vitals.OWED
    Attachment.objects.update(added_at=then + timedelta(seconds=30))
    assert said() == []
    Attachment.objects.filter(name="1.pdf").update(added_at=then - timedelta(seconds=1))

    assert said() == ["2 files wait for the virus scanner, the oldest for 15 minutes: nobody can take it."]
    files = asked(client).json()["files"]
    assert (files["waiting"], files["infected"], 900 <= files["seconds_waiting"] < 960) == (2, 0, True)
    Attachment.objects.update(state="infected", virus="Eicar", scanned_at=then)
    assert asked(client).json()["files"] == {"waiting": 0, "seconds_waiting": -1, "infected": 2}


def test_a_file_that_is_missing_from_the_store_is_named(well: Any) -> None:
    # Given a database that was put back, without the folder of the files
    world = factories.a_world()
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    Notice.objects.all().delete()
    made = attaching.added(gp, world.gp_author)
    Attachment.objects.update(state="clean", scanned_at=timezone.now())
    shutil.rmtree(well.ATTACHMENTS_DIR)

    assert said() == [f"A file of a return cannot be given out: the store does not have {made.stored}"]


def test_a_key_that_is_not_there_is_named_and_nothing_starts_without_it(well: Any) -> None:
    # Given a case under one key, and an installation that has another, as when a new folder was made for an old database
    factories.a_referral(factories.a_world())
    Notice.objects.all().delete()
    well.IDENTIFIER_KEYS = "2026:" + "A" * 43
    words = (
        "3 names, dates of birth or places were sealed with the key for-tests-only, "
        "which is not among IDENTIFIER_KEYS."
    )

    assert said() == [words]
    with pytest.raises(SystemExit, match=words):
        prepare.main()


def test_a_database_that_lacks_a_migration_is_named(well: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    assert said() == ["The database lacks changes of this code: 1 migrations."]


def test_a_database_that_is_away_is_named(well: Any) -> None:
    def away(*given: Any) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(away):
        assert said() == ["The database does not answer."]


def test_a_disk_that_fills_is_named(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 300 * 1024**2))

    assert said() == [f"Only 300 MB are free where {well.VAR_DIR} lies."]


def test_a_broker_that_forgets_is_named(well: Any, valkey: services.Broker) -> None:
    import kombu

    well.CELERY_BROKER_URL = valkey.url
    assert said() == []
    with kombu.Connection(valkey.url) as asked:
        client = asked.channel().client
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert said() == ["The broker forgets tasks to make room (its memory policy is allkeys-lru)."]
        finally:
            client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.once
def test_a_setting_without_which_nothing_starts_is_said_in_one_sentence(tmp_path: Path) -> None:
    told = services.environment_with(VAR_DIR=str(tmp_path), HOSTS="2", DATABASE_URL="", SECRET_KEY="x" * 60)

    answer = services.manage("doctor", environment=told)

    assert answer.returncode == 1
    assert answer.stderr == (
        "SQLite cannot serve 2 hosts: it locks one file on one machine. Set DATABASE_URL to a PostgreSQL.\n"
    )


# ---- The same for a monitor --------------------------------------------------------------------
def asked(client: Client, token: str = "for-a-monitor") -> Any:
    return client.get("/health/status", headers={"Authorization": f"Bearer {token}"})


def test_the_status_is_shown_to_the_monitor_alone(well: Any, client: Client) -> None:
    assert asked(client).status_code == 200
    for token in ("", "for-a-monitoR", "for-a-monitor2", "é"):
        assert asked(client, token).status_code == 404
    assert client.get("/health/status").status_code == 404
    well.STATUS_TOKEN = ""
    assert (asked(client).status_code, asked(client, "").status_code) == (404, 404)


def test_the_status_is_figures_and_words_of_no_case(well: Any, client: Client) -> None:
    factories.a_notified_case(factories.a_world())
    Notice.objects.update(send_after=timezone.now() + timedelta(days=1))

    answer = asked(client)

    told = answer.json()
    assert (answer.status_code, told["well"], told["amiss"]) == (200, True, [])
    assert set(told) == {"well", "amiss", "seconds_since", "seconds_owed", "undelivered", "files", "inspections",
                         "clock_difference_seconds", "disk_free_bytes"}  # fmt: skip
    assert (0 <= told["seconds_since"]["sweep"] < 60, told["seconds_owed"]["mail"]) == (True, -1)
    assert [canary for canary in factories.CANARIES if canary in answer.content.decode()] == []


def test_the_status_is_red_while_something_is_amiss_and_green_again(well: Any, client: Client) -> None:
    Heartbeat.objects.all().delete()
    answer = asked(client)
    assert (answer.status_code, answer.json()["well"], len(answer.json()["amiss"])) == (503, False, 2)
    for name in (SWEEP, DELIVER):
        beat(name, at=timezone.now())
    assert asked(client).status_code == 200
