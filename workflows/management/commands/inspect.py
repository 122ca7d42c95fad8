"""`manage.py inspect --once`: what the nightly task does, so that cron can take the place of Celery."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflows.management.instants import instant
from workflows.services.inspecting import inspect_what_is_due

AN_HOUR = timedelta(hours=1)


class Command(BaseCommand):
    help = (
        "Look over every deadline, the ledger and the calendar, unless that was done since last night. "
        "Exits 1 if something is amiss."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", required=True, help="one time; the only way there is"
        )
        parser.add_argument("--at", help="as if it were this time (ISO; London's, unless it has an offset)")

    def handle(self, *args: Any, **given: Any) -> None:
        ended = inspect_what_is_due(
            at=instant(given["at"]) if given["at"] else timezone.now(), within=AN_HOUR
        )
        for inspection in ended:
            self.stdout.write(
                f"{inspection.kind}: {inspection.looked_at} looked at, {inspection.wrong} amiss."
            )
            for finding in inspection.findings:
                self.stdout.write(f"  {finding}")
        if not ended:
            self.stdout.write("Everything was looked at since last night.")
        if any(inspection.wrong for inspection in ended):
            raise CommandError("Something is amiss.")
