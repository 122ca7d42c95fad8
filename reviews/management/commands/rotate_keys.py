"""`manage.py rotate_keys`: seal who the children are with the first key of IDENTIFIER_KEYS."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reviews.sealing import current, new_key
from reviews.services.identifiers import reseal_everything


class Command(BaseCommand):
    help = (
        "Seal names, dates of birth, NHS numbers and places anew with the first key of IDENTIFIER_KEYS. May be stopped "
        "and run again. Exits 1 if the keys do not open something."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--new-key", action="store_true", help="Change nothing: print a new key, to be put first."
        )

    def handle(self, *args: Any, **given: Any) -> None:
        at = timezone.now()
        if given["new_key"]:
            self.stdout.write(new_key(f"{at:%Y-%m-%d-%H%M}"))
            return
        done = reseal_everything(at=at)
        self.stdout.write(
            f"{done.values} values of {done.cases} cases are sealed anew with the key {current()}."
        )
        if done.not_opened:
            raise CommandError(
                f"Of {len(done.not_opened)} cases the keys do not open something: {', '.join(done.not_opened[:20])}. "
                "Put their keys back into IDENTIFIER_KEYS; `manage.py doctor` says which."
            )
