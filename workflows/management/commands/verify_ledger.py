"""`manage.py verify_ledger`: follow every chain, and report where one is broken or was cut off."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflows.models import LedgerHead, Subject
from workflows.services.anchoring import BadAnchor, read_anchor
from workflows.services.ledger import broken_links, moves_not_told, name_of_chain

AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Follow every chain of the ledger. Exits 1 if an entry was changed, moved, added or taken out, and 2 if "
        "the anchor cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since-anchor",
            type=Path,
            metavar="FILE",
            help="An anchor that was kept outside: also finds a chain that was cut off since, or written anew.",
        )

    def handle(self, *args: Any, since_anchor: Path | None, **given: Any) -> None:
        anchor = None
        if since_anchor is not None:
            try:
                anchor = read_anchor(since_anchor.read_text())
            except OSError as error:
                raise CommandError(f"Cannot read {since_anchor}: {error.strerror}.", returncode=2) from None
            except (BadAnchor, UnicodeDecodeError) as error:
                raise CommandError(f"Cannot use {since_anchor}: {error}.", returncode=2) from None
            # Whoever has the mail of that day sees whether this is the file that was anchored.
            self.stdout.write(f"Anchor of {anchor.made_at}: {len(anchor.heads)} chains, {anchor.digest}.")
        broken = set()
        for found in broken_links(anchored=anchor.heads if anchor else None):
            broken.add(found.chain)
            self.stdout.write(f"{name_of_chain(found.chain)}: entry {found.sequence} {found.what}.")
        roots = Subject.objects.filter(root=None).order_by("pk")
        keys = list(roots.values_list("pk", flat=True))
        for place in range(0, len(keys), AT_ONCE):
            untold = moves_not_told(Subject.objects.filter(pk__in=keys[place : place + AT_ONCE]))
            for chain, moves in untold.items():
                broken.add(chain)
                for move in moves:
                    self.stdout.write(f"{name_of_chain(chain)}: no entry tells of the move {move}.")
        chains = LedgerHead.objects.count()
        if broken:
            raise CommandError(f"{len(broken)} of {max(chains, len(broken))} chains are broken.")
        self.stdout.write(f"{chains} chains are whole.")
