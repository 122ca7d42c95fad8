"""`manage.py code`: the code that the app of an invented person shows now, since nobody has their phone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.services import factors
from reviews.services import demonstration


class Command(BaseCommand):
    help = "Say the code with which a person of the demonstration confirms their sign-in. For nobody else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?", help="Whose; without one, of everybody whom `demo` names.")

    def handle(self, *args: Any, **given: Any) -> None:
        if not demonstration.is_built():
            raise CommandError(
                "There is no demonstration here. Codes of real people are on their own phones, and nowhere else."
            )
        named = (
            [given["email"].strip().lower()] if given["email"] else [e for _, e in demonstration.sign_ins()]
        )
        people = {person.email: person for person in demonstration.people().filter(email__in=named)}
        if given["email"] and not people:
            raise CommandError(f"{given['email']} is nobody of the demonstration.")
        at = timezone.now()
        width = max(map(len, people), default=0)
        for email in named:
            secret = factors.secret_of(people[email]) if email in people else None
            if secret is None:
                self.stdout.write(f"{email:<{width}}  has no app: set one up at the next sign-in")
            else:
                self.stdout.write(f"{email:<{width}}  {factors.code_at(secret, at)}")
        left = factors.PERIOD - int(at.timestamp()) % factors.PERIOD
        self.stdout.write(f"Good for {left} seconds more, and a little longer. Each works once.")
