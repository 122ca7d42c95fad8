"""`manage.py explain DEADLINE_ID`: why a deadline is due when it is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from workflows.actors import SYSTEM
from workflows.models import Deadline
from workflows.services import ledger
from workflows.services.proof import proof_lines, proof_of


class Command(BaseCommand):
    help = "Print the proof of a deadline's date: its rule, day 0, what did not count, what moved it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deadline", type=int, help="the deadline's number")

    def handle(self, *args: Any, **given: Any) -> None:
        found = Deadline.objects.select_related("rule", "calendar", "subject")
        deadline = found.filter(pk=given["deadline"]).first()
        if deadline is None:
            raise CommandError(f"There is no deadline {given['deadline']}.")
        now = timezone.now()
        with transaction.atomic():  # nothing is printed of which the ledger does not tell
            proof = proof_of(deadline, at=now)
            ledger.append(deadline.subject, "read", by=SYSTEM, at=now)
        stands = f"It stands so: {proof['stands']['in_words']}."
        self.stdout.write("\n".join([proof["sentence"], stands, *proof_lines(proof)]))
