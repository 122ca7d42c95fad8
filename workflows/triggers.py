"""The SQL by which the database itself keeps the engine's promises, on PostgreSQL and on SQLite.

Legal states and edges: a subject is born in a state its kind begins with, and moves along the edges in
workflows_legalmove, one version at a time. Append-only: facts, transition and date records and ledger entries are
never changed, deleted or, on PostgreSQL, truncated (SQLite has no such statement). SQLite drops a table's triggers
when a migration remakes it, so they are made again after every one.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

APPEND_ONLY = ("workflows_fact", "workflows_transitionrecord", "workflows_ledgerentry")

APPEND_ONLY_SINCE = ("workflows_daterecord", "workflows_ledgeranchor", "reviews_correction")
"""Tables that came later, each with a migration of its own that calls `keep_append_only`."""

POSTGRESQL = [
    """
    CREATE FUNCTION workflows_move_is_legal() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (SELECT 1 FROM workflows_legalmove
                           WHERE kind = NEW.kind AND source = '' AND target = NEW.state) THEN
                RAISE EXCEPTION 'no % begins in state %', NEW.kind, NEW.state USING ERRCODE = 'check_violation';
            END IF;
        ELSIF NEW.kind <> OLD.kind THEN
            RAISE EXCEPTION 'a subject keeps its kind' USING ERRCODE = 'check_violation';
        ELSIF NEW.version <> OLD.version OR NEW.state <> OLD.state THEN
            IF NEW.version <> OLD.version + 1 OR NOT EXISTS (
                SELECT 1 FROM workflows_legalmove
                WHERE kind = NEW.kind AND source = OLD.state AND target = NEW.state) THEN
                RAISE EXCEPTION 'no % moves from % to %', NEW.kind, OLD.state, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER workflows_move_is_legal BEFORE INSERT OR UPDATE ON workflows_subject
    FOR EACH ROW EXECUTE FUNCTION workflows_move_is_legal()
    """,
    """
    CREATE FUNCTION workflows_append_only() RETURNS trigger AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END $$ LANGUAGE plpgsql
    """,
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION workflows_append_only()"
        for table in APPEND_ONLY
    ),
]


def sqlite_append_only(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for event, name in (("UPDATE", "append_only"), ("DELETE", "never_deleted"))
    ]


def never_emptied(table: str) -> str:
    """A trigger of rows sees no TRUNCATE; this one is of the statement."""
    return (
        f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION workflows_append_only()"
    )


SQLITE = [
    """
    CREATE TRIGGER IF NOT EXISTS workflows_birth_is_legal BEFORE INSERT ON workflows_subject
    WHEN NOT EXISTS (SELECT 1 FROM workflows_legalmove
                     WHERE kind = NEW.kind AND source = '' AND target = NEW.state)
    BEGIN SELECT RAISE(ABORT, 'nothing of this kind begins in that state'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS workflows_move_is_legal BEFORE UPDATE ON workflows_subject
    WHEN NEW.kind <> OLD.kind OR ((NEW.state <> OLD.state OR NEW.version <> OLD.version) AND (
        NEW.version <> OLD.version + 1 OR NOT EXISTS (
            SELECT 1 FROM workflows_legalmove
            WHERE kind = NEW.kind AND source = OLD.state AND target = NEW.state)))
    BEGIN SELECT RAISE(ABORT, 'no such move'); END
    """,
    *(statement for table in APPEND_ONLY for statement in sqlite_append_only(table)),
]


def keep_append_only(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Have the database refuse to change a row of a table that came after the others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION workflows_append_only()"
        )
    else:
        for statement in sqlite_append_only(table):
            schema_editor.execute(statement)


def create(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install the triggers of the database at hand."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)  # so that % in a message stays %


def drop(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION workflows_move_is_legal() CASCADE")
        schema_editor.execute("DROP FUNCTION workflows_append_only() CASCADE")
        return
    names = (
        "workflows_birth_is_legal",
        "workflows_move_is_legal",
        *(f"{table}_{what}" for table in APPEND_ONLY for what in ("append_only", "never_deleted")),
    )
    for name in names:
        schema_editor.execute(f"DROP TRIGGER {name}")


def forbid_truncate(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Have PostgreSQL refuse to empty what is append-only."""
    if schema_editor.connection.vendor == "postgresql":
        for table in (*APPEND_ONLY, "workflows_daterecord", "workflows_ledgeranchor"):
            schema_editor.execute(never_emptied(table))


def allow_truncate(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take that away again."""
    if schema_editor.connection.vendor == "postgresql":
        for table in (*APPEND_ONLY, "workflows_daterecord", "workflows_ledgeranchor"):
            schema_editor.execute(f"DROP TRIGGER {table}_never_emptied ON {table}")
