"""The role under which the product runs on PostgreSQL: it adds to history, and changes none of it."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.workflows.bench import REFERRED_AT, a_case, a_notified_case, a_person
from workflows.roles import ONLY_ADDED_TO, rights_of
from workflows.services import ledger
from workflows.services.ledger import broken_links


@pytest.mark.once
@pytest.mark.parametrize("name", ["", "Reviews", "a;b", 'a"b', "1a", "a" * 64])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no plain name"):
        rights_of(name, [])


@pytest.mark.once
def test_what_is_append_only_may_be_read_and_added_to() -> None:
    rights = {
        line.split('ON "')[1].split('"')[0]: line.split()[1:-4]
        for line in rights_of("r", ["a_table", *ONLY_ADDED_TO, "workflows_legalmove"])
        if 'ON "' in line and "UPDATE (" not in line
    }
    assert rights.pop("a_table") == ["SELECT,", "INSERT,", "UPDATE,", "DELETE"]
    assert rights.pop("workflows_legalmove") == ["SELECT"]
    assert {" ".join(words) for words in rights.values()} == {"SELECT, INSERT"}
    assert set(rights) == set(ONLY_ADDED_TO)
    # Of three of them what people typed may be overwritten, if the trigger lets it: once it was disposed of.
    assert [line for line in rights_of("r", ONLY_ADDED_TO) if "UPDATE" in line] == [
        f'GRANT UPDATE ({columns}) ON "{table}" TO "r"'
        for table, columns in (
            ("reviews_correction", '"was", "reason"'),
            ("workflows_fact", '"authority", "reason"'),
            ("workflows_transitionrecord", '"reason"'),
        )
    ]


@pytest.fixture
def as_the_product() -> Iterator[Callable[[], Any]]:
    """Becomes the runtime role for the rest of the test; where there are no roles, the owner with its triggers."""
    role = f"runtime_{uuid.uuid4().hex[:12]}"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {role}")
        call_command("runtime_role", role, apply=True)

    def become() -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"SET LOCAL ROLE {role}")

    yield become
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


@pytest.mark.django_db
def test_the_product_works_as_that_role(as_the_product: Callable[[], Any]) -> None:
    una = a_person()
    as_the_product()
    case = a_notified_case()
    ledger.append(case, "read", by=una, at=REFERRED_AT)
    ledger.append_all([ledger.Line(una.pk, "list", "reviews.case", una, listed=[case.code])], at=REFERRED_AT)
    assert list(broken_links()) == []
    assert case.ledger.count() == 4


@pytest.mark.django_db
def test_history_is_not_changed_as_that_role_however_it_is_tried(as_the_product: Callable[[], Any]) -> None:
    a_case()
    as_the_product()
    tried = {}
    attempts = [
        f"{words.format(table)}"
        for table in ONLY_ADDED_TO
        for words in ("UPDATE {0} SET id = id + 1", "DELETE FROM {0}", "TRUNCATE {0} CASCADE", "DROP TABLE {0} CASCADE",
                      "ALTER TABLE {0} DISABLE TRIGGER ALL", "DROP TRIGGER {0}_append_only ON {0}")
    ] + [
        "SET session_replication_role = replica", "CREATE TABLE mine (id int)",
        "INSERT INTO workflows_legalmove (kind, source, verb, target) VALUES ('reviews.case', 'closed', 'x', 'referred')",
        "CREATE OR REPLACE FUNCTION workflows_append_only() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql",
    ]  # fmt: skip
    if (
        connection.vendor == "sqlite"
    ):  # no roles, no such statements: the triggers alone, and against rows there are
        attempts = [
            f"{words} workflows_ledgerentry{rest}"
            for words, rest in (("UPDATE", " SET id = 9"), ("DELETE FROM", ""))
        ]
    for statement in attempts:
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        tried[statement] = str(refusal.value).splitlines()[0]
    wanted = (
        ("permission denied", "must be owner") if connection.vendor == "postgresql" else ("is append-only",)
    )
    assert {statement: why for statement, why in tried.items() if not any(w in why for w in wanted)} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ONLY_ADDED_TO)
def test_not_even_who_owns_a_history_empties_it_at_once(table: str) -> None:
    # SQLite has no TRUNCATE; there the guard of the rows must have outlived every remaking of the table.
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE name = %s", [f"{table}_append_only"])
            assert cursor.fetchall() == [(table,)]
        return
    refused = pytest.raises(DatabaseError, match=f"^{table} is append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db
def test_the_command_says_what_it_would_do_or_why_it_cannot(capsys: pytest.CaptureFixture[str]) -> None:
    if connection.vendor == "sqlite":
        with pytest.raises(CommandError, match="Only PostgreSQL has roles"):
            call_command("runtime_role", "reviews_runtime")
        return
    call_command("runtime_role", "reviews_runtime")
    printed = capsys.readouterr().out
    assert 'GRANT SELECT, INSERT ON "workflows_ledgerentry" TO "reviews_runtime";\n' in printed
    with pytest.raises(CommandError, match="The rights were not given"):
        call_command("runtime_role", "there_is_no_such_role", apply=True)
