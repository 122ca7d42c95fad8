"""`manage.py export_decisions --case REF`: the released decision record of a case, as the Panel takes it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from reviews.models import PanelRecord
from reviews.services.exporting import as_file
from reviews.services.references import find_case
from workflows.actors import SYSTEM
from workflows.exceptions import WorkflowError
from workflows.services import ledger


class Command(BaseCommand):
    help = "Write the decision record that was released to the Panel for a case."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--case", required=True, help="Its reference (NSCP 2026/27-01), code (R-7K3QFA) or id."
        )
        parser.add_argument("--format", choices=["json"], default="json")
        parser.add_argument("--output", type=Path, help="A file; the screen otherwise.")

    @transaction.atomic  # the ledger's entry and the record go together
    def handle(self, *args: Any, case: str, format: str, output: Path | None, **options: Any) -> None:
        try:
            found = find_case(case)
        except WorkflowError as error:
            raise CommandError(str(error)) from None
        record = PanelRecord.objects.filter(case=found).order_by("-begun_at").first()
        if record is None:
            raise CommandError(
                f"{found.code} has no decision record yet: it is {found.state_in_words}. "
                "The record is made when the rapid review is sent to the Panel."
            )
        ledger.append(found, "export", by=SYSTEM, at=timezone.now())
        text = as_file(record.document)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}.") from None
        self.stdout.write(f"{output}  sha256 {record.sha256}")
