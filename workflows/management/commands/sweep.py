"""`manage.py sweep --once`: what the task does, so that cron can take the place of Celery."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflows.calendars import LONDON
from workflows.services.sweeping import sweep


def instant(text: str) -> datetime:
    """An aware instant from ISO text; a time without an offset is London's. Raises CommandError."""
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=LONDON)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"Cannot read the time {text!r}: write a day and a time, such as 2026-03-02T10:15 or 2026-03-02T10:15Z.",
            returncode=2,
        ) from None


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Command(BaseCommand):
    help = "Reach every rung whose time has come, once, and record what was missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", required=True, help="sweep one time and end; the only way there is"
        )
        parser.add_argument("--at", help="as if it were this time (ISO; London's, unless it has an offset)")

    def handle(self, *args: Any, **given: Any) -> None:
        swept = sweep(at=instant(given["at"]) if given["at"] else timezone.now())
        self.stdout.write(
            f"{counted(swept.reached, 'rung')} reached, {counted(swept.missed, 'deadline')} missed."
        )
