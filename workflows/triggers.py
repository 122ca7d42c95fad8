"""The SQL by which the database itself keeps the engine's promises, on PostgreSQL and on SQLite.

Legal states and edges: a subject is born in a state its kind begins with, and moves along the edges in
workflows_legalmove, one version at a time. Append-only: facts, transition records and ledger entries are
never changed. On SQLite they may be deleted (the test bench empties its tables with DELETE); on PostgreSQL
they may not. SQLite drops a table's triggers when a migration remakes it, so they are made again after every one.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

APPEND_ONLY = ("workflows_fact", "workflows_transitionrecord", "workflows_ledgerentry")

APPEND_ONLY_SINCE = ("workflows_daterecord", "reviews_correction")
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


def sqlite_append_only(table: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_append_only BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
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
    *map(sqlite_append_only, APPEND_ONLY),
]


def keep_append_only(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Have the database refuse to change a row of a table that came after the others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION workflows_append_only()"
        )
    else:
        schema_editor.execute(sqlite_append_only(table))


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
        *(f"{table}_append_only" for table in APPEND_ONLY),
    )
    for name in names:
        schema_editor.execute(f"DROP TRIGGER {name}")
