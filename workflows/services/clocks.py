"""Starting, meeting, voiding, pausing, extending deadlines: every change is a fact, every date a fold over them.

The caller holds the subject's lock (perform takes it; so does each function here that a person calls).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from workflows.actors import System
from workflows.calendars import Calendar, local_date
from workflows.derivation import (
    EXTENDED,
    MET,
    PAUSED,
    REOPENED,
    RESTARTED,
    RESUMED,
    STARTED,
    UNDONE,
    VOIDED,
    Derivation,
    derive,
    refuse_impossible,
)
from workflows.exceptions import ClockError, NoSuchRule, WorkflowError
from workflows.ladders import MISSED, climb
from workflows.models import CalendarVersion, Deadline, Fact, RuleVersion, Rung, Subject
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.rules import rule_book, rules_started_by

Actor = User | System


def person(by: Actor) -> User | None:
    """The person to store, or None for the system."""
    return by if isinstance(by, User) else None


def lock(subject: Subject) -> None:
    """Take the lock of the case this belongs to, then its own: always in that order.

    NO KEY UPDATE, so that rows which only point at the subject (a notice, an upload) do not wait.
    """
    for pk in filter(None, (subject.root_id, subject.pk)):
        Subject.objects.select_for_update(no_key=True).only("pk").get(pk=pk)


CACHED = ["state", "calendar", "started_at", "due_on", "due_at", "met_at", "derivation"]
"""The columns that the fold gives."""


def _cache(deadline: Deadline, derivation: Derivation, version: CalendarVersion) -> None:
    deadline.state = derivation.state
    deadline.calendar = version
    deadline.started_at = derivation.started_at
    deadline.due_on, deadline.due_at, deadline.met_at = (
        derivation.due_on,
        derivation.due_at,
        derivation.met_at,
    )
    deadline.derivation = derivation.as_json()


def rungs_of(deadline: Deadline, calendar: Calendar, *, armed_at: datetime) -> list[Rung]:
    """The rungs a running deadline has ahead of it, not stored."""
    if deadline.state != Deadline.State.RUNNING or deadline.due_on is None or deadline.due_at is None:
        return []
    if deadline.rule.duty == "until" and deadline.due_at <= armed_at:
        return []  # a duty that had already run out when we were told of it has nothing to say
    ladder = rule_book().ladders[deadline.rule.ladder]
    return [
        Rung(deadline=deadline, key=step.key, tell=step.tell, news=step.news, due_at=deadline.due_at,
             fires_at=step.fires_at)
        for step in climb(ladder, deadline.due_on, calendar, armed_at=armed_at)
    ]  # fmt: skip


def rederive(deadline: Deadline, *, at: datetime, facts: Sequence[Fact] | None = None) -> Deadline:
    """Fold all the facts again, store what comes out, and re-arm the ladder if the due value moved."""
    version = deadline.calendar
    before = (deadline.state, deadline.due_at)
    derivation = derive(
        Limit.parse(deadline.rule.limit),
        deadline.facts.all() if facts is None else facts,  # all, in order, from whoever has just read them
        calendars.calendar_of(version),
    )
    _cache(deadline, derivation, version)
    deadline.save(update_fields=CACHED)  # missed_at is the sweep's, which may be writing it now
    if (deadline.state, deadline.due_at) != before:
        deadline.rungs.ahead().delete()
        ahead = rungs_of(deadline, calendars.calendar_of(version), armed_at=at)
        Rung.objects.bulk_create(ahead, ignore_conflicts=True)
    if deadline.due_at != before[1]:
        _miss_by_the_new_date(deadline)
    return deadline


def _miss_by_the_new_date(deadline: Deadline) -> None:
    """A breach of an earlier date is no breach of this one; one already seen of this date is not seen again."""
    if deadline.due_at is None or deadline.rule.duty != "by":
        return
    seen = deadline.rungs.filter(key=MISSED, due_at=deadline.due_at).exclude(reached_at=None).first()
    deadline.missed_at = seen.reached_at if seen else None
    deadline.save(update_fields=["missed_at"])


def _record(
    deadline: Deadline, kind: str, *, by: Actor, effective_at: datetime, at: datetime,
    authority: str = "", reason: str = "", details: dict[str, Any] | None = None,
) -> Deadline:  # fmt: skip
    details = details or {}
    if effective_at > at:
        raise ClockError(f"Cannot record {kind!r} at a time still to come.")
    facts = list(deadline.facts.all())
    refuse_impossible(
        kind, facts, limit=Limit.parse(deadline.rule.limit),
        effective_at=effective_at, details=details,
    )  # fmt: skip
    fact = Fact.objects.create(
        deadline=deadline, kind=kind, effective_at=effective_at, recorded_at=at, by=person(by),
        authority=authority, reason=reason, details=details,
    )  # fmt: skip
    facts = sorted([*facts, fact], key=lambda one: (one.effective_at, one.pk))  # as the table is ordered
    return rederive(deadline, at=at, facts=facts)


@transaction.atomic
def start_deadlines(
    subject: Subject, rules: Iterable[RuleVersion], *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Start a clock for each rule, all in four statements.

    A rule whose clock runs here already is left alone. One whose clock had ended starts again from the
    event, as a second round: the facts keep how the first one ended. Of two versions of a rule the younger
    one counts.
    """
    in_order = sorted(rules, key=lambda rule: (rule.code, rule.valid_from))
    rules = list({rule.code: rule for rule in in_order}.values())
    there = Deadline.objects.filter(subject_id=subject.pk, rule_code__in=[rule.code for rule in rules])
    before = {deadline.rule_code: deadline for deadline in there.select_related("rule", "calendar")}
    version = calendars.current_version()
    calendar = calendars.calendar_of(version)
    deadlines = []
    for rule in rules:
        if rule.code in before:
            continue
        deadline = Deadline(subject_id=subject.pk, rule=rule, rule_code=rule.code)
        start = Fact(pk=0, kind=STARTED, effective_at=effective_at)
        _cache(deadline, derive(Limit.parse(rule.limit), [start], calendar), version)
        deadlines.append(deadline)
    Deadline.objects.bulk_create(deadlines)
    Fact.objects.bulk_create(
        Fact(deadline=deadline, kind=STARTED, effective_at=effective_at, recorded_at=at, by=person(by))
        for deadline in deadlines
    )
    Rung.objects.bulk_create(
        rung for deadline in deadlines for rung in rungs_of(deadline, calendar, armed_at=at)
    )
    ended = [
        deadline
        for deadline in before.values()
        if deadline.state in (Deadline.State.MET, Deadline.State.VOIDED)
    ]
    return deadlines + [_start_again(deadline, by=by, effective_at=effective_at, at=at) for deadline in ended]


def _start_again(deadline: Deadline, *, by: Actor, effective_at: datetime, at: datetime) -> Deadline:
    """Run an ended clock again from a new event, which for a count backwards is still to come."""
    reopened_at = min(max(effective_at, deadline.met_at or effective_at), at)
    again = "It happened again."
    deadline = _record(deadline, REOPENED, by=by, effective_at=reopened_at, at=at, reason=again)
    return _restart(deadline, by=by, at=at, start=effective_at, decided_at=reopened_at, reason=again)


def _restart(
    deadline: Deadline, *, by: Actor, at: datetime, start: datetime, decided_at: datetime, reason: str
) -> Deadline:
    details = {} if start == decided_at else {"start": start.isoformat()}
    return _record(deadline, RESTARTED, by=by, effective_at=decided_at, at=at, reason=reason, details=details)


@transaction.atomic
def restart_deadline(
    subject: Subject, code: str, *, by: Actor, at: datetime, start: datetime, reason: str
) -> Deadline:
    """Count a running clock from another event, because the one it counted from was wrong or has moved."""
    lock(subject)
    if not reason.strip():
        raise ClockError("Cannot restart a clock without a reason.")
    return _restart(_open(subject, code), by=by, at=at, start=start, decided_at=at, reason=reason)


def start_clocks(
    subject: Subject, anchor: str, *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Start every clock that an event starts for this subject, by the rules in force on its London day."""
    rules = rules_started_by(subject, anchor, on=local_date(effective_at))
    return start_deadlines(subject, rules, by=by, effective_at=effective_at, at=at)


def stop_clocks(
    subject: Subject,
    verb: str,
    *,
    by: Actor,
    effective_at: datetime,
    at: datetime,
    reason: str,
    is_at_rest: bool = False,
) -> None:
    """Meet or void the open clocks that a transition ends, as their rules say. At rest, nothing more is owed."""
    for deadline in Deadline.objects.filter(subject_id=subject.pk).open().select_related("rule", "calendar"):
        kind = MET if verb in deadline.rule.met_by else VOIDED if verb in deadline.rule.voided_by else None
        if kind:
            _record(deadline, kind, by=by, effective_at=effective_at, at=at, reason=reason)
        elif is_at_rest:
            _record(
                deadline,
                VOIDED,
                by=by,
                effective_at=max(effective_at, _since(deadline, at)),
                at=at,
                reason="Nothing more is owed here.",
            )


def _since(deadline: Deadline, at: datetime) -> datetime:
    """From when the deadline can be ended: its start; now, for one that counts back from a day to come."""
    return min(deadline.started_at, at)


@transaction.atomic
def meet_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime | None = None,
                  reason: str = "") -> Deadline:  # fmt: skip
    """Record that what a rule asks for was done. Raises NoSuchRule, ClockError."""
    lock(subject)
    return _record(_open(subject, code), MET, by=by, effective_at=effective_at or at, at=at, reason=reason)


@transaction.atomic
def void_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, reason: str) -> Deadline:
    """Record that what a rule asks for is no longer owed, and why."""
    lock(subject)
    return _record(_open(subject, code), VOIDED, by=by, effective_at=at, at=at, reason=reason)


@transaction.atomic
def pause_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime,
                   authority: str, reason: str) -> Deadline:  # fmt: skip
    """Stop a clock from an instant. Needs an authority and a reason."""
    lock(subject)
    _need(authority, reason)
    return _record(
        _open(subject, code),
        PAUSED,
        by=by,
        effective_at=effective_at,
        at=at,
        authority=authority,
        reason=reason,
    )


@transaction.atomic
def resume_deadline(
    subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime
) -> Deadline:
    """Let a stopped clock run on from an instant."""
    lock(subject)
    return _record(_open(subject, code), RESUMED, by=by, effective_at=effective_at, at=at)


@transaction.atomic
def extend_deadline(subject: Subject, code: str, *, limit: Limit, by: Actor, at: datetime,
                    authority: str, reason: str) -> Deadline:  # fmt: skip
    """Give a clock more time: so many working days, days or months. Needs an authority and a reason."""
    lock(subject)
    _need(authority, reason)
    if limit.count <= 0:
        raise ClockError("Cannot extend by nothing or less: give a number of 1 or more.")
    return _record(_open(subject, code), EXTENDED, by=by, effective_at=at, at=at, authority=authority,
                   reason=reason, details={"by": str(limit)})  # fmt: skip


@transaction.atomic
def undo_fact(fact: Fact, *, by: Actor, at: datetime, reason: str) -> Deadline:
    """Take back a fact that was not so. It stays in the log; the date is derived without it."""
    lock(fact.deadline.subject)
    if not reason.strip():
        raise ClockError("Cannot undo without a reason.")
    deadline = Deadline.objects.select_related("rule", "calendar").get(pk=fact.deadline_id)  # as it is now
    return _record(deadline, UNDONE, by=by, effective_at=at, at=at, reason=reason, details={"fact": fact.pk})


def _need(authority: str, reason: str) -> None:
    if not authority.strip() or not reason.strip():
        raise ClockError("Cannot move this deadline: say on whose authority, and why.")


def _open(subject: Subject, code: str) -> Deadline:
    try:
        return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)
    except Deadline.DoesNotExist:
        raise NoSuchRule(f"{subject.code} has no deadline {code!r}.") from None


def drifted() -> list[tuple[Deadline, Derivation | None]]:
    """Deadlines whose stored date is not what their facts give, each with what they give: None if nothing."""
    wrong: list[tuple[Deadline, Derivation | None]] = []
    for deadline in (
        Deadline.objects.select_related("rule", "calendar").prefetch_related("facts").iterator(chunk_size=500)
    ):
        try:
            derivation = derive(
                Limit.parse(deadline.rule.limit),
                deadline.facts.all(),
                calendars.calendar_of(deadline.calendar),
            )
        except WorkflowError:  # one that gives no date must not hide the others
            wrong.append((deadline, None))
            continue
        if (derivation.due_on, derivation.due_at, derivation.state, derivation.met_at) != (
            deadline.due_on,
            deadline.due_at,
            deadline.state,
            deadline.met_at,
        ):
            wrong.append((deadline, derivation))
    return wrong
