"""The ledger: what a page's entry costs, and following a million entries."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from benchmarks.database import empty, settle
from benchmarks.measure import ROUNDS, Contender, Table, in_turn, memory_peak
from benchmarks.moves import Raw
from tests.factories import NOTIFIED, a_referral, a_world
from workflows.models import LedgerEntry
from workflows.sealing import FORM, GENESIS, Row, seal
from workflows.services import ledger
from workflows.services.ledger import Line, broken_links

CHAINS, LENGTH = 5_000, 200
"""A million entries: five thousand cases, as all England has in ten years."""
LOCK = "SELECT sequence, hash FROM workflows_ledgerhead WHERE chain = %s FOR NO KEY UPDATE"


def rows_of(number: int, length: int) -> Iterable[Row]:
    chain, last = uuid.UUID(int=number + 1), GENESIS
    for sequence in range(1, length + 1):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=sequence)
        row = Row(last, FORM, chain, sequence, at, at, str(chain), "", "5e551044", "192.0.2.7", "read",
                  f"reviews.case {chain}", "done", "", "f00d", "", "", "")  # fmt: skip
        last = seal(row)
        yield row._replace(hash=last)


def fill(chains: int, length: int) -> None:
    """So many chains of so many entries, sealed, copied in."""
    columns = [LedgerEntry._meta.get_field(name).column for name in Row._fields]
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY workflows_ledgerentry ({', '.join(columns)}) FROM STDIN") as copy:
            for number in range(chains):
                for row in rows_of(number, length):
                    copy.write_row(row)
        cursor.execute(
            "INSERT INTO workflows_ledgerhead (chain, sequence, hash) "
            "SELECT chain_id, sequence, hash FROM workflows_ledgerentry WHERE sequence = %s", [length]
        )  # fmt: skip


def one_entry(append: Callable[[], object]) -> Callable[[Any], object]:
    def run(given: Any) -> object:
        with transaction.atomic():
            return append()

    return run


def writing() -> Table:
    """What an entry costs beside the least there could be: lock, insert, move the end, by psycopg."""
    world = a_world("Ledgerborough")
    case = a_referral(world)
    reader: Any = world.manager
    codes = [f"R-{number:06}" for number in range(50)]
    raw = Raw()
    entry = next(iter(rows_of(10**6, 1)))
    columns = [LedgerEntry._meta.get_field(name).column for name in Row._fields]
    insert = f"INSERT INTO workflows_ledgerentry ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
    with raw.connection.cursor() as cursor:
        cursor.execute("INSERT INTO workflows_ledgerhead VALUES (%s, 0, %s)", (entry.chain, GENESIS))
    places = iter(range(1, 10**6))

    def least(given: Any) -> None:
        with raw.connection.transaction(), raw.connection.cursor() as cursor:
            for _ in range(20):
                cursor.execute(LOCK, (entry.chain,)).fetchone()
                cursor.execute(insert, entry._replace(sequence=next(places)))
                cursor.execute(
                    "UPDATE workflows_ledgerhead SET sequence = %s, hash = %s WHERE chain = %s",
                    (1, entry.hash, entry.chain),
                )

    def pages(given: Any) -> None:
        for _ in range(20):
            with transaction.atomic():
                ledger.append(case, "read", by=reader, at=NOTIFIED)

    def lists(given: Any) -> None:
        for _ in range(20):
            with transaction.atomic():
                told = Line(reader.pk, "list", "reviews.case", reader, listed=codes)
                ledger.append_all([told], at=NOTIFIED)

    limit, page, listed = in_turn(
        [Contender("raw", least, inside=20), Contender("page", pages, inside=20), Contender("list", lists, inside=20)],
        ROUNDS,
    )  # fmt: skip
    raw.connection.close()
    rows = [
        (name, one.median * 1e3, one.times(limit), round(1 / one.median))
        for name, one in (("raw SQL, the same three statements (limit)", limit), ("a page of a case", page),
                          ("a list of fifty", listed))
    ]  # fmt: skip
    note = "Ours also begins and ends a transaction for each; raw has one for twenty. The limit for a page is 2 ms."
    return Table("H. An entry of the ledger", ("what", "ms", "x raw", "a second"), rows, note)


def following() -> Table:
    """The time and the memory of following every chain, at a tenth and in full: time grows, memory does not."""
    rows = []
    for chains in (CHAINS // 10, CHAINS):
        empty()
        fill(chains, LENGTH)
        settle()
        start = perf_counter()
        found = list(broken_links())
        took = perf_counter() - start
        assert found == []
        peak = memory_peak(lambda: list(broken_links())) if chains < CHAINS else memory_peak_of_a_part()
        rows.append(
            (f"{chains * LENGTH:,} entries in {chains:,} chains", took, round(chains * LENGTH / took), peak)
        )
    empty()
    note = (
        "The limit is 60 seconds for a million. Memory in full is measured over the last tenth of the chains."
    )
    return Table("I. Following every chain", ("what", "seconds", "entries a second", "peak MB"), rows, note)


def memory_peak_of_a_part() -> float:
    after = uuid.UUID(int=CHAINS * 9 // 10)
    return memory_peak(lambda: list(broken_links(after=after)))


def measured() -> list[Table]:
    empty()
    return [writing(), following()]
