"""The ledger: who did or saw what. Written in the same transaction, one hash chain a case."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, Q
from django.db.models.functions import Now

from accounts.models import LONDON, Deputy, Membership, User, in_window
from workflows.actors import System
from workflows.models import LedgerEntry, LedgerHead, Subject, TransitionRecord
from workflows.origin import origin
from workflows.sealing import FORM, GENESIS, Finding, Head, Row, follow, seal

SERVICE = uuid.UUID(int=0)
"""The chain of what is done about the service and its accounts, and about no case."""
DONE, REFUSED = LedgerEntry.Outcome.DONE, LedgerEntry.Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be told: who did what to which thing, in which chain. References only.

    by is None for somebody who is not signed in. changed are names of fields, listed the codes of subjects. on is
    the subject, where there is one and the actor may stand in for somebody there.
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


def line(subject: Subject, action: str, *, by: User | System, changed: Sequence[str] = ()) -> Line:
    """That the actor did or saw this: in the chain of its case."""
    chain = subject.root_id or subject.pk
    return Line(chain, action, f"{subject.kind} {subject.pk}", by, changed=changed, on=subject)


def append(
    subject: Subject, action: str, *, by: User | System, at: datetime, changed: Sequence[str] = ()
) -> LedgerEntry:
    """Write that the actor did or saw this. Needs a transaction; takes the lock of the case's chain.

    Only references: the action's name, the kind and id of the thing. Never a name or free text.
    """
    return append_all([line(subject, action, by=by, changed=changed)], at=at)[0]


class _Clock(Now):
    """The time of the database as it is at that moment: PostgreSQL's `now()` is that of the transaction's beginning."""

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **more)


def append_all(lines: Sequence[Line], *, at: datetime) -> list[LedgerEntry]:
    """Write these, in order. Needs a transaction; locks their chains, in one order, until it ends.

    Three statements, however many lines: lock the ends of the chains, insert, move the ends.
    """
    if not lines:
        return []
    ends = _lock({line.chain for line in lines}, lines, at=at)
    here, entries = origin(), []
    for told in lines:
        end = ends[told.chain]
        row = Row(
            previous=end.hash, form=FORM, chain=told.chain, sequence=end.sequence + 1, at=at,
            recorded_at=end.now, actor=str(told.by.pk or "system") if told.by else "nobody",
            on_behalf_of=_stood_in_for(told, at=at) if end.is_deputising else "",
            session=here.session, ip=here.ip, action=told.action, target=told.target, outcome=str(told.outcome),
            reason=told.reason, request=here.request, changed=" ".join(told.changed),
            listed=" ".join(told.listed), hash="",
        )  # fmt: skip
        end.sequence, end.hash = row.sequence, seal(row)
        entries.append(LedgerEntry(**row._replace(hash=end.hash)._asdict()))
    written = LedgerEntry.objects.bulk_create(entries)
    heads = [LedgerHead(chain, end.sequence, end.hash) for chain, end in ends.items()]
    if len(heads) == 1:
        LedgerHead.objects.filter(pk=heads[0].pk).update(sequence=heads[0].sequence, hash=heads[0].hash)
    else:
        LedgerHead.objects.bulk_create(  # they are there, and locked: this moves them all in one statement
            heads, update_conflicts=True, unique_fields=["chain"], update_fields=["sequence", "hash"]
        )
    return written


@dataclass(slots=True)
class _End:
    sequence: int
    hash: str
    now: datetime
    is_deputising: bool


def _lock(chains: set[uuid.UUID], lines: Sequence[Line], *, at: datetime) -> dict[uuid.UUID, _End]:
    """The ends of the chains, locked; those of new chains are made first."""
    actors = {line.by.pk for line in lines if isinstance(line.by, User)}
    cover = Deputy.objects.filter(in_window(at.astimezone(LONDON).date()), deputy__in=actors)
    rows = (
        LedgerHead.objects.select_for_update(no_key=True)
        .filter(chain__in=chains)
        .order_by("chain")
        .values_list("chain", "sequence", "hash", _Clock(), Exists(cover))
    )
    found = list(rows)
    if len(found) < len(chains):
        LedgerHead.objects.bulk_create(
            [LedgerHead(chain, 0, GENESIS) for chain in chains], ignore_conflicts=True
        )
        found = list(rows.all())
    return {chain: _End(*end) for chain, *end in found}


def _stood_in_for(told: Line, *, at: datetime) -> str:
    """The id of the person whose seat opened this to a deputy; empty if the deputy's own did, too.

    Of several, the first by id: which of two absent colleagues is meant, nobody could say.
    """
    if told.on is None or not isinstance(told.by, User):
        return ""
    on = at.astimezone(LONDON).date()
    kind: Any = apps.get_model(told.on.kind)
    if kind.user_grants.rel.related_model.objects.filter(content_object=told.on.pk, user=told.by).exists():
        return ""
    granted = kind.group_grants.rel.related_model.objects.filter(
        content_object=told.on.pk, group__in=told.by.seats_acted_for(at=at)
    )
    covered = Q(user__deputies__in=Deputy.objects.filter(in_window(on), deputy=told.by), user__is_active=True)
    holders = set(
        Membership.objects.filter(in_window(on), covered | Q(user=told.by), seat__in=granted.values("group"))
        .values_list("user", flat=True)
        .order_by()
    )
    return "" if told.by.pk in holders or not holders else str(min(holders))


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
