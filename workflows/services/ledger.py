"""The ledger: who did or saw what. Written in the same transaction, one hash chain a case."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Q
from django.db.transaction import TransactionManagementError

from accounts.models import User
from workflows.actors import System
from workflows.calendars import local_date
from workflows.models import LedgerEntry, LedgerHead, Subject, TransitionRecord
from workflows.origin import origin
from workflows.sealing import FORM, GENESIS, Finding, Head, Row, follow, seal
from workflows.services.many import insert_all
from workflows.services.on_behalf import listed_for, stood_in_for

T = TypeVar("T")

SERVICE = uuid.UUID(int=0)
"""The chain of what is done about the service and its accounts, and about no case."""
DONE, REFUSED = LedgerEntry.Outcome.DONE, LedgerEntry.Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be told: who did what to which thing, in which chain. References only.

    by is None for somebody who is not signed in. changed are names of fields, listed the codes of subjects. on is
    the subject, where there is one and the actor may stand in for somebody there; permission what they needed,
    empty: to look at it.
    """

    chain: uuid.UUID
    action: str
    target: str
    by: User | System | None
    outcome: str = DONE
    reason: str = ""
    changed: Sequence[str] = ()
    listed: Sequence[str] = ()
    on: Subject | None = field(default=None, repr=False)
    permission: str = ""


def line(
    subject: Subject, action: str, *, by: User | System, changed: Sequence[str] = (), permission: str = ""
) -> Line:
    """That the actor did or saw this: in the chain of its case."""
    target = f"{subject.kind} {subject.pk}"
    return Line(
        subject.root_id or subject.pk, action, target, by, changed=changed, on=subject, permission=permission
    )


def append(
    subject: Subject,
    action: str,
    *,
    by: User | System,
    at: datetime,
    changed: Sequence[str] = (),
    permission: str = "",
) -> Row:
    """Write that the actor did or saw this. Needs a transaction; takes the lock of the case's chain.

    Only references: the action's name, the kind and id of the thing. Never a name or free text.
    """
    return append_all([line(subject, action, by=by, changed=changed, permission=permission)], at=at)[0]


def append_all(lines: Sequence[Line], *, at: datetime) -> list[Row]:
    """Write these, in order. Needs a transaction; locks their chains, in one order, until it ends.

    Three statements, however many lines: lock the ends of the chains, insert, move the ends. Every page waits for
    them, so they are SQL and no querysets: building those cost more than what the database did.
    """
    if not lines:
        return []
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "The ledger cannot be written outside a transaction: an entry stands or falls with what it tells of."
        )
    ends = _lock({line.chain for line in lines}, lines, at=at)
    here, rows = origin(), []
    for told in lines:
        end = ends[told.chain]
        for on_behalf_of, listed in _parts_of(told, at=at) if end.is_deputising else [("", told.listed)]:
            row = Row(
                previous=end.hash, form=FORM, chain=told.chain, sequence=end.sequence + 1, at=at,
                recorded_at=end.now, actor=str(told.by.pk or "system") if told.by else "nobody",
                on_behalf_of=on_behalf_of, session=here.session, ip=here.ip, action=told.action,
                target=told.target, outcome=str(told.outcome), reason=told.reason, request=here.request,
                changed=" ".join(told.changed), listed=" ".join(listed), hash="",
            )  # fmt: skip
            row = row._replace(hash=seal(row))
            end.sequence, end.hash = row.sequence, row.hash
            rows.append(row)
    if len(rows) > FEW:
        insert_all(
            LedgerEntry, ({_NAME[name]: value for name, value in row._asdict().items()} for row in rows)
        )
        heads = ({"chain": chain, "sequence": end.sequence, "hash": end.hash} for chain, end in ends.items())
        insert_all(LedgerHead, heads, or_update=("sequence", "hash"))
        return rows
    moved = [(_key(chain), end.sequence, end.hash) for chain, end in ends.items()]
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES + _places(rows), [value for row in rows for value in _stored(row)])
        cursor.execute(_MOVED.format(_places(moved)), [value for head in moved for value in head])
    return rows


def _parts_of(told: Line, *, at: datetime) -> Sequence[tuple[str, Sequence[str]]]:
    """Of somebody who deputises: for whom they did it, or for whom they saw which of what was listed."""
    if not isinstance(told.by, User):
        return [("", told.listed)]
    if told.listed:
        return listed_for(told.by, told.listed, at=at)
    return [(stood_in_for(told.by, told.on, told.permission, at=at) if told.on else "", ())]


# ---- The statements ----------------------------------------------------------------------------
FEW = 20
"""More than these are written as one document: their parameters would cost more than the insert."""
_NAME = {field.name: field.attname for field in LedgerEntry._meta.local_concrete_fields}
_COLUMN = {field.name: str(field.column) for field in LedgerEntry._meta.local_concrete_fields}
_ENTRIES = "INSERT INTO workflows_ledgerentry ({}) VALUES ".format(  # noqa: S608 - names of our columns
    ", ".join(_COLUMN[name] for name in Row._fields)
)
_HEADS = "INSERT INTO workflows_ledgerhead (chain, sequence, hash) VALUES {} ON CONFLICT (chain) "
_MOVED = _HEADS + "DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash"
_LOCK = """
SELECT chain, sequence, hash, {clock}, EXISTS (
    SELECT 1 FROM accounts_deputy d WHERE d.deputy_id IN {actors}
    AND (d.starts_on IS NULL OR d.starts_on <= %s) AND (d.ends_on IS NULL OR d.ends_on >= %s)
) FROM workflows_ledgerhead WHERE chain IN {chains} ORDER BY chain {lock}
"""
_OF = {
    # `now()` would be the time at which the transaction began
    "postgresql": {"clock": "CLOCK_TIMESTAMP()", "lock": "FOR NO KEY UPDATE"},
    "sqlite": {"clock": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')", "lock": ""},
}


def _places(rows: Sequence[Sequence[object]]) -> str:
    """As many marks for values as these rows have."""
    return ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))


def _key(value: uuid.UUID) -> Any:
    """A key as this database stores it."""
    return value if connection.vendor == "postgresql" else value.hex


def _stored(row: Row) -> list[Any]:
    """The values of an entry as this database stores them."""
    if connection.vendor == "postgresql":
        return list(row)
    stored: dict[type, Callable[[Any], Any]] = {
        uuid.UUID: _key,
        datetime: connection.ops.adapt_datetimefield_value,
    }
    return [stored[type(value)](value) if type(value) in stored else value for value in row]


@dataclass(slots=True)
class _End:
    sequence: int
    hash: str
    now: datetime
    is_deputising: bool


def _lock(chains: set[uuid.UUID], lines: Sequence[Line], *, at: datetime) -> dict[uuid.UUID, _End]:
    """The ends of the chains, locked; those of new chains are made first.

    With them comes whether any of those who act deputises for somebody that day: accounts.models.in_window once
    more, since here it is asked for every page.
    """
    actors = [_key(actor) for actor in {line.by.pk for line in lines if isinstance(line.by, User)}]
    keys, on = [_key(chain) for chain in sorted(chains)], connection.ops.adapt_datefield_value(local_date(at))
    statement = _LOCK.format(
        actors=_places([actors]) if actors else "(NULL)", chains=_places([keys]), **_OF[connection.vendor]
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*actors, on, on, *keys])
        found = cursor.fetchall()
        if len(found) < len(chains):
            new = [{"chain": chain, "sequence": 0, "hash": GENESIS} for chain in sorted(chains)]
            insert_all(LedgerHead, new, ignore_conflicts=True)
            cursor.execute(statement, [*actors, on, on, *keys])
            found = cursor.fetchall()
    return {
        _read(chain, uuid.UUID): _End(n, mark, _read(now, _utc), bool(has))
        for chain, n, mark, now, has in found
    }


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _read(value: Any, kind: Callable[[str], T]) -> T:
    """A value from the database: PostgreSQL gives keys and instants as such, SQLite as text."""
    return kind(value) if isinstance(value, str) else value


def name_of_chain(chain: uuid.UUID) -> str:
    """What a report calls a chain: the code of its case; what is none, by its id."""
    if chain == SERVICE:
        return "the service"
    return Subject.objects.filter(pk=chain).values_list("code", flat=True).first() or f"person {chain}"


# ---- Following the chains ----------------------------------------------------------------------
COLUMNS = tuple(Row._fields)


def _rows(entries: Any) -> Iterator[Row]:
    for values in entries.order_by("chain", "sequence").values_list(*COLUMNS).iterator(chunk_size=5000):
        yield Row(*values)


def _heads(heads: Any) -> Iterator[Head]:
    for values in heads.order_by("chain").values_list("chain", "sequence", "hash").iterator(chunk_size=5000):
        yield Head(*values)


def broken_links(
    *, after: uuid.UUID | None = None, to: uuid.UUID | None = None,
    anchored: Mapping[uuid.UUID, Head] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    """Every place in the chains after one and up to another (all, by default) that is not as it was written."""
    wanted = Q()
    if after is not None:
        wanted &= Q(chain__gt=after)
    if to is not None:
        wanted &= Q(chain__lte=to)
    return follow(
        _rows(LedgerEntry.objects.filter(wanted)), _heads(LedgerHead.objects.filter(wanted)), anchored
    )


def moves_not_told(roots: Iterable[Subject]) -> dict[uuid.UUID, list[str]]:
    """Moves of these cases and their parts of which their chains do not tell, by case: they were cut off.

    The hashes alone cannot show that the last entries are gone when the chain's end was put right; a read that
    is gone from the end is found by the anchor.
    """
    keys = [root.pk for root in roots]
    found: dict[uuid.UUID, Counter[str]] = {key: Counter() for key in keys}
    moved = TransitionRecord.objects.filter(Q(subject__in=keys) | Q(subject__root__in=keys)).values_list(
        "subject__root", "subject", "verb", "subject__kind"
    )
    for root, subject, verb, kind in moved:
        found[root or subject][f"{verb} {kind} {subject}"] += 1
    verbs = {told.partition(" ")[0] for counter in found.values() for told in counter}
    told = LedgerEntry.objects.filter(chain__in=keys, action__in=verbs).values_list(
        "chain", "action", "target"
    )
    for chain, action, target in told:
        found[chain][f"{action} {target}"] -= 1
    return {key: lines for key, counter in found.items() if (lines := sorted((+counter).elements()))}
