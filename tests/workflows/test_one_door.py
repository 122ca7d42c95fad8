"""There is no way round the door: the field, the database's own guard, and the map that it goes by."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django_fsm import TransitionNotAllowed, can_proceed

from reviews.models import Case
from tests.workflows.bench import REFERRED_AT, a_case, a_partnership
from tests.workflows.test_moving import everything
from workflows.actors import SYSTEM, System
from workflows.models import Fact, LedgerEntry, LegalMove, Subject, TransitionRecord
from workflows.services.moving import begin, map_of, permission_of, write_legal_moves

pytestmark = pytest.mark.django_db
LATER = REFERRED_AT + timedelta(hours=1)


def test_the_field_is_protected() -> None:
    case = a_case()
    with pytest.raises(AttributeError):
        case.state = "closed"
    born = begin(
        Case(state="closed", partnership=case.partnership, harm="other", summary="x"),
        "refer",
        by=SYSTEM,
        at=LATER,
    )
    assert Case.objects.get(pk=born.pk).state == "referred"


def test_a_transition_called_directly_changes_nothing_that_is_stored() -> None:
    case = a_case()
    before = everything()
    case.consider(by=SYSTEM, at=LATER)
    with pytest.raises(DatabaseError), transaction.atomic():
        case.save()
    assert everything() == before
    with pytest.raises(TransitionNotAllowed):
        case.submit(by=SYSTEM, at=LATER)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "notification"},  # a legal move, but the version stands still
        {"state": "closed", "version": 2},  # no such move
        {"state": "no-such-state", "version": 2},
        {"version": 2},  # no move leads from here to here
        {"state": "notification", "version": 3},  # two versions at once
        {"state": "notification", "version": 0},
        {"kind": "reviews.agencyreturn"},
    ],
)
def test_the_database_refuses_a_move_past_the_door(change: dict[str, Any]) -> None:
    case = a_case()
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        Subject.objects.filter(pk=case.pk).update(**change)
    assert everything() == before


def test_the_database_lets_a_legal_move_through_and_columns_that_are_no_move() -> None:
    case = a_case()
    Subject.objects.filter(pk=case.pk).update(state="notification", version=2)
    Subject.objects.filter(pk=case.pk).update(definition="2")


@pytest.mark.parametrize("state", ["closed", "notification", "requested", "no-such-state"])
def test_the_database_refuses_a_beginning_that_is_none(state: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        subject = Subject(kind="reviews.case", partnership=a_partnership(), begun_at=LATER, version=1)
        subject.__dict__["state"] = state
        subject.save(force_insert=True)
    assert Subject.objects.count() == 0


@pytest.mark.parametrize("model", [Fact, TransitionRecord, LedgerEntry])
def test_what_was_written_down_is_not_changed(model: Any) -> None:
    a_case()
    row = model.objects.order_by("pk").first()
    column = {Fact: "reason", TransitionRecord: "reason", LedgerEntry: "actor"}[model]
    before = everything()
    for change in (
        lambda: model.objects.filter(pk=row.pk).update(**{column: "otherwise"}),
        lambda: row.save(),
        lambda: model.objects.update(**{column: ""}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert everything() == before


@pytest.mark.parametrize("model", [Fact, TransitionRecord, LedgerEntry])
def test_on_postgresql_what_was_written_down_is_not_deleted_either(model: Any) -> None:
    a_case()
    before = everything()
    if transaction.get_connection().vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()
        assert everything() == before


def test_a_sequence_is_given_once() -> None:
    record = a_case().records.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        TransitionRecord.objects.create(
            subject_id=record.subject_id,
            sequence=1,
            verb="refer",
            target="referred",
            at=LATER,
            recorded_at=LATER,
        )


# ---- The map, as the database has it -----------------------------------------------------------
KINDS = [model for model in apps.get_models() if issubclass(model, Subject) and model is not Subject]


def test_the_database_has_the_map_of_each_kind_and_writing_it_again_changes_nothing() -> None:
    of_a_case = LegalMove.objects.filter(kind="reviews.case").values_list("source", "verb", "target")
    assert sorted(of_a_case) == map_of(Case)
    before = list(LegalMove.objects.order_by("pk").values())
    write_legal_moves(KINDS)
    assert list(LegalMove.objects.order_by("pk").values()) == before


def test_a_move_that_the_code_no_longer_has_is_taken_out_of_the_database() -> None:
    LegalMove.objects.create(kind="reviews.case", source="referred", verb="skip", target="closed")
    write_legal_moves(KINDS)
    assert not LegalMove.objects.filter(verb="skip").exists()


def test_every_verb_has_its_permission() -> None:
    assert permission_of(Case, "refer") == "reviews.refer_case"
    assert permission_of(Case, "consider") == "reviews.consider_case"
    assert can_proceed(a_case().consider, check_conditions=False)


def test_there_is_one_system_and_a_copy_of_it_is_nobody() -> None:
    assert not a_case().permits(System(), "workflows.only_the_system", at=LATER)
