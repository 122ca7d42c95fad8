"""How the ledger's chains are sealed, and how a broken one is told from a whole one. Pure: no database, no clock."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

GENESIS = "0" * 64
"""What stands before the first entry of a chain."""
FIRST_FORM, FORM = 1, 2
"""Which columns an entry is sealed with. What was sealed in the first form is still followed in it."""


class Row(NamedTuple):
    """One entry as it is stored, in the order in which its columns are sealed. Times are aware."""

    previous: str
    form: int
    chain: uuid.UUID
    sequence: int
    at: datetime
    recorded_at: datetime | None
    actor: str
    on_behalf_of: str
    session: str
    ip: str
    action: str
    target: str
    outcome: str
    reason: str
    request: str
    changed: str
    listed: str
    hash: str


class Head(NamedTuple):
    """Where a chain ends: how many entries it has, and the hash of the last."""

    chain: uuid.UUID
    sequence: int
    hash: str


class Finding(NamedTuple):
    """A place in a chain that is not as it was written."""

    chain: uuid.UUID
    sequence: int
    what: str


def seal(row: Row) -> str:
    """The hash of an entry: SHA-256 over the hash before it and its own columns, as canonical JSON."""
    at = row.at.astimezone(UTC).isoformat()
    values: list[object]
    if row.form == FIRST_FORM:
        values = [row.previous, str(row.chain), row.sequence, at, row.actor, row.action, row.target]
    else:
        recorded_at = row.recorded_at.astimezone(UTC).isoformat() if row.recorded_at else None
        values = [row.previous, row.form, str(row.chain), row.sequence, at, recorded_at, *row[6:-1]]
    return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()


def _is_sound(row: Row) -> bool:
    """Whether the entry is sealed as it stands; one of the first form has nothing in the columns that came later."""
    if row.form == FIRST_FORM:
        later = (row.recorded_at, row.on_behalf_of, row.session, row.ip, row.outcome, row.reason, row.request,
                 row.changed, row.listed)  # fmt: skip
        if any(later):
            return False
    elif row.form != FORM:
        return False
    return row.hash == seal(row)


def follow(
    rows: Iterable[Row], heads: Iterable[Head], anchored: Mapping[uuid.UUID, Head] | None = None
) -> Iterator[Finding]:
    """Every place at which a chain was edited, cut, reordered or added to. One pass; holds one entry at a time.

    rows come by chain and sequence, heads by chain: a chain of one without the other is a finding too. anchored
    says where chains ended when that was written outside: whoever cuts a chain off and puts its head right
    cannot change that.
    """
    anchored = anchored or {}
    ends = iter(heads)
    head = next(ends, None)
    unmet = set(anchored)
    for chain, entries in groupby(rows, key=attrgetter("chain")):
        while head is not None and head.chain < chain:
            yield Finding(head.chain, head.sequence, "all its entries are gone")
            head = next(ends, None)
        last = Head(chain, 0, GENESIS)
        anchor = anchored.get(chain)
        for row in entries:
            if (row.sequence, row.previous) != (last.sequence + 1, last.hash) or not _is_sound(row):
                yield Finding(chain, row.sequence, "does not follow from the one before it")
            if anchor is not None and row.sequence == anchor.sequence and row.hash == anchor.hash:
                unmet.discard(chain)
            last = Head(chain, row.sequence, row.hash)
        if head is not None and head.chain == chain:
            if head != last:
                yield Finding(chain, last.sequence, "is not where the chain ended")
            head = next(ends, None)
        else:
            yield Finding(chain, last.sequence, "is of a chain whose end is not written down")
    while head is not None:
        yield Finding(head.chain, head.sequence, "all its entries are gone")
        head = next(ends, None)
    for chain in sorted(unmet):
        yield Finding(chain, anchored[chain].sequence, "is not the entry that was anchored")
