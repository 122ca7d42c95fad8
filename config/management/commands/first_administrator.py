"""Make the first partnership and its first person, who can then invite the others. Does nothing once anybody exists."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.models import Partnership, Role, User
from accounts.services import add_member, links, seat_for
from config.management.newcomers import MILESTONES_FROM, valid_address
from reviews.services.partnerships import found_partnership


class Command(BaseCommand):
    help = "Found the first partnership, make who looks after it, and print a link by which they choose their password."

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
        email = valid_address(given["email"])
        partnership = Partnership.objects.order_by("name").first() or found_partnership(
            given["partnership"], reference_prefix=given["prefix"], on=MILESTONES_FROM
        )
        seat_for(Role.PANEL)
        user = User.objects.create_user(email, given["name"], None)
        # Both seats: an administrator of users alone could run no case, and nobody else is there yet.
        for role in (Role.BUSINESS_MANAGER, Role.USER_ADMINISTRATOR):
            add_member(user, seat_for(role, partnership=partnership))
        self.stdout.write(f"First administrator: {email}   chooses a password here: {links.link_for(user)}")
        self.stdout.write(
            "The link works once, within 7 days. After that, ask for a new password on the sign-in page."
        )
