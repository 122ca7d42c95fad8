"""Take a mail that came back, from the mail server: it pipes what our own address is sent into this command."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from notifications import services


class Command(BaseCommand):
    help = "Read a delivery report from standard input, and put its notice on the list of whom to phone."

    def handle(self, *args: Any, **options: Any) -> None:
        is_ours = services.take_report(sys.stdin.buffer.read())
        self.stdout.write(
            "A notice could not be delivered."
            if is_ours
            else "Nothing to do: no report that a notice failed."
        )
