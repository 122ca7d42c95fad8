"""`manage.py empty_copies --once`: what the task of that name does, for cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reviews.services.disclosing import empty_expired


class Command(BaseCommand):
    help = "Empty the words of subject-access copies that have expired, and say of how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Said for clearness: it looks once and ends.")

    def handle(self, *args: Any, **given: Any) -> None:
        count = empty_expired(at=timezone.now())
        self.stdout.write(f"Copies emptied: {count}.")
