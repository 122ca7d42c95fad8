"""Make the first person, who can then invite the others. Does nothing once anybody exists."""

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.forms import ValidationError

from accounts.models import Partnership, Role, User
from accounts.services import add_member, seat_for


class Command(BaseCommand):
    help = "Make the first user administrator, and print a password for them once."

    def add_arguments(self, parser: CommandParser) -> None:
        given = os.environ.get
        parser.add_argument("--email", default=given("ADMIN_EMAIL", "admin@example.org"))
        parser.add_argument("--name", default=given("ADMIN_NAME", "First Administrator"))
        parser.add_argument(
            "--partnership", default=given("PARTNERSHIP", "Safeguarding Children Partnership")
        )
        parser.add_argument(
            "--prefix", default=given("REFERENCE_PREFIX", "RR"), help="Case references begin so."
        )

    @transaction.atomic
    def handle(self, *args: Any, **given: Any) -> None:
        if User.objects.exists():
            if given["verbosity"] > 0:
                self.stdout.write("There are people already; nobody was added.")
            return
        email = given["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"Cannot make an administrator: {email!r} is not an e-mail address.") from None
        partnership = Partnership.objects.order_by("name").first() or Partnership.objects.create(
            name=given["partnership"], reference_prefix=given["prefix"]
        )
        password = secrets.token_urlsafe(15)
        user = User.objects.create_user(email, given["name"], password)
        add_member(user, seat_for(Role.USER_ADMINISTRATOR, partnership=partnership))
        self.stdout.write(f"First administrator: {email}   password: {password}")
        self.stdout.write("The password is not kept and not shown again. Change it after signing in.")
