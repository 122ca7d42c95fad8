"""Send what is owed: what the task does, so that a plain cron can replace Celery."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications import services
from workflows.management.instants import instant
from workflows.services.watching import beat


class Command(BaseCommand):
    help = "Send the notices that are owed, and say how many."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Send one batch and no more.")
        parser.add_argument(
            "--at",
            metavar="TIME",
            help="As if it were then (ISO; London's, unless it has an offset). Otherwise now.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = instant(options["at"]) if options["at"] else timezone.now()
        deliver = services.deliver_waiting if options["once"] else services.deliver_everything_owed
        done = deliver(at=at)
        beat(services.DELIVER, at=at)
        self.stdout.write(
            f"{done.sent} sent, {done.put_off} put off, {done.failed} failed, {done.dropped} no longer needed."
        )
