"""`manage.py sweep --once`: what the task does, so that cron can take the place of Celery."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from workflows.management.instants import instant
from workflows.services.watching import watch


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
        swept = watch(at=instant(given["at"]) if given["at"] else timezone.now())
        self.stdout.write(
            f"{counted(swept.reached, 'rung')} reached, {counted(swept.missed, 'deadline')} missed."
        )
        if swept.left:
            self.stderr.write(f"{counted(swept.left, 'rung')} failed, and will be tried again: see the log.")
