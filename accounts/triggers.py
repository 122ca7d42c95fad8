"""The SQL by which the database itself keeps the events of accounts as they were written: append-only.

On SQLite they may be deleted (the test bench empties its tables with DELETE), never changed; on PostgreSQL neither,
nor can their table be emptied at once.
"""

from typing import Any

TABLE = "accounts_accountevent"

POSTGRESQL = f"""
CREATE FUNCTION accounts_append_only() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION accounts_append_only()
"""
SQLITE = (
    f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
)


def create(apps: Any, editor: Any) -> None:
    # params=None: the sign of per cent in it is the database's own, and no place for a value
    editor.execute(POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE, params=None)


def drop(apps: Any, editor: Any) -> None:
    on = f" ON {TABLE}" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP TRIGGER {TABLE}_append_only{on}")
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP FUNCTION accounts_append_only()")


def forbid_truncate(apps: Any, editor: Any) -> None:
    """Have PostgreSQL refuse to empty the table: a trigger of rows sees no TRUNCATE. SQLite has no such statement."""
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE TRIGGER {TABLE}_never_emptied BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION accounts_append_only()"
        )


def allow_truncate(apps: Any, editor: Any) -> None:
    """Take that away again."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TRIGGER {TABLE}_never_emptied ON {TABLE}")
