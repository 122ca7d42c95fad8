"""What benchmarks ask of the database: many rows quickly, an empty house, statements counted."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from tests.keys import somebody_with_the_keys
from workflows.models import LedgerEntry, LedgerHead, Subject


def copies(model: type[models.Model], source: str, where: str, **columns: str) -> int:
    """Insert copies of stored rows, called `it`, crossed with a source; columns give SQL for what differs.

    A key that the database numbers is left to it. Returns how many were inserted. Constraints and
    triggers are in force.
    """
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not (isinstance(field, models.AutoField) and field.column not in columns)
    ]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(str(field.column), f'it."{field.column}"') for field in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" AS it, {source} WHERE {where}'
        )
        return int(cursor.rowcount)


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """Let copies be made without constraints of other tables and triggers: the rows they are copied from met them."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def empty() -> None:
    """Take away every subject, and all that hangs on one."""
    with somebody_with_the_keys() as cursor:
        cursor.execute(
            f"TRUNCATE {Subject._meta.db_table}, {LedgerEntry._meta.db_table}, {LedgerHead._meta.db_table} CASCADE"
        )


def settle() -> None:
    """Let the database learn what it holds, so that no contender meets it unprepared."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def one(sql: str, *parameters: Any) -> Any:
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return None if row is None else row[0]


def statements_of(run: Callable[[], object]) -> int:
    """How many statements it sends, besides BEGIN and COMMIT. A savepoint is one: it is a round trip too."""
    with CaptureQueriesContext(connection) as captured:
        run()
    return sum(query["sql"] not in ("BEGIN", "COMMIT") for query in captured)
