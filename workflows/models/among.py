"""`pk__among`: like `pk__in`, for keys by the hundred, which travel as one parameter and not as so many."""

import json
from typing import Any

from django.db.models import Field, Lookup


@Field.register_lookup
class Among(Lookup):
    """Whether a key is among those given. Of a foreign key ask `subject__pk__among`, which joins nothing.

    Give many as a set or an array: Django looks into every member of a list for an expression.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, given = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.rel_db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", [*given, "{" + ",".join(map(str, self.rhs)) + "}"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, given = self.process_lhs(compiler, connection)
        stored = self.lhs.output_field.get_db_prep_value
        keys = json.dumps([stored(key, connection) for key in self.rhs])
        return f"{column} IN (SELECT value FROM json_each(%s))", [*given, keys]  # noqa: S608 - a column of ours
