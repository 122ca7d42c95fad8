"""How a running installation is, in figures and in words: for `manage.py doctor` and for /health/status."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kombu
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from notifications.operations.figures import Figures, figures
from notifications.services import DELIVER
from reviews.models import Attachment
from reviews.services import identifiers
from workflows.models import Heartbeat
from workflows.services.watching import SWEEP

SILENCE = timedelta(minutes=5)
"""After so long without a sweep, or without a look for mail to send, somebody should look."""
OWED = timedelta(minutes=15)
"""So long may a mail wait whose time has come."""
CLOCKS = timedelta(seconds=30)
"""So far may the clock of this machine be from the database's. Days are counted by the first, order by the second."""
KEYS = (
    "Put every key that was ever used into IDENTIFIER_KEYS, the one to seal with first: see docs/running.md."
)
ROOM = 1024**3
"""Bytes that should be left where this installation writes."""


@dataclass(frozen=True, slots=True)
class Amiss:
    """Something that breaks a promise: what it is, and what would help. code is that of a system check."""

    code: str
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """All of it at one instant. Without a database that answers and is up to date, most is not known."""

    amiss: list[Amiss]
    figures: dict[str, Any] = field(default_factory=dict)
    """Seconds, bytes and counts, by name. References and numbers only."""


def look(*, at: datetime) -> Vitals:
    """Ask the database, the broker and the disk. Takes some seconds at most, whatever is amiss."""
    amiss = [*_of_folders(), *_of_broker()]
    try:
        waiting = migrations_waiting()
        clocks = clock_difference()
        if waiting:
            found = Amiss("config.E011", f"The database lacks changes of this code: {waiting} migrations.",
                          "Run `manage.py migrate`.")  # fmt: skip
            return Vitals([*amiss, found])
        sealed = identifiers.what_is_amiss()
        beats = dict(Heartbeat.objects.values_list("name", "at"))
        of_the_service = figures(at=at)
        files = Attachment.objects.waiting().aggregate(count=Count("pk"), oldest=Min("added_at"))
    except DatabaseError:
        found = Amiss("config.E010", "The database does not answer.",
                      "Start it, or correct DATABASE_URL.")  # fmt: skip
        return Vitals([*amiss, found])
    amiss += [Amiss("config.E019", words, KEYS) for words in sealed]
    amiss += _of_files(files["count"], files["oldest"], at=at)
    amiss += [*_of_clocks(clocks), *_of_beats(beats, at=at), *_of_figures(of_the_service, at=at)]
    return Vitals(
        amiss,
        {
            "seconds_since": {name: _seconds(beats.get(name), at) for name in (SWEEP, DELIVER)},
            "seconds_owed": {
                "step": _seconds(of_the_service.oldest_rung, at),
                "mail": _seconds(of_the_service.oldest_waiting, at),
            },
            "undelivered": of_the_service.undelivered,
            "files": {
                "waiting": files["count"],
                "seconds_waiting": _seconds(files["oldest"], at),
                "infected": Attachment.objects.kept().filter(state=Attachment.State.INFECTED).count(),
            },
            "inspections": {
                one.last.kind: {"seconds_since": _seconds(one.last.begun_at, at), "wrong": one.last.wrong}
                for one in of_the_service.inspected
                if one.last
            },
            "clock_difference_seconds": round(clocks.total_seconds(), 3),
            "disk_free_bytes": shutil.disk_usage(settings.VAR_DIR).free,
        },
    )


# ---- The database ------------------------------------------------------------------------------
def migrations_waiting() -> int:
    """How many migrations of this code the database has not had."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def clock_difference() -> timedelta:
    """How far the database's clock is ahead of this machine's; negative when it is behind."""
    is_postgres = connection.vendor == "postgresql"
    ask = "SELECT clock_timestamp()" if is_postgres else "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(ask)
        (said,) = cursor.fetchone()
    after = timezone.now()
    theirs = said if is_postgres else datetime.fromisoformat(said).replace(tzinfo=UTC)
    return theirs - (before + (after - before) / 2)


def _of_clocks(difference: timedelta) -> Iterator[Amiss]:
    if abs(difference) > CLOCKS:
        yield Amiss(
            "config.E012",
            f"The clocks of this machine and of the database differ by {abs(difference).total_seconds():.0f} seconds.",
            "Let both keep time by NTP: the day on which something is due hangs on it.",
        )


def _of_beats(beats: dict[str, datetime], *, at: datetime) -> Iterator[Amiss]:
    for name, words in {SWEEP: "The deadlines were last looked at", DELIVER: "Mail was last sent"}.items():
        last = beats.get(name)
        if last is None or at - last > SILENCE:
            when = f"{int((at - last).total_seconds() // 60)} minutes ago" if last else "never"
            yield Amiss(
                "config.E013",
                f"{words} {when}: nobody is being reminded.",
                "Start a worker and the one clock (`celery beat`), or the lines for cron in docs/running.md.",
            )


def _of_figures(found: Figures, *, at: datetime) -> Iterator[Amiss]:
    if found.oldest_waiting and at - found.oldest_waiting > OWED:
        minutes = _seconds(found.oldest_waiting, at) // 60
        waits = "1 mail waits" if found.waiting == 1 else f"{found.waiting} mails wait"
        yield Amiss(
            "config.E014",
            f"{waits} to be sent, the oldest for {minutes} minutes.",
            "Look at the worker's log for what the mail server said.",
        )
    for one in found.inspected:
        if one.last and one.last.wrong:
            yield Amiss(
                "config.E015",
                f"{one.words}: {one.last.wrong} amiss.",
                f"Run `manage.py {one.last.kind.replace('-', '_')}`, or look under Administration.",
            )
    for alarm in found.alarms:
        yield Amiss("config.W012", alarm.words, "Look under Administration, “Bank holidays”.")


def _of_files(waiting: int, oldest: datetime | None, *, at: datetime) -> Iterator[Amiss]:
    """Files that the scanner should have looked at by now. That there is no scanner is said by a check of settings."""
    if settings.CLAMAV and oldest and at - oldest > OWED:
        waits = "1 file waits" if waiting == 1 else f"{waiting} files wait"
        yield Amiss(
            "config.E026",
            f"{waits} for the virus scanner, the oldest for {_seconds(oldest, at) // 60} minutes: nobody can take it.",
            "Start ClamAV’s daemon, or correct CLAMAV; the worker’s log says what it answers.",
        )


# ---- The broker --------------------------------------------------------------------------------
def _of_broker() -> Iterator[Amiss]:
    try:
        policy = broker_policy(settings.CELERY_BROKER_URL)
    except (BrokerError, redis.RedisError, OSError):
        yield Amiss("config.W010", "The broker does not answer: whatever is due is noticed late, though not lost.",
                    "Start Redis or Valkey, or correct BROKER_URL.")  # fmt: skip
        return
    if policy not in (None, "noeviction"):
        yield Amiss("config.E016", f"The broker forgets tasks to make room (its memory policy is {policy}).",
                    "Set `maxmemory-policy noeviction` in Redis or Valkey.")  # fmt: skip


def broker_policy(url: str) -> str | None:
    """What it does when its memory is full; None where that cannot be asked. Raises when it does not answer."""
    options = {"socket_timeout": 2, "socket_connect_timeout": 2}
    with kombu.Connection(url, transport_options=options, connect_timeout=2) as asked:
        if asked.transport.driver_type != "redis":
            return None
        asked.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)
        try:
            said = asked.channel().client.config_get("maxmemory-policy")
        except redis.ResponseError:
            return None  # a hosted one that lets nobody ask
    return str(said["maxmemory-policy"])


# ---- The disk ----------------------------------------------------------------------------------
def _of_folders() -> Iterator[Amiss]:
    written = {
        str(settings.VAR_DIR),
        _of_attachments(),
        str(Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).parent),
    }
    for folder in sorted(written):
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            yield Amiss("config.E017", f"Nothing can be written to {folder}.",
                        "Make the folder, and let the account that runs the service write there.")  # fmt: skip
            continue
        if (free := shutil.disk_usage(folder).free) < ROOM:
            yield Amiss("config.E018", f"Only {free // 1024**2} MB are free where {folder} lies.",
                        "Make room: 1,024 MB or more should be free.")  # fmt: skip


def _of_attachments() -> str:
    """Where files of returns lie. The first file makes the folder, in one that must be there."""
    folder: Path = settings.ATTACHMENTS_DIR
    return str(folder if folder.exists() else folder.parent)


def _seconds(since: datetime | None, at: datetime) -> int:
    """Whole seconds since then; -1 when it never was."""
    return int((at - since).total_seconds()) if since else -1
