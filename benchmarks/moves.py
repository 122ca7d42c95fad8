"""A transition, and the start of its clocks, beside raw SQL that writes the very same rows in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection, transaction

from benchmarks.database import empty, settle, statements_of
from benchmarks.measure import ROUNDS, Contender, Table, Timing, in_turn
from reviews.models import Case
from reviews.services import cases
from tests.factories import REFERRED, World, a_referral, a_world
from workflows.services.clocks import start_clocks

CONSIDERED = REFERRED + timedelta(days=1)
NOTIFIED = REFERRED + timedelta(days=4)

TABLES = (
    ("workflows_subject", "id", "id = %(case)s"),
    ("reviews_case", "subject_id", "subject_id = %(case)s"),
    ("workflows_transitionrecord", "id", "subject_id = %(case)s"),
    ("workflows_ledgerentry", "id", "chain_id = %(case)s"),
    ("workflows_ledgerhead", "chain", "chain = %(case)s"),
    ("workflows_deadline", "id", "subject_id = %(case)s"),
    (
        "workflows_fact",
        "id",
        "deadline_id IN (SELECT id FROM workflows_deadline WHERE subject_id = %(case)s)",
    ),
    (
        "workflows_rung",
        "id",
        "deadline_id IN (SELECT id FROM workflows_deadline WHERE subject_id = %(case)s)",
    ),
    ("notifications_notice", "id", "subject_id = %(case)s"),
)
"""Where a move of a case leaves rows, the pointed-at first: table, key, and which rows are the case's."""

READ = """
SELECT subject.*, it.*, last.sequence, last.hash FROM workflows_subject subject
JOIN reviews_case it ON it.subject_id = subject.id
JOIN workflows_ledgerhead last ON last.chain = subject.id
WHERE subject.id = %s FOR NO KEY UPDATE
"""
"""What even the plainest program must read, under lock: where the case is, and where its chain ends."""

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Rehearsal:
    """What was written to a case by a move that was then taken back: the work of the raw contenders."""

    case: Case
    statements: list[Statement]


def _rows(case: Case) -> dict[str, dict[Any, dict[str, Any]]]:
    found = {}
    with connection.cursor() as cursor:
        for table, key, mine in TABLES:
            cursor.execute(f"SELECT * FROM {table} WHERE {mine}", {"case": case.pk})
            columns = [column.name for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            found[table] = {row[key]: row for row in rows}
    return found


def rehearse(case: Case, move: Callable[[Case], object]) -> Rehearsal:
    """Move, see which rows came, changed and went, and take it all back."""
    with transaction.atomic():
        before = _rows(case)
        move(case)
        after = _rows(case)
        transaction.set_rollback(True)
    statements: list[Statement] = [(READ, (case.pk,))]
    for table, key, _ in TABLES:
        old, new = before[table], after[table]
        if gone := [pk for pk in old if pk not in new]:
            statements.append((f"DELETE FROM {table} WHERE {key} = ANY(%s)", (gone,)))
        for pk, row in new.items():
            changed = {name: value for name, value in row.items() if pk in old and old[pk][name] != value}
            if changed:
                columns = ", ".join(f"{name} = %s" for name in changed)
                statements.append((f"UPDATE {table} SET {columns} WHERE {key} = %s", (*changed.values(), pk)))
        if came := [row for pk, row in new.items() if pk not in old]:
            values = "(" + ", ".join(["%s"] * len(came[0])) + ")"
            insert = f"INSERT INTO {table} ({', '.join(came[0])}) VALUES {', '.join([values] * len(came))}"
            statements.append((insert, tuple(value for row in came for value in row.values())))
    return Rehearsal(Case.objects.get(pk=case.pk), statements)


class Raw:
    """psycopg by itself, on a connection of its own."""

    def __init__(self) -> None:
        given = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        self.connection = psycopg.connect(**{n: given[n] for n in names if given.get(n)}, autocommit=True)

    def one_by_one(self, rehearsal: Rehearsal) -> None:
        """A transaction, and in it a statement for each table that is written."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for sql, parameters in rehearsal.statements:
                cursor.execute(sql, parameters)

    def all_at_once(self, text: str) -> None:
        """The same, sent as one text: a single round trip, which no program that must first read can have."""
        with psycopg.ClientCursor(self.connection) as cursor:
            cursor.execute(text.encode())

    def as_text(self, rehearsal: Rehearsal) -> str:
        with psycopg.ClientCursor(self.connection) as cursor:
            return "; ".join(["BEGIN", *(cursor.mogrify(*one) for one in rehearsal.statements), "COMMIT"])


def one_move(
    raw: Raw, cases_to_move: Iterator[Case], move: Callable[[Case], object]
) -> tuple[list[Timing], int, int, int]:
    """The times of raw, of raw in one round trip, and of ours; then rows, raw statements and our statements."""

    def rehearsed() -> Rehearsal:
        return rehearse(next(cases_to_move), move)

    timings = in_turn(
        [
            Contender("raw SQL in a transaction (limit)", raw.one_by_one, rehearsed),
            Contender("raw SQL, all in one text", raw.all_at_once, lambda: raw.as_text(rehearsed())),
            Contender("ours", lambda rehearsal: move(rehearsal.case), rehearsed),
        ],
        ROUNDS,
    )
    last = rehearsed()
    written = sum(
        len(parameters[0]) if sql.startswith("DELETE") else sql.count("(%s") or 1
        for sql, parameters in last.statements[1:]
    )
    return timings, written, len(last.statements), statements_of(lambda: move(last.case))


def prepared(world: World, number: int) -> list[Case]:
    return [a_referral(world, at=REFERRED, aware_at=REFERRED - timedelta(minutes=20)) for _ in range(number)]


def moves_of(world: World) -> list[tuple[str, Callable[[Case], object]]]:
    """What is measured, in an order in which the same cases can do all of it."""
    by, last = world.manager, NOTIFIED + timedelta(days=1)

    def consider(case: Case) -> object:
        return cases.consider_case(case, by=by, at=CONSIDERED)  # type: ignore[arg-type]

    def start(case: Case) -> object:
        return start_clocks(case, "notification sent", by=by, effective_at=NOTIFIED, at=NOTIFIED)  # type: ignore[arg-type]

    def notify(case: Case) -> object:
        return cases.notify_case(case, notification_reference="SIN-1", by=by, at=NOTIFIED)  # type: ignore[arg-type]

    def meet(case: Case) -> object:
        return cases.hold_meeting(case, by=by, at=last)  # type: ignore[arg-type]

    return [
        ("consider: one clock met", consider),
        ("hold_meeting again: no clock", meet),
        ("notify: one clock met, seven started, people told", notify),
        ("starting the seven clocks of a notification", start),
    ]


def measured() -> list[Table]:
    world = a_world("Eastborough")
    empty()
    number = (ROUNDS + 1) * 3 + 1
    consider, meet, notify, start = moves_of(world)
    ready = prepared(world, number)
    settle()
    raw = Raw()
    transitions = [(consider[0], one_move(raw, iter(ready), consider[1]))]
    transitions.append((notify[0], one_move(raw, iter(ready), notify[1])))
    for case in ready:
        cases.hold_meeting(case, by=world.manager, at=NOTIFIED + timedelta(hours=1))  # type: ignore[arg-type]
    settle()
    transitions.append((meet[0], one_move(raw, iter(ready), meet[1])))
    fresh = prepared(world, number)
    settle()
    begun = one_move(raw, iter(fresh), start[1])
    raw.connection.close()
    empty()
    columns = (
        "what",
        "rows",
        "raw ms",
        "ours ms",
        "ours a second",
        "x raw",
        "x one text",
        "raw statements",
        "ours",
    )
    note = (
        "Raw: the very rows that ours writes, found out beforehand, sent by psycopg as one locked read and a statement "
        "for each kind of row, in a transaction. Ours also checks the move, the permission and the version. "
        "x one text: against the same sent as a single text. Statements: without BEGIN and COMMIT."
    )
    return [
        Table(
            "C. A transition with its record, ledger entry, clocks and notices",
            columns,
            [_row(*one) for one in transitions],
            note,
        ),
        Table("E. Starting all clocks of a notification", columns, [_row(start[0], begun)]),
    ]


def _row(name: str, found: tuple[list[Timing], int, int, int]) -> tuple[object, ...]:
    (limit, text, ours), written, raw_statements, our_statements = found
    return (
        name, written, limit.median * 1e3, ours.median * 1e3, round(1 / ours.median), ours.times(limit),
        ours.times(text), raw_statements, our_statements,
    )  # fmt: skip
