"""`manage.py runtime_role NAME`: the least rights under which the product runs on PostgreSQL, printed or given."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from workflows.roles import rights_of


class Command(BaseCommand):
    help = (
        "Print the SQL that gives a role of PostgreSQL the rights the product needs: the ledger, facts and records it "
        "may add to, and not change. Run it as the owner of the tables, after every migration."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="A role that is there and owns nothing.")
        parser.add_argument("--apply", action="store_true", help="Give the rights, instead of printing them.")

    def handle(self, *args: Any, role: str, apply: bool, **given: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles. On SQLite whoever can read the file can write it.")
        try:
            statements = rights_of(role, connection.introspection.table_names())
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not apply:
            for statement in statements:
                self.stdout.write(f"{statement};")
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            raise CommandError(f"The rights were not given: {error}".strip()) from None
        self.stdout.write(f"{role} may read and write what the product needs, and change no history.")
