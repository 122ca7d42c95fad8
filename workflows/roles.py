"""The rights of the role under which the product runs on PostgreSQL: what it needs, and nothing that unwrites history.

Migrations run as another role, which owns the tables. Only an owner can change a table's triggers; the runtime role
owns nothing, and may not so much as try to change what is append-only.
"""

import re
from collections.abc import Iterable

from workflows.triggers import APPEND_ONLY, APPEND_ONLY_SINCE, FORGETS

ONLY_ADDED_TO = (*APPEND_ONLY, *APPEND_ONLY_SINCE, "accounts_accountevent")
ONLY_READ = ("workflows_legalmove", "django_migrations")
"""Written by migrations alone. Whoever could write the legal moves could make any move legal."""


def rights_of(role: str, tables: Iterable[str]) -> list[str]:
    """The statements that give the role its rights on these tables, and take from it any it had beside them.

    To be run by the owner after every migration: until then a new table is closed to the product. Raises ValueError
    for what is no plain name of a role.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
        raise ValueError(f"{role!r} is no plain name of a role: lower-case letters, digits and underscores.")
    statements = [
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"',
        f'REVOKE CREATE ON SCHEMA public FROM "{role}"',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"',
    ]
    for table in sorted(tables):
        rights = (
            "SELECT" if table in ONLY_READ
            else "SELECT, INSERT" if table in ONLY_ADDED_TO
            else "SELECT, INSERT, UPDATE, DELETE"
        )  # fmt: skip
        statements.append(f'GRANT {rights} ON "{table}" TO "{role}"')
        if (
            table in FORGETS
        ):  # what people typed, once it was disposed of: the trigger sees to it that it is no more
            columns = ", ".join(f'"{column}"' for column in FORGETS[table].columns)
            statements.append(f'GRANT UPDATE ({columns}) ON "{table}" TO "{role}"')
    return statements
