"""`manage.py verify_ledger`: follow the chain of every case, and report where it is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflows.models import Subject
from workflows.services.ledger import broken_links, moves_not_in_it


class Command(BaseCommand):
    help = "Follow every chain of the ledger. Exits 1 if an entry was changed, moved or taken out."

    def handle(self, *args: Any, **given: Any) -> None:
        chains = broken = 0
        for root in Subject.objects.filter(root=None).order_by("code").iterator():
            links, moves = broken_links(root), moves_not_in_it(root)
            for sequence in links:
                self.stdout.write(f"{root.code}: entry {sequence} does not follow from the one before it.")
            for move in moves:
                self.stdout.write(f"{root.code}: no entry tells of the move {move}.")
            chains, broken = chains + 1, broken + bool(links or moves)
        if broken:
            raise CommandError(f"{broken} of {chains} chains are broken.")
        self.stdout.write(f"{chains} chains are whole.")
