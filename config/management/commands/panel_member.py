"""`manage.py panel_member`: an account for the national Panel, which belongs to no partnership."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Role
from accounts.services import seat_for
from config.management.newcomers import how_to_begin, let_in


class Command(BaseCommand):
    help = "Let somebody of the Panel in, who then sees the records that are released to it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)

    @transaction.atomic
    def handle(self, *args: Any, **given: Any) -> None:
        person = let_in(
            seat_for(Role.PANEL), email=given["email"], full_name=given["name"], at=timezone.now()
        )
        self.stdout.write(how_to_begin(person))
