"""The ledger: who did or saw what. Written in the same transaction, one hash chain a case."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime

from django.db.models import Q

from accounts.models import User
from workflows.actors import System
from workflows.models import LedgerEntry, Subject, TransitionRecord

GENESIS = "0" * 64


def seal(
    previous: str, *, chain: str, sequence: int, at: datetime, actor: str, action: str, target: str
) -> str:
    """The hash of an entry: SHA-256 over the hash before it and its own columns, as canonical JSON."""
    row = [previous, chain, sequence, at.astimezone(UTC).isoformat(), actor, action, target]
    return hashlib.sha256(json.dumps(row, separators=(",", ":")).encode()).hexdigest()


def append(subject: Subject, action: str, *, by: User | System, at: datetime) -> LedgerEntry:
    """Write that the actor did or saw this. Needs a transaction; takes the lock of the case's chain.

    Only references: the action's name, the kind and id of the thing. Never a name or free text.
    """
    root = Subject.objects.select_for_update(no_key=True).only("pk").get(pk=subject.root_id or subject.pk)
    last = LedgerEntry.objects.filter(chain=root).order_by("-sequence").only("sequence", "hash").first()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
    actor, target = str(by.pk or "system"), f"{subject.kind} {subject.pk}"
    sealed = seal(
        previous, chain=str(root.pk), sequence=sequence, at=at, actor=actor, action=action, target=target
    )
    return LedgerEntry.objects.create(
        chain=root, sequence=sequence, at=at, actor=actor, action=action, target=target,
        previous=previous, hash=sealed,
    )  # fmt: skip


def broken_links(root: Subject) -> list[int]:
    """The places in a case's chain that do not follow from the one before: edited, missing or moved."""
    previous, expected, wrong = GENESIS, 1, []
    for entry in LedgerEntry.objects.filter(chain=root).order_by("sequence").iterator():
        sealed = seal(previous, chain=str(root.pk), sequence=entry.sequence, at=entry.at, actor=entry.actor,
                      action=entry.action, target=entry.target)  # fmt: skip
        if (entry.sequence, entry.previous, entry.hash) != (expected, previous, sealed):
            wrong.append(entry.sequence)
        previous, expected = entry.hash, entry.sequence + 1
    return wrong


def moves_not_in_it(root: Subject) -> list[str]:
    """Moves of the case and its parts that its chain does not tell: it was cut off after some entry.

    The hashes alone cannot show that the last entries are gone; a read that is gone from the end leaves no trace here.
    """
    moved = Counter(
        f"{verb} {kind} {pk}"
        for verb, kind, pk in TransitionRecord.objects.filter(
            Q(subject=root) | Q(subject__root=root)
        ).values_list("verb", "subject__kind", "subject_id")
    )
    told = Counter(
        f"{action} {target}"
        for action, target in LedgerEntry.objects.filter(chain=root).values_list("action", "target")
    )
    return sorted((moved - told).elements())
