"""The one door for state: `begin` makes a subject, `perform` moves it. Nothing else does either."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django_fsm import can_proceed

from accounts.models import User
from workflows.actors import System
from workflows.exceptions import NotMet, Stale, WrongState
from workflows.models import LegalMove, Subject, TransitionRecord
from workflows.services import ledger
from workflows.services.clocks import lock, start_clocks, stop_clocks
from workflows.services.folding import person
from workflows.signals import transitioned

S = TypeVar("S", bound=Subject)


def kind_of(model: type[Subject]) -> str:
    """What a model is called in the tables of the engine."""
    return model._meta.label_lower


def map_of(model: type[Subject]) -> list[tuple[str, str, str]]:
    """Every (state, verb, state) of a kind, in order; a beginning has no first state."""
    moves = [("", verb, beginning.target) for verb, beginning in model.BEGINNINGS.items()]
    field = Subject._meta.get_field("state")
    for transition in field.get_all_transitions(model):
        moves.append((str(transition.source), transition.name, str(transition.target)))
    return sorted(moves)


def permission_of(model: type[Subject], verb: str) -> str:
    """The permission that a verb takes."""
    if verb in model.BEGINNINGS:
        return model.BEGINNINGS[verb].permission
    field = Subject._meta.get_field("state")
    return next(str(t.permission) for t in field.get_all_transitions(model) if t.name == verb)


def verbs_open_to(subject: Subject, by: User, *, at: datetime) -> list[str]:
    """What this person could do here now, in the order the map declares."""
    held = subject.permissions_of(by, at=at)
    field = Subject._meta.get_field("state")
    return [
        t.name
        for t in field.get_all_transitions(type(subject))
        if t.source == subject.state and str(t.permission) in held
    ]


def _tell_the_world(
    subject: Subject, verb: str, source: str, tells: dict[str, str], *,
    by: User | System, at: datetime, happened_at: datetime, precision: str, reason: str,
    permission: str, changed: Sequence[str] = (),
) -> TransitionRecord:  # fmt: skip
    """Record the move, write the ledger, start and stop the clocks, and send the signal."""
    record = TransitionRecord.objects.create(
        subject_id=subject.pk, sequence=subject.version, verb=verb, source=source, target=subject.state,
        by=person(by), at=happened_at, precision=precision, recorded_at=at, reason=reason,
    )  # fmt: skip
    ledger.append(subject, verb, by=by, at=at, changed=changed, permission=permission)
    is_at_rest = subject.state in subject.RESTING_STATES
    stop_clocks(subject, verb, by=by, effective_at=happened_at, at=at, reason=reason, is_at_rest=is_at_rest)
    if precision in ("instant", "day"):  # an event known only by its month or year starts no clock
        for anchor, effective_at in subject.anchors(verb, at=happened_at).items():
            start_clocks(subject, anchor, by=by, effective_at=effective_at, at=at)
    transitioned.send(sender=type(subject), subject=subject, record=record, tells=tells, at=at)
    return record


@transaction.atomic
def begin(
    subject: S, verb: str, *, by: User | System, at: datetime,
    happened_at: datetime | None = None, precision: str = "instant", reason: str = "",
) -> S:  # fmt: skip
    """Store a new subject in the state its verb begins with, and everything that follows from it.

    at is when we were told; happened_at, when it happened in the world, is the same unless given.
    The permission is asked of the case it belongs to. Raises PermissionDenied.
    """
    beginning = type(subject).BEGINNINGS[verb]
    if subject.root is not None:
        lock(subject.root)
        if not subject.root.permits(by, beginning.permission, at=at):
            raise PermissionDenied
    subject.kind = kind_of(type(subject))
    subject.begun_at = happened_at or at
    subject.version = 1
    subject.__dict__["state"] = beginning.target  # the field is protected; this is the door
    subject.save(force_insert=True)
    _tell_the_world(subject, verb, "", beginning.tells, by=by, at=at, happened_at=happened_at or at,
                    precision=precision, reason=reason, permission=beginning.permission)  # fmt: skip
    return subject


@transaction.atomic
def perform(
    subject: S, transition: Callable[..., Any], *, by: User | System, at: datetime,
    seen_version: int | None = None, happened_at: datetime | None = None, precision: str = "instant",
    reason: str = "", **given: Any,
) -> S:  # fmt: skip
    """Move a subject, and do everything that follows, in one transaction. Returns the moved subject.

    Locks (the case first, then the subject), reads it again, checks the move, then the permission,
    moves, saves, records, stops and starts clocks, and signals. at is when we were told;
    happened_at, when it happened in the world (the same unless given), is what clocks go by.
    seen_version is the version the person looked at. Raises WrongState, Stale, NotMet, PermissionDenied.
    """
    verb = transition.__name__
    lock(subject)
    current: S = type(subject).objects.get(pk=subject.pk)
    method = getattr(current, verb)
    if seen_version is not None and seen_version != current.version:
        raise Stale(_what_changed(current))
    if not can_proceed(method, check_conditions=False):
        raise WrongState(
            f"Cannot {_words(verb)} {current.code}: it is {_words(current.state)} now. {_what_changed(current)}"
        )
    details = _transition(current, verb)
    if not current.permits(by, str(details.permission), at=at):
        raise PermissionDenied
    for condition in details.conditions:
        if not condition(current):
            raise NotMet(str(getattr(condition, "hint", f"Cannot {_words(verb)} {current.code} yet.")))
    source = current.state
    method(by=by, at=happened_at or at, **given)
    current.version += 1
    current.save()
    _tell_the_world(current, verb, source, details.custom.get("tells", {}), by=by, at=at,
                    happened_at=happened_at or at, precision=precision, reason=reason,
                    permission=str(details.permission), changed=sorted(given))  # fmt: skip
    return current


def _transition(subject: Subject, verb: str) -> Any:
    field = Subject._meta.get_field("state")
    return next(
        t for t in field.get_all_transitions(type(subject)) if t.name == verb and t.source == subject.state
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _what_changed(subject: Subject) -> str:
    last = subject.records.select_related("by").order_by("-sequence").first()
    if last is None:
        return ""
    who = last.by.full_name if last.by else "the system"
    return f"Last, {who} recorded: {subject.words_for(last.verb)}. Look at it again before you go on."


def write_legal_moves(models: list[type[Subject]]) -> None:
    """Give the database the map of each kind, which its triggers enforce. Safe to repeat."""
    wanted = {(kind_of(model), *move) for model in models for move in map_of(model)}
    there = set(LegalMove.objects.values_list("kind", "source", "verb", "target"))
    for kind, source, verb, target in there - wanted:
        LegalMove.objects.filter(kind=kind, source=source, verb=verb, target=target).delete()
    LegalMove.objects.bulk_create(
        LegalMove(kind=kind, source=source, verb=verb, target=target)
        for kind, source, verb, target in sorted(wanted - there)
    )


def change(
    subject: S,
    action: str,
    *,
    permission: str,
    by: User | System,
    at: datetime,
    seen_version: int | None = None,
    changed: Sequence[str] = (),
) -> S:
    """Lock a subject for a change that is not a move, and write it in the ledger. Returns it, read again.

    changed are the names of the fields that change; never a value.

    Needs a transaction: the caller makes the change before it ends. Raises PermissionDenied, Stale.
    """
    lock(subject)
    current: S = type(subject).objects.get(pk=subject.pk)
    if not current.permits(by, permission, at=at):
        raise PermissionDenied
    if seen_version is not None and seen_version != current.version:
        raise Stale(_what_changed(current))
    ledger.append(current, action, by=by, at=at, changed=changed, permission=permission)
    return current
