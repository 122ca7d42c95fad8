"""`manage.py found_partnership`: one more partnership, with its milestones and its business manager."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Partnership, Role
from accounts.services import seat_for
from config.management.newcomers import MILESTONES_FROM, how_to_begin, let_in
from reviews.services.partnerships import found_partnership


class Command(BaseCommand):
    help = "Found a partnership, and let its business manager in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--prefix", required=True, help="Case references begin so.")
        parser.add_argument(
            "--manager", required=True, metavar="EMAIL", help="The business manager's address."
        )
        parser.add_argument("--manager-name", required=True, metavar="NAME")

    @transaction.atomic
    def handle(self, *args: Any, **given: Any) -> None:
        if Partnership.objects.filter(name__iexact=given["name"]).exists():
            raise CommandError(f"There is a partnership called {given['name']} already.")
        partnership = found_partnership(given["name"], reference_prefix=given["prefix"], on=MILESTONES_FROM)
        manager = let_in(
            seat_for(Role.BUSINESS_MANAGER, partnership=partnership),
            email=given["manager"],
            full_name=given["manager_name"],
            at=timezone.now(),
        )
        self.stdout.write(
            f"{partnership} is founded. It has no agencies yet: its business manager adds them."
        )
        self.stdout.write(how_to_begin(manager))
