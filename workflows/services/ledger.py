"""The ledger: who did or saw what. Written in the same transaction, one hash chain a case."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from accounts.models import User
from workflows.actors import System
from workflows.models import LedgerEntry, Subject, TransitionRecord
from workflows.services.many import insert_all

GENESIS = "0" * 64


def seal(
    previous: str, *, chain: str, sequence: int, at: datetime, actor: str, action: str, target: str
) -> str:
    """The hash of an entry: SHA-256 over the hash before it and its own columns, as canonical JSON."""
    row = [previous, chain, sequence, at.astimezone(UTC).isoformat(), actor, action, target]
    return hashlib.sha256(json.dumps(row, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be told: who did what to which subject. References only."""

    on: Subject
    action: str
    by: User | System


def line(subject: Subject, action: str, *, by: User | System) -> Line:
    """That the actor did or saw this: in the chain of its case."""
    return Line(subject, action, by)


def append(subject: Subject, action: str, *, by: User | System, at: datetime) -> LedgerEntry:
    """Write that the actor did or saw this. Needs a transaction; takes the lock of the case's chain.

    Only references: the action's name, the kind and id of the thing. Never a name or free text.
    """
    return LedgerEntry.objects.create(**_sealed([line(subject, action, by=by)], at=at)[0])


def append_all(lines: Sequence[Line], *, at: datetime) -> None:
    """Write these, in order. Needs a transaction; takes the locks of their chains, in one order."""
    if lines:
        insert_all(LedgerEntry, _sealed(lines, at=at))


def _sealed(lines: Sequence[Line], *, at: datetime) -> list[dict[str, Any]]:
    """The columns of an entry for each, sealed behind the last of its chain, whose lock is taken."""
    roots = Subject.objects.filter(pk__among={told.on.root_id or told.on.pk for told in lines}).order_by("pk")
    chains = list(roots.select_for_update(no_key=True).values_list("pk", flat=True))
    newest = LedgerEntry.objects.filter(chain=OuterRef("pk")).order_by("-sequence")
    ends = {
        pk: (sequence or 0, previous or GENESIS)
        for pk, sequence, previous in Subject.objects.filter(pk__among=chains).values_list(
            "pk", Subquery(newest.values("sequence")[:1]), Subquery(newest.values("hash")[:1])
        )
    }
    entries = []
    for told in lines:
        root = told.on.root_id or told.on.pk
        sequence, previous = ends[root][0] + 1, ends[root][1]
        actor, target = str(told.by.pk or "system"), f"{told.on.kind} {told.on.pk}"
        sealed = seal(
            previous,
            chain=str(root),
            sequence=sequence,
            at=at,
            actor=actor,
            action=told.action,
            target=target,
        )
        ends[root] = (sequence, sealed)
        entries.append(
            {"chain_id": root, "sequence": sequence, "at": at, "actor": actor, "action": told.action,
             "target": target, "previous": previous, "hash": sealed}
        )  # fmt: skip
    return entries


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
