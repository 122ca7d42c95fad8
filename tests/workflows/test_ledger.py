"""The ledger: one chain a case, in which every edit, gap and exchange is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.standing import standing
from tests.workflows.bench import REFERRED_AT, a_case, a_notified_case, a_person, meddle
from workflows.actors import SYSTEM
from workflows.models import LedgerEntry, Subject
from workflows.services import ledger
from workflows.services.ledger import GENESIS, broken_links, moves_not_in_it, seal

pytestmark = pytest.mark.django_db


@standing
def case() -> Subject:
    """A case with five entries: three moves, and two that somebody read."""
    case = a_notified_case()
    una = a_person()
    for minute in (1, 2):
        ledger.append(case, "read", by=una, at=REFERRED_AT + timedelta(minutes=minute))
    assert [entry.action for entry in LedgerEntry.objects.all()] == [
        "refer",
        "consider",
        "notify",
        "read",
        "read",
    ]
    return case


def test_a_chain_that_nobody_touched_is_whole(case: Subject) -> None:
    assert (broken_links(case), moves_not_in_it(case)) == ([], [])
    first, second, *_ = LedgerEntry.objects.filter(chain=case)
    assert (first.previous, second.previous) == (GENESIS, first.hash)


def test_each_case_has_its_own_chain(case: Subject) -> None:
    other = a_case()
    assert list(LedgerEntry.objects.filter(chain=other).values_list("sequence", "previous")) == [(1, GENESIS)]
    meddle("UPDATE workflows_ledgerentry SET actor = 'x' WHERE sequence = 2")
    assert (broken_links(case), broken_links(other)) == ([2], [])


@pytest.mark.parametrize("sequence", [1, 2, 5])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "system "), ("action", "close"), ("target", "reviews.case 1"), ("previous", "1" * 64),
        ("hash", "2" * 64), ("at", REFERRED_AT + timedelta(microseconds=7)), ("sequence", 99),
    ],
)  # fmt: skip
def test_an_edited_entry_is_found(case: Subject, sequence: int, column: str, value: Any) -> None:
    before = LedgerEntry.objects.get(chain=case, sequence=sequence)
    if connection.vendor == "sqlite" and column == "at":
        value = value.replace(tzinfo=None)
    meddle(f"UPDATE workflows_ledgerentry SET {column} = %s WHERE id = %s", value, before.pk)
    assert LedgerEntry.objects.filter(pk=before.pk).values().get() != {
        field.attname: getattr(before, field.attname) for field in LedgerEntry._meta.concrete_fields
    }
    assert broken_links(case) != []


@pytest.mark.parametrize("sequence", [1, 2, 3, 4])
def test_a_missing_entry_is_found(case: Subject, sequence: int) -> None:
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence = %s", sequence)
    assert broken_links(case) == [sequence + 1]


def test_a_missing_entry_is_found_also_when_the_rest_moved_up(case: Subject) -> None:
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence = 3")
    for sequence in (4, 5):
        meddle("UPDATE workflows_ledgerentry SET sequence = %s WHERE sequence = %s", sequence - 1, sequence)
    assert broken_links(case) == [3, 4]


def test_a_chain_cut_off_before_a_move_is_found_by_the_move_itself(case: Subject) -> None:
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence >= 3")
    assert (broken_links(case), moves_not_in_it(case)) == ([], [f"notify reviews.case {case.pk}"])


def test_two_entries_that_changed_places_are_found(case: Subject) -> None:
    for place, to in ((2, 90), (3, 2), (90, 3)):
        meddle("UPDATE workflows_ledgerentry SET sequence = %s WHERE sequence = %s", to, place)
    assert broken_links(case) == [2, 3, 4]


def test_an_entry_of_another_case_does_not_fit(case: Subject) -> None:
    other = a_case()
    meddle("DELETE FROM workflows_ledgerentry WHERE chain_id = %s", key(case))
    meddle("UPDATE workflows_ledgerentry SET chain_id = %s WHERE chain_id = %s", key(case), key(other))
    assert broken_links(case) == [1]


def key(subject: Subject) -> Any:
    return subject.pk if connection.vendor == "postgresql" else subject.pk.hex


@given(st.integers(0, 6), st.text(min_size=1))
def test_every_part_of_an_entry_is_sealed(place: int, other: str) -> None:
    row = {"chain": "c", "sequence": 1, "at": REFERRED_AT, "actor": "a", "action": "b", "target": "t"}
    name = ["previous", *row][place]
    changed: Any = {"sequence": 2, "at": REFERRED_AT + timedelta(seconds=1)}.get(name, f"changed{other}")
    otherwise = {"previous": GENESIS, **row, name: changed}
    previous = otherwise.pop("previous")
    assert seal(GENESIS, **row) != seal(previous, **otherwise)  # type: ignore[arg-type]


def test_columns_do_not_run_into_each_other() -> None:
    row = {"chain": "c", "sequence": 1, "at": REFERRED_AT, "target": "t"}
    assert seal(GENESIS, actor="ab", action="c", **row) != seal(GENESIS, actor="a", action="bc", **row)  # type: ignore[arg-type]


def test_no_name_and_no_reason_is_in_it() -> None:
    case = a_case(summary="Kim Example fell")
    columns = {str(value) for entry in LedgerEntry.objects.values() for value in entry.values()}
    assert not any("Kim" in column or "Rapid Review" in column for column in columns)
    assert LedgerEntry.objects.get().actor == str(SYSTEM.pk or "system")
    assert case.ledger.count() == 1
