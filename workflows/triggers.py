"""The SQL by which the database itself keeps the engine's promises, on PostgreSQL and on SQLite.

Legal states and edges: a subject is born in a state its kind begins with, and moves along the edges in
workflows_legalmove, one version at a time. Append-only: facts, transition and date records and ledger entries are
never changed, deleted or, on PostgreSQL, truncated (SQLite has no such statement). SQLite drops a table's triggers
when a migration remakes it, so they are made again after every one.

One thing is let through: what people typed into such a row may be overwritten with FORGOTTEN once there is a
certificate that the whole file of its case was disposed of. None is taken while a hold on the case is in force.
"""

from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

APPEND_ONLY = ("workflows_fact", "workflows_transitionrecord", "workflows_ledgerentry")

APPEND_ONLY_SINCE = (
    "workflows_daterecord",
    "workflows_ledgeranchor",
    "reviews_correction",
    "reviews_disposal",
)
"""Tables that came later, each with a migration of its own that calls `keep_append_only`."""

FORGOTTEN = "[disposed of]"
"""What stands where somebody's words stood, once they were disposed of."""


class Forgets(NamedTuple):
    """The columns of an append-only table that hold what people typed, and the SQL that finds the case of a row NEW."""

    columns: tuple[str, ...]
    case: str


FORGETS = {
    "workflows_transitionrecord": Forgets(
        ("reason",), "SELECT COALESCE(s.root_id, s.id) FROM workflows_subject s WHERE s.id = NEW.subject_id"
    ),
    "workflows_fact": Forgets(
        ("authority", "reason"),
        "SELECT COALESCE(s.root_id, s.id) FROM workflows_deadline d JOIN workflows_subject s ON s.id = d.subject_id "
        "WHERE d.id = NEW.deadline_id",
    ),
    "reviews_correction": Forgets(("was", "reason"), "SELECT NEW.case_id"),
}

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


def forgetting(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """The statements after which a row of the table changes in one way only: what was typed becomes FORGOTTEN, and only
    where a certificate says that the whole file of its case was disposed of.
    """
    columns, case = FORGETS[table]
    certificate = f"SELECT 1 FROM reviews_disposal WHERE record_class = 'case-file' AND case_id = ({case})"  # noqa: S608 - words of ours
    is_disposed = f"EXISTS ({certificate})"
    is_forgotten = " AND ".join(f"(NEW.{c} = OLD.{c} OR NEW.{c} = '{FORGOTTEN}')" for c in columns)
    if connection.vendor == "postgresql":
        typed = ", ".join(f"'{column}'" for column in columns)
        rest = f"(to_jsonb(NEW) - ARRAY[{typed}]) = (to_jsonb(OLD) - ARRAY[{typed}])"
        return [
            f"""
            CREATE OR REPLACE FUNCTION {table}_forgets() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND {rest} AND {is_forgotten} AND {is_disposed} THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
            END $$ LANGUAGE plpgsql
            """,
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_forgets()",
        ]
    with connection.cursor() as cursor:
        there = [row.name for row in connection.introspection.get_table_description(cursor, table)]
    rest = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in there if column not in columns)
    return [
        f"DROP TRIGGER IF EXISTS {table}_append_only",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
        f"WHEN NOT ({rest} AND {is_forgotten} AND {is_disposed}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    ]


def held(vendor: str) -> list[str]:
    """The statements after which no certificate of disposal is taken while a hold on its case is in force."""
    is_held = "EXISTS (SELECT 1 FROM reviews_legalhold WHERE case_id = NEW.case_id AND lifted_at IS NULL)"
    if vendor == "postgresql":
        return [
            f"""
            CREATE OR REPLACE FUNCTION reviews_disposal_is_not_held() RETURNS trigger AS $$
            BEGIN
                IF {is_held} THEN
                    RAISE EXCEPTION 'the case is held: nothing of it is disposed of' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql
            """,
            "DROP TRIGGER IF EXISTS reviews_disposal_is_not_held ON reviews_disposal",
            "CREATE TRIGGER reviews_disposal_is_not_held BEFORE INSERT ON reviews_disposal "
            "FOR EACH ROW EXECUTE FUNCTION reviews_disposal_is_not_held()",
        ]
    return [
        "DROP TRIGGER IF EXISTS reviews_disposal_is_not_held",
        f"CREATE TRIGGER reviews_disposal_is_not_held BEFORE INSERT ON reviews_disposal WHEN {is_held} "
        "BEGIN SELECT RAISE(ABORT, 'the case is held: nothing of it is disposed of'); END",
    ]


def let_what_is_disposed_of_be_forgotten(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Have the database keep to the rules of disposal. Needs the tables of certificates and holds. Safe to repeat."""
    for table in FORGETS:
        for statement in forgetting(schema_editor.connection, table):
            schema_editor.execute(statement, params=None)
    for statement in held(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def let_nothing_be_forgotten(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Go back to tables of which no row changes at all, and take away the rule about holds."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in FORGETS:
        on = f" ON {table}" if is_postgresql else ""
        schema_editor.execute(f"DROP TRIGGER {table}_append_only{on}")
        if is_postgresql:
            schema_editor.execute(f"DROP FUNCTION {table}_forgets()")
        keep_append_only(schema_editor, table)
    on = " ON reviews_disposal" if is_postgresql else ""
    schema_editor.execute(f"DROP TRIGGER reviews_disposal_is_not_held{on}")
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION reviews_disposal_is_not_held()")


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
