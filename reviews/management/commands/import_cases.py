"""`manage.py import_cases FILE.json`: take in cases from a file, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Partnership
from reviews.services.importing import BadFile, import_cases
from workflows.actors import SYSTEM


class Command(BaseCommand):
    help = (
        "Take in cases from a file of case facts (docs/import.md): every fault with its line, or all of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--partnership", help="Its name. Not needed while there is only one.")

    def handle(self, *args: Any, file: Path, partnership: str | None, **options: Any) -> None:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"Cannot read {file}: it is not text in UTF-8.") from None
        named = (
            Partnership.objects.filter(name__iexact=partnership) if partnership else Partnership.objects.all()
        )
        if named.count() != 1:
            known = ", ".join(Partnership.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"Say into which partnership, with --partnership NAME. There are: {known}.")
        try:
            made = import_cases(text, partnership=named.get(), by=SYSTEM, at=timezone.now())
        except BadFile as bad:
            for fault in bad.faults:
                self.stderr.write(f"{file}, {fault}")
            raise CommandError(str(bad)) from None
        for case in made:
            self.stdout.write(f"{case.code}  {case.reference or 'no reference'}  {case.get_state_display()}")
