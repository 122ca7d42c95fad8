"""`manage.py watch_access --once`: what the task of that name does, for cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reviews.services.unusual import look_for_unusual_access


class Command(BaseCommand):
    help = "Look for unusual access in today's ledger, and tell whoever runs or audits the partnership, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Said for clearness: it looks once and ends.")

    def handle(self, *args: Any, **given: Any) -> None:
        found = look_for_unusual_access(at=timezone.now())
        self.stdout.write(f"{len(found)} new alerts.")
