"""`manage.py look_after_files`: what the tasks about files do, for cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reviews.services.scanning import scan_attachments, sweep_store


class Command(BaseCommand):
    help = "Show waiting files to the virus scanner, take away what uploads left, and say how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Said for clearness: it looks once and ends.")

    def handle(self, *args: Any, **given: Any) -> None:
        now = timezone.now()
        scanned, swept = scan_attachments(at=now), sweep_store(at=now)
        self.stdout.write(f"Files scanned: {scanned}. Left over and taken away: {swept}.")
