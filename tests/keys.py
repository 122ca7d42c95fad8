"""Getting past the database's own guard, as whoever owns the server can. For tests that meddle, and for emptying."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND (name LIKE '%\\_append\\_only' ESCAPE '\\' OR name LIKE '%\\_never\\_deleted' ESCAPE '\\')"


@contextmanager
def somebody_with_the_keys() -> Iterator[Any]:
    """A cursor for which nothing is append-only."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            try:
                yield cursor
            finally:
                if not connection.needs_rollback:
                    cursor.execute("SET session_replication_role = origin")
        else:
            guards = cursor.execute(GUARDS).fetchall()
            for name, _ in guards:
                cursor.execute(f"DROP TRIGGER {name}")
            yield cursor
            for _, definition in guards:
                cursor.execute(definition)


def meddle(statement: str, *values: Any) -> None:
    with somebody_with_the_keys() as cursor:
        cursor.execute(statement, values)


def empty_past_the_guard() -> None:
    """Let Django empty every table after a test that committed: the product's database refuses just that."""
    emptied = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with somebody_with_the_keys():
            emptied(self, sql_list)

    BaseDatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]


@contextmanager
def a_ledger_that_takes_nothing() -> Iterator[None]:
    """The database refuses every new entry, as it would with a full disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE TRIGGER takes_nothing BEFORE INSERT ON workflows_ledgerentry "
                "FOR EACH ROW EXECUTE FUNCTION workflows_append_only()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER takes_nothing BEFORE INSERT ON workflows_ledgerentry "
                "BEGIN SELECT RAISE(ABORT, 'it takes nothing'); END"
            )
        yield
        on = " ON workflows_ledgerentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER takes_nothing{on}")
