"""`manage.py verify_deadlines`: derive every deadline again, and report those that differ."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflows.models import Deadline
from workflows.services.verifying import drifted


def _in_words(state: str, due_on: date | None) -> str:
    return f"{state}, due {due_on.isoformat()}" if due_on else f"{state}, without a date"


class Command(BaseCommand):
    help = "Derive every deadline from its facts again. Exits 1 if a stored one differs."

    def handle(self, *args: Any, **given: Any) -> None:
        wrong = drifted()
        for deadline, derivation in wrong:
            gives = _in_words(derivation.state, derivation.due_on) if derivation else "no date at all"
            self.stdout.write(
                f"Deadline {deadline.pk}, {deadline}: stored as {_in_words(deadline.state, deadline.due_on)}; "
                f"its facts give {gives}."
            )
        if wrong:
            raise CommandError(
                f"{len(wrong)} of {Deadline.objects.count()} deadlines differ from their facts."
            )
        self.stdout.write(f"{Deadline.objects.count()} deadlines are as their facts give them.")
