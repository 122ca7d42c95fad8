"""`manage.py demo`: an invented partnership at work, to look at and to try things on."""

import os
import secrets
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Partnership
from notifications.services.rehearsing import count_as_sent
from reviews.services import demonstration


def password_file() -> Path:
    """Where the one password of the demonstration is kept, for this installation, so that it can be said again."""
    return Path(settings.VAR_DIR) / "demo-password"


class Command(BaseCommand):
    help = "Build the demonstration if it is not there, and say how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument(
            "--if-empty", action="store_true", help="Build nothing where there is any partnership already."
        )
        only.add_argument("--print", action="store_true", help="Build nothing: say again how to sign in.")

    def handle(self, *args: Any, **given: Any) -> None:
        if demonstration.is_built():
            demonstration.give_apps()
            self.say_how_to_sign_in(must=not given["if_empty"])
        elif given["print"]:
            raise CommandError("There is no demonstration here. `manage.py demo` builds it.")
        elif not Partnership.objects.exists():
            at = timezone.now()
            demonstration.build_demo(at=at, password=self.new_password())
            count_as_sent(before=at - timedelta(hours=1))
            self.say_how_to_sign_in(must=True)
        elif not given["if_empty"]:
            raise CommandError(
                "Cannot build the demonstration here: this installation has partnerships of its own, and invented "
                "people and cases do not belong beside them. Use an empty database."
            )

    def new_password(self) -> str:
        """A password, written where only this account can read it."""
        password, path = secrets.token_urlsafe(12), password_file()
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        return password

    def say_how_to_sign_in(self, *, must: bool) -> None:
        """Print roles, addresses and the password. When it is not kept any more: CommandError, if it must."""
        try:
            password = password_file().read_text().strip()
        except OSError:
            if not must:
                return
            raise CommandError(
                f"The password of the demonstration is no longer in {password_file()}. "
                "Set one for a person with `manage.py changepassword ADDRESS`."
            ) from None
        rows = demonstration.sign_ins()
        width = max(len(role) for role, _ in rows)
        self.stdout.write("Demonstration, all invented. Sign in as:")
        for role, email in rows:
            self.stdout.write(f"  {role:<{width}}  {email}")
        self.stdout.write(f"Password of each of them: {password}")
        self.stdout.write(
            "Then a code is asked for, as of everybody. `make code` says the one of each of them."
        )
